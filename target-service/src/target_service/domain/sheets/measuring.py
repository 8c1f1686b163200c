"""How wide a text is, and how it is fitted into a box, without a font at hand.

A character is as wide as its East-Asian width says: an ideograph one em, Latin letters by their
class. The classes are those of wide sans-serif fonts, so that what fits here fits in the fonts that
a page names. Source: Unicode UAX #11; the widths of the classes are our default, on the safe side.
"""

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import combining, east_asian_width

_NARROW: Final = frozenset("iljtfrI.,;:'|!()[]{}/ -·")
_BROAD: Final = frozenset("mwMW@%&—…")
_NOT_FIRST: Final = frozenset("，。、；：！？）】》”,.;:!?)]%")
"""What begins no line."""

_PIECE: Final = re.compile(r"[!-~\u00a1-\u024f]+|\s+|.")
"""A Latin word holds together, an ideograph stands alone."""

ELLIPSIS: Final = "…"
LEADING: Final = 1.22
"""Distance of two lines, in sizes of the font."""

_STEP: Final = 0.25


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text in a size in which it fits."""

    size: float
    lines: tuple[str, ...]
    is_cut: bool
    """Not all of it is there: an ellipsis says so."""


def width_of(text: str, size: float) -> float:
    """Return the width of a text in a font of some size, in the unit of the size."""
    return size * sum(map(_em, text))


def fit(text: str, room: tuple[float, float], lines: int, sizes: tuple[float, float]) -> Fitted:
    """Return a text in the largest size in which it fits into some lines; cut in the smallest.

    Args:
        room: width and height.
        lines: at most; one has always room.
        sizes: largest and smallest.
    """
    (width, height), (size, smallest) = room, sizes
    while True:
        wrapped = wrap(text, width, size)
        held = max(1, min(lines, int(height / (LEADING * size))))
        if len(wrapped) <= held:
            return Fitted(size, tuple(wrapped), is_cut=False)
        if size <= smallest:
            return Fitted(size, _cut(wrapped, width, held, size), is_cut=True)
        size = max(smallest, size - _STEP)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines that are no wider than a width; a long word is broken, too."""
    lines: list[str] = [""]
    for piece in _pieces(text, width, size):
        if not lines[-1] or width_of((lines[-1] + piece).rstrip(), size) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return [each.rstrip() for each in lines]


def _pieces(text: str, width: float, size: float) -> list[str]:
    """Return what is not broken: words, and ideographs with the stop that follows them."""
    found: list[str] = []
    for match in _PIECE.findall(" ".join(text.split())):
        if width_of(match, size) > width:
            found += list(match)
        elif found and match[0] in _NOT_FIRST and not found[-1].isspace():
            found[-1] += match
        else:
            found.append(match)
    return found


def _cut(wrapped: list[str], width: float, lines: int, size: float) -> tuple[str, ...]:
    last = wrapped[lines - 1]
    while last and width_of(last + ELLIPSIS, size) > width:
        last = last[:-1]
    return (*wrapped[: lines - 1], last.rstrip() + ELLIPSIS)


def _em(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in {"W", "F", "A"} and character != "·":
        return 1.0
    if character in _NARROW:
        return 0.36
    if character in _BROAD:
        return 0.96
    return 0.72 if character.isupper() else 0.58
