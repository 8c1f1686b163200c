"""Turn delivered bytes into frames of raw text, one column per source column.

``reading``       chunks, lines that are no rows, and blocks of whole lines
``reading_csv``   CSV
``reading_json``  newline-delimited JSON, and records that are decoded already

Every value stays the text that the source wrote; ``#line`` numbers the rows from 1. What cannot
be read is refused with its raw text and its number; the rows around it are not lost with it, and
a file is refused as a whole for what its first line shows, or where hardly a line is one.
Source: design "Data hub" 3 (encodings, delimiters), "Bad input".
"""

import codecs
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, ClassVar, Final, NamedTuple

import numpy as np
import polars as pl

from shared.errors import DomainError, ErrorKind
from shared.workbooks.sheet import misnamed

LINE: Final = "#line"
CHUNK_BYTES: Final = 8 * 1024 * 1024
CHUNK_LINES: Final = 60_000
"""Lines read at once: a file of short lines would take several times the memory of another."""

MAX_LINE_BYTES: Final = 4 * 1024 * 1024
MAX_COLUMNS: Final = 2_000
MAX_RAW: Final = 4_000
"""Characters that are kept of a line that is no row."""

NAMELESS: Final = "(无列名 nameless)"
"""What a column without a name is called in a message."""

BAD_BYTE: Final = "\ufffd"
_MARKED: Final = re.compile(BAD_BYTE + r"\[([0-9A-F]{2})\]")
_CHINESE: Final = re.compile(r"[\x00-\x7f\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]*")

TOO_LONG: Final = "\0too-long\0"
"""Stands before the head of a line that was too long; no line that is read begins so."""

UTF16: Final = "utf-16"
"""With its byte-order mark: “Unicode text” of Excel."""

BIG5: Final = "big5"
"""Of Taiwan and Hong Kong; read with the characters that were added to it."""

ENCODINGS: Final = frozenset({"utf-8", "utf-8-sig", "gb18030", BIG5, UTF16})
_CODECS: Final = {"utf-8-sig": "utf-8", BIG5: "big5hkscs"}
"""By which codec an encoding is read that has another name."""

_WIDE_MARKS: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHINESE_BYTES: Final = frozenset({"gb18030", BIG5})
"""Encodings in which a Chinese character is two bytes, or four."""

DETECT: Final = "detect"
"""In place of a delimiter: whichever cuts the header into the most columns."""

DELIMITERS: Final = ",;\t|"
MAX_DELIMITER: Final = 8
"""Characters of a delimiter."""

_UNIT: Final = "\x1f"
"""Stands for a delimiter that is not one byte while a line is cut."""


class Delimiter(NamedTuple):
    """What stands between the cells of a line, as its source writes it and as it is cut."""

    written: str

    @property
    def sign(self) -> str:
        """Return the one byte by which lines are cut."""
        is_byte = len(self.written) == 1 and self.written.isascii()
        return self.written if is_byte else _UNIT

    def into_signs(self, text: str) -> str:
        """Return the text cut by its sign; where it held that sign itself, a bad byte is marked."""
        if self.sign == self.written:
            return text
        return text.replace(_UNIT, f"{BAD_BYTE}[1F]").replace(self.written, _UNIT)

    def out_of_signs(self, text: str) -> str:
        """Return a cell or a line as it was written."""
        return text.replace(self.sign, "" if self.written == _UNIT else self.written)


class UnreadableFileError(DomainError):
    """A file whose shape cannot be understood at all."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "unreadable-file"
    title_zh: ClassVar = "文件无法读取"
    title_en: ClassVar = "The file cannot be read"


UNREAD: Final = "_raw"
"""Under which name a line is kept that is no row: alone, since it has no columns."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row."""

    line: int
    code: str
    message: str
    raw: str
    path: str = "$"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a delivery: rows as raw text, and the lines that are no rows."""

    frame: pl.DataFrame
    bad: Sequence[BadLine]
    odd: Sequence[BadLine] = ()
    """Lines where something about the file itself is odd; they are among the rows."""

    left_out: Mapping[frozenset[str], Sequence[int]] = field(default_factory=dict)
    """Lines of records that lack some of the columns, by what they lack."""

    is_sparse: bool = False
    """There is no header: a record names only the fields that it speaks of."""

    blank: int = 0
    """Lines without any value: they are no rows, and nobody waits for their fate."""

    @property
    def received(self) -> int:
        """Rows in this part, readable or not."""
        return self.frame.height + len(self.bad)

    def after(self, line: int) -> "Chunk":
        """Return what stands after a line."""
        return replace(
            self,
            frame=self.frame.filter(pl.col(LINE) > line),
            bad=[each for each in self.bad if each.line > line],
            odd=[each for each in self.odd if each.line > line],
            blank=0,
        )

    def without(self, rows: int) -> "Chunk":
        """Return what stands after the first ``rows`` rows, readable or not."""
        lines = self._lines() if rows > 0 else []
        return self.after(lines[min(rows, len(lines)) - 1]) if lines else self

    def _lines(self) -> list[int]:
        bad = pl.Series([each.line for each in self.bad], dtype=pl.Int64)
        return pl.concat([self.frame[LINE], bad.rename(LINE)]).sort().to_list()

    def cut(self, rows: int) -> Iterator["Chunk"]:
        """Cut into parts of at most ``rows`` rows in their order, readable or not."""
        if self.received <= rows:
            yield self
            return
        rest = self
        for end in self._lines()[rows - 1 : -1 : rows]:
            yield replace(
                rest,
                frame=rest.frame.filter(pl.col(LINE) <= end),
                bad=[each for each in rest.bad if each.line <= end],
                odd=[each for each in rest.odd if each.line <= end],
            )
            rest = rest.after(end)
        yield rest


def header_of(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns.

    Raises:
        UnreadableFileError: there are none, too many, or two of one name.
    """
    names = [name.strip("\ufeff \t\r\u3000\u00a0") for name in cells]
    if len(names) > MAX_COLUMNS:
        raise wide_header()
    if LINE in names:
        raise UnreadableFileError(f"列名 {LINE} 是保留名", f"the column name {LINE} is reserved")
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        told = [name or NAMELESS for name in twice]
        raise UnreadableFileError(
            f"表头有重复的列 {'、'.join(told)}" if twice else "没有表头",
            f"the header repeats {', '.join(told)}" if twice else "there is no header",
            fields={f"header.{name}": ["重复 (twice)"] for name in told},
            fixes=[
                (
                    "每列一个不同的名字；文件改不了，就在约定的 format.columns 中给出列名"
                    " (name every column once; or name them in format.columns of the feed)"
                )
            ],
        )
    return names


def check_names(header: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a header that says something else than the columns that a feed names.

    Raises:
        UnreadableFileError: naming what it says.
    """
    if wrong := misnamed(header, columns):
        raise UnreadableFileError(
            f"表头与约定的 columns 不符：{'、'.join(wrong)}",
            f"the header is not what columns of the feed says: {', '.join(wrong)}",
            fields={
                f"header.{each}": ["此处应是另一列 (another column is expected)"] for each in wrong
            },
            fixes=["修改表头，或修改约定的 format.columns (mend it, or columns of the feed)"],
        )


def wide_header() -> UnreadableFileError:
    """Return the refusal of a header that nobody can have meant."""
    return UnreadableFileError(
        f"表头超过 {MAX_LINE_BYTES} 字节或 {MAX_COLUMNS} 列",
        f"the header is longer than {MAX_LINE_BYTES} bytes or {MAX_COLUMNS} columns",
        fixes=[
            (
                "删去不需要的列；或核对分隔符与表头所在的行（format.delimiter、format.header）"
                " (drop columns; or check format.delimiter and format.header of the feed)"
            )
        ],
    )


def is_cut_by_cr(first: str, *, is_alone: bool) -> bool:
    """Whether lines end with CR alone: the first one has them within, and no other follows."""
    return is_alone and "\r" in first.rstrip("\r")


def cut_by_cr() -> UnreadableFileError:
    """Return the refusal of a file whose lines end with CR alone."""
    return UnreadableFileError(
        "各行以 CR 结束（旧 Mac 的换行），不能逐行读取",
        "its lines end with CR alone, as on old Macs",
        fixes=["另存，换行用 LF 或 CR LF (save it with LF or CR LF at the ends of lines)"],
    )


def too_long(line: int, text: str) -> BadLine:
    """Return what is said of a line of which `blocks` kept the head alone."""
    message = f"这一行超过 {MAX_LINE_BYTES} 字节 (longer than {MAX_LINE_BYTES} bytes)"
    return BadLine(line, "line-too-long", message, text.removeprefix(TOO_LONG)[:MAX_RAW])


def codec_of(encoding: str) -> str:
    """Return the codec that reads an encoding."""
    return _CODECS.get(encoding, encoding)


def decoded(block: bytes, encoding: str) -> str:
    """Decode a block; a byte that cannot be is U+FFFD and its hex value, so nothing is lost."""
    return block.decode(codec_of(encoding), "helix8-mark")


@dataclass(frozen=True, slots=True)
class Reading:
    """What marked text says in another encoding."""

    encoding: str
    text: str

    @property
    def zh(self) -> str:
        """What to do about it."""
        return f"请把数据源约定的 format.encoding 改为 {self.encoding}，或改存文件"

    @property
    def en(self) -> str:
        """The same in English."""
        return f"set format.encoding of the feed to {self.encoding}, or save the file anew"


def _other(encoding: str) -> str:
    """Return the encoding that text is most often in when it is not in this one."""
    return "utf-8" if encoding in CHINESE_BYTES else "gb18030"


def reads_as(text: str, encoding: str) -> Reading | None:
    """Return what text with marks for bad bytes says in the other usual encoding.

    Bytes of anything make some text in gb18030; it counts when its letters are Chinese.
    """
    own = codec_of(encoding) if encoding in CHINESE_BYTES else "utf-8"
    other = _other(encoding)
    parts = _MARKED.split(text)
    if len(parts) == 1:
        return None  # the letter U+FFFD itself: a source lost the bytes before us
    whole = b"".join(
        bytes.fromhex(part) if place % 2 else part.encode(own) for place, part in enumerate(parts)
    )
    try:
        said = whole.decode(other)
    except UnicodeDecodeError:
        return None
    return Reading(other, said) if _CHINESE.fullmatch(said) else None


def read_otherwise(names: Collection[str], encoding: str, known: Collection[str]) -> Reading | None:
    """Return how the other usual encoding reads a header, where it makes some names known."""
    other = _other(encoding)
    for name in names:
        try:
            said = name.encode(codec_of(encoding)).decode(other)
        except UnicodeError:
            continue
        if said in known:
            return Reading(other, said)
    marked = (reads_as(name, encoding) for name in names)
    return next((each for each in marked if each is not None and each.text in known), None)


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Cut a stream into blocks of at most about 8 MiB and 60,000 lines that end with a line.

    Of a line that is too long the head alone is kept, after the mark `TOO_LONG`: memory does not
    grow with it. A byte-order mark at the beginning is dropped.

    Raises:
        UnreadableFileError: the file is UTF-16 or UTF-32.
    """
    rest = b""
    is_first = True
    while part := stream.read(CHUNK_BYTES):
        block = rest + (without_mark(part) if is_first else part)
        is_first = False
        # At the end, a last line without a line break goes with the lines before it: as a block
        # of its own it would make a small push two transactions.
        cut = len(block) if len(part) < CHUNK_BYTES else block.rfind(b"\n") + 1
        if cut:
            yield from _pieces(_shortened(block[:cut]))
        rest = block[cut:][: MAX_LINE_BYTES + 1]
    if rest:
        yield _shortened(rest)


def _pieces(block: bytes) -> Iterator[bytes]:
    if block.count(b"\n") <= CHUNK_LINES:
        yield block
        return
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n")) + 1
    start = 0
    for end in (*ends[CHUNK_LINES - 1 :: CHUNK_LINES].tolist(), len(block)):
        if start < end:
            yield block[start:end]
        start = end


def without_mark(part: bytes) -> bytes:
    """Return the beginning of a file without its byte-order mark.

    Raises:
        UnreadableFileError: it is the one of UTF-16 or UTF-32.
    """
    if part.startswith(_WIDE_MARKS):
        raise UnreadableFileError(
            "文件是 UTF-16 或 UTF-32 编码",
            "the file is encoded in UTF-16 or UTF-32",
            fixes=[
                (
                    "UTF-16：约定中写 format.encoding = 'utf-16'；或另存为约定的编码"
                    " (say utf-16 in the feed's format.encoding, or save it in that encoding)"
                )
            ],
        )
    return part.removeprefix(codecs.BOM_UTF8)


def _shortened(block: bytes) -> bytes:
    """Keep the head alone of each line that is too long."""
    kept: list[bytes] = []
    start = 0
    while len(block) - start > MAX_LINE_BYTES:
        end = block.rfind(b"\n", start, start + MAX_LINE_BYTES + 1) + 1
        if end:
            kept.append(block[start:end])
        else:
            end = block.find(b"\n", start) + 1 or len(block)
            kept += [TOO_LONG.encode(), block[start : start + MAX_RAW], b"\n"]
        start = end
    return b"".join([*kept, block[start:]]) if kept else block


def _mark_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"{BAD_BYTE}[{byte:02X}]" for byte in wrong), error.end


codecs.register_error("helix8-mark", _mark_bad_bytes)
