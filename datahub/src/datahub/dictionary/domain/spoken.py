"""Chinese names by their pinyin, as a pattern: ``zj`` and ``zhangjing`` find 张静.

Whole syllables and initials are not mixed; ``v`` stands for ü.

A character that is read in several ways is found by each of them. Source: the readings of pypinyin.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Final

_LETTERS: Final = re.compile("[a-z]{2,40}")
INITIALS: Final = 12
"""So many letters at most are taken for initials; names are not longer."""

LONGEST: Final = 6
"""Letters of a syllable."""

WAYS: Final = 12
"""Ways to divide letters into syllables that are tried: ``xian`` is xi an, too."""


def pattern_of(asked: str) -> str | None:
    """Return the regular expression (PostgreSQL's) of names with these initials or syllables.

    None where the text is no run of 2 to 40 Latin letters, or a long one of no syllables.
    """
    letters = asked.casefold()
    if _LETTERS.fullmatch(letters) is None:
        return None
    found = []
    if len(letters) <= INITIALS:
        begins = _read_as()
        found = ["".join(f"[{each}{each.upper()}{begins.get(each, '')}]" for each in letters)]
    spoken = _syllables()
    ways = islice(_divided(letters, spoken), WAYS)
    found += ["".join(f"[{spoken[each]}]" for each in way) for way in ways]
    return f"(?:{'|'.join(found)})" if found else None


def _divided(letters: str, known: Collection[str]) -> Iterator[list[str]]:
    """Divide letters into syllables, in every way that leaves none over."""
    end = len(letters)
    # Whatever leads nowhere is left out beforehand: there are as many such ways as one likes.
    ends = {end}
    for start in reversed(range(end)):
        ends |= {start} if any(_steps(letters, start, ends, known)) else set()

    def ways(start: int) -> Iterator[list[str]]:
        if start == end:
            yield []
        for stop in _steps(letters, start, ends, known):
            for rest in ways(stop):
                yield [letters[start:stop], *rest]

    return ways(0)


def _steps(letters: str, start: int, ends: set[int], known: Collection[str]) -> Iterator[int]:
    """Yield where a syllable may end that begins there, the longest first."""
    for stop in range(min(start + LONGEST, len(letters)), start, -1):
        if stop in ends and letters[start:stop] in known:
            yield stop


@cache
def _read_as() -> dict[str, str]:
    """Return, by letter, the characters whose pinyin begins with it, as ranges of a class."""
    return _classes((reading[0], code) for reading, code in _readings())


@cache
def _syllables() -> dict[str, str]:
    """Return, by syllable without its tone, the characters that are read so."""
    return _classes(_readings())


def _readings() -> Iterator[tuple[str, int]]:
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415 — 50 MiB, for processes that search

    for code, readings in PINYIN_DICT.items():
        if 0x3400 <= code <= 0x9FFF:
            for each in readings.split(","):
                plain = unicodedata.normalize("NFD", each).replace("u\u0308", "v")
                yield "".join(letter for letter in plain if letter.isascii()), code


def _classes(read: Iterable[tuple[str, int]]) -> dict[str, str]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for spoken, code in read:
        found[spoken].add(code)
    return {spoken: _ranges(codes) for spoken, codes in found.items() if spoken}


def _ranges(codes: Iterable[int]) -> str:
    ends: list[list[int]] = []
    for code in sorted(codes):
        if ends and ends[-1][1] == code - 1:
            ends[-1][1] = code
        else:
            ends.append([code, code])
    return "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in ends)
