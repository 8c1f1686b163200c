"""A report is handed over to the hub when it is first made."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from report_service.domain.handing_over import Made, record_of
from report_service.jobs import make_jobs
from shared.calendar import CAMPUS, Calendar
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import Term
from shared.kit.clock import now
from shared.kit.loops import start_jobs, stop_jobs
from shared.testing import records_handed_over

TERM = Term(
    term="2013-2014-1",
    year="2013-2014",
    starts_on=date(2013, 9, 2),
    ends_on=date(2014, 1, 19),
)
PLACES = {
    "org_code": None,
    "major_code": "M1",
    "course_code": None,
    "staff_no": None,
    "student_no": None,
}


async def knows(world: Any, told: Any) -> None:
    """Tell of a class, its value and the term."""
    await world.tell(told.indicator(), told.scope(parents=["major/M1"]), told.measured(7, "0.24"))
    await world.tell(CalendarChanged(seq=1, terms=(TERM,)), key="calendar")
    await world.settle()

    async def kept() -> bool:
        async with world.running.app.state.database.transaction() as tx:
            return bool(await tx.session.scalar(text("SELECT count(*) FROM calendar")))

    async with asyncio.timeout(20):
        while not await kept():  # noqa: ASYNC110 — the service takes it in
            await asyncio.sleep(0.01)


async def test_a_report_is_due_with_its_period_and_submitted_when_it_is_first_made(
    world: Any, told: Any
) -> None:
    await knows(world, told)
    first = (await world.make()).json()
    await world.tell(told.measured(8, "0.30"))
    second = (await world.make()).json()

    [(subject, record)] = await records_handed_over(world.running.broker, 1)

    assert first["id"] != second["id"]
    assert subject == "report.upsert"
    assert record == PLACES | {
        "report_no": first["id"],
        "title": first["title"],
        "kind": "self_diagnosis",
        "scope": "class/AAA-2013J",
        "due_on": "2014-01-19",
        "submitted_on": now().astimezone(CAMPUS).date().isoformat(),
    }


async def test_first_reports_that_were_there_before_are_handed_over_after_an_upgrade(
    world: Any, told: Any
) -> None:
    await knows(world, told)
    await world.make()
    await world.tell(told.measured(8, "0.30"))
    await world.make()
    [record] = await records_handed_over(world.running.broker, 1)
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("DELETE FROM handed_over"))

    loops = start_jobs(make_jobs(world.running.app.state.parts))
    found = await records_handed_over(world.running.broker, 2)
    await stop_jobs(loops)

    assert found == [record, record]


def made(period: str) -> Made:
    return Made(
        id=UUID(int=1),
        scope="school/14365",
        period=period,
        template="self_diagnosis",
        title="t",
        created_at=datetime(2026, 12, 31, 16, tzinfo=UTC),
    )


def test_the_day_of_submission_is_that_of_the_campus() -> None:
    record = record_of(made("year:2026"), {}, Calendar())

    assert record is not None
    assert (record["due_on"], record["submitted_on"]) == (date(2026, 12, 31), date(2027, 1, 1))


def test_a_report_of_a_term_that_the_calendar_does_not_know_is_due_on_no_day() -> None:
    assert record_of(made("term:2026-2027-1"), {}, Calendar()) is None
