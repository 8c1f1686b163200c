"""Lessons (经验教训): found by words, suggested to who meets the same cause.

Source: design "The spiral", step learn; how words are matched is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.errors import UnknownReferenceError

SHORTEST: Final = 2
"""Characters of a piece: two of Chinese are mostly a word."""

Why = tuple[str, ...]
"""``cause indicator level``: in what a lesson is like the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a lesson is wanted for."""

    cause: str | None
    indicator: str | None
    level: str


def no_subject(subject: str) -> UnknownReferenceError:
    """Return that there is nothing of that name that a lesson was used for."""
    return UnknownReferenceError(
        f"没有 {subject}",
        f"there is no {subject}",
        fields={"$.subject": ["没有这条记录 (no such record)"]},
    )


def pieces(words: str) -> list[str]:
    """Return the pieces that a text is searched by: its words, cut in two characters each.

    Without a dictionary of Chinese words every two neighbours count as one.
    """
    found: dict[str, None] = {}
    for word in words.lower().split():
        cut = [word[at : at + SHORTEST] for at in range(len(word) - SHORTEST + 1)] or [word]
        found |= dict.fromkeys([word] if word.isascii() else cut)
    return list(found)


def enough(count: int) -> int:
    """Return how many pieces of a search a lesson must hold: more than half of them."""
    return count // 2 + 1


def likeness(case: Case, cause: str | None, indicator: str | None, level: str) -> Why:
    """Return in what a lesson is like a case; nothing where its cause is another."""
    if case.cause is None or cause != case.cause:
        return ()
    same = {"indicator": indicator is not None and indicator == case.indicator}
    same["level"] = level == case.level
    return ("cause", *(name for name, is_same in same.items() if is_same))


def first_helpful(why: Sequence[str], helped: int) -> tuple[int, int]:
    """Return how early a lesson is suggested: the more alike and helpful, the earlier."""
    return (-2 * ("indicator" in why) - ("level" in why), -helped)
