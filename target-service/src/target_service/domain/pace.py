"""How far work is, held against its days: progress and money.

The calendar's share of a task is that of its days gone by. A task is behind where its progress is
more than a tenth of the whole below it, its money is ahead where more than a tenth of the budget
was spent beyond the progress. Source: our default.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

ONE: Final = Decimal(1)
TOLERANCE: Final = Decimal("0.1")
"""How far progress may lie below the calendar, or money above progress. Source: our default."""

_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Shares of the whole, 0 to 1; of money None without a budget, and above 1 beyond it."""

    planned: Decimal
    actual: Decimal
    gap: Decimal
    """actual − planned."""

    is_behind: bool
    executed: Decimal | None
    """Money spent ÷ budget."""

    is_overspent: bool
    """More was spent than progress accounts for, or than there is."""


def pace_of(
    span: tuple[date | None, date | None],
    progress: Decimal,
    money: tuple[Decimal | None, Decimal],
    day: date,
) -> Pace:
    """Return the pace of a task on the evening of a day.

    Args:
        span: first and last planned day.
        money: budget and what was spent.
    """
    planned = planned_share(*span, day)
    budget, spent = money
    executed = executed_of(budget, spent)
    beyond = executed is not None and (executed > ONE or executed - progress > TOLERANCE)
    return Pace(
        planned=planned,
        actual=progress,
        gap=progress - planned,
        is_behind=is_behind(progress, planned),
        executed=executed,
        is_overspent=beyond or (not budget and spent > 0),
    )


def executed_of(budget: Decimal | None, spent: Decimal) -> Decimal | None:
    """Return which share of a budget was spent; None without one."""
    return (spent / budget).quantize(_PLACES) if budget else None


def planned_share(starts_on: date | None, ends_on: date | None, day: date) -> Decimal:
    """Return which share of a task's days is over on the evening of a day; 0 without dates."""
    if starts_on is None or ends_on is None or day < starts_on:
        return Decimal(0)
    whole, gone = (ends_on - starts_on).days + 1, (day - starts_on).days + 1
    return min(ONE, (Decimal(gone) / whole).quantize(_PLACES))


def is_behind(progress: Decimal, planned: Decimal) -> bool:
    """Return whether progress is behind the calendar by more than is tolerated."""
    return progress < ONE and planned - progress > TOLERANCE
