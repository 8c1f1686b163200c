"""Programmes (诊改计划): for which scopes cycles are opened by the school calendar, and when.

Source: design "The spiral" 2 and 4.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from shared.calendar import CAMPUS, Calendar

DAY: Final = timedelta(days=1)

Rhythm = Literal["week", "month", "term", "ayear", "year", "once"]
"""Kind of the periods, one cycle each; ``once``: one period that the programme names."""

Excluded = Literal["excluded", "gone", "has-cycle", "key-taken"]
"""Why a scope gets no cycle: it is excepted by name, its record is gone, it has a cycle of the
period, or another cycle has the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which scopes are meant: of a kind, those that every condition chooses."""

    kind: str
    tags: tuple[str, ...]
    within: tuple[str, ...]
    """Scopes that are one of these, or lie in one, however deep; none: anywhere."""

    scopes: tuple[str, ...]
    """Only these; none: all."""

    excluded: tuple[str, ...]


def period_at(rhythm: Rhythm, day: date, calendar: Calendar) -> str | None:
    """Return the period of a rhythm that a day lies in; None where the calendar knows none."""
    told = calendar.told
    terms = (each.term for each in told.terms if each.starts_on <= day <= each.ends_on)
    years = (each.year for each in told.years if each.starts_on <= day <= each.ends_on)
    known: dict[str, str | None] = {
        "year": str(day.year),
        "month": f"{day:%Y-%m}",
        "week": calendar.week_of(day),
        "term": next(terms, None),
        "ayear": next(years, None),
    }
    key = known.get(rhythm)
    return key and f"{rhythm}:{key}"


def period_to_open(
    rhythm: Rhythm, opens: int, at: datetime, calendar: Calendar, named: str | None = None
) -> str | None:
    """Return the period whose cycles are to be open at an instant.

    Args:
        opens: days from the beginning of a period until its cycles open; negative: before it.
        named: the period of a programme that opens cycles once.
    """
    if rhythm == "once":
        return named
    return period_at(rhythm, at.astimezone(CAMPUS).date() - opens * DAY, calendar)


def next_sweep(at: datetime) -> datetime:
    """Return when to look again: as the next day begins on campus.

    A period begins with a day; and scopes that are new get their cycle the day after.
    """
    return datetime.combine(at.astimezone(CAMPUS).date() + DAY, time(), CAMPUS)


def key_of(period: str, scope: str, track: str = "") -> str:
    """Return the key of the cycle of a scope in a period; of one that runs beside, by its rule."""
    return f"{prefix_of(period, track)}/{scope}"


def prefix_of(period: str, track: str) -> str:
    """Return what comes before the scope in the keys of cycles."""
    return "/".join(each for each in (period.partition(":")[2], track) if each)
