"""What every scoring rule has: a name, what it is told, and what may be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Protocol

from target_service.domain.attainment import ALMOST, rounded
from target_service.domain.limits import Number
from target_service.domain.units import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was found of an object: a measured value, or a tally by kind, level or answer."""

    value: Number | None = None
    tally: Mapping[str, Number] | None = None
    """How often each was found; what is not there was found never. None: nobody counted."""


class ScoringRule(Protocol):
    """One of the nine rules with its parameters."""

    name: ClassVar[str]
    title_zh: ClassVar[str]
    title_en: ClassVar[str]
    takes: ClassVar[frozenset[str]]
    """``value``, ``tally`` or both: what it can score."""

    def faults(self) -> Faults:
        """Return what its parameters cannot mean, by JSON path."""

    def score(self, observed: Observed) -> Decimal | None:
        """Return the score, 0 to 1; None without what it takes: no data is not zero."""


VALUE = frozenset({"value"})
TALLY = frozenset({"tally"})


def told(score: Fraction) -> Decimal:
    """Return a score within [0, 1] as it is told; less than full never reads as full."""
    if score >= 1:
        return Decimal(1)
    return min(rounded(max(score, Fraction(0))), ALMOST)
