"""Which periods a cell looks at when it takes another indicator, and which cells look at one.

What lies before a term, or before the first week of one, only the measured values tell: whether
there was a third term. So a look back goes to the nearest period that may be the one before and has
a value. Source: design "Indicators" 4; terms and weeks have an academic year, days and months a
calendar year, our default.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from datahub.indicators.domain import periods
from datahub.indicators.domain.definition import When


@periods.remembered
def may_look_at(when: When, period: str) -> Sequence[str]:
    """Return every period that a cell may have to read."""
    match when.name:
        case "back":
            return _stepped(periods.before, period, when.steps)
        case "year_before":
            return _one(periods.year_before(period))
        case "year_to_date":
            return year_so_far(period)
        case _:
            return [period]


@periods.remembered
def may_be_seen_from(when: When, period: str) -> Sequence[str]:
    """Return the periods of every cell that may read this one."""
    match when.name:
        case "back":
            return _stepped(periods.after, period, when.steps)
        case "year_before":
            return periods.years_after(period)
        case "year_to_date":
            place = periods.order(period)
            return [each for each in periods.same_year(period) if periods.order(each) >= place]
        case _:
            return [period]


@periods.remembered
def year_so_far(period: str) -> Sequence[str]:
    """Return the periods of its year that do not lie behind it, itself included."""
    last = periods.order(period)
    return list(takewhile(lambda each: periods.order(each) <= last, periods.same_year(period)))


def found_back(period: str, steps: int, has_value: Callable[[str], bool]) -> str | None:
    """Return the period so many steps back; None where nothing tells which one that is.

    Args:
        has_value: whether there is a value for a period.
    """
    here: str | None = period
    for _ in range(steps):
        here = None if here is None else _step_back(here, has_value)
    return here


def _step_back(period: str, has_value: Callable[[str], bool]) -> str | None:
    candidates = periods.before(period)
    if len(candidates) == 1:
        return candidates[0]
    # Of two terms without a value the regular one is gone through; of weeks none can be told.
    other = candidates[-1] if candidates and periods.kind_of(period) == "term" else None
    return next(filter(has_value, candidates), other)


def _stepped(step: Callable[[str], Sequence[str]], period: str, steps: int) -> list[str]:
    """Return every period that is met on so many steps, the last of them included."""
    here: Iterable[str] = [period]
    met: dict[str, None] = {}
    for _ in range(steps):
        here = list(dict.fromkeys(found for each in here for found in step(each)))
        met |= dict.fromkeys(here)
    return list(met)


def _one(period: str | None) -> list[str]:
    return [] if period is None else [period]
