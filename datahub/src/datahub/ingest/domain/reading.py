"""Turn delivered bytes into a frame of raw text, one column per source column.

Every value stays the text that the source wrote; ``#line`` numbers the rows from 1. What cannot
be read is put aside with its raw text; the rows around it are not lost with it.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, Final

import msgspec
import polars as pl

from shared.errors import DomainError, ErrorKind

LINE: Final = "#line"
CHUNK_BYTES: Final = 8 * 1024 * 1024
MAX_LINE_BYTES: Final = 4 * 1024 * 1024
MAX_COLUMNS: Final = 2_000
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
        if isinstance(record, Mapping):
            rows.append(record)
            lines.append(line)
        else:
            raw = msgspec.json.encode(record).decode()
            bad.append(BadLine(line, "not-an-object", "每条记录须为 JSON 对象", raw[:4000]))
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
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return "undecodable", f"不是合法的 JSON：{error}"
    if not isinstance(record, dict):
        return "not-an-object", "每行须为一个 JSON 对象"
    rows.append(record)
    return None


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
    lines = lines.filter(lines.str.len_bytes() > 0)
    if _spans_lines(lines):
        return _slow_csv_chunk(text, header, delimiter, before)
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


def _spans_lines(lines: pl.Series) -> bool:
    """Whether a quoted field holds a line break: some line has an odd number of quotes."""
    quotes = lines.str.count_matches('"', literal=True)
    return bool((quotes % 2 == 1).any())


def _slow_csv_chunk(text: str, header: Sequence[str], delimiter: str, before: int) -> Chunk:
    rows: list[list[str]] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    for line, row in enumerate((row for row in reader if row), before + 1):
        if len(row) == len(header):
            rows.append(row)
            lines.append(line)
        else:
            message = f"列数与表头不符，表头 {len(header)} 列，本行 {len(row)} 列"
            bad.append(BadLine(line, "ragged", message, delimiter.join(row)[:4000]))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return Chunk(frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64)), bad)


def _frame(rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
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
        case int() | float():
            return repr(value)
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
