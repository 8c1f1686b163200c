"""Clocks become instants by the school calendar."""

from datetime import date, datetime
from typing import Any

import pytest

from shared.calendar import CAMPUS, Calendar, weeks_of
from shared.contracts.school_calendar import (
    AcademicYear,
    Holiday,
    MakeUpDay,
    SchoolCalendar,
    Term,
    WorkingHours,
)
from spiral_service.domain.reckoning import count

TERM = Term(
    term="2026-2027-1", year="2026-2027", starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 17)
)
CALENDAR = Calendar(
    SchoolCalendar(
        years=(
            AcademicYear(year="2026-2027", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31)),
        ),
        terms=(TERM,),
        weeks=tuple(weeks_of(TERM, teaching=18)),
        holidays=tuple(Holiday(on=date(2026, 10, day), name_zh="国庆") for day in range(1, 8)),
        makeup_days=(MakeUpDay(on=date(2026, 10, 10), name_zh="补班"),),
    )
)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-09-01 00:00", 14, "calendar_day", "2026-09-15 00:00"),
        ("2026-09-01 10:00", 1, "calendar_day", "2026-09-03 00:00"),
        ("2027-01-18 00:00", -10, "calendar_day", "2027-01-08 00:00"),
        # Seven days off, and a Saturday that is worked.
        ("2026-09-30 10:00", 3, "working_day", "2026-10-11 00:00"),
        ("2026-10-11 00:00", -2, "working_day", "2026-10-09 00:00"),
        ("2026-10-09 17:00", 2, "working_hour", "2026-10-10 09:00"),
        # September 1st is a Tuesday: its week is the first one.
        ("2026-09-01 00:00", 2, "teaching_week", "2026-09-14 00:00"),
        ("2026-09-02 10:00", 2, "teaching_week", "2026-09-21 00:00"),
        ("2027-01-18 00:00", -2, "teaching_week", "2026-12-21 00:00"),
        ("2027-01-01 00:00", 1, "teaching_week", "2027-01-04 00:00"),
        ("2026-12-31 09:00", 3, "teaching_day", "2027-09-08 00:00"),
        ("2026-09-01 10:00", 0, "working_day", "2026-09-01 10:00"),
    ],
)
def test_units_are_counted_by_the_calendar(start: str, amount: int, unit: Any, due: str) -> None:
    at, wanted = (datetime.fromisoformat(each).replace(tzinfo=CAMPUS) for each in (start, due))

    assert count(at, amount, unit, CALENDAR).astimezone(CAMPUS) == wanted


def test_without_a_calendar_every_weekday_is_worked_and_every_week_taught() -> None:
    at = datetime(2031, 3, 7, tzinfo=CAMPUS)

    assert count(at, 1, "working_day", Calendar()) == datetime(2031, 3, 8, tzinfo=CAMPUS)
    assert count(at, 2, "teaching_week", Calendar()) == datetime(2031, 3, 17, tzinfo=CAMPUS)
    assert count(at, 3, "teaching_day", Calendar()) == datetime(2031, 3, 12, tzinfo=CAMPUS)


def test_where_nobody_works_for_a_year_days_go_on() -> None:
    gone = WorkingHours(weekday=1, opens="08:00", closes="12:00", valid_to=date(2000, 1, 3))
    calendar = Calendar(SchoolCalendar(working_hours=(gone,)))
    start = datetime(2026, 9, 7, tzinfo=CAMPUS)

    due = count(start, 2, "working_day", calendar)

    assert due == datetime(2027, 9, 10, tzinfo=CAMPUS)
    assert count(datetime(1, 1, 3, tzinfo=CAMPUS), -30, "calendar_day", calendar).year == 1
