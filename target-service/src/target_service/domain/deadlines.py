"""When a target must be reached, and how long a value may be used.

The instants are plain ones on campus time: no school calendar is told yet, so terms and weeks end
where academic years are cut (our default).

Source: design "Goals and standards" 4, "Alerts" 2 and 3.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

CAMPUS: Final = timezone(timedelta(hours=8))
"""China Standard Time, which has no summer time."""

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


def end_of(period: str) -> datetime:
    """Return the first instant after a period; a week ends with its term."""
    kind, _, key = period.partition(":")
    return _midnight(_ENDS[kind](key))


def deadline_of(last_day: date | None, period: str) -> datetime:
    """Return from when on a target is late: after its goal's last day, else after the period."""
    return end_of(period) if last_day is None else _midnight(last_day) + DAY


def stale_from(freshest_at: datetime | None, period: str, max_age: timedelta) -> datetime | None:
    """Return from when on a value is stale; None where it never is.

    The value of a period that is over stays what it is, and one whose age nobody tells is not old.
    """
    if freshest_at is None or freshest_at + max_age >= end_of(period):
        return None
    return freshest_at + max_age


def max_age_of(period: str, own_days: int | None, days: Mapping[str, int]) -> timedelta:
    """Return how old a value may be: what its binding says, else what its kind of period says."""
    return timedelta(days=own_days or days[period.partition(":")[0]])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CAMPUS)


def _end_of_month(key: str) -> date:
    return (date.fromisoformat(f"{key}-01") + timedelta(days=31)).replace(day=1)


def _end_of_term(key: str) -> date:
    _, second, term = key.partition("/")[0].split("-")
    return date(int(second), *_TERM_ENDS[term])


_ENDS: Final[Mapping[str, Callable[[str], date]]] = {
    "day": lambda key: date.fromisoformat(key) + DAY,
    "week": _end_of_term,
    "month": _end_of_month,
    "term": _end_of_term,
    "ayear": lambda key: date(int(key[5:]), 9, 1),
    "year": lambda key: date(int(key) + 1, 1, 1),
    "plan": lambda key: date(int(key[5:]) + 1, 1, 1),
    "span": lambda key: date.fromisoformat(key.partition("/")[2]),
}
