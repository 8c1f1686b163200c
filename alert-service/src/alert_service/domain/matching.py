"""Matchers: which alerts are meant, by their labels.

The four operators and the anchoring are those of Alertmanager. A pattern knows ``|`` and ``.*``
alone, and piece by piece: what a user writes is matched in linear time, whatever the text. Regular
expressions would go back to each piece for every place of the next.

Source: Alertmanager; the limits are our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Labels = Mapping[str, str | Sequence[str]]
"""By name. ``within`` alone has several values: the scope and all that it lies in."""

Op = Literal["=", "!=", "=~", "!~"]

MOST_PIECES: Final = 4
"""Of ``.*`` in one alternative: each is a pass over the rest of the text."""

_SPECIAL: Final = frozenset("^$+?{}[]()*\\")


class PatternError(ValueError):
    """A pattern uses more than ``|`` and ``.*``."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is not there is the empty text."""

    label: str
    op: Op
    value: str

    def holds(self, labels: Labels) -> bool:
        """Return whether labels meet it."""
        given = labels.get(self.label, "")
        values = [given] if isinstance(given, str) else given
        if self.op in {"=", "!="}:
            found = self.value in values
        else:
            pattern = compile_pattern(self.value)
            found = any(map(pattern.fits, values))
        return found == (self.op in {"=", "=~"})


def all_hold(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Return whether labels meet every matcher."""
    return all(each.holds(labels) for each in matchers)


class Pattern(NamedTuple):
    """``a|b.*``: of each alternative the pieces between ``.*``."""

    alternatives: tuple[tuple[str, ...], ...]

    def fits(self, text: str) -> bool:
        """Return whether a whole text is of this kind."""
        return any(_fits(pieces, text) for pieces in self.alternatives)


def _fits(pieces: tuple[str, ...], text: str) -> bool:
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        # The first place will do: it leaves most to what follows.
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


@lru_cache(maxsize=1_000)
def compile_pattern(text: str) -> Pattern:
    r"""Return the pattern of ``a|b.*``; a dot of the text itself is written ``\.``.

    Raises:
        PatternError: it uses anything else.
    """
    return Pattern(tuple(_alternative(each) for each in text.split("|")))


def _alternative(text: str) -> tuple[str, ...]:
    pieces = text.split(".*")
    if len(pieces) > MOST_PIECES + 1:
        raise PatternError(f"“.*” 至多 {MOST_PIECES} 处 (at most {MOST_PIECES} of “.*”)")
    return tuple(map(_literal, pieces))


def _literal(text: str) -> str:
    plain = text.replace("\\.", "\0")
    if "." in plain or _SPECIAL & set(plain):
        raise PatternError(
            "只可用 | 与 .*，点本身写作 \\. (only | and .* may be used; a dot itself is \\.)"
        )
    return plain.replace("\0", ".")
