"""Tables written for spreadsheets: what a reader opens is what was written, and no formula."""

import io
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

import openpyxl
import pytest

from shared.workbooks.writing import Cell, csv_lines, xlsx_file

Rows = list[Sequence[Cell]]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        (Decimal("-0.050000"), "-0.050000"),
        (Decimal("1E+3"), "1000"),
        (-3, "-3"),
        (None, ""),
        ("a,b", '"a,b"'),
    ],
)
def test_a_text_is_no_formula_and_a_number_stays_one(cell: Cell, written: str) -> None:
    assert csv_lines([["x", cell]]).decode() == f"x,{written}\r\n"


async def pages(*of: Rows) -> AsyncIterator[Rows]:
    for each in of:
        yield each


async def test_a_sheet_holds_what_was_written_page_by_page() -> None:
    long = Decimal("1234567890.1234567")
    first: Rows = [["name", "value"], ["=1+1", Decimal("-0.050000")]]
    second: Rows = [["<&\x01>", long], [" 建筑 ", None], ["n", 7]]

    pieces = [piece async for piece in xlsx_file(pages(first, second))]

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(pieces))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["name", "value"],
        ["=1+1", -0.05],
        ["<&>", str(long)],
        [" 建筑 ", None],
        ["n", 7],
    ]
    assert sheet["A2"].data_type == "s"


async def test_a_long_sheet_leaves_piece_by_piece() -> None:
    page: Rows = [[f"row {number}", Decimal(number * 7919)] for number in range(2_000)]

    sizes = [len(piece) async for piece in xlsx_file(pages(*[page] * 20))]

    assert len(sizes) == 21
    assert max(sizes) < sum(sizes) / 10
