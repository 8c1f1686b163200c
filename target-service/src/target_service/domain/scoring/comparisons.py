"""③ Relative to the best of a group, ④ relative to its mean, in steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar, Literal

from shared.contracts.vocabulary import Operator
from target_service.domain.attainment import attainment_ratio
from target_service.domain.limits import Limit, Number
from target_service.domain.scoring.base import VALUE, Observed, told
from target_service.domain.units import Faults

Better = Literal["higher", "lower"]
"""Where better lies."""


def best_of(values: Sequence[Number], better: Better) -> Number | None:
    """Return the best value of a group; None of an empty one."""
    exact = sorted((Fraction(each), each) for each in values)
    return exact[-1 if better == "higher" else 0][1] if exact else None


def mean_of(values: Sequence[Number]) -> Fraction | None:
    """Return the exact mean of a group; None of an empty one."""
    return sum((Fraction(each) for each in values), Fraction()) / len(values) if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeToBest:
    """③ The own value over the best of the group; the best over the own where less is better."""

    name: ClassVar = "relative_to_best"
    title_zh: ClassVar = "与最优之比"
    title_en: ClassVar = "relative to the best"
    takes: ClassVar = VALUE

    best: Decimal
    """Of the group, as announced for the period, or by `best_of`."""

    better: Better = "higher"

    def faults(self) -> Faults:
        """Return that there is no ratio to a best value of 0 or less."""
        if self.best > 0:
            return []
        return [("$.best", "最优值须大于 0 (the best value is above 0)")]

    def score(self, observed: Observed) -> Decimal | None:
        """Return the ratio to the best."""
        if observed.value is None:
            return None
        op = Operator.GE if self.better == "higher" else Operator.LE
        return attainment_ratio(Limit(op, (self.best,)), observed.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So much is scored by who falls short of the mean by no more than that."""

    within: Decimal
    """Shortfall, in the indicator's unit, included."""

    score: Decimal
    """Points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeToMean:
    """④ Full from the mean of the group on; who falls short scores by steps."""

    name: ClassVar = "relative_to_mean"
    title_zh: ClassVar = "与均值之差分档"
    title_en: ClassVar = "relative to the mean, in steps"
    takes: ClassVar = VALUE

    mean: Decimal
    """Of the group, as announced for the period, or by `mean_of`."""

    full: Decimal
    """Points of who reaches the mean."""

    steps: tuple[Step, ...]
    """From the smallest shortfall to the largest."""

    beyond: Decimal = Decimal(0)
    """Points of who falls short by more than the last step."""

    better: Better = "higher"

    def faults(self) -> Faults:
        """Return that the points do not fall as the shortfall grows."""
        found: Faults = []
        if self.full <= 0:
            found.append(("$.full", "满分须大于 0 (full points are above 0)"))
        points = [self.full, *(step.score for step in self.steps), self.beyond]
        if self.beyond < 0 or any(later > earlier for earlier, later in pairwise(points)):
            found.append(
                ("$.steps", "分值须逐档递减且不为负 (points fall step by step, not below 0)")
            )
        shortfalls = [Decimal(0), *(step.within for step in self.steps)]
        if any(later <= earlier for earlier, later in pairwise(shortfalls)):
            found.append(("$.steps", "within 须大于 0 且逐档递增 (`within` is above 0 and grows)"))
        return found

    def score(self, observed: Observed) -> Decimal | None:
        """Return the points of the step, of the full ones."""
        if observed.value is None:
            return None
        short = Fraction(self.mean) - Fraction(observed.value)
        if self.better == "lower":
            short = -short
        points = self.full if short <= 0 else self._points(short)
        return told(Fraction(points) / Fraction(self.full))

    def _points(self, short: Fraction) -> Decimal:
        return next((step.score for step in self.steps if short <= step.within), self.beyond)
