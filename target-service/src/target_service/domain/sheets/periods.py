"""The columns of the timeline: weeks, months, quarters or years, whichever fits a page.

Source: our default.
"""

from datetime import date, timedelta
from typing import Final

from target_service.domain.sheets.document import Period

DAY: Final = timedelta(days=1)
MOST: Final = 24
"""Columns that a page has room for."""

_MOST_WEEKS: Final = 16


def choose_periods(first: date, last: date) -> tuple[str, tuple[Period, ...]]:
    """Return the kind of period and the periods that cover the days from first to last."""
    if (last - _monday(first)).days < 7 * _MOST_WEEKS:
        return "week", _cut(_monday(first), last, 0)
    for kind, months in (("month", 1), ("quarter", 3), ("year", 12)):
        periods = _cut(_start_of(first, months), last, months)
        if len(periods) <= MOST:
            return kind, periods
    years = -(-(last.year - first.year + 1) // MOST)
    return "years", _cut(date(first.year, 1, 1), last, 12 * years)


def place_of(day: date, periods: tuple[Period, ...]) -> int | None:
    """Return the index of the period in which a day lies; None outside of them."""
    found = (at for at, each in enumerate(periods) if each.starts_on <= day <= each.ends_on)
    return next(found, None)


def position_of(day: date, periods: tuple[Period, ...]) -> float | None:
    """Return where the morning of a day lies, in columns from the left; None outside of them."""
    at = place_of(day, periods)
    if at is None:
        return None
    period = periods[at]
    days = (period.ends_on - period.starts_on).days + 1
    return at + (day - period.starts_on).days / days


def _monday(day: date) -> date:
    return day - (day.isoweekday() - 1) * DAY


def _start_of(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _cut(start: date, last: date, months: int) -> tuple[Period, ...]:
    periods = []
    while start <= last:
        following = _after(start, months)
        periods.append(Period(_label(start, months), start, following - DAY))
        start = following
    return tuple(periods)


def _after(start: date, months: int) -> date:
    if not months:
        return start + 7 * DAY
    count = start.year * 12 + start.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _label(start: date, months: int) -> str:
    if not months:
        return f"{start:%m.%d}"
    if months == 1:
        return f"{start:%Y.%m}"
    return f"{start:%Y}Q{(start.month + 2) // 3}" if months == 3 else f"{start:%Y}"
