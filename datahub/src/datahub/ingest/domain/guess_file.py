"""Guess how a file is written: encoding, delimiter, header row, and a second header of labels.

Source: ``dirty_cases`` D108–D119 (encodings, delimiters, byte order marks); our default where
none is. What is not certain is refused with its remedy, or asked; it is never taken silently.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import ClassVar, Final

import polars as pl

from datahub.ingest.domain.feed_layout import MAX_ABOVE
from datahub.ingest.domain.guess_delimiter import Cut, cells_of, cut_of
from datahub.ingest.domain.reading import (
    BIG5,
    LINE,
    UTF16,
    codec_of,
    cut_by_cr,
    header_of,
    is_cut_by_cr,
)
from shared.errors import DomainError, ErrorKind

MAX_ROWS: Final = 5_000
"""Rows of a sample that are looked at."""

MAX_HEADER: Final = 20
"""Rows among which the header is looked for."""

_BLANKS: Final = "\ufeff \t\r\n\u3000\u00a0"
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_STRAY: Final = "\x1d"
"""Stands for a CR within a line while it is cut: the reader would end the line there."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9,.:/年月日%-]*")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_DIGIT: Final = re.compile(r"[0-9]")
_COMMON: Final = frozenset(
    bytes(pair).decode("gb2312", "ignore") for pair in product(range(0xB0, 0xD8), range(0xA1, 0xFF))
)
"""The characters of everyday: the first level of GB 2312."""

_COMMON_IN_BIG5: Final = frozenset(
    bytes(pair).decode(BIG5, "ignore") for pair in product(range(0xA4, 0xC7), range(0x40, 0xFF))
)
"""The characters in common use of Big5, its first part."""

FOOTERS: Final = ("合计", "总计", "小计", "制表", "填表", "审核")
"""How lines begin that stand below a table. Source: our default."""

FOOTER_LINES: Final = 3
"""Among so many last lines a footer is looked for."""

LEAST_COMMON: Final = 0.6
"""Share of the Chinese characters of a text that are common, whatever it is about. Read as
GB 18030, Big5 and Shift JIS give rare ones. Source: our default."""

MIN_SPANS: Final = 2
"""More cells than these make a row above the header a header too; fewer are a title."""

MIN_DISTINCT: Final = 0.5
"""Share of the names of a header that differ: 起 and 止 come twice, 男 all the time."""

MAX_NUMBERED: Final = 0.4
TOLD: Final = 5
LOOKED_AT: Final = 100_000
"""Characters by which an encoding is judged."""

_MOSTLY: Final = 0.8


class SampleRefusedError(DomainError):
    """A sample from which nothing can be told."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "sample-refused"
    title_zh: ClassVar = "样本无法识别"
    title_en: ClassVar = "The sample tells nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How a file is written, as far as somebody says so."""

    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    """Its row, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What was taken though it is not certain, at its place in ``format``."""

    name: str
    zh: str
    en: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is known of a file before anybody knows what it means."""

    frame: pl.DataFrame
    """Raw text, one column per source column, and ``#line``."""

    encoding: str | None = None
    delimiter: str | None = None
    header: int = 1
    first_row: int = 2
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a second header says of a column."""

    given: tuple[str, ...] = ()
    """Names for all columns, where the header repeats one or leaves several out."""

    footer: tuple[str, ...] = ()
    """With which words the lines begin that stand below the table; they are no rows of it."""

    doubts: tuple[Doubt, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Return the source columns."""
        return [name for name in self.frame.columns if name != LINE]


def sample_of_csv(body: bytes, said: Written = Written()) -> Sample:
    """Read a sample of CSV.

    Raises:
        SampleRefusedError: an encoding that no feed reads, lines that end with CR, no header.
        UnreadableFileError: a header that no feed could have; see `header_of`.
    """
    encoding = said.encoding or encoding_of(body)
    text = text_of(body, encoding).lstrip("\ufeff")
    lines = [line.rstrip("\r").replace("\r", _STRAY) for line in text.split("\n")[:MAX_ROWS]]
    if is_cut_by_cr(lines[0].replace(_STRAY, "\r"), is_alone=len(lines) == 1):
        raise cut_by_cr()
    looked = [line for line in lines[:100] if line.strip()]
    cut = Cut(said.delimiter) if said.delimiter else cut_of(looked)
    rows = [[cell.replace(_STRAY, "\r") for cell in row] for row in cells_of(lines, cut.delimiter)]
    sample = sample_of_rows(rows, said.header, is_csv=True)
    return replace(
        sample,
        encoding=encoding,
        delimiter=cut.delimiter,
        doubts=(*_about_encoding(text, encoding, said), *_about_cut(cut), *sample.doubts),
    )


def text_of(body: bytes, encoding: str) -> str:
    """Return a text whose end may be cut off.

    Raises:
        SampleRefusedError: it is not in this encoding.
    """
    try:
        return codecs.getincrementaldecoder(codec_of(encoding))().decode(body)
    except UnicodeError as error:
        raise SampleRefusedError(
            f"样本不是 {encoding} 编码：{error}",
            f"the sample is not encoded in {encoding}: {error}",
            fixes=["改写 encoding，或不写而由中台辨认 (name another, or leave encoding out)"],
        ) from error


def encoding_of(body: bytes) -> str:
    """Return the encoding of a text whose end may be cut off.

    Raises:
        SampleRefusedError: it is none that a feed reads.
    """
    if body.startswith(_WIDE):
        return UTF16
    if body[:2000].count(0) > len(body[:2000]) // 4:
        raise SampleRefusedError(
            "文件像是 UTF-16 编码，但没有字节顺序标记（BOM）",
            "the file seems to be UTF-16 without its byte-order mark",
            fixes=["另存为“CSV UTF-8（逗号分隔）” (save it as CSV UTF-8)"],
        )
    read = {encoding: _read_as(body, encoding) for encoding in ("utf-8", "gb18030", BIG5)}
    if read["utf-8"] is not None:
        return "utf-8-sig" if body.startswith(codecs.BOM_UTF8) else "utf-8"
    chinese, taiwanese = read["gb18030"], read[BIG5]
    is_rare = chinese is None or _is_rare(chinese, _COMMON)
    if is_rare and taiwanese is not None and not _is_rare(taiwanese, _COMMON_IN_BIG5):
        return BIG5
    if chinese is not None:
        return "gb18030"
    raise SampleRefusedError(
        "不是 UTF-8、GB18030 或 Big5 编码",
        "it is encoded neither in UTF-8 nor in GB18030 nor in Big5",
        fixes=["另存为“CSV UTF-8（逗号分隔）” (save it as CSV UTF-8)"],
    )


def _read_as(body: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec_of(encoding))().decode(body)
    except UnicodeDecodeError:
        return None


def _is_rare(text: str, common: frozenset[str]) -> bool:
    """Whether most Chinese characters of a text are rare: any bytes make some text."""
    letters = [char for char in text[:LOOKED_AT] if char.isalpha() and not char.isascii()]
    return sum(char in common for char in letters) < LEAST_COMMON * len(letters)


def _about_encoding(text: str, encoding: str, said: Written) -> Iterator[Doubt]:
    """Doubt an encoding in which most bytes make some text."""
    if said.encoding is not None:
        return
    if encoding == BIG5:
        yield Doubt(
            name="encoding",
            zh="按 big5 读出的是常用字；若不对，请写明 encoding 再推断",
            en="it is taken for big5: say encoding if it is not",
            choices=("gb18030",),
        )
    elif encoding == "gb18030" and _is_rare(text, _COMMON):
        yield Doubt(
            name="encoding",
            zh="按 gb18030 读出的多是生僻字：可能是别的编码，请核对或另存为 UTF-8",
            en="read as gb18030 most characters are rare: is it another encoding?",
        )


def _about_cut(cut: Cut) -> Iterator[Doubt]:
    if cut.is_sure:
        return
    named = f"{cut.delimiter!r}"
    yield Doubt(
        name="delimiter",
        zh=f"分隔符取作 {named}，不能肯定；若不对，请写明 delimiter 再推断",
        en=f"the delimiter is taken for {named}, which is not certain: say delimiter if it is not",
        choices=cut.others,
    )


def sample_of_rows(
    rows: Sequence[Sequence[str | None]], header: int | None = None, *, is_csv: bool = False
) -> Sample:
    """Find the header among the first rows, and what stands below it.

    Args:
        header: its row, where somebody says it.
        is_csv: empty cells at the end of the header are columns; of a sheet they are none.

    Raises:
        SampleRefusedError: no row names the columns.
        UnreadableFileError: a header that no feed could have; see `header_of`.
    """
    cleaned = [[(cell or "").strip(_BLANKS) for cell in row] for row in rows[: MAX_ABOVE + 2]]
    at = _header_of(cleaned) if header is None else header - 1
    if at is None or at >= len(cleaned):
        raise SampleRefusedError(
            f"前 {MAX_HEADER} 行中没有表头" if at is None else f"样本没有第 {header} 行",
            f"no row of the first {MAX_HEADER} names the columns"
            if at is None
            else f"the sample has no row {header}",
            fixes=["表头须每列一个不同的名字 (a header gives each column a name of its own)"],
        )
    names, labels, first = _names_of(cleaned, at)
    line = at + 1 if names == cleaned[at] else at + 2
    while not is_csv and names and not names[-1]:
        names.pop()
    twice = {name for name in names if names.count(name) > 1} - (set() if is_csv else {""})
    above = cleaned[at - 1][: len(names)] if at else ()
    given = _given(names, above) if twice else ()
    names = [*given] or names
    while names and not names[-1]:
        names.pop()
    header_of([name for name in names if name])
    taken = [row for row in rows[first:MAX_ROWS] if len(row) >= len(names) and any(row)]
    columns = {
        name: pl.Series(name, [row[place] or None for row in taken], dtype=pl.String)
        for place, name in enumerate(names)
        if name
    }
    numbers = pl.Series(LINE, range(1, len(taken) + 1), dtype=pl.Int64)
    frame, footer = cut_footer(pl.DataFrame([*columns.values(), numbers]))
    return Sample(
        frame=frame,
        footer=footer,
        header=line,
        first_row=first + 1,
        labels=labels,
        given=given,
        doubts=(*(() if header is not None else _about_header(names)), *_about_given(given)),
    )


def cut_footer(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows above a footer, and with which words its lines begin."""
    last = frame.drop(LINE).tail(FOOTER_LINES)
    begins = [next(filter(None, row), "").strip() for row in last.iter_rows()]
    found = [next(filter(each.startswith, FOOTERS), "") for each in begins]
    if not any(found):
        return frame, ()
    first = next(place for place, word in enumerate(found) if word)
    rows = frame.height - len(found) + first
    return frame.head(rows), tuple(word for word in FOOTERS if word in found)


def _given(names: Sequence[str], above: Sequence[str]) -> tuple[str, ...]:
    """Return names for all columns, where the header repeats one or leaves several out.

    Of two header rows the upper one spans columns: its cell goes before the names below it.
    """
    spans = len(above) == len(names) and sum(map(bool, above)) > MIN_SPANS
    over = ""
    given: list[str] = []
    for place, name in enumerate(names, 1):
        over = (above[place - 1] or over) if spans else ""
        is_clear = name and names.count(name) == 1
        called = (name if is_clear else f"{over}{name}") or f"列{place}"
        given.append(called if called not in given else f"{called} {place}")
    return tuple(given)


def _about_given(given: Sequence[str]) -> Iterator[Doubt]:
    if given:
        yield Doubt(
            name="columns",
            zh="表头有重复或空白的列名，已由左至右另取了名字，请核对",
            en="the header repeats names or leaves them out: these were given, please check",
        )


def _about_header(names: Sequence[str]) -> Iterator[Doubt]:
    """Doubt names of which many hold digits: they may be the first row of the data."""
    if sum(map(bool, map(_DIGIT.search, names))) > MAX_NUMBERED * len(names):
        yield Doubt(
            name="header",
            zh=f"表头取作“{'、'.join(names[:TOLD])}”，像是数据；若不对，请写明 header（第几行）",
            en="what is taken for the header looks like data: say header (its row) if it is none",
        )


def _header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the first row that names columns: wide, mostly distinct, no values."""
    filled = [sum(map(bool, row)) for row in rows]
    widest = max(filled, default=0)
    for at, row in enumerate(rows[:MAX_HEADER]):
        names = [cell for cell in row if cell]
        is_wide = filled[at] >= max(1, widest * _MOSTLY)
        is_distinct = len({*names}) >= len(names) * MIN_DISTINCT
        if is_wide and is_distinct and not any(map(_NUMBER.fullmatch, names)):
            return at
    return None


def _names_of(rows: Sequence[Sequence[str]], at: int) -> tuple[list[str], dict[str, str], int]:
    """Return the names of the columns, their labels, and the place of the first row of data.

    Of two headers the one of identifiers gives the names, the one in Chinese the labels.
    """
    names = list(rows[at])
    below = rows[at + 1] if at + 1 < len(rows) else []
    is_second = len(below) == len(names) and len({*filter(None, below)}) == sum(map(bool, below))
    if is_second and _share(names, _IDENTIFIER) > _MOSTLY < _share_of_han(below):
        return names, dict(zip(names, below, strict=True)), at + 2
    if is_second and _share_of_han(names) > _MOSTLY < _share(below, _IDENTIFIER):
        return list(below), dict(zip(below, names, strict=True)), at + 2
    return names, {}, at + 1


def _share(cells: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.fullmatch(cell)) for cell in cells) / max(1, len(cells))


def _share_of_han(cells: Sequence[str]) -> float:
    return sum(bool(_HAN.search(cell)) for cell in cells) / max(1, len(cells))
