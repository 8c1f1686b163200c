"""The days of a period, and which periods lie inside others.

A term or an academic year that the school calendar does not know has the days by which academic
years are cut (our default, as in ``deadlines``).

Source: design "Goals and standards" 3.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from shared.calendar import Calendar
from shared.contracts.vocabulary import fault_of_written_period
from target_service.domain.deadlines import end_of
from target_service.domain.units import Faults

DAY: Final = timedelta(days=1)
_TERM_STARTS: Final = {"1": (0, 9, 1), "2": (1, 2, 1), "3": (1, 8, 1)}
"""Which of the two years of a term it begins in, with month and day."""


def faults_of_spelling(written: Mapping[str, str]) -> Faults:
    """Return which texts are no periods.

    Args:
        written: what was written, by JSON path.
    """
    faults = {path: fault_of_written_period(text) for path, text in written.items()}
    return [(path, fault) for path, fault in faults.items() if fault]


def days_of(period: str, calendar: Calendar) -> tuple[date, date]:
    """Return the first and the last day of a period."""
    bounds = calendar.bounds(period)
    if bounds:
        return bounds[0], bounds[1] - DAY
    return _plain_start(period), end_of(period, calendar).date() - DAY


def last_day_of(period: str, deadline: date | None, calendar: Calendar) -> date:
    """Return when something ends: on its deadline, else with its period."""
    return deadline or days_of(period, calendar)[1]


def lies_inside(period: str, outer: str, calendar: Calendar) -> bool:
    """Return whether every day of a period is one of another."""
    (first, last), (start, end) = days_of(period, calendar), days_of(outer, calendar)
    return start <= first and last <= end


def fault_of_period(path: str, period: str, outer: str, of: str, calendar: Calendar) -> str | None:
    """Return that a period does not lie inside that of what it is a part of.

    Args:
        path: of the field, for the reader.
        of: what has the outer period: ``上级目标 school-2026``.
    """
    if lies_inside(period, outer, calendar):
        return None
    start, end = (day.isoformat() for day in days_of(outer, calendar))
    return f"{path} {period} 不在{of}的 {outer}（{start} – {end}）之内 (not inside that period)"


def fault_of_calendar(period: str, calendar: Calendar) -> str | None:
    """Return that a year of the school calendar has no such term or week; None where it may."""
    kind, _, key = period.partition(":")
    if kind not in {"week", "term"} or calendar.bounds(period):
        return None
    year = "-".join(key.split("-")[:2])
    if all(each.year != year for each in calendar.told.years):
        return None
    return f"校历 {year} 没有 {period} (the school calendar of that year has no such period)"


def _plain_start(period: str) -> date:
    kind, _, key = period.partition(":")
    first, second, *rest = key.split("/")[0].split("-")
    if kind == "ayear":
        return date(int(first), 9, 1)
    place, month, day = _TERM_STARTS[rest[0]]
    return date(int((first, second)[place]), month, day)
