"""Matchers: which alerts are meant, by their labels.

The four operators and the anchoring are those of Alertmanager. A pattern knows ``|`` and ``.*``
alone: what a user writes is matched in linear time, whatever the text.

Source: Alertmanager; the limits are our default.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Labels = Mapping[str, str | Sequence[str]]
"""By name. ``within`` alone has several values: the scope and all that it lies in."""

Op = Literal["=", "!=", "=~", "!~"]

MOST_PIECES: Final = 4
"""Of ``.*`` in one alternative: each multiplies the work on a text that does not match."""

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
            found = any(pattern.fullmatch(each) for each in values)
        return found == (self.op in {"=", "=~"})


def all_hold(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Return whether labels meet every matcher."""
    return all(each.holds(labels) for each in matchers)


@lru_cache(maxsize=1_000)
def compile_pattern(text: str) -> re.Pattern[str]:
    r"""Return the pattern of ``a|b.*``; a dot of the text itself is written ``\.``.

    Raises:
        PatternError: it uses anything else.
    """
    return re.compile("|".join(_alternative(each) for each in text.split("|")), re.DOTALL)


def _alternative(text: str) -> str:
    pieces = text.split(".*")
    if len(pieces) > MOST_PIECES + 1:
        raise PatternError(f"“.*” 至多 {MOST_PIECES} 处 (at most {MOST_PIECES} of “.*”)")
    return ".*".join(re.escape(_literal(each)) for each in pieces)


def _literal(text: str) -> str:
    plain = text.replace("\\.", "\0")
    if "." in plain or _SPECIAL & set(plain):
        raise PatternError(
            "只可用 | 与 .*，点本身写作 \\. (only | and .* may be used; a dot itself is \\.)"
        )
    return plain.replace("\0", ".")
