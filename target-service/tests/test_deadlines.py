"""Deadlines and ages: when a period ends, when a target is late, when a value is stale."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from shared.calendar import Calendar
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import AcademicYear, SchoolCalendar, TeachingWeek, Term
from shared.kit.clock import now
from target_service.domain.deadlines import (
    MAX_AGE_DAYS,
    deadline_of,
    end_of,
    max_age_of,
    stale_from,
)
from target_service.settings import Settings

PASSED = {"key": "late", "indicator": "drop_rate", "scope": "course/C0001", "title": "通过率"}


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("day:2026-12-31", "2027-01-01"),
        ("month:2026-11", "2026-12-01"),
        ("month:2026-12", "2027-01-01"),
        ("year:2026", "2027-01-01"),
        ("plan:2021-2025", "2026-01-01"),
        ("span:2026-03-01/2026-07-01", "2026-07-01"),
        ("ayear:2026-2027", "2027-09-01"),
        ("term:2026-2027-1", "2027-02-01"),
        ("term:2026-2027-2", "2027-08-01"),
        ("term:2026-2027-3", "2027-09-01"),
        ("week:2026-2027-1/13", "2027-02-01"),
    ],
)
def test_a_period_ends_at_midnight_on_campus(period: str, end: str) -> None:
    assert end_of(period, Calendar()) == datetime.fromisoformat(f"{end}T00:00:00+08:00")


def school(ends_on: str, seq: int = 1) -> SchoolCalendar:
    """Return a calendar with one term, its year, and one of its weeks."""
    term, year = "2024-2025-2", "2024-2025"
    begin, end = date(2025, 2, 17), date.fromisoformat(ends_on)
    week = TeachingWeek(
        week=f"{term}/3", starts_on=date(2025, 3, 3), ends_on=date(2025, 3, 9), teaching=True
    )
    return SchoolCalendar(
        years=(AcademicYear(year=year, starts_on=date(2024, 9, 2), ends_on=end),),
        terms=(Term(term=term, year=year, starts_on=begin, ends_on=end),),
        weeks=(week,),
        seq=seq,
    )


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("week:2024-2025-2/3", "2025-03-10"),
        ("week:2024-2025-2/4", "2025-07-12"),
        ("term:2024-2025-2", "2025-07-12"),
        ("ayear:2024-2025", "2025-07-12"),
        ("term:2024-2025-1", "2025-02-01"),
        ("week:2024-2025-1/3", "2025-02-01"),
        ("ayear:2025-2026", "2026-09-01"),
        ("month:2025-03", "2025-04-01"),
    ],
)
def test_what_the_school_calendar_knows_ends_by_it_and_the_rest_by_default(
    period: str, end: str
) -> None:
    calendar = Calendar(school("2025-07-11"))

    assert end_of(period, calendar) == datetime.fromisoformat(f"{end}T00:00:00+08:00")


def test_a_target_is_late_from_the_day_after_its_goals_last_day_else_after_its_period() -> None:
    none = Calendar()
    assert deadline_of(date(2025, 4, 1), end_of("month:2025-03", none)) == datetime(
        2025, 4, 1, 16, tzinfo=UTC
    )
    assert deadline_of(None, end_of("month:2025-03", none)) == datetime(2025, 3, 31, 16, tzinfo=UTC)


def test_a_value_is_stale_only_while_its_period_runs() -> None:
    age = timedelta(days=31)
    end = end_of("month:2026-11", Calendar())
    second = timedelta(seconds=1)

    assert stale_from(end - age - second, end, age) == end - second
    assert stale_from(end - age, end, age) is None
    assert stale_from(None, end, age) is None


def test_a_value_of_a_core_indicator_may_be_half_as_old_unless_its_binding_says_how_old() -> None:
    day = timedelta(days=1)

    assert max_age_of("term:2026-2027-1", None, MAX_AGE_DAYS, is_core=False) == 184 * day
    assert max_age_of("term:2026-2027-1", None, MAX_AGE_DAYS, is_core=True) == 92 * day
    assert max_age_of("week:2026-2027-1/13", None, MAX_AGE_DAYS, is_core=True) == 3.5 * day
    assert max_age_of("term:2026-2027-1", 184, MAX_AGE_DAYS, is_core=True) == 184 * day


def test_ages_that_are_not_named_keep_their_default() -> None:
    settings = Settings(database_url="", max_age_days={"term": 31})

    assert settings.rules().max_age_days == MAX_AGE_DAYS | {"term": 31}
    with pytest.raises(ValueError, match="semester"):
        Settings(database_url="", max_age_days={"semester": 31})


@pytest.fixture(name="measured")
def _measured(measured: Any) -> Any:
    return partial(measured, indicator="drop_rate")


async def bind(desk: Any, period: str, **more: Any) -> None:
    body = PASSED | {"period": period, "target": {"op": "<=", "value": "0.1"}} | more
    answer = await desk.put("bindings", body)
    assert answer.status_code in {200, 201}, answer.text


async def test_a_target_missed_when_its_deadline_passed_is_overdue(
    desk: Any, measured: Any
) -> None:
    goal = {"key": "g1", "title": "降低不及格率", "scope": "course/C0001", "period": "year:2100"}
    await desk.put("goals", goal | {"target": {"op": "<=", "value": "0.1"}})
    await bind(desk, "year:2100", target=None, goal="g1")
    await desk.send([measured("0.664179", 1, period="year:2100")])
    [before] = await desk.judged(1)

    passed = goal | {"target": {"op": "<=", "value": "0.1"}, "deadline": "2025-04-01"}
    await desk.put("goals", passed)
    _, late = await desk.judged(2)
    await desk.put("goals", passed | {"target": {"op": "<=", "value": "0.7"}})
    *_, met = await desk.judged(3)

    assert [(each["state"], each["overdue"]) for each in (before, late, met)] == [
        ("below_target", False),
        ("below_target", True),
        ("met_target", False),
    ]
    assert (await desk.get("bindings/late"))["attainment"]["overdue"] is False


async def test_without_a_goal_the_end_of_the_period_is_the_deadline(
    desk: Any, measured: Any
) -> None:
    await bind(desk, "month:2025-03")
    await desk.send([measured("0.664179", 1, period="month:2025-03")])

    [item] = await desk.judged(1)

    # The month is over: what it measured is not stale, however old.
    assert (item["state"], item["overdue"], item["stale"]) == ("below_target", True, False)


async def test_without_a_target_nothing_is_overdue(desk: Any, measured: Any) -> None:
    await bind(desk, "month:2025-03", target=None, tiers={"floor": {"op": "<=", "value": "0.5"}})
    await desk.send([measured("0.664179", 1, period="month:2025-03")])

    [item] = await desk.judged(1)

    assert (item["state"], item["overdue"]) == ("below_floor", False)


async def test_old_data_of_a_running_period_is_stale(desk: Any, measured: Any) -> None:
    await bind(desk, "year:2100", max_age_days=30)
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    await desk.send([measured("0.05", 1, period="year:2100", freshest_at=old)])
    [stale] = await desk.judged(1)

    await desk.send([measured("0.05", 2, period="year:2100", freshest_at=new)])
    _, fresh = await desk.judged(2)

    assert [(each["state"], each["stale"]) for each in (stale, fresh)] == [
        ("met_target", True),
        ("met_target", False),
    ]


@pytest.mark.parametrize(("is_core", "is_stale"), [(False, False), (True, True)])
async def test_a_value_of_a_core_indicator_is_stale_in_half_the_time(
    desk: Any, measured: Any, *, is_core: bool, is_stale: bool
) -> None:
    told = await desk.indicator("drop_rate", "ratio", version=2, core=is_core, direction="lower")
    await desk.handled(told)
    await bind(desk, "year:2100")
    came = now() - timedelta(days=200)
    await desk.send([measured("0.05", 1, period="year:2100", freshest_at=came)])

    [item] = await desk.judged(1)

    assert item["stale"] is is_stale


async def test_the_clock_brings_a_binding_back_when_its_judgement_may_turn(
    desk: Any, measured: Any
) -> None:
    database = desk.running.app.state.database
    await bind(desk, "span:2026-01-01/2099-01-01", max_age_days=30)
    soon = now() - timedelta(days=30) + timedelta(seconds=3)
    period = "span:2026-01-01/2099-01-01"
    await desk.send([measured("0.5", 1, period=period, freshest_at=soon)])
    [fresh] = await desk.judged(1)

    async with asyncio.timeout(20):
        _, stale = await desk.judged(2)

    assert [(each["stale"], each["overdue"]) for each in (fresh, stale)] == [
        (False, False),
        (True, False),
    ]
    async with database.transaction() as tx:
        rows = list(await tx.session.execute(text("SELECT key, due_at FROM timer")))
    # Next it is looked at when the period ends: then it is late, and no longer stale.
    assert [(row.key, row.due_at) for row in rows] == [("late", end_of(period, Calendar()))]


async def test_another_school_calendar_judges_again_what_ends_by_it(
    desk: Any, measured: Any
) -> None:
    term = "term:2024-2025-2"
    await bind(desk, term)
    await bind(desk, "month:2025-03", key="month")
    fresh = datetime(2099, 7, 1, tzinfo=UTC)
    cells = (term, "month:2025-03")
    await desk.send([measured("0.664179", 1, period=each, freshest_at=fresh) for each in cells])
    by_default = await desk.judged(2)

    await desk.tell(calendar_told("2099-07-11", 1), "calendar")
    *_, prolonged = await desk.judged(3)
    [due] = await dues(desk)
    await desk.tell(calendar_told("2025-07-11", 2), "calendar")
    *_, over = await desk.judged(4)
    older = await desk.tell(calendar_told("2099-07-11", 1), "calendar")
    await desk.handled(older)
    after = await desk.get("bindings/late")

    assert [each["overdue"] for each in by_default] == [True, True]
    assert (prolonged["period"], prolonged["overdue"]) == (term, False)
    assert due == ("late", datetime.fromisoformat("2099-07-12T00:00:00+08:00"))
    assert (over["period"], over["overdue"]) == (term, True)
    assert after["attainment"]["overdue"] is True


def calendar_told(ends_on: str, seq: int) -> CalendarChanged:
    return CalendarChanged.model_validate(school(ends_on, seq).model_dump())


async def dues(desk: Any) -> list[tuple[str, datetime]]:
    async with desk.running.app.state.database.transaction() as tx:
        rows = await tx.session.execute(text("SELECT key, due_at FROM timer"))
        return [(row.key, row.due_at) for row in rows]
