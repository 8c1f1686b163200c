"""Chinese names by the initials of their pinyin, as a pattern: ``zj`` finds 浙江 and 张静.

A character that is read in several ways is found by each of them. Source: the readings of pypinyin.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

_LETTERS: Final = re.compile("[a-z]{2,12}")


def pattern_of(asked: str) -> str | None:
    """Return the regular expression (PostgreSQL's) of names with these initials.

    None where the text is no run of 2 to 12 Latin letters.
    """
    letters = asked.casefold()
    if _LETTERS.fullmatch(letters) is None:
        return None
    return "".join(f"[{each}{each.upper()}{_read_as().get(each, '')}]" for each in letters)


@cache
def _read_as() -> dict[str, str]:
    """Return, by letter, the characters whose pinyin begins with it, as ranges of a class."""
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415 — 50 MiB, for processes that search

    read: dict[str, list[int]] = defaultdict(list)
    for code, readings in PINYIN_DICT.items():
        if code < 0x3400 or code > 0x9FFF:
            continue
        for letter in {unicodedata.normalize("NFD", each)[0] for each in readings.split(",")}:
            read[letter].append(code)
    return {letter: _ranges(codes) for letter, codes in read.items()}


def _ranges(codes: Iterable[int]) -> str:
    ends: list[list[int]] = []
    for code in sorted(codes):
        if ends and ends[-1][1] == code - 1:
            ends[-1][1] = code
        else:
            ends.append([code, code])
    return "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in ends)
