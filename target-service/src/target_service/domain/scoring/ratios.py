"""① Banded and ② capped ratio: how much of a line is reached, whichever way better lies."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from target_service.domain.attainment import attainment_ratio
from target_service.domain.limits import Limit
from target_service.domain.scoring.base import VALUE, Observed
from target_service.domain.units import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class BandedRatio:
    """① Full from the qualified line on, nothing beyond the limiting line, between in proportion.

    Where less is better (生师比) the ratio is the qualified value over the own one.
    """

    name: ClassVar = "banded_ratio"
    title_zh: ClassVar = "分段比值"
    title_en: ClassVar = "banded ratio"
    takes: ClassVar = VALUE

    qualified: Limit
    """合格"""

    limit: Limit
    """限制招生: a value that does not hold here scores nothing."""

    def faults(self) -> Faults:
        """Return that the limiting line is stricter than the qualified one."""
        if self.qualified.lies_within(self.limit):
            return []
        reason = (
            f"合格线 {self.qualified.words} 须在限制线 {self.limit.words} 之内"
            " (the qualified line lies within the limiting one)"
        )
        return [("$.limit", reason)]

    def score(self, observed: Observed) -> Decimal | None:
        """Return 1, 0, or the ratio to the qualified line."""
        if observed.value is None:
            return None
        if not self.limit.holds(observed.value):
            return Decimal(0)
        return attainment_ratio(self.qualified, observed.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedRatio:
    """② The ratio to the qualified line, at most 1."""

    name: ClassVar = "capped_ratio"
    title_zh: ClassVar = "封顶比值"
    title_en: ClassVar = "capped ratio"
    takes: ClassVar = VALUE

    qualified: Limit

    def faults(self) -> Faults:
        """Return nothing: any line will do."""
        return []

    def score(self, observed: Observed) -> Decimal | None:
        """Return the ratio to the qualified line."""
        return None if observed.value is None else attainment_ratio(self.qualified, observed.value)
