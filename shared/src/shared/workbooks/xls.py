"""One sheet of an old .xls, by xlrd: it tells errors from empty cells, which calamine does not."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO, Final, Literal

import xlrd
from xlrd.xldate import xldate_as_datetime

from shared.workbooks.guard import Refusal
from shared.workbooks.sheet import Merge, Sheet, choose

_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_DAY: Final = 1.0


def read(file: BinaryIO, wanted: str | None, *, with_merges: bool) -> Sheet:
    """Return a sheet, named or the first that is visible."""
    content = file.read()
    if _PACKAGE in content:
        raise Refusal(
            "工作簿已加密", "the workbook is encrypted", "去掉密码后上传 (remove the password)"
        )
    try:
        book = xlrd.open_workbook(
            file_contents=content,
            logfile=io.StringIO(),
            on_demand=True,
            formatting_info=with_merges,
        )
        names = book.sheet_names()
        visible = (each.name for each in map(book.sheet_by_name, names) if not each.visibility)
        sheet = book.sheet_by_name(choose(wanted, names, visible))
    except Refusal:
        raise
    except Exception as error:  # xlrd raises whatever its parsing stumbles over
        raise Refusal(
            f"工作簿无法读取：{error}", f"the workbook cannot be read: {error}", Refusal.SAVE_AGAIN
        ) from error
    merges = [Merge(top, left, bottom - 1) for top, bottom, left, _ in sheet.merged_cells]
    return Sheet(sheet.name, _rows(sheet, book.datemode), merges)


def _rows(sheet: Any, datemode: Literal[0, 1]) -> Iterator[list[Any]]:
    for number in range(sheet.nrows):
        kinds, values = sheet.row_types(number), sheet.row_values(number)
        yield [_value(kind, value, datemode) for kind, value in zip(kinds, values, strict=True)]


def _value(kind: int, value: Any, datemode: Literal[0, 1]) -> Any:
    match kind:
        case xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(value, "#UNKNOWN!")
        case xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        case xlrd.XL_CELL_DATE:
            return _moment(value, datemode)
        case _:
            return value


def _moment(serial: float, datemode: Literal[0, 1]) -> Any:
    """Return a date, an instant or a time of day; a serial that is none stays a number."""
    try:
        moment: datetime = xldate_as_datetime(serial, datemode)
    except (ValueError, OverflowError):
        return serial
    if 0 <= serial < _DAY:
        return moment.time()
    is_day = float(serial).is_integer()
    return date(moment.year, moment.month, moment.day) if is_day else moment
