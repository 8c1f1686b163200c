"""One sheet of an .xlsx, by calamine, with the errors that it leaves out put back."""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from shared.workbooks.guard import Refusal, check_parts, error_cells, open_zip
from shared.workbooks.sheet import Merge, Sheet, choose

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def read(file: BinaryIO, wanted: str | None) -> Sheet:
    """Return a sheet, named or the first that is visible."""
    with open_zip(file) as zipped:
        if _WORKBOOK not in zipped.namelist():
            raise Refusal(
                "不是 .xlsx 工作簿（可能是 .xlsb 或 .ods）",
                "it is no .xlsx workbook (.xlsb or .ods, perhaps)",
                Refusal.SAVE_AGAIN,
            )
        check_parts(zipped, file)
        file.seek(0)
        try:
            workbook = CalamineWorkbook.from_filelike(file)
            name = choose(wanted, workbook.sheet_names, _visible(workbook))
            errors = error_cells(zipped.getinfo(_part_of(zipped, name)), file)
            return _sheet(workbook, name, errors)
        except (CalamineError, ET.ParseError, KeyError) as error:
            raise Refusal(
                f"工作簿无法读取：{error}",
                f"the workbook cannot be read: {error}",
                Refusal.SAVE_AGAIN,
            ) from error


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [
        each.name
        for each in workbook.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ]


def _sheet(workbook: CalamineWorkbook, name: str, errors: dict[tuple[int, int], str]) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    left = sheet.start[1] if sheet.start else 0
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), shown in errors.items():
        by_row.setdefault(row, {})[column] = shown
    merges = [
        Merge(top, column, bottom) for (top, column), (bottom, _) in sheet.merged_cell_ranges or ()
    ]
    return Sheet(name, _rows(sheet.iter_rows(), left, by_row), merges)


def _rows(
    rows: Iterator[list[Any]], left: int, errors: dict[int, dict[int, str]]
) -> Iterator[list[Any]]:
    """Yield rows from A1 on, with what failed formulas show; an error below the last value too."""
    number = 0
    for cells in rows:
        yield _with_errors([""] * left + cells, errors.get(number, {}))
        number += 1
    for below in range(number, max(errors, default=-1) + 1):
        yield _with_errors([], errors.get(below, {}))


def _with_errors(row: list[Any], shown: dict[int, str]) -> list[Any]:
    for column, error in shown.items():
        row += [""] * (column + 1 - len(row))
        row[column] = error
    return row


def _part_of(zipped: ZipFile, name: str) -> str:
    """Return the part in which a sheet stands."""
    sheets = ET.fromstring(zipped.read(_WORKBOOK))  # noqa: S314 — no DOCTYPE in it
    relations = ET.fromstring(zipped.read(_RELATIONS))  # noqa: S314 — no DOCTYPE in it
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    for each in sheets.iter():
        if each.tag.endswith("}sheet") and each.get("name") == name:
            ids = [value for key, value in each.attrib.items() if key.endswith("}id")]
            target = targets[ids[0]] if ids else ""
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(name)
