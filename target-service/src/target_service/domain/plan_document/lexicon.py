"""Words that people write two ways, found by what the document itself writes elsewhere.

An item of a list that stands there once, and differs in one character from an item of another list
with the same neighbour, is a slip, when the other spelling is common in the document. No
dictionary is needed, and none would know the words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_BETWEEN: Final = '、，,；;。：:（）()《》“”"\\s及与和'
_LISTED: Final = re.compile(f"[{_BETWEEN}]+")
_TERM: Final = range(4, 9)
"""Characters of an item that is compared."""

_NEIGHBOUR: Final = 3
"""Characters of the item before, or behind, that must be the same."""

COMMON: Final = 3
"""How often the usual pair of characters stands there. Source: our default."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """An item as it stands at a line, and the one that was probably meant."""

    line: int
    written: str
    meant: str


@dataclass(frozen=True, slots=True)
class _Item:
    line: int
    text: str
    before: str
    after: str


def lookalikes(lines: Sequence[str]) -> list[Lookalike]:
    """Return items that are probably miswritten."""
    whole = "\n".join(lines)
    items = [item for number, line in enumerate(lines, 1) for item in _items(number, line)]
    once = [each for each in items if whole.count(each.text) == 1]
    found = {
        (written.line, written.text): Lookalike(written.line, written.text, meant.text)
        for written in once
        for meant in items
        if _alike(written, meant) and _is_odd(meant.text, written.text, whole)
    }
    return list(found.values())


def _items(number: int, line: str) -> Iterator[_Item]:
    parts = [each for each in _LISTED.split(line) if each]
    for before, text, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if len(text) in _TERM and all("\u4e00" <= each <= "\u9fff" for each in text):
            yield _Item(number, text, before[-_NEIGHBOUR:], after[:_NEIGHBOUR])


def _alike(written: _Item, meant: _Item) -> bool:
    """Return whether two items differ in one character, and share a neighbour."""
    if len(written.text) != len(meant.text) or len(_differences(written.text, meant.text)) != 1:
        return False
    before = written.before == meant.before and len(written.before) == _NEIGHBOUR
    return before or (written.after == meant.after and len(written.after) == _NEIGHBOUR)


def _differences(one: str, other: str) -> list[int]:
    return [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


def _is_odd(meant: str, written: str, whole: str) -> bool:
    """Return whether the pairs around the difference are found here only, the usual ones often."""
    place = _differences(written, meant)[0]
    pairs = [slice(first, first + 2) for first in (place - 1, place) if 0 <= first < len(meant) - 1]
    rare = all(whole.count(written[pair]) == 1 for pair in pairs)
    return rare and any(whole.count(meant[pair]) >= COMMON for pair in pairs)
