"""Spreadsheets: cells become the text that any other way in delivers; hostile ones are harmless."""

import asyncio
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from shared.workbooks.reading import WorkbookRefusedError, read_blocks
from shared.workbooks.sheet import Block, Layout

FILES = Path(__file__).parent / "files"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
MAX_MEMORY_MIB = 256
MAX_SECONDS = 5


class Table(NamedTuple):
    """What was read of a sheet."""

    header: list[str]
    rows: list[tuple[int, tuple[str | None, ...]]]
    bad: list[tuple[int, str, str]]


async def read(body: bytes, folder: Path, **layout: Any) -> Table:
    path = folder / "book"
    path.write_bytes(body)
    header: list[str] = []
    rows: list[tuple[int, tuple[str | None, ...]]] = []
    bad: list[tuple[int, str, str]] = []
    with path.open("rb") as file:
        async for part in read_blocks(file, Layout(**layout)):
            if isinstance(part, Block):
                rows += zip(part.lines, zip(*part.columns, strict=True), strict=False)
                bad += [(line, why, raw) for line, why, raw in part.bad]
            else:
                header = part
    return Table(header, rows, bad)


def book(*rows: list[Any], edit: Callable[[Any], None] | None = None) -> bytes:
    """Return an .xlsx with one sheet of these rows."""
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    for row in rows:
        sheet.append(row)
    if edit:
        edit(sheet)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


async def test_cells_are_the_text_that_a_csv_would_hold(tmp_path: Path) -> None:
    def percent(sheet: Any) -> None:
        sheet["F2"].number_format = "0.0%"

    body = book(
        ["whole", "part", "day", "instant", "yes", "share", "tiny", "long", "span"],
        [
            *(85.0, 2.5, date(2021, 9, 1), datetime.fromisoformat("2021-09-01T08:30:15"), True),
            0.965,
            *(0.0000001, 510202199901010017, timedelta(hours=30)),
        ],
        [-3, None, None, date(2021, 9, 2), False, None, None, "510202199901010017"],
        edit=percent,
    )

    table = await read(body, tmp_path)

    assert table.rows == [
        (
            1,
            (
                *("85", "2.5", "2021-09-01", "2021-09-01T08:30:15", "true", "0.965"),
                *("0.0000001", "5.10202199901010E+17", "30:00:00"),
            ),
        ),
        (
            2,
            (
                *("-3", None, None, "2021-09-02T00:00:00", "false", None, None),
                *("510202199901010017", None),
            ),
        ),
    ]


async def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    def as_text(sheet: Any) -> None:
        for cell in sheet[2]:
            cell.data_type = "s"

    body = book(["a", "b", "c", "d"], ["=1+1", "+86", "-", "@x"], edit=as_text)

    assert (await read(body, tmp_path)).rows == [(1, ("=1+1", "+86", "-", "@x"))]


async def test_errors_and_formulas_without_a_result_are_told_from_empty_cells(
    tmp_path: Path,
) -> None:
    def break_it(sheet: Any) -> None:
        for place, shown in (("A2", "#REF!"), ("B5", "#N/A")):
            sheet[place].value = shown
            sheet[place].data_type = "e"

    table = await read(book(["a", "b"], [None, None], [1, "=1+1"], edit=break_it), tmp_path)

    assert table.rows == [(1, ("#REF!", None)), (2, ("1", "#FORMULA!")), (4, (None, "#N/A"))]


async def test_the_stored_result_of_a_formula_is_its_value(tmp_path: Path) -> None:
    body = swap(
        book(["a", "b"], ["x", "y"]),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(
            b'<c r="B2" t="inlineStr"><is><t>y</t></is></c>',
            b'<c r="B2"><f>SUM(1,2)</f><v>3</v></c><c r="C2" t="str"><f>""</f><v></v></c>',
        ),
    )

    assert (await read(body, tmp_path)).rows == [(1, ("x", "3"))]


async def test_the_table_stands_where_the_feed_says(tmp_path: Path) -> None:
    def more(sheet: Any) -> None:
        other = sheet.parent.create_sheet("二")
        other.append(["z"])
        other.append(["9"])
        sheet.parent.create_sheet("隐藏", 0).sheet_state = "hidden"

    rows: list[list[Any]] = [
        ["名册"],
        [None],
        ["XH", "XM"],
        ["学号", "姓名"],
        ["1", "张三"],
        [],
        ["2"],
    ]
    body = book(*rows, edit=more)

    table = await read(body, tmp_path, header=3, first_row=5)
    named = await read(body, tmp_path, sheet="二")
    with pytest.raises(WorkbookRefusedError, match="there is no sheet '三' among: 隐藏, Sheet, 二"):
        await read(body, tmp_path, sheet="三")

    assert (table.header, table.rows) == (
        ["XH", "XM"],
        [(2, ("1", "张三")), (4, ("2", None))],
    )
    assert (named.header, named.rows) == (["z"], [(1, ("9",))])


async def test_the_feed_names_the_columns_of_a_sheet_whose_header_does_not(
    tmp_path: Path,
) -> None:
    book_of_two = book(["计划", None, "实际"], ["起", "止", "起"], [1, 2, 3])
    names = ("计划起", "计划止", "实际起")

    table = await read(book_of_two, tmp_path, header=2, columns=names)
    bare = await read(book([1, 2], [3, 4, 5]), tmp_path, header=0, columns=("a", "b"))
    with pytest.raises(WorkbookRefusedError, match="not what columns of the feed says: 止"):
        await read(book_of_two, tmp_path, header=2, columns=("计划起", "实际起", "计划止"))

    assert (table.header, table.rows) == ([*names], [(1, ("1", "2", "3"))])
    assert (bare.rows, bare.bad[0][:2]) == (
        [(1, ("1", "2"))],
        (2, "C 列有值而没有列名 (a value in a column without a name)"),
    )


async def test_merged_cells_are_filled_down_only_when_the_feed_says_so(tmp_path: Path) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B4:C4")

    body = book(["a", "b", "c"], ["机电系", 1, 1], [None, 2, 2], ["x", 3], edit=merge)

    plain = [row for _, row in (await read(body, tmp_path)).rows]
    filled = [row for _, row in (await read(body, tmp_path, fill_merged=True)).rows]

    assert plain == [("机电系", "1", "1"), (None, "2", "2"), ("x", "3", None)]
    assert filled == [("机电系", "1", "1"), ("机电系", "2", "2"), ("x", "3", None)]


async def test_a_value_without_a_column_name_is_no_row(tmp_path: Path) -> None:
    table = await read(book(["a", None, "c"], [1, None, 2], [1, 5, 2], [1, None, 2, 7]), tmp_path)

    assert (table.header, table.rows) == (["a", "c"], [(1, ("1", "2"))])
    assert [(line, why[:2], raw) for line, why, raw in table.bad] == [
        (2, "B ", "1\t5\t2"),
        (3, "D ", "1\t\t2\t7"),
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [([["a", "a"], [1, 2]], "repeats columns: a"), ([[], [1]], "row 1 is no header")],
)
async def test_a_header_that_names_no_columns_is_refused(
    tmp_path: Path, rows: list[list[Any]], words: str
) -> None:
    with pytest.raises(WorkbookRefusedError, match=words):
        await read(book(*rows), tmp_path)


async def test_an_old_workbook_is_read_with_its_dates_errors_and_merged_cells(
    tmp_path: Path,
) -> None:
    body = (FILES / "staff.xls").read_bytes()

    table = await read(body, tmp_path, header=2, fill_merged=True)

    assert table.header == ["部门", "工号", "姓名", "来校日期", "双师型", "折合"]
    assert table.rows == [
        (1, ("机电系", "T001", "张三", "2019-09-01T00:00:00", "true", "0.5")),
        (2, ("机电系", "T002", "李四", "2020-03-01T00:00:00", "false", "1")),
        (3, ("基础部", "T003", "=王五", "2021-09-01T08:30:00", None, "#REF!")),
    ]


async def test_a_million_rows_are_read_in_the_memory_of_a_few(tmp_path: Path) -> None:
    row = b'<row r="%d"><c r="A%d"><v>%d</v></c></row>'
    rows = b"".join([row % (at, at, at) for at in range(2, 1_048_577)])
    path = tmp_path / "book"
    path.write_bytes(zipped(sheet(b'<row r="1"><c r="A1" t="str"><v>n</v></c></row>' + rows)))

    answer = run(path)

    blocks = [frame["block"] for frame in answer.frames if "block" in frame]
    assert sum(len(block["lines"]) for block in blocks) == 1_048_575
    assert blocks[-1]["columns"][0][-1] == "1048576"
    assert answer.peak_mib < MAX_MEMORY_MIB


def sheet(rows: bytes, more: bytes = b"") -> bytes:
    return (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + rows
        + b"</sheetData>"
        + more
        + b"</worksheet>"
    )


def zipped(xml: bytes, **parts: bytes) -> bytes:
    """Return a workbook whose sheet is this XML, with more or other parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(["a"]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.infolist():
            is_sheet = part.filename.endswith("sheet1.xml")
            new.writestr(part.filename, xml if is_sheet else old.read(part))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def swap(body: bytes, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one part edited."""
    with zipfile.ZipFile(io.BytesIO(body)) as old:
        parts = {part.filename: old.read(part) for part in old.infolist()}
    assert parts[name] != edit(parts[name])
    parts[name] = edit(parts[name])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(part, content)
    return out.getvalue()


class Answer(NamedTuple):
    """What the reading process said, and what it took."""

    frames: list[dict[str, Any]]
    seconds: float
    """Of processor time."""

    peak_mib: float


def run(path: Path, layout: str = "{}") -> Answer:
    """Run the reading process as the hub does, and watch it."""
    with path.open("rb") as file, (path.parent / "frames").open("wb") as frames:
        process = subprocess.Popen(  # noqa: S603 — our own program
            [sys.executable, "-I", "-m", "shared.workbooks.worker", layout],
            stdin=file,
            stdout=frames,
            stderr=subprocess.DEVNULL,
        )
    peak = 0.0
    while True:
        pid, _, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        peak = max([peak, *(int(mark) / 1024 for mark in marks)])
        time.sleep(0.005)
    process.returncode = 0
    said = (path.parent / "frames").read_bytes()
    return Answer(list(frames_of(said)), used.ru_utime + used.ru_stime, peak)


def frames_of(said: bytes) -> Iterator[dict[str, Any]]:
    while said:
        size = int.from_bytes(said[:4], "big")
        yield json.loads(said[4 : 4 + size])
        said = said[4 + size :]


def bomb() -> bytes:
    return zipped(sheet(b" " * (101 * 1024 * 1024)))


def dense() -> bytes:
    return zipped(sheet(b" " * (50 * 1024 * 1024)))


def lying() -> bytes:
    """A directory that promises 1 KiB where 80 MiB come."""
    xml = sheet(b"<row><c><v>1</v></c></row>" * 3_000_000)
    body = bytearray(zipped(xml))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = body.find(mark)
        while at >= 0:
            if body[at + offset : at + offset + 4] == len(xml).to_bytes(4, "little"):
                body[at + offset : at + offset + 4] = (1024).to_bytes(4, "little")
            at = body.find(mark, at + 4)
    return bytes(body)


def encrypted() -> bytes:
    body = bytearray(book(["a"], [1]))
    at = body.find(b"PK\x01\x02")
    body[at + 8] |= 1
    return bytes(body)


def entity() -> bytes:
    doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return zipped(doctype + sheet(b'<row r="1"><c r="A1" t="str"><v>&e;</v></c></row>'))


def sparse() -> bytes:
    return zipped(
        sheet(
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    )


def many_parts() -> bytes:
    return zipped(sheet(b""), **{f"xl/{at}.xml": b"" for at in range(2_001)})


def digits(count: int) -> bytes:
    """Return digits that no compression makes much smaller."""
    return os.urandom(count).translate(bytes(48 + at % 10 for at in range(256)))


def shared_text() -> bytes:
    """One text of 1 MiB, in 500,000 cells."""
    styles = digits(1_000_000)
    cells = (
        b'" t="s"><v>0</v></c></row><row><c s="' + styles[at : at + 2] for at in range(500_000)
    )
    rows = b'<row><c s="0' + b"".join(cells) + b'" t="s"><v>0</v></c></row>'
    main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    text = digits(1024 * 1024)
    strings = b"<sst " + main + b"><si><t>" + text + b"</t></si></sst>"
    return swap(
        zipped(sheet(rows), **{"xl/sharedStrings.xml": strings}),
        "xl/_rels/workbook.xml.rels",
        lambda xml: xml.replace(
            b"</Relationships>",
            b'<Relationship Id="rId99" Target="sharedStrings.xml" Type="http://schemas.'
            b'openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>',
        ),
    )


def many_cells() -> bytes:
    """Five million numbers in one row after another of 1,000."""
    values = digits(15_000_000)
    row = b"</v></c></row><row><c><v>"
    rows = (
        b"</v></c><c><v>".join(values[at : at + 3] for at in range(first, first + 3_000, 3))
        for first in range(0, len(values), 3_000)
    )
    return zipped(sheet(b"<row><c><v>" + row.join(rows) + b"</v></c></row>"))


def many_errors() -> bytes:
    cell = b'<c r="A%d" t="e"><v>#REF!</v></c><c r="B%d" t="e"><v>#REF!</v></c>'
    return zipped(sheet(b"".join([cell % (at, at) for at in range(750_000)])))


def merges() -> bytes:
    rows = b'<row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="60000"><c r="A60000"/></row>'
    merge = b"".join(b'<mergeCell ref="A2:A60000"/>' for _ in range(100))
    return zipped(sheet(rows, b"<mergeCells>" + merge + b"</mergeCells>"))


def locked() -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (bomb, "it unpacks to more than 100 MiB"),
    "dense": (dense, "unpacks to more than 100 times its size"),
    "lying directory": (lying, "is larger than the directory says"),
    "encrypted": (encrypted, "the zip is encrypted"),
    "external entity": (entity, "declares a document type"),
    "two far cells": (sparse, ""),
    "many parts": (many_parts, "the zip holds"),
    "shared text": (shared_text, ""),
    "many cells": (many_cells, ""),
    "many errors": (many_errors, ""),
    "merged for ever": (merges, "merged cells would fill"),
    "cut off": (lambda: book(["a"], [1])[:900], "the zip is damaged"),
    "noise in a zip": (lambda: b"PK\x03\x04" + os.urandom(4096), "the zip is damaged"),
    "noise in an .xls": (lambda: b"\xd0\xcf\x11\xe0" + os.urandom(4096), "cannot be read"),
    "a cut .xls": (lambda: (FILES / "staff.xls").read_bytes()[:3000], "cannot be read"),
    "a locked workbook": (locked, "the workbook is encrypted"),
    "a web page": (lambda: b"\xef\xbb\xbf\r\n<html><table>", "it is a web page"),
    "a CSV": (lambda: b"a,b\n1,2\n", "neither an .xlsx nor an .xls"),
    "nothing": (lambda: b"", "neither an .xlsx nor an .xls"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_within_its_limits(name: str, tmp_path: Path) -> None:
    make, words = HOSTILE[name]
    path = tmp_path / "book"
    path.write_bytes(make())

    answer = run(path, '{"fill_merged": true}')

    # No reason stands where the process came to its end: then the hub says so.
    reasons = [frame["refused"]["en"] for frame in answer.frames if "refused" in frame]
    assert [words in reason for reason in reasons] == [True] if words else reasons == []
    assert not any("block" in frame or "end" in frame for frame in answer.frames)
    assert answer.peak_mib < MAX_MEMORY_MIB
    assert answer.seconds <= MAX_SECONDS + 0.5


@pytest.mark.parametrize("place", ["A99999999999", "A4294967299", "A1048577", "ABCD12345"])
async def test_a_cell_that_no_sheet_has_is_refused_by_name(tmp_path: Path, place: str) -> None:
    body = zipped(sheet(b'<row r="1"><c r="%s"><v>1</v></c></row>' % place.encode()))

    with pytest.raises(WorkbookRefusedError, match=f"no cell or row {place}: a sheet ends at"):
        await read(body, tmp_path)


async def test_what_looks_like_a_cell_within_a_text_is_text(tmp_path: Path) -> None:
    text = 'say r="A99999999999" or r="1"'
    body = zipped(sheet(b'<row r="1"><c r="A1" t="str"><v>%s</v></c></row>' % text.encode()))

    assert (await read(body, tmp_path)).header == [text]


async def test_the_end_of_the_reading_process_is_an_answer(tmp_path: Path) -> None:
    with pytest.raises(WorkbookRefusedError, match="more memory or time") as refused:
        await read(sparse(), tmp_path)

    assert refused.value.fixes == ["另存为 CSV 上传，或拆成几个文件 (save it as CSV, or split it)"]
    assert not await asyncio.to_thread(children)


def children() -> list[str]:
    """Return the reading processes that are still there."""
    here = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii")
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in here.split()]
    return [line for line in lines if "workbooks.worker" in line]
