"""Guess how a file is written: encoding, delimiter, header row, and a second header of labels.

Source: ``dirty_cases`` D108–D119 (encodings, delimiters, byte order marks); our default where
none is. What is not certain is refused with its remedy, or asked; it is never taken silently.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

import polars as pl

from datahub.ingest.domain.reading import LINE
from shared.errors import DomainError, ErrorKind

MAX_ROWS: Final = 5_000
"""Rows of a sample that are looked at."""

MAX_HEADER: Final = 20
"""Rows among which the header is looked for."""

_DELIMITERS: Final = (",", "\t", ";", "|")
_BLANKS: Final = "\ufeff \t\r\n\u3000\u00a0"
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9,.:/年月日%-]*")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_MOSTLY: Final = 0.8


class SampleRefusedError(DomainError):
    """A sample from which nothing can be told."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "sample-refused"
    title_zh: ClassVar = "样本无法识别"
    title_en: ClassVar = "The sample tells nothing"


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

    @property
    def columns(self) -> list[str]:
        """Return the source columns."""
        return [name for name in self.frame.columns if name != LINE]


def sample_of_csv(body: bytes) -> Sample:
    """Read a sample of CSV.

    Raises:
        SampleRefusedError: an encoding that no feed reads, no delimiter, no header.
    """
    encoding = encoding_of(body)
    text = codecs.getincrementaldecoder(encoding)().decode(body)
    lines = text.lstrip("\ufeff").split("\n")
    if len(lines) > MAX_ROWS:
        lines = lines[:MAX_ROWS]
    delimiter = delimiter_of([line for line in lines[:100] if line.strip()])
    rows = list(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter))
    return sample_of_rows(rows, encoding=encoding, delimiter=delimiter)


def encoding_of(body: bytes) -> str:
    """Return the encoding of a text whose end may be cut off.

    Raises:
        SampleRefusedError: it is none that a feed reads.
    """
    if body.startswith(_WIDE) or body[:2000].count(0) > len(body[:2000]) // 4:
        raise SampleRefusedError(
            "文件是 UTF-16 编码（Excel 的“Unicode 文本”）",
            "the file is encoded in UTF-16, as “Unicode text” of Excel is",
            fixes=["另存为“CSV UTF-8（逗号分隔）” (save it as CSV UTF-8)"],
        )
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(body)
        except UnicodeDecodeError:
            continue
        has_mark = encoding == "utf-8" and body.startswith(codecs.BOM_UTF8)
        return "utf-8-sig" if has_mark else encoding
    raise SampleRefusedError(
        "既不是 UTF-8 也不是 GB18030 编码",
        "it is encoded neither in UTF-8 nor in GB18030",
        fixes=["另存为“CSV UTF-8（逗号分隔）” (save it as CSV UTF-8)"],
    )


def delimiter_of(lines: Sequence[str]) -> str:
    """Return what cuts most lines into the same, largest number of columns."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        width, count = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
        score = (width - 1) * count / max(1, len(lines))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def sample_of_rows(
    rows: Sequence[Sequence[str | None]],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Sample:
    """Find the header among the first rows, and what stands below it.

    Raises:
        SampleRefusedError: no row names the columns.
    """
    cleaned = [[(cell or "").strip(_BLANKS) for cell in row] for row in rows[: MAX_HEADER + 2]]
    at = _header_of(cleaned)
    if at is None:
        raise SampleRefusedError(
            f"前 {MAX_HEADER} 行中没有表头",
            f"no row of the first {MAX_HEADER} names the columns",
            fixes=["表头须每列一个不同的名字 (a header gives each column a name of its own)"],
        )
    names, labels, first = _names_of(cleaned, at)
    while names and not names[-1]:
        names.pop()
    taken = [row for row in rows[first:MAX_ROWS] if len(row) >= len(names) and any(row)]
    columns = {
        name: pl.Series(name, [row[place] or None for row in taken], dtype=pl.String)
        for place, name in enumerate(names)
        if name
    }
    line = pl.Series(LINE, range(1, len(taken) + 1), dtype=pl.Int64)
    header = at + 1 if names == [*cleaned[at][: len(names)]] else at + 2
    return Sample(
        frame=pl.DataFrame([*columns.values(), line]),
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        first_row=first + 1,
        labels=labels,
    )


def _header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the first row that names columns: wide, distinct, no values."""
    filled = [sum(map(bool, row)) for row in rows]
    widest = max(filled, default=0)
    for at, row in enumerate(rows[:MAX_HEADER]):
        names = [cell for cell in row if cell]
        is_wide = filled[at] >= max(1, widest * _MOSTLY)
        if is_wide and len(set(names)) == len(names) and not any(map(_NUMBER.fullmatch, names)):
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
