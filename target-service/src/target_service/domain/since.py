"""How a rate changed since the period before: 较上期, of the overview cards.

Source: design "Screens" S1. That the newest measured period is told, of the kind with the most
bindings, and only where neither period has less than half as many as the other, is our default: a
period that has just begun is not comparable yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from target_service.domain.assessing.terms import COMPARABLE, before

_SHOWN: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Part:
    """How many bindings of a period have the line, and a value, and how many of them meet it."""

    of: int = 0
    met: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Two periods of a kind that follow each other, and what lies between their rates."""

    period: str
    earlier: str
    points: Decimal
    """Percentage points, to one decimal; negative where the rate fell."""


def change_of(parts: Mapping[str, Part]) -> Change | None:
    """Return the change of a rate, from what it is made of by period; None without an earlier one.

    Periods without measured bindings are passed over.
    """
    newest: dict[str, str] = {}
    for period in sorted(period for period, part in parts.items() if part.of):
        newest[period.partition(":")[0]] = period
    found = [_change(parts, newest[kind]) for kind in COMPARABLE if kind in newest]
    told = [change for change in found if change is not None]
    return max(told, key=lambda change: parts[change.period].of, default=None)


def _change(parts: Mapping[str, Part], period: str) -> Change | None:
    earlier = before(period)
    now, then = parts[period], parts.get(earlier or "", Part())
    if earlier is None or 2 * min(now.of, then.of) < max(now.of, then.of):
        return None
    points = Decimal(100 * (now.met * then.of - then.met * now.of)) / (now.of * then.of)
    return Change(period, earlier, points.quantize(_SHOWN, ROUND_HALF_EVEN) + 0)
