"""When the next delivery of a feed is due, and which one was missed.

A rhythm is ``daily``, ``weekly``, ``monthly``, ``term`` or a span such as ``24h``; with a grace
it is ``{"every": "daily", "grace": "2h"}``. A calendar rhythm expects a delivery in every day,
week, month or term after that of the last one, and misses it when that unit is over; a span
expects one within that time of the last. Source: design "Data hub" 3; our defaults: no grace,
three deliveries in a row are missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from datahub.quality.domain.duration import read_duration

CAMPUS: Final = ZoneInfo("Asia/Shanghai")
MISSING_AFTER: Final = 3

Level = Literal["late", "missing"]
Terms = Sequence[tuple[date, date]]
"""First and last day of every term, in order."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a feed delivers."""

    every: Literal["daily", "weekly", "monthly", "term"] | timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Expected:
    """The delivery that is waited for, or the newest one that was missed."""

    at: datetime
    """When it was due, without the grace."""

    level: Level | None
    """None while it is not late."""


def read_rhythm(value: object) -> Rhythm | None:
    """Return the rhythm that a feed's document declares; None where it declares none."""
    match value:
        case str():
            return _rhythm(value, timedelta(0))
        case {"every": str(every), **rest} if rest.keys() <= {"grace"}:
            return _rhythm(every, read_duration(rest.get("grace")) or timedelta(0))
        case _:
            return None


def _rhythm(every: str, grace: timedelta) -> Rhythm | None:
    match every:
        case "daily" | "weekly" | "monthly" | "term":
            return Rhythm(every, grace)
        case _:
            span = read_duration(every)
            return Rhythm(span, grace) if span else None


def expect(rhythm: Rhythm, last: datetime, now: datetime, terms: Terms) -> Expected | None:
    """Return what is expected of a feed; None where its calendar ends.

    Args:
        last: when the last delivery came, or since when there is a feed.
    """
    if rhythm.every == "term":
        deadlines = [_midnight(end + timedelta(1)) for start, end in terms if start > _day(last)]
        missed = sum(each <= now - rhythm.grace for each in deadlines)
        number = max(missed, 1)
        if len(deadlines) < number:
            return None
        return Expected(deadlines[number - 1], _level(missed))
    missed = max(0, _units_over(rhythm, last, now - rhythm.grace))
    return Expected(_deadline(rhythm, last, max(missed, 1)), _level(missed))


def _level(missed: int) -> Level | None:
    if missed == 0:
        return None
    return "missing" if missed >= MISSING_AFTER else "late"


def _units_over(rhythm: Rhythm, last: datetime, until: datetime) -> int:
    """Return how many deliveries were due up to an instant."""
    if isinstance(rhythm.every, timedelta):
        return (until - last) // rhythm.every
    return _unit(rhythm.every, _day(until)) - _unit(rhythm.every, _day(last)) - 1


def _unit(every: str, day: date) -> int:
    """Number the day, week or month of a date; the next one has the next number."""
    match every:
        case "daily":
            return day.toordinal()
        case "weekly":
            return (day.toordinal() - 1) // 7  # day 1 is a Monday
        case _:
            return day.year * 12 + day.month - 1


def _deadline(rhythm: Rhythm, last: datetime, number: int) -> datetime:
    """Return when the n-th delivery after the last one is due."""
    if isinstance(rhythm.every, timedelta):
        return last + number * rhythm.every
    end = _unit(rhythm.every, _day(last)) + number + 1
    match rhythm.every:
        case "daily":
            return _midnight(date.fromordinal(end))
        case "weekly":
            return _midnight(date.fromordinal(end * 7 + 1))
        case _:
            return _midnight(date(end // 12, end % 12 + 1, 1))


def _day(instant: datetime) -> date:
    return instant.astimezone(CAMPUS).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CAMPUS).astimezone(UTC)
