"""From a clock to an instant: calendar and working days, working hours, 教学周. Pure.

Days are whole days on campus: a deadline is the midnight that ends its last day, and one that is
counted backwards the midnight that begins its first. For a day that the school calendar does not
hold (`Calendar.covers`) every week is taught in, and every weekday is worked.
Source: design "The spiral" 3; how days are counted is our default.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from shared.calendar import CAMPUS, Calendar
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Clock, Unit

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
YEAR = timedelta(days=366)


def due_of(clock: Clock, cycle: Cycle, calendar: Calendar) -> datetime | None:
    """Return until when a clock lets its step be left.

    None while what it counts from is not known: the step is not entered, or the school calendar
    does not know its window. The day on which a step was entered does not count.
    """
    edge = {"window_start": cycle.starts_on, "window_end": cycle.ends_on}
    if clock.origin == "step_entered":
        is_there = clock.step == cycle.step
        return count(cycle.entered_at, clock.amount, clock.unit, calendar) if is_there else None
    day = edge[clock.origin]
    return count(_midnight(day), clock.amount, clock.unit, calendar) if day else None


def count(start: datetime, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    """Return the instant so many units after another one, or before it; itself for none.

    A week counts that the first midnight lies in; of one that was begun before an instant within
    a day, the next. Where time ends before so many, it is the instant itself.
    """
    if amount == 0:
        return start
    try:
        if unit == "working_hour":
            return calendar.add(start, timedelta(hours=amount))
        if amount > 0:
            return _forward(start.astimezone(CAMPUS), amount, unit, calendar)
        return _backward(start.astimezone(CAMPUS).date(), -amount, unit, calendar)
    except OverflowError:
        return start


def _forward(start: datetime, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    begun = start.time() != time()
    day = start.date() + begun * DAY
    if unit == "calendar_day":
        return _midnight(day + amount * DAY)
    step = WEEK if unit == "teaching_week" else DAY
    if unit == "teaching_week":
        day = _monday(day + 6 * DAY if begun else day)
    for each in _counted(day, step, _counting(unit, calendar)):
        amount -= 1
        if not amount:
            return _midnight(each + step)
    raise AssertionError("days go on for ever")


def _backward(day: date, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    if unit == "calendar_day":
        return _midnight(day - amount * DAY)
    step, day = (WEEK, _monday(day + 6 * DAY)) if unit == "teaching_week" else (DAY, day)
    for each in _counted(day - step, -step, _counting(unit, calendar)):
        amount -= 1
        if not amount:
            return _midnight(each)
    raise AssertionError("days go on for ever")


def _counted(day: date, step: timedelta, counts: Callable[[date], bool]) -> Iterator[date]:
    """Yield the days that count, from one on; where none did for a year, every one does."""
    idle = timedelta()
    while True:
        does = counts(day)
        if does or idle >= YEAR:
            yield day
        idle = timedelta() if does else idle + abs(step)
        day += step


def _counting(unit: Unit, calendar: Calendar) -> Callable[[date], bool]:
    """Return whether a day counts, or the week that begins with it."""
    if unit == "working_day":
        return calendar.is_working_day
    if unit == "teaching_week":
        return partial(_is_taught, calendar)
    return lambda day: calendar.is_working_day(day) and _is_taught(calendar, _monday(day))


def _is_taught(calendar: Calendar, monday: date) -> bool:
    week = next((each for each in calendar.told.weeks if each.starts_on == monday), None)
    return week.teaching if week else not calendar.covers(monday)


def _monday(day: date) -> date:
    return day - (day.isoweekday() - 1) * DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CAMPUS).astimezone(UTC)


def window_ends(cycle: Cycle) -> datetime | None:
    """Return the first instant after the window of a cycle; None where that is not known."""
    return _midnight(cycle.ends_on) if cycle.ends_on else None
