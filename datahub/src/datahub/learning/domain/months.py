"""Months of the campus.

Source: design "Speed and growth" (raw events by month, kept one term).
"""

from datetime import date, datetime, time
from typing import Final

from datahub.learning.domain.event import CAMPUS

_YEAR: Final = 12


def first_of_month(instant: datetime) -> date:
    """Return the first day of the month in which an instant lies on the campus."""
    return instant.astimezone(CAMPUS).date().replace(day=1)


def months_before(day: date, number: int) -> date:
    """Return the first day of the month that lies so many months before that of a day."""
    months = day.year * _YEAR + day.month - 1 - number
    return date(months // _YEAR, months % _YEAR + 1, 1)


def instant_of(day: date) -> datetime:
    """Return the instant at which a day begins on the campus."""
    return datetime.combine(day, time(), CAMPUS)
