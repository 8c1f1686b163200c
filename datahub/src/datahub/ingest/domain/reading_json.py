"""Newline-delimited JSON, and records that are decoded already, as frames of raw text.

Source: design "Data hub" 3, "Bad input"; our default where none is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec
import polars as pl

from datahub.ingest.domain import repeats
from datahub.ingest.domain.exponents import Exponent, digits_of, plain
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import (
    LINE,
    MAX_COLUMNS,
    MAX_RAW,
    TOO_LONG,
    BadLine,
    Chunk,
    blocks,
    decoded,
    too_long,
)

_TEXT: Final = frozenset({str, type(None)})
"""What a row holds as it is: most sources write nothing else."""

Row = Mapping[str, str | None]

_MARK: Final = TOO_LONG.encode()
_NOT_UTF8: Final = (
    "NDJSON 须为 UTF-8，字符须完整，请另存后重发 (NDJSON is UTF-8, of whole characters)"
)
_LONE_HALF: Final = re.compile(
    rb"(?i)\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]"
)
"""Half of a character that JSON writes as two."""


def read_records(
    records: Iterable[object], feed: Feed | None = None, first: int = 1
) -> Iterator[Chunk]:
    """Make chunks from decoded JSON records, at least one; ``first`` numbers the first record."""
    return _chunks((line, _row(line, each, feed)) for line, each in enumerate(records, first))


def read_ndjson(
    stream: BinaryIO, feed: Feed | None = None, *, opens_all: bool = False
) -> Iterator[Chunk]:
    """Read newline-delimited JSON in chunks; a line that is no record is refused alone.

    Args:
        feed: reads it; without one a number with an exponent is its digits.
        opens_all: members of every object are columns, for whoever looks what there is.

    Raises:
        UnreadableFileError: the file is not in an encoding of bytes at all.
    """
    line = 0
    for block in blocks(stream):
        texts = [text for text in block.split(b"\n") if text.strip()]
        rows = [
            _read(number, text, feed, opens_all=opens_all)
            for number, text in enumerate(texts, line + 1)
        ]
        if not repeats.is_clear(block, sum(map(_names_of, rows, texts))):
            rows = [
                _checked(number, text, row)
                for number, (text, row) in enumerate(zip(texts, rows, strict=True), line + 1)
            ]
        yield from _chunks(enumerate(rows, line + 1))
        line += len(texts)


def _names_of(row: Row | BadLine, text: bytes) -> int:
    """Return how many names a row has; of what is none, as many as its bytes seem to have."""
    return repeats.members_of(text) if isinstance(row, BadLine) else len(row)


def _checked(line: int, text: bytes, row: Row | BadLine) -> Row | BadLine:
    """Return a row, unless it repeats a name."""
    if isinstance(row, BadLine) or repeats.is_clear(text, len(row)):
        return row
    if repeats.is_clear(text, repeats.names_in(_JSON.decode(text))):
        return row
    path = repeats.repeated_in(repeats.read_marked(text))
    return row if path is None else _repeating(line, path, decoded(text, "utf-8"))


def _repeating(line: int, path: str, raw: str) -> BadLine:
    return BadLine(line, repeats.CODE, repeats.message_of(path), raw[:MAX_RAW], path)


def _read(line: int, text: bytes, feed: Feed | None, *, opens_all: bool) -> Row | BadLine:
    if text.startswith(_MARK):
        return too_long(line, decoded(text, "utf-8"))
    try:
        return _row(line, _JSON.decode(text), feed, opens_all=opens_all)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = _NOT_UTF8 if _is_not_utf8(text) else f"不是合法的 JSON：{error} (not JSON)"
        return BadLine(line, "undecodable", message, decoded(text, "utf-8")[:MAX_RAW])


def _is_not_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return True
    return _LONE_HALF.search(text) is not None


def _row(line: int, record: object, feed: Feed | None, *, opens_all: bool = False) -> Row | BadLine:
    if isinstance(record, repeats.Repeating):
        return _repeating(line, record.path, record.raw)
    problem = _problem_of(record)
    if problem is None and (opens_all or (feed is not None and feed.opened)):
        assert isinstance(record, Mapping)
        record, problem = _opened(record, None if feed is None else feed.opened)
    if problem is None:
        assert isinstance(record, Mapping)
        if _TEXT.issuperset(map(type, record.values())):
            return record
        return {
            name: value.held_by(name, feed) if isinstance(value, Exponent) else _text(value)
            for name, value in record.items()
        }
    raw = msgspec.json.encode(record, enc_hook=str).decode()
    return BadLine(line, *problem, raw[:MAX_RAW])


def _opened(
    record: Mapping[str, Any], opened: Mapping[str, Sequence[str]] | None
) -> tuple[Mapping[str, Any], tuple[str, str] | None]:
    """Return a record with the members of its objects as columns ``a.b``, or why it is none.

    An object that is null says null of each column in it; a name that comes out twice is refused.

    Args:
        opened: the objects whose members are columns, with these; None for every object.
    """
    if opened is not None and opened.keys().isdisjoint(record):
        return record, None
    row: dict[str, Any] = {}
    waiting = [*record.items()][::-1]
    while waiting:
        name, value = waiting.pop()
        if name in row:
            return record, (repeats.CODE, repeats.message_of(f"$.{name}"))
        if isinstance(value, Mapping) and (opened is None or name in opened):
            members = [(f"{name}.{member}", each) for member, each in value.items()]
            waiting += members[::-1]
            continue
        row[name] = value
        if value is None and opened:
            waiting += [(each, None) for each in opened.get(name, ()) if each not in record]
    return row, _problem_of(row)


def _problem_of(record: object) -> tuple[str, str] | None:
    if type(record) is not dict and not isinstance(record, Mapping):
        return "not-an-object", "每条记录须为 JSON 对象 (a record is a JSON object)"
    if "" in record:
        return "reserved-name", "字段名不能为空 (a field needs a name)"
    if LINE in record:
        return "reserved-name", f"{LINE} 是保留名 (this name is reserved)"
    if len(record) > MAX_COLUMNS:
        return "too-many-fields", f"字段多于 {MAX_COLUMNS} 个 (more than {MAX_COLUMNS} fields)"
    return None


def _text(value: object) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return plain(repr(value))
        case _:
            return msgspec.json.encode(value, enc_hook=str).decode()


_JSON: Final = msgspec.json.Decoder(float_hook=digits_of)


def _chunks(read: Iterable[tuple[int, Row | BadLine]]) -> Iterator[Chunk]:
    """Gather rows into chunks of at most 2,000 field names each."""
    rows: list[Row] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    names: dict[str, None] = {}
    for line, each in read:
        if isinstance(each, BadLine):
            bad.append(each)
            continue
        if not each.keys() <= names.keys():
            if len(names | dict.fromkeys(each)) > MAX_COLUMNS:
                yield _chunk(rows, lines, names, bad)
                rows, lines, bad, names = [], [], [], {}
            names.update(dict.fromkeys(each))
        rows.append(each)
        lines.append(line)
    yield _chunk(rows, lines, names, bad)


def _chunk(
    rows: Sequence[Row], lines: Sequence[int], names: Mapping[str, None], bad: Sequence[BadLine]
) -> Chunk:
    left_out: dict[frozenset[str], list[int]] = {}
    for line, row in zip(lines, rows, strict=True):
        if len(row) < len(names):
            left_out.setdefault(frozenset(names.keys() - row.keys()), []).append(line)
    return Chunk(_frame(rows, lines, names), bad, left_out=left_out, is_sparse=True)


def _frame(rows: Sequence[Row], lines: Sequence[int], names: Iterable[str]) -> pl.DataFrame:
    columns = [pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names]
    return pl.DataFrame([*columns, pl.Series(LINE, lines, dtype=pl.Int64)])
