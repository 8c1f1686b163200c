"""Tables as a spreadsheet opens them, written while they are read: CSV lines, and .xlsx.

A text that a spreadsheet would take for a formula begins with an apostrophe in CSV. In .xlsx a text
says that it is one, and needs none.
"""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from typing_extensions import Buffer, override

Cell = str | int | Decimal | None

BOM: Final = b"\xef\xbb\xbf"
"""With it Excel opens a CSV file as UTF-8."""

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, with its header."""

KEPT_DIGITS: Final = 15
"""A spreadsheet keeps no more digits of a number: a longer one is written as text."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML cannot hold."""

_SHEET: Final = "xl/worksheets/sheet1.xml"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/{_SHEET}" ContentType="{_KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as CSV; a number stands as it is, also a negative one."""
    lines = io.StringIO()
    csv.writer(lines).writerows([_harmless(cell) for cell in row] for row in rows)
    return lines.getvalue().encode()


def _harmless(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)


async def csv_file(pages: AsyncIterable[Iterable[Sequence[Cell]]]) -> AsyncIterator[bytes]:
    """Yield a CSV file, page by page."""
    yield BOM
    async for page in pages:
        yield await asyncio.to_thread(csv_lines, page)


async def xlsx_file(pages: AsyncIterable[Iterable[Sequence[Cell]]]) -> AsyncIterator[bytes]:
    """Yield a workbook of one sheet, page by page: no more than a page is held."""
    out = _Pieces()
    with ZipFile(out, "w", ZIP_DEFLATED) as book:
        for name, part in _PARTS.items():
            book.writestr(name, _xml(part))
        with book.open(_SHEET, "w") as sheet:
            sheet.write(_xml(f'<worksheet xmlns="{_MAIN}"><sheetData>'))
            async for page in pages:
                await asyncio.to_thread(lambda rows: sheet.write(_rows(rows)), page)
                yield out.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield out.taken()


class _Pieces(io.RawIOBase):
    """What a zip is written to: it cannot be gone back in, and what is there is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, piece: Buffer) -> int:
        before = len(self._written)
        self._written += piece
        return len(self._written) - before

    def taken(self) -> bytes:
        found = bytes(self._written)
        self._written.clear()
        return found


def _xml(part: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{part}'.encode()


def _rows(rows: Iterable[Sequence[Cell]]) -> bytes:
    return "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows).encode()


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return "<c/>"
        case str():
            return _text(cell)
        case Decimal() if len(cell.as_tuple().digits) > KEPT_DIGITS:
            return _text(f"{cell:f}")
        case Decimal():
            return f"<c><v>{cell:f}</v></c>"
        case _:
            return f"<c><v>{cell}</v></c>"


def _text(text: str) -> str:
    written = escape(_ILLEGAL.sub("", text))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'
