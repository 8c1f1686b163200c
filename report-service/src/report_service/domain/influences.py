"""What goes together with a point that misses its standard (影响因素分析).

Over the objects of one kind: how a point and another indicator vary together. That is no cause;
few objects say little, and the report says so.

Source: plan M122; the limits are our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from report_service.domain.facts_of_work import InfluenceFact

FEWEST: Final = 8
"""Objects with a value of both; of fewer nothing is said."""

FEW: Final = 30
"""Objects below which the report warns that they are few."""

WEAKEST: Final = Decimal("0.3")
"""Coefficient, without its sign, from which it is told."""

EACH: Final = 3
"""Factors that are told of a point."""

POINTS: Final = 6
"""Points of which factors are told."""

AMONG: Final[Mapping[str, tuple[str, ...]]] = {
    "school": ("unit", "major"),
    "unit": ("unit", "major"),
}
"""Kinds of objects that are looked at; there is one school. Others: those of their own kind."""

_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over the objects that have a value of both, which are exact in any order."""

    factor: str
    kind: str
    n: int
    of: Decimal
    by: Decimal
    both: Decimal
    of_squared: Decimal
    by_squared: Decimal


def coefficient(sums: Sums) -> Decimal | None:
    """Return the coefficient of correlation; None where one of the two does not vary."""
    n = Decimal(sums.n)
    spread = n * sums.of_squared - sums.of**2
    wide = n * sums.by_squared - sums.by**2
    if spread <= 0 or wide <= 0:
        return None
    r = (n * sums.both - sums.of * sums.by) / (spread * wide).sqrt()
    return max(Decimal(-1), min(Decimal(1), r)).quantize(_PLACES)


def strongest(
    indicator: str, found: Iterable[Sums], measured: Sequence[str]
) -> list[InfluenceFact]:
    """Return the factors of a point that are worth telling, the strongest first.

    Args:
        measured: indicators of the object itself; others are not told of.
    """
    best: dict[str, InfluenceFact] = {}
    for each in found:
        r = coefficient(each) if each.n >= FEWEST and each.factor in measured else None
        if r is None or abs(r) < WEAKEST:
            continue
        if each.factor not in best or best[each.factor].n < each.n:
            best[each.factor] = InfluenceFact(
                indicator=indicator, factor=each.factor, kind=each.kind, n=each.n, r=str(r)
            )
    order = sorted(best.values(), key=lambda each: (-abs(Decimal(each.r)), each.factor))
    return order[:EACH]
