"""CSV as frames of raw text.

A block of plain and properly quoted lines is read by polars; one with a line break inside quotes,
or with damaged quotes, record by record. Source: design "Data hub" 3, "Bad input".
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import BinaryIO, Final

import polars as pl

from datahub.ingest.domain.reading import (
    BAD_BYTE,
    DELIMITERS,
    DETECT,
    LINE,
    MAX_LINE_BYTES,
    MAX_RAW,
    TOO_LONG,
    BadLine,
    Chunk,
    Delimiter,
    UnreadableFileError,
    blocks,
    check_names,
    cut_by_cr,
    decoded,
    header_of,
    is_cut_by_cr,
    reads_as,
    too_long,
    wide_header,
)

MAX_LINES_A_RECORD: Final = 200
BLANKS: Final = " \t\u3000\u00a0"
"""What may stand in a cell that has no value."""

csv.field_size_limit(MAX_LINE_BYTES)


def read_csv(stream: BinaryIO, encoding: str, delimiter: str) -> Iterator[Chunk]:
    """Read CSV in chunks; a line that is no row is refused alone.

    Raises:
        UnreadableFileError: before the first chunk; no header, or one that is not in this
            encoding, too long, of too many columns, or repeats a column.
    """
    reader: _Reader | None = None
    for block in blocks(stream):
        text = decoded(block, encoding)
        if reader is None:
            first, end, text = text.partition("\n")
            if is_cut_by_cr(first, is_alone=not end):
                raise cut_by_cr()
            cut = Delimiter(_detected(first) if delimiter == DETECT else delimiter)
            reader = _Reader(_header(first, encoding, cut), cut)
        yield reader.read(text)
    if reader is None:
        raise _empty()
    if reader.rest:
        yield reader.read("", is_end=True)


def _empty() -> UnreadableFileError:
    return UnreadableFileError(
        "文件是空的，没有表头",
        "the file is empty: no header",
        fixes=[
            "没有数据也要有表头；核对文件，或约定的 format.header (a header without rows will do)"
        ],
    )


def _header(text: str, encoding: str, cut: Delimiter) -> list[str]:
    cells = _header_cells(text, encoding, cut)
    if text.startswith(TOO_LONG):
        raise wide_header()
    return header_of(cells)


def _header_cells(text: str, encoding: str, cut: Delimiter) -> list[str]:
    if BAD_BYTE in text:
        raise _other_encoding(text, encoding)
    return [cut.out_of_signs(cell) for cell in _cells(cut.into_signs(text), cut.sign)]


def check_header(line: bytes, columns: Sequence[str], encoding: str, delimiter: str) -> None:
    """Refuse a header that says something else than the columns that a feed names.

    Raises:
        UnreadableFileError: naming what it says; or it is not in this encoding.
    """
    if not line:
        raise _empty()
    cut = Delimiter(delimiter)
    found = _header_cells(decoded(line, encoding).strip("\ufeff\r\n"), encoding, cut)
    check_names(found, columns)


def _other_encoding(text: str, encoding: str) -> UnreadableFileError:
    other = reads_as(text, encoding)
    if other is None:
        return UnreadableFileError(
            f"表头不是 {encoding} 编码",
            f"the header is not encoded in {encoding}",
            fixes=[
                "按约定的编码另存，或改 format.encoding (save it so, or name another in the feed)"
            ],
        )
    return UnreadableFileError(
        f"表头不是 {encoding} 编码，按 {other.encoding} 可读",
        f"the header is not encoded in {encoding}, it reads as {other.encoding}",
        fields={"$.format.encoding": [other.encoding]},
        fixes=[f"{other.zh} ({other.en})"],
    )


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableFileError(
            f"表头无法读取：{error}", f"the header cannot be read: {error}"
        ) from error


def _detected(header: str) -> str:
    """Return the sign that cuts a header into the most columns.

    Raises:
        UnreadableFileError: two signs cut it into as many, so that nobody knows which it is.
    """
    counts = {sign: len(_cells(header, sign)) for sign in DELIMITERS}
    most = max(counts.values())
    found = [sign for sign, count in counts.items() if count == most]
    if most > 1 and len(found) > 1:
        raise UnreadableFileError(
            f"分隔符不明：{'、'.join(map(repr, found))}",
            f"the delimiter may be any of {', '.join(map(repr, found))}",
            fixes=["在约定中写明 format.delimiter (pin format.delimiter in the feed)"],
        )
    return found[0]


class _Reader:
    """Reads the text of a file block by block, and numbers its lines."""

    def __init__(self, header: Sequence[str], cut: Delimiter) -> None:
        self._header = header
        self._cut = cut
        self._delimiter = cut.sign
        self._line = 0
        self.rest = ""
        """A record whose quotes are still open at the end of what was read."""

    def read(self, text: str, *, is_end: bool = False) -> Chunk:
        """Read the rows of whole lines; a line of another width is refused."""
        text = self.rest + self._cut.into_signs(text)
        lines = pl.Series("text", text.split("\n")).str.strip_chars_end("\r")
        self.rest = ""
        if self._has_odd_quotes(lines):
            chunk = self._read_with_care(lines.to_list(), is_end=is_end)
        else:
            is_blank = self._are_blank(lines)
            blank = int(is_blank.sum()) - _after_end(lines)
            chunk = replace(self._read_lines(lines.filter(~is_blank)), blank=blank)
        self._line += chunk.received
        return self._as_written(chunk)

    def _as_written(self, chunk: Chunk) -> Chunk:
        """Put the delimiter back where quotes kept it within a cell."""
        sign, written = self._cut.sign, self._cut.written
        if sign == written:
            return chunk
        cells = pl.col(pl.String).str.replace_all(sign, written, literal=True)
        return replace(chunk, frame=chunk.frame.with_columns(cells))

    def _are_blank(self, lines: pl.Series) -> pl.Series:
        """Whether lines have no value: they are empty, or a spreadsheet wrote ``,,,`` there."""
        blank = lines.str.strip_chars(f"{self._delimiter}{BLANKS}") == ""
        if not lines.str.starts_with('"').any():
            return blank
        cell = r'\s*(?:"\s*")?\s*'
        between = re.escape(self._delimiter)
        return blank | lines.str.contains(f"^{cell}(?:{between}{cell})*$")

    def _has_odd_quotes(self, lines: pl.Series) -> bool:
        """Whether a line with quotes is not wholly made of plain and properly quoted fields.

        Such a line holds a line break within quotes, or is damaged: it is read with care.
        """
        quoted = lines.filter(lines.str.contains('"', literal=True))
        between = re.escape(self._delimiter)
        each = f'(?:"(?:[^"]|"")*"|[^"{between}]*)'
        return not bool(quoted.str.contains(f"^{each}(?:{between}{each})*$").all())

    def _read_lines(self, lines: pl.Series) -> Chunk:
        bare = lines.str.replace_all(r'"[^"]*"', "") if lines.str.contains('"').any() else lines
        wide = bare.str.count_matches(self._delimiter, literal=True) == len(self._header) - 1
        is_row = wide & ~lines.str.starts_with(TOO_LONG)
        begin = self._line + 1
        numbered = pl.DataFrame({LINE: range(begin, begin + lines.len()), "text": lines})
        bad = [self._bad(line, raw) for line, raw in numbered.filter(~is_row).iter_rows()]
        good = numbered.filter(is_row)
        frame = self._parse(good["text"])
        return Chunk(frame.with_columns(good[LINE].cast(pl.Int64)), bad)

    def _parse(self, lines: pl.Series) -> pl.DataFrame:
        if lines.len() == 0:
            return pl.DataFrame(schema=dict.fromkeys(self._header, pl.String))
        # polars drops a byte-order mark at the beginning, also one that belongs to a value.
        body = "\n".join(lines.to_list()).encode("utf-8-sig")
        return pl.read_csv(
            io.BytesIO(body),
            has_header=False,
            new_columns=list(self._header),
            infer_schema=False,
            separator=self._delimiter,
            empty_string_is_null=True,
        )

    def _read_with_care(self, texts: Sequence[str], *, is_end: bool) -> Chunk:
        rows: list[list[str | None]] = []
        lines: list[int] = []
        bad: list[BadLine] = []
        place = 0
        blank = 0
        while place < len(texts):
            blank += not texts[place]
            row, used = self._record(texts, place) if texts[place] else (None, 0)
            if row is not None and not any(value.strip() for value in row):
                blank, place = blank + 1, place + used
                continue
            line = self._line + len(rows) + len(bad) + 1
            if row is not None and len(row) == len(self._header):
                rows.append([value or None for value in row])
                lines.append(line)
            elif used > len(texts) - place and not is_end:
                self.rest = "\n".join(texts[place:])
                break
            elif texts[place]:
                bad.append(self._bad(line, texts[place]))
                used = 1
            place += used or 1
        frame = pl.DataFrame(rows, schema=dict.fromkeys(self._header, pl.String), orient="row")
        numbers = pl.Series(LINE, lines, dtype=pl.Int64)
        blank -= 0 if self.rest else _after_end(texts)
        return Chunk(frame.with_columns(numbers), bad, blank=blank)

    def _record(self, texts: Sequence[str], place: int) -> tuple[list[str] | None, int]:
        """Read the record that begins at a line; return it and how many lines it takes.

        A quote that is never closed would take the rest of the file with it: a record spans at
        most 200 lines and 4 MiB, and one that does not close is damaged alone. One that is open
        at the end of the text takes more lines than there are.
        """
        if texts[place].startswith(TOO_LONG):
            return None, 1
        if '"' not in texts[place]:
            return texts[place].split(self._delimiter), 1
        # The line after the last one, empty, is asked for only where a quote is open.
        reader = csv.reader(
            chain(_following(texts, place), [""]), delimiter=self._delimiter, strict=True
        )
        try:
            return next(reader), reader.line_num
        except csv.Error:
            return None, reader.line_num

    def _bad(self, line: int, raw: str) -> BadLine:
        if raw.startswith(TOO_LONG):
            return too_long(line, self._cut.out_of_signs(raw))
        width = len(self._header)
        message = (
            f"列数或引号有误，表头 {width} 列 (wrong columns or quotes, the header has {width})"
        )
        if (found := self._width(raw)) not in {None, width}:
            message = (
                f"这一行 {found} 列，表头 {width} 列 ({found} columns, the header has {width})"
            )
        return BadLine(line, "ragged", message, self._cut.out_of_signs(raw)[:MAX_RAW])

    def _width(self, raw: str) -> int | None:
        """Return how many columns a line has; None where its quotes do not tell."""
        try:
            return len(next(csv.reader([raw], delimiter=self._delimiter, strict=True)))
        except csv.Error:
            return None


def _after_end(lines: Sequence[str] | pl.Series) -> int:
    """Return 1 where the text ended with a line: what follows its line break is none."""
    return int(lines[-1] == "")


def _following(texts: Sequence[str], place: int) -> Iterator[str]:
    """Yield the lines that a record which begins at ``place`` may span."""
    size = 0
    for number in range(place, min(place + MAX_LINES_A_RECORD, len(texts))):
        size += len(texts[number])
        if size > MAX_LINE_BYTES or texts[number].startswith(TOO_LONG):
            return
        yield f"{texts[number]}\n"
