"""Working time, weeks and periods, by the school calendar."""

from datetime import date, datetime, timedelta

import pytest

from shared.calendar import Calendar, weeks_of
from shared.calendar.arithmetic import CAMPUS
from shared.contracts.school_calendar import (
    AcademicYear,
    Holiday,
    MakeUpDay,
    SchoolCalendar,
    Term,
    WorkingHours,
)

TERM = Term(
    term="2026-2027-1",
    year="2026-2027",
    starts_on=date(2026, 9, 1),
    ends_on=date(2027, 1, 22),
)
CALENDAR = Calendar(
    SchoolCalendar(
        years=(
            AcademicYear(year="2026-2027", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31)),
        ),
        terms=(TERM,),
        weeks=tuple(weeks_of(TERM, 19)),
        holidays=tuple(
            Holiday(on=on, name_zh="放假")
            for on in (date(2026, 10, 1), date(2026, 10, 2), date(2026, 12, 31), date(2027, 1, 1))
        ),
        makeup_days=(
            MakeUpDay(on=date(2026, 10, 10), name_zh="调休", follows=date(2026, 10, 2)),
            MakeUpDay(on=date(2027, 1, 3), name_zh="调休"),
        ),
    )
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CAMPUS)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("start", "working", "end"),
    [
        ("2026-09-07 09:00", 1, "2026-09-07 10:00"),  # Monday
        ("2026-09-07 09:00", 3, "2026-09-07 12:00"),  # it ends with the morning
        ("2026-09-07 09:00", 4, "2026-09-07 15:00"),
        ("2026-09-07 12:30", 1, "2026-09-07 15:00"),
        ("2026-09-07 09:00", 8, "2026-09-08 09:00"),
        ("2026-09-07 22:00", 8, "2026-09-08 18:00"),
        ("2026-09-11 17:00", 2, "2026-09-14 09:00"),  # over a weekend
        ("2026-09-12 10:00", 0, "2026-09-14 08:00"),  # nothing to do: when work begins
        ("2026-09-30 17:00", 2, "2026-10-05 09:00"),  # over two holidays and a weekend
        ("2026-10-09 17:00", 2, "2026-10-10 09:00"),  # a Saturday that is worked
        ("2026-12-30 17:00", 2, "2027-01-03 09:00"),  # over the new year, to a worked Sunday
        ("2026-09-07 08:00", 72, "2026-09-17 18:00"),  # nine working days
    ],
)
def test_working_time_is_added(start: str, working: float, end: str) -> None:
    assert CALENDAR.add(at(start), hours(working)) == at(end)


@pytest.mark.parametrize(
    ("start", "end", "working"),
    [
        ("2026-09-07 09:00", "2026-09-07 10:30", 1.5),
        ("2026-09-07 11:00", "2026-09-07 15:00", 2),
        ("2026-09-11 17:00", "2026-09-14 09:00", 2),
        ("2026-09-12 00:00", "2026-09-13 23:00", 0),
        ("2026-09-30 17:00", "2026-10-05 09:00", 2),
        ("2026-10-10 00:00", "2026-10-11 00:00", 8),
        ("2026-09-08 09:00", "2026-09-07 09:00", 0),
    ],
)
def test_working_time_in_between_is_counted(start: str, end: str, working: float) -> None:
    assert CALENDAR.between(at(start), at(end)) == hours(working)


def test_what_was_added_lies_in_between() -> None:
    start = at("2026-12-30 10:17")
    for number in range(1, 80):
        assert CALENDAR.between(start, CALENDAR.add(start, hours(number))) == hours(number)


def test_a_moment_keeps_its_zone() -> None:
    utc = datetime.fromisoformat("2026-09-07T01:00:00+00:00")

    assert CALENDAR.add(utc, hours(1)).isoformat() == "2026-09-07T02:00:00+00:00"


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 7), True),
        (date(2026, 9, 12), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2027, 1, 3), True),
    ],
)
def test_a_working_day_is_told(day: date, works: bool) -> None:  # noqa: FBT001
    assert CALENDAR.is_working_day(day) is works


def test_a_year_that_nobody_told_has_weekdays_and_is_not_covered() -> None:
    empty = Calendar()

    assert not empty.covers(date(2030, 10, 1))
    assert empty.is_working_day(date(2030, 10, 1)), "a Tuesday: holidays are unknown"
    assert not empty.is_working_day(date(2030, 10, 5))
    assert empty.add(at("2030-10-01 09:00"), hours(8)) == at("2030-10-02 09:00")
    assert CALENDAR.covers(date(2026, 9, 1))
    assert CALENDAR.covers(date(2027, 8, 31))
    assert not CALENDAR.covers(date(2027, 9, 1))


def test_hours_change_with_the_season_and_a_make_up_day_follows_another() -> None:
    winter, summer = date(2026, 10, 1), date(2026, 5, 1)
    calendar = Calendar(
        SchoolCalendar(
            makeup_days=(
                MakeUpDay(on=date(2026, 10, 10), name_zh="调休", follows=date(2026, 10, 6)),
            ),
            working_hours=(
                WorkingHours(
                    weekday=2, opens="15:00", closes="17:30", valid_from=summer, valid_to=winter
                ),
                WorkingHours(weekday=2, opens="08:00", closes="12:00"),
                WorkingHours(weekday=2, opens="14:00", closes="17:00", valid_from=winter),
            ),
        )
    )

    assert calendar.between(at("2026-09-29 00:00"), at("2026-09-30 00:00")) == hours(6.5)
    assert calendar.between(at("2026-10-06 00:00"), at("2026-10-07 00:00")) == hours(7)
    assert calendar.between(at("2026-10-10 00:00"), at("2026-10-11 00:00")) == hours(7)
    assert not calendar.is_working_day(date(2026, 10, 7))


def test_before_the_first_hours_of_the_college_every_weekday_is_worked() -> None:
    hours = WorkingHours(weekday=2, opens="08:00", closes="12:00", valid_from=date(2026, 9, 1))
    calendar = Calendar(SchoolCalendar(working_hours=(hours,)))

    assert calendar.is_working_day(date(2013, 10, 7))
    assert not calendar.is_working_day(date(2013, 10, 6))
    assert not calendar.is_working_day(date(2026, 9, 7))


def test_without_any_working_time_clocks_run_on() -> None:
    never = WorkingHours(weekday=1, opens="08:00", closes="12:00", valid_to=date(2000, 1, 1))
    start = at("2026-09-07 09:00")

    assert Calendar(SchoolCalendar(working_hours=(never,))).add(start, hours(8)) == start + hours(8)


@pytest.mark.parametrize(
    ("starts_on", "monday"),
    [
        (date(2026, 8, 31), date(2026, 8, 31)),  # Monday
        (date(2026, 9, 4), date(2026, 8, 31)),  # Friday
        (date(2026, 9, 5), date(2026, 9, 7)),  # Saturday: week 1 is the one after
        (date(2026, 9, 6), date(2026, 9, 7)),
    ],
)
def test_week_1_is_that_of_the_first_day_unless_it_lies_at_a_weekend(
    starts_on: date, monday: date
) -> None:
    first, *_ = weeks_of(TERM.model_copy(update={"starts_on": starts_on}))

    assert (first.week, first.starts_on) == ("2026-2027-1/1", monday)
    assert first.ends_on == monday + timedelta(days=6)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 8, 30), None),
        (date(2026, 8, 31), "2026-2027-1/1"),
        (date(2026, 9, 6), "2026-2027-1/1"),
        (date(2026, 9, 7), "2026-2027-1/2"),
        (date(2026, 11, 23), "2026-2027-1/13"),
        (date(2027, 1, 24), "2026-2027-1/21"),
        (date(2027, 1, 25), None),
    ],
)
def test_a_day_lies_in_a_week(day: date, week: str | None) -> None:
    assert CALENDAR.week_of(day) == week


def test_weeks_after_the_last_taught_one_are_none_of_teaching() -> None:
    assert [each.week for each in CALENDAR.told.weeks if not each.teaching] == [
        "2026-2027-1/20",
        "2026-2027-1/21",
    ]


@pytest.mark.parametrize(
    ("period", "first", "end"),
    [
        ("day:2026-12-31", date(2026, 12, 31), date(2027, 1, 1)),
        ("week:2026-2027-1/13", date(2026, 11, 23), date(2026, 11, 30)),
        ("month:2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("month:2027-02", date(2027, 2, 1), date(2027, 3, 1)),
        ("term:2026-2027-1", date(2026, 9, 1), date(2027, 1, 23)),
        ("ayear:2026-2027", date(2026, 9, 1), date(2027, 9, 1)),
        ("year:2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("plan:2021-2025", date(2021, 1, 1), date(2026, 1, 1)),
        ("span:2026-03-01/2026-07-01", date(2026, 3, 1), date(2026, 7, 1)),
    ],
)
def test_a_period_is_half_open(period: str, first: date, end: date) -> None:
    assert CALENDAR.bounds(period) == (first, end)


def test_a_period_that_the_calendar_does_not_know_has_no_bounds() -> None:
    assert CALENDAR.bounds("term:2030-2031-1") is None
    assert CALENDAR.instants("week:2026-2027-1/40") is None
    assert CALENDAR.instants("day:2026-12-31") == (at("2026-12-31"), at("2027-01-01"))
