"""Turn delivered bytes into a frame of raw text, one column per source column.

Every value stays the text that the source wrote; ``#line`` numbers the rows from 1. What cannot
be read is put aside with its raw text; the rows around it are not lost with it. Source: design
"Data hub" 3 (encodings, delimiters), "Bad input".
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar, Final

import msgspec
import polars as pl

from shared.errors import DomainError, ErrorKind

LINE: Final = "#line"
CHUNK_BYTES: Final = 8 * 1024 * 1024
MAX_LINE_BYTES: Final = 4 * 1024 * 1024
MAX_COLUMNS: Final = 2_000
MAX_DIGITS: Final = 40
MAX_LINES_A_RECORD: Final = 200
BAD_BYTE: Final = "\ufffd"


class UnreadableFileError(DomainError):
    """A file whose shape cannot be understood at all."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "unreadable-file"
    title_zh: ClassVar = "文件无法读取"
    title_en: ClassVar = "The file cannot be read"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row."""

    line: int
    code: str
    message: str
    raw: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a delivery: rows as raw text, and the lines that are no rows."""

    frame: pl.DataFrame
    bad: Sequence[BadLine]

    @property
    def received(self) -> int:
        """Rows in this part, readable or not."""
        return self.frame.height + len(self.bad)


def _mark_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    """Write an undecodable byte as U+FFFD and its hex value, so that nothing is lost."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"{BAD_BYTE}[{byte:02X}]" for byte in wrong), error.end


codecs.register_error("helix8-mark", _mark_bad_bytes)


def read_records(records: Sequence[object], first_line: int = 1) -> Chunk:
    """Make a chunk from decoded JSON records; what is no object is put aside."""
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    for line, record in enumerate(records, first_line):
        problem = _problem_of(record)
        if problem is None:
            assert isinstance(record, Mapping)
            rows.append(record)
            lines.append(line)
        else:
            raw = msgspec.json.encode(record).decode()
            bad.append(BadLine(line, *problem, raw[:4000]))
    return Chunk(_frame(rows, lines), bad)


def read_ndjson(stream: BinaryIO) -> Iterator[Chunk]:
    """Read newline-delimited JSON in chunks; an undecodable line is put aside alone."""
    line = 0
    for block in _blocks(stream):
        rows: list[Mapping[str, Any]] = []
        lines: list[int] = []
        bad: list[BadLine] = []
        for text in block.split(b"\n"):
            if not text.strip():
                continue
            line += 1
            problem = _read_json_line(text, rows)
            if problem is None:
                lines.append(line)
            else:
                raw = text.decode("utf-8", "helix8-mark")[:4000]
                bad.append(BadLine(line, problem[0], problem[1], raw))
        yield Chunk(_frame(rows, lines), bad)


def _read_json_line(text: bytes, rows: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    try:
        record = _JSON.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return "undecodable", f"不是合法的 JSON：{error} (not JSON)"
    problem = _problem_of(record)
    if problem is None:
        rows.append(record)
    return problem


def _problem_of(record: object) -> tuple[str, str] | None:
    if not isinstance(record, Mapping):
        return "not-an-object", "每条记录须为 JSON 对象 (a record is a JSON object)"
    if "" in record:
        return "reserved-name", "字段名不能为空 (a field needs a name)"
    if LINE in record:
        return "reserved-name", f"{LINE} 是保留名 (this name is reserved)"
    return None


def _plain(number: str) -> str:
    """Write a JSON number without an exponent, digit for digit; a giant stays as it is."""
    value = Decimal(number)
    is_small = value.is_finite() and abs(value.adjusted()) < MAX_DIGITS
    return f"{value:f}" if is_small else number


# Numbers stay the digits that the source wrote: a float would lose some of them.
_JSON: Final = msgspec.json.Decoder(float_hook=_plain)


def read_csv(stream: BinaryIO, encoding: str, delimiter: str) -> Iterator[Chunk]:
    """Read CSV in chunks.

    Raises:
        UnreadableFileError: no header, a repeated column, too many columns.
    """
    header: list[str] | None = None
    line = 0
    for block in _blocks(stream):
        text = block.decode("utf-8" if encoding == "utf-8-sig" else encoding, "helix8-mark")
        if header is None:
            first, _, text = text.lstrip("\ufeff").partition("\n")
            header = _header(first, delimiter)
        chunk = _csv_chunk(text, header, delimiter, line)
        line += chunk.received
        yield chunk
    if header is None:
        raise UnreadableFileError("文件是空的，没有表头", "the file is empty: no header")


def _header(text: str, delimiter: str) -> list[str]:
    names = [
        name.strip("\ufeff \t\r\u3000\u00a0")
        for name in next(csv.reader([text.rstrip("\r")], delimiter=delimiter), [])
    ]
    if len(names) > MAX_COLUMNS:
        raise UnreadableFileError(
            f"表头有 {len(names)} 列，上限 {MAX_COLUMNS}", f"the header has {len(names)} columns"
        )
    if LINE in names:
        raise UnreadableFileError(f"列名 {LINE} 是保留名", f"the column name {LINE} is reserved")
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        raise UnreadableFileError(
            f"表头有重复的列 {twice}" if twice else "没有表头",
            f"the header repeats {twice}" if twice else "there is no header",
            fields={"header": twice},
            fixes=["Name every column once"],
        )
    return names


def _csv_chunk(text: str, header: Sequence[str], delimiter: str, before: int) -> Chunk:
    """Read the rows of one block; a line of another width is put aside."""
    lines = pl.Series("text", text.split("\n")).str.strip_chars_end("\r")
    if _has_odd_quotes(lines, delimiter):
        return _slow_csv_chunk(lines.to_list(), header, delimiter, before)
    lines = lines.filter(lines.str.len_bytes() > 0)
    bare = lines.str.replace_all(r'"[^"]*"', "") if lines.str.contains('"').any() else lines
    is_row = bare.str.count_matches(delimiter, literal=True) == len(header) - 1
    numbered = pl.DataFrame({LINE: range(before + 1, before + 1 + lines.len()), "text": lines})
    bad = [
        BadLine(line, "ragged", f"列数与表头不符，表头 {len(header)} 列", raw[:4000])
        for line, raw in numbered.filter(~is_row).iter_rows()
    ]
    good = numbered.filter(is_row)
    frame = _parse_rows(good["text"], header, delimiter)
    return Chunk(frame.with_columns(good[LINE].cast(pl.Int64)), bad)


def _parse_rows(lines: pl.Series, header: Sequence[str], delimiter: str) -> pl.DataFrame:
    if lines.len() == 0:
        return pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    body = "\n".join(lines.to_list()).encode()
    return pl.read_csv(
        io.BytesIO(body),
        has_header=False,
        new_columns=list(header),
        infer_schema=False,
        separator=delimiter,
        empty_string_is_null=True,
    )


def _has_odd_quotes(lines: pl.Series, delimiter: str) -> bool:
    """Whether a line with quotes is not wholly made of plain and properly quoted fields.

    Such a line holds a line break within quotes, or is damaged: it is read with care.
    """
    quoted = lines.filter(lines.str.contains('"', literal=True))
    between = re.escape(delimiter)
    each = f'(?:"(?:[^"]|"")*"|[^"{between}]*)'
    return not bool(quoted.str.contains(f"^{each}(?:{between}{each})*$").all())


def _slow_csv_chunk(
    texts: Sequence[str], header: Sequence[str], delimiter: str, before: int
) -> Chunk:
    rows: list[list[str | None]] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    place = 0
    line = before
    while place < len(texts):
        if not texts[place]:
            place += 1
            continue
        line += 1
        row, used = _record(texts, place, delimiter)
        if row is not None and len(row) == len(header):
            rows.append([value or None for value in row])
            lines.append(line)
        else:
            used = 1
            message = f"列数或引号有误，表头 {len(header)} 列 (wrong columns or quotes)"
            bad.append(BadLine(line, "ragged", message, texts[place][:4000]))
        place += used
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return Chunk(frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64)), bad)


def _record(texts: Sequence[str], place: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Read the record that begins at a line; return it and how many lines it takes.

    A quote that is never closed would take the rest of the file with it: a record spans at most
    200 lines, and one that does not close is damaged alone.
    """
    row = _fields(texts[place], delimiter)
    if row is not None or '"' not in texts[place]:
        return row, 1
    for end in range(place + 1, min(place + MAX_LINES_A_RECORD, len(texts))):
        if '"' in texts[end]:
            row = _fields("\n".join(texts[place : end + 1]), delimiter)
            if row is not None:
                return row, end - place + 1
    return None, 1


def _fields(text: str, delimiter: str) -> list[str] | None:
    """Return the fields of one whole record; None when its quotes are wrong."""
    try:
        [row] = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return row


def _frame(rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    if len(names) > MAX_COLUMNS:
        raise UnreadableFileError(
            f"记录共有 {len(names)} 个字段名，上限 {MAX_COLUMNS}",
            f"the records have {len(names)} field names, more than {MAX_COLUMNS}",
        )
    columns = {name: pl.Series(name, _texts(rows, name), dtype=pl.String) for name in names}
    return pl.DataFrame([*columns.values(), pl.Series(LINE, lines, dtype=pl.Int64)])


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> list[str | None]:
    return [_text(row.get(name)) for row in rows]


def _text(value: object) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _plain(repr(value))
        case _:
            return msgspec.json.encode(value).decode()


def _blocks(stream: BinaryIO) -> Iterable[bytes]:
    """Cut a stream into blocks of about 8 MiB that end with a line, outside quotes."""
    rest = b""
    while part := stream.read(CHUNK_BYTES):
        block = rest + part
        cut = _cut(block)
        if cut == 0 and len(block) > CHUNK_BYTES + MAX_LINE_BYTES:
            raise UnreadableFileError(
                f"有一行超过 {MAX_LINE_BYTES} 字节", f"a line is longer than {MAX_LINE_BYTES} bytes"
            )
        if len(part) < CHUNK_BYTES:
            # The end. A last line without a line break goes with the lines before it: as a block
            # of its own it would make a small push two transactions.
            cut = len(block)
        if cut:
            yield block[:cut]
        rest = block[cut:]
    if rest:
        yield rest


def _cut(block: bytes) -> int:
    """Return the end of the last whole line of a block; 0 when there is none.

    A line break inside quotes is no end. After 64 tries the quotes themselves are taken to be
    damaged: then any line break is one, and the damage stays in its own rows.
    """
    last = end = block.rfind(b"\n") + 1
    for _ in range(64):
        if not end or block.count(b'"', 0, end) % 2 == 0:
            break
        end = block.rfind(b"\n", 0, end - 1) + 1
    else:
        return last
    return end or last
