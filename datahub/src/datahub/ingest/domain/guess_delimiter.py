"""Guess what stands between the cells of a line.

Source: ``dirty_cases`` D108–D111 (delimiters); our default for the weights.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from datahub.ingest.domain.reading import Delimiter, UnreadableFileError

USUAL: Final = (",", "\t", ";", "|")
EVENLY: Final = 0.8
"""Share of the lines that a delimiter cuts into as many cells. Source: our default."""

_NEVER: Final = frozenset("\"'_\r\n")


@dataclass(frozen=True, slots=True)
class Cut:
    """What cuts lines into cells."""

    delimiter: str
    is_sure: bool = True
    others: tuple[str, ...] = ()
    """What would cut them as well."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """How one sign cuts the lines."""

    sign: str
    width: int
    share: float
    """Share of the lines that have this width."""

    @property
    def score(self) -> float:
        return (self.width - 1) * self.share

    def is_every_other(self, single: "_Trial") -> bool:
        """Whether this sign, the other one doubled, leaves but the empty cells out."""
        is_double = single.width > 1 and single.width == 2 * self.width - 1
        return is_double and self.share >= EVENLY


def cut_of(lines: Sequence[str]) -> Cut:
    """Return what cuts most lines into the same, largest number of cells.

    Another sign than the usual ones is taken only where none of these cuts the lines evenly, and
    where it cuts the first of them too: a date has its signs, and the name above it has none.
    """
    usual = [_trial(lines, sign) for sign in USUAL]
    best = max(usual, key=lambda each: each.score)
    if (doubled := _trial(lines, best.sign * 2)).is_every_other(best):
        return Cut(doubled.sign, is_sure=False, others=(best.sign,))
    evenly = [each for each in usual if each.width > 1 and each.share >= EVENLY]
    if evenly:
        others = tuple(
            each.sign for each in evenly if each is not best and each.score >= best.score
        )
        return Cut(best.sign, best.share >= EVENLY and not others, others)
    signs = sorted({char for char in "".join(lines[:1]) if _may_delimit(char)} - set(USUAL))
    found = sorted(
        (
            each
            for each in (_trial(lines, sign) for sign in signs)
            if each.width > 1 and each.share >= EVENLY
        ),
        key=lambda each: -each.score,
    )
    if found:
        return Cut(found[0].sign, is_sure=False, others=tuple(each.sign for each in found[1:]))
    return Cut(best.sign, is_sure=best.score == 0 and not signs)


def _may_delimit(char: str) -> bool:
    return not char.isalnum() and not char.isspace() and char not in _NEVER


def _trial(lines: Sequence[str], sign: str) -> _Trial:
    widths = [len(row) for row in cells_of(lines, sign)] or [0]
    width, count = max(Counter(widths).items(), key=lambda each: (each[1], each[0]))
    return _Trial(sign, width, count / len(widths))


def cells_of(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    """Return the cells of lines, which hold no CR.

    Raises:
        UnreadableFileError: a cell is larger than any may be.
    """
    cut = Delimiter(delimiter)
    try:
        rows = csv.reader((f"{cut.into_signs(line)}\n" for line in lines), delimiter=cut.sign)
        if cut.sign == delimiter:
            return list(rows)
        return [[cut.out_of_signs(cell) for cell in row] for row in rows]
    except csv.Error as error:
        raise UnreadableFileError(
            f"CSV 无法读取：{error}",
            f"the CSV cannot be read: {error}",
            fixes=["核对引号与分隔符 (check the quotes and the delimiter)"],
        ) from error
