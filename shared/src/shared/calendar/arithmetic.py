"""Working time, teaching weeks and periods, by the school calendar. Pure.

A day on which people work is a make-up day, or a weekday that has working hours and is no holiday.
Where the calendar has no working hours, those of `DEFAULT_HOURS` hold; for a day of a year that it
does not hold (`Calendar.covers`) holidays are unknown, and every weekday counts.

Week 1 of a term is the week, Monday to Sunday, of its first day; of a term that begins on a
weekend, the week after it. Source: our default, as academic offices count.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from shared.contracts.school_calendar import SchoolCalendar, TeachingWeek, Term, WorkingHours

CAMPUS: Final = ZoneInfo("Asia/Shanghai")

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
MONDAY, FRIDAY, SATURDAY = 1, 5, 6

DEFAULT_HOURS: Final = tuple(
    WorkingHours(weekday=weekday, opens=opens, closes=closes)
    for weekday in range(MONDAY, FRIDAY + 1)
    for opens, closes in (("08:00", "12:00"), ("14:00", "18:00"))
)
"""Source: our default."""

Stretch = tuple[datetime, datetime]
Bounds = tuple[date, date]
"""Half-open: the first day, and the first one that does not belong to it any more."""


@dataclass(frozen=True)
class Calendar:
    """What can be asked of a school calendar."""

    told: SchoolCalendar = field(default_factory=SchoolCalendar)

    def covers(self, day: date) -> bool:
        """Return whether the calendar holds the academic year of a day."""
        return any(year.starts_on <= day <= year.ends_on for year in self.told.years)

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on a day."""
        return bool(self._hours_on(day))

    def add(self, start: datetime, working: timedelta) -> datetime:
        """Return when so much working time has gone by after an instant.

        Work that ends with a day ends there, and not when the next one begins. Without working
        time at all in a year, time runs as clocks do.
        """
        left = working
        for opens, closes in self._stretches(start, start + 366 * DAY + 8 * working):
            if left <= closes - opens:
                return (opens + left).astimezone(start.tzinfo)
            left -= closes - opens
        return start + working

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from an instant to a later one; zero if it is not later."""
        stretches = self._stretches(start, end)
        return sum(
            (max(min(closes, end) - opens, timedelta()) for opens, closes in stretches),
            timedelta(),
        )

    def week_of(self, day: date) -> str | None:
        """Return the week of a term that a day lies in, ``2026-2027-1/13``; None in between."""
        found = (each.week for each in self.told.weeks if each.starts_on <= day <= each.ends_on)
        return next(found, None)

    def bounds(self, period: str) -> Bounds | None:
        """Return the days of a period, half-open; None where the calendar does not know it."""
        kind, _, key = period.partition(":")
        if kind in {"week", "term", "ayear"}:
            return self._named.get(period)
        return _plain_bounds(kind, key)

    def instants(self, period: str) -> tuple[datetime, datetime] | None:
        """Return the instants between which a period lies, half-open, in campus time."""
        bounds = self.bounds(period)
        return bounds and (_midnight(bounds[0]), _midnight(bounds[1]))

    @cached_property
    def _named(self) -> Mapping[str, Bounds]:
        told = self.told
        spans = [(f"week:{each.week}", each) for each in told.weeks]
        spans += [(f"term:{each.term}", each) for each in told.terms]  # type: ignore[misc]
        spans += [(f"ayear:{each.year}", each) for each in told.years]  # type: ignore[misc]
        return {name: (each.starts_on, each.ends_on + DAY) for name, each in spans}

    @cached_property
    def _holidays(self) -> frozenset[date]:
        return frozenset(each.on for each in self.told.holidays)

    @cached_property
    def _known(self) -> dict[date, Sequence[WorkingHours]]:
        """The hours of the days that were asked for: few, and often."""
        return {}

    @cached_property
    def _makeup(self) -> Mapping[date, date | None]:
        return {each.on: each.follows for each in self.told.makeup_days}

    def _stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """Yield the working time from an instant on, day by day until that of ``end``."""
        day = start.astimezone(CAMPUS).date()
        last = end.astimezone(CAMPUS).date()
        while day <= last:
            for each in self._hours_on(day):
                opens, closes = _at(day, each.opens), _at(day, each.closes)
                if closes > start:
                    yield max(opens, start), closes
            day += DAY

    def _hours_on(self, day: date) -> Sequence[WorkingHours]:
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._hours_told(day)
        return found

    def _hours_told(self, day: date) -> Sequence[WorkingHours]:
        if day in self._makeup:
            like = self._makeup[day] or day
            # A free weekday has no hours of its own: it is worked as a Monday is.
            return self._hours_of(like.isoweekday(), day) or self._hours_of(MONDAY, day)
        return () if day in self._holidays else self._hours_of(day.isoweekday(), day)

    def _hours_of(self, weekday: int, day: date) -> list[WorkingHours]:
        """Return the hours of a weekday; before the first of the college's, the usual ones."""
        told = self.told.working_hours
        is_before = all(each.valid_from is not None and day < each.valid_from for each in told)
        found = [
            each
            for each in (DEFAULT_HOURS if is_before else told)
            if each.weekday == weekday
            and (each.valid_from is None or each.valid_from <= day)
            and (each.valid_to is None or day < each.valid_to)
        ]
        return sorted(found, key=lambda each: each.opens)


def weeks_of(term: Term, teaching: int | None = None) -> Iterator[TeachingWeek]:
    """Yield the weeks of a term, the last one that of its last day.

    Args:
        teaching: how many of them are taught in; None for all.
    """
    ahead = 8 - term.starts_on.isoweekday()
    is_weekend = term.starts_on.isoweekday() >= SATURDAY
    monday = term.starts_on + timedelta(days=ahead if is_weekend else ahead - 7)
    number = 1
    while monday <= term.ends_on:
        yield TeachingWeek(
            week=f"{term.term}/{number}",
            starts_on=monday,
            ends_on=monday + WEEK - DAY,
            teaching=teaching is None or number <= teaching,
        )
        monday, number = monday + WEEK, number + 1


def _plain_bounds(kind: str, key: str) -> Bounds:
    """Return the days of a period that needs no school calendar."""
    if kind == "day":
        first = date.fromisoformat(key)
        return first, first + DAY
    if kind == "month":
        first = date.fromisoformat(f"{key}-01")
        return first, (first + 31 * DAY).replace(day=1)
    if kind == "span":
        start, end = key.split("/")
        return date.fromisoformat(start), date.fromisoformat(end)
    assert kind in {"year", "plan"}, kind
    years = re.findall(r"[0-9]{4}", key)
    return date(int(years[0]), 1, 1), date(int(years[-1]) + 1, 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CAMPUS)


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), CAMPUS)
