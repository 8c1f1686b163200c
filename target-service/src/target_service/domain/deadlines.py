"""When a target must be reached, and how long a value may be used.

Weeks, terms and academic years end as the school calendar says; where it does not know one, they
end where academic years are cut (our default). Every instant is midnight on campus.

Source: design "Goals and standards" 4, "Alerts" 2 and 3.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from shared.calendar import CAMPUS, Calendar

DAY: Final = timedelta(days=1)

MAX_AGE_DAYS: Final = {
    "day": 2,
    "week": 7,
    "month": 31,
    "term": 184,
    "ayear": 366,
    "year": 366,
    "plan": 1827,
    "span": 366,
}
"""Days that the newest batch behind a value of a running period may be old, by kind of period: as
long as the period itself. The hub tells a value anew only when it differs. Source: our default."""

_TERM_ENDS: Final = {"1": (2, 1), "2": (8, 1), "3": (9, 1)}
"""Month and day of the first day after a term, in the second year of its academic year."""

_YEAR_ENDS: Final = (9, 1)


def end_of(period: str, calendar: Calendar) -> datetime:
    """Return the first instant after a period."""
    told = calendar.instants(period)
    if told:
        return told[1]
    kind, _, key = period.partition(":")
    if kind == "week":
        return end_of(f"term:{key.partition('/')[0]}", calendar)
    return _midnight(_plain_end(kind, key))


def deadline_of(last_day: date | None, end: datetime) -> datetime:
    """Return from when on a target is late: after its goal's last day, else after the period.

    Args:
        end: of the period.
    """
    return end if last_day is None else end_of_day(last_day)


def end_of_day(day: date) -> datetime:
    """Return the first instant after a day on campus."""
    return _midnight(day) + DAY


def order_of(period: str, last_day: date | None) -> date:
    """Return the day by which goals are put in order: its last, else where its period is cut."""
    return last_day or end_of(period, Calendar()).date() - DAY


def stale_from(freshest_at: datetime | None, end: datetime, max_age: timedelta) -> datetime | None:
    """Return from when on a value is stale; None where it never is.

    The value of a period that is over stays what it is, and one whose age nobody tells is not old.

    Args:
        end: of the period.
    """
    if freshest_at is None or freshest_at + max_age >= end:
        return None
    return freshest_at + max_age


def max_age_of(
    period: str, own_days: int | None, days: Mapping[str, int], *, is_core: bool
) -> timedelta:
    """Return how old a value may be: what its binding says, else what its kind of period says.

    Of a core indicator it is half of the latter. Source: design "Indicators" (core: a faster
    beat); the half is our default.
    """
    usual = timedelta(days=days[period.partition(":")[0]])
    return timedelta(days=own_days) if own_days else usual / 2 if is_core else usual


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CAMPUS)


def _plain_end(kind: str, key: str) -> date:
    """Return the day after a term or an academic year that no calendar knows."""
    _, second, *term = key.split("-")
    return date(int(second), *(_TERM_ENDS[term[0]] if kind == "term" else _YEAR_ENDS))
