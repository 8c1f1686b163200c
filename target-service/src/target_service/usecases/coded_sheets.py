"""Sheets to be filled in: headings in row 1, the names of the fields in row 2, hidden.

Whatever is filled in by people is written and read here: the row, and the cell of every fault.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any, Final

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from shared.workbooks.reading import read_blocks
from shared.workbooks.sheet import Block, Layout
from target_service.domain.plan_document.structured import Entry, Faults

CODES_ROW: Final = 2
"""Row of the names of the fields."""

MOST_ROWS: Final = 20_000
"""Rows that are read of a sheet: each takes kilobytes, and a small file may have millions."""

NOTES: Final = "说明"
_FORMULA: Final = ("=", "+", "-", "@")
_TOO_MANY: Final = f"超过 {MOST_ROWS} 行，请分成几份 (more than {MOST_ROWS} rows: split it)"


async def read_sheet(
    file: IO[Any], sheet: str, why_not: Callable[[Sequence[str]], str], faults: Faults
) -> list[Entry]:
    """Return the rows of a sheet that are filled in.

    Args:
        file: an open file of the system.
        why_not: what is wrong with the names of the fields; of such a sheet nothing else is told.
        faults: what is wrong is added, by its cell.

    Raises:
        WorkbookRefusedError: it is no workbook, or lacks the sheet.
    """
    entries: list[Entry] = []
    header: list[str] = []
    known, count = False, 0
    file.seek(0)
    async for part in read_blocks(file, Layout(sheet=sheet, header=CODES_ROW)):
        if isinstance(part, Block) and known:
            entries += _entries(sheet, header, part)
            faults += [(f"{sheet}!A{line + CODES_ROW}", why) for line, why, _ in part.bad]
            count += len(part.lines) + len(part.bad)
            if count > MOST_ROWS:
                faults.append((f"{sheet}!A{CODES_ROW}", _TOO_MANY))
                known = False
        elif isinstance(part, list):
            header, reason = part, why_not(part)
            known = not reason
            if reason:
                faults.append((f"{sheet}!A{CODES_ROW}", reason))
    return entries


def _entries(sheet: str, header: Sequence[str], block: Block) -> Iterator[Entry]:
    for place, line in enumerate(block.lines):
        row = [(column[place] or "").strip() for column in block.columns]
        if any(row):
            number = line + CODES_ROW
            texts = dict(zip(header, row, strict=True))
            yield Entry(number, texts, places_of(f"{sheet}!", header, number))


def places_of(sheet: str, fields: Iterable[str], row: int) -> dict[str, str]:
    """Return the cell of each field; the columns stand in the order of the fields."""
    return {code: f"{sheet}{get_column_letter(at)}{row}" for at, code in enumerate(fields, start=1)}


def read_csv(content: str, why_not: Callable[[Sequence[str]], str], faults: Faults) -> list[Entry]:
    """Return the rows of a CSV file: the names of the fields come first, or below the headings."""
    # Lines may end as on any machine: an old Macintosh, and Excel there, ends them by CR alone.
    reader = csv.reader(io.StringIO(content, newline=""))
    rows: list[list[str]] = []
    try:
        for row in islice(reader, MOST_ROWS + CODES_ROW + 1):
            rows.append([each.strip() for each in row])  # noqa: PERF401 — the rows before a fault
    except csv.Error as error:
        reason = f"从这一行起读不出，引号可能未闭合 (a quote may not be closed: {error})"
        faults.append((f"A{len(rows) + 1}", reason))
        return []
    if len(rows) > MOST_ROWS + CODES_ROW:
        faults.append((f"A{len(rows)}", _TOO_MANY))
        return []
    at = next((at for at, row in enumerate(rows[:CODES_ROW]) if not why_not(row)), None)
    if at is None:
        faults.append(("A1", why_not(rows[0] if rows else [])))
        return []
    header = rows[at]
    entries: list[Entry] = []
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        if len(row) > len(header):
            cell = f"{get_column_letter(len(header) + 1)}{number}"
            faults.append((cell, "没有列名 (a value in a column without a name)"))
        elif any(row):
            texts = [_meant(each) for each in [*row, *[""] * (len(header) - len(row))]]
            told = dict(zip(header, texts, strict=True))
            entries.append(Entry(number, told, places_of("", header, number)))
    return entries


def _meant(cell: str) -> str:
    """Return a cell without the apostrophe by which it is no formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def decoded(content: bytes) -> str | None:
    """Return a text in UTF-8, or GB 18030 as older programs save it; None where it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def new_book(notes: Iterable[str]) -> Any:
    """Return a workbook whose first sheet says how it is filled in."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = NOTES
    for line in notes:
        sheet.append([line])
    sheet.column_dimensions["A"].width = 100
    sheet["A1"].font = Font(bold=True, size=14)
    return book


def written(book: Any) -> bytes:
    """Return a workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lay_out(
    sheet: Any,
    headings: Mapping[str, str],
    choices: Mapping[str, Iterable[str]],
    widths: Mapping[str, int],
    last_row: int,
) -> None:
    """Write headings, hidden names of the fields, and drop-downs.

    Args:
        headings: by field.
        choices: what may be chosen, by field.
        widths: of columns that are not of the usual width.
        last_row: down to which there are drop-downs.
    """
    sheet.append(list(headings.values()))
    sheet.append(list(headings))
    sheet.row_dimensions[CODES_ROW].hidden = True
    sheet.freeze_panes = "A3"
    for cell, code in zip(sheet[1], headings, strict=True):
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE7F3")
        cell.alignment = Alignment(horizontal="center")
        column = cell.column_letter
        sheet.column_dimensions[column].width = widths.get(code, 18)
        # As text: 2021.10 typed into a cell of numbers would come back as 2021.1.
        sheet.column_dimensions[column].number_format = "@"
        if code in choices:
            allowed = DataValidation("list", formula1=f'"{",".join(choices[code])}"')
            allowed.add(f"{column}3:{column}{last_row}")
            sheet.add_data_validation(allowed)
