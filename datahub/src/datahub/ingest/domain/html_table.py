"""Read the table of a web page, which is what many campus exports named ``.xls`` are.

The parser of the standard library is fed as the file comes. Others were tried: libxml2 silently
drops rows below a depth of 256 elements. What this one cannot do is end soon on a tag that never
does, so an unfinished one is refused before it is long. Source: ``dirty_cases`` D118, D123.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import BinaryIO, Final

import polars as pl
from typing_extensions import override

from datahub.ingest.domain.reading import (
    BAD_BYTE,
    LINE,
    MAX_COLUMNS,
    MAX_LINE_BYTES,
    BadLine,
    Chunk,
    UnreadableFileError,
    check_names,
    codec_of,
    header_of,
)
from shared.workbooks.sheet import Layout

PART_BYTES: Final = 64 * 1024
MAX_UNFINISHED: Final = 64 * 1024
CHUNK_ROWS: Final = 10_000
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")

_ANYWHERE: Final = Layout()

Row = list[str | None]


def read_html(stream: BinaryIO, encoding: str, layout: Layout = _ANYWHERE) -> Iterator[Chunk]:
    """Read the rows of a page's tables in chunks.

    The header is the row that the feed says. Where it says none, it is the first row with more
    than one name: a title stands alone in its row.

    Raises:
        UnreadableFileError: no header, a repeated column, too many columns, or no end.
    """
    header = [*layout.columns] if layout.columns and not layout.header else None
    rows: list[Row] = []
    line = 0
    for number, row in enumerate(_rows(stream, encoding), 1):
        if header is None:
            header = _header(row, number, layout)
            continue
        if layout.first_row and number < layout.first_row:
            continue
        rows.append(row)
        if len(rows) == CHUNK_ROWS:
            yield _chunk(rows, header, line)
            line += len(rows)
            rows = []
    if header is None:
        raise UnreadableFileError(
            "网页中没有表格",
            "there is no table in the page",
            fixes=["核对文件，或改用 CSV、XLSX (check the file, or use CSV or XLSX)"],
        )
    yield _chunk(rows, header, line)


def _header(row: Row, number: int, layout: Layout) -> list[str] | None:
    """Return the names of the columns, if this row has them."""
    is_said = layout.header > 1 or bool(layout.columns)
    if is_said and number < layout.header:
        return None
    names = [each or "" for each in row]
    if layout.columns:
        check_names(names, layout.columns)
        return [*layout.columns]
    return header_of(names) if is_said or _may_be_header(row) else None


def _may_be_header(row: Row) -> bool:
    return len(row) == 1 or sum(each is not None for each in row) > 1


def _chunk(rows: Sequence[Row], header: Sequence[str], before: int) -> Chunk:
    numbered = list(enumerate(rows, before + 1))
    good = [(line, row) for line, row in numbered if len(row) == len(header)]
    bad = [
        BadLine(
            line,
            "ragged",
            f"这一行 {len(row)} 列，表头 {len(header)} 列"
            f" ({len(row)} columns, the header has {len(header)})",
            "\t".join(each or "" for each in row)[:4000],
        )
        for line, row in numbered
        if len(row) != len(header)
    ]
    frame = pl.DataFrame(
        [row for _, row in good], schema=dict.fromkeys(header, pl.String), orient="row"
    )
    lines = pl.Series(LINE, [line for line, _ in good], dtype=pl.Int64)
    return Chunk(frame.with_columns(lines), bad)


def _rows(stream: BinaryIO, encoding: str) -> Iterator[Row]:
    decoder = codecs.getincrementaldecoder(codec_of(encoding))("helix8-mark")
    table = _Table()
    while part := stream.read(PART_BYTES):
        # Python's parser ends some constructs at a NUL; it is no sign of any text.
        table.feed(decoder.decode(part).replace("\0", f"{BAD_BYTE}[00]"))
        if len(table.rawdata) > MAX_UNFINISHED:
            raise _unfinished()
        yield from table.take()
    table.feed(decoder.decode(b"", final=True))
    if "<" in table.rawdata:
        raise _unfinished()
    table.close()
    table.end_row()
    yield from table.take()


def _unfinished() -> UnreadableFileError:
    return UnreadableFileError(
        "网页不完整：有标签没有结束",
        "the page is not whole: a tag never ends",
        fixes=["重新导出，或改用 CSV、XLSX (export it again, or use CSV or XLSX)"],
    )


class _Table(HTMLParser):
    """Collects the rows of tables; a cell of several rows stands in each of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[Row] = []
        self._row: Row | None = None
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._below: dict[int, tuple[int, str | None]] = {}
        self._bytes = 0

    def take(self) -> list[Row]:
        """Return the rows that are whole, once."""
        done, self._done = self._done, []
        return done

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "tr":
                self.end_row()
                self._row = []
            case "td" | "th" if self._row is not None:
                self._end_cell()
                self._fill_from_above()
                found = dict(attrs)
                self._spans = (_span(found.get("rowspan")), _span(found.get("colspan")))
                self._cell = []
            case "br" if self._cell is not None:
                self._cell.append("\v")
            case "table":
                self._below = {}
            case _:
                pass

    @override
    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "td" | "th":
                self._end_cell()
            case "tr" | "table":
                self.end_row()
            case _:
                pass

    @override
    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._bytes += len(data)
            if self._bytes > MAX_LINE_BYTES:
                raise UnreadableFileError(
                    f"有一行超过 {MAX_LINE_BYTES} 字符",
                    f"a row is longer than {MAX_LINE_BYTES} characters",
                )
            self._cell.append(data)

    def end_row(self) -> None:
        """End the row that is open."""
        self._end_cell()
        if self._row is not None:
            self._fill_from_above()
            if self._row:
                self._done.append(self._row)
        self._row = None
        self._bytes = 0

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        text = _SPACES.sub(" ", "".join(self._cell)).replace("\v", "\n").strip()
        rows, columns = self._spans
        if len(self._row) + columns > MAX_COLUMNS:
            raise UnreadableFileError(
                f"表格超过 {MAX_COLUMNS} 列", f"the table has more than {MAX_COLUMNS} columns"
            )
        for value in [text or None, *([None] * (columns - 1))]:
            if rows > 1:
                self._below[len(self._row)] = (rows - 1, value)
            self._row.append(value)
        self._cell = None

    def _fill_from_above(self) -> None:
        """Take over cells that reach down into this row, at the place where they stand."""
        assert self._row is not None
        while (place := len(self._row)) in self._below:
            left, value = self._below.pop(place)
            self._row.append(value)
            if left > 1:
                self._below[place] = (left - 1, value)


def _span(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
