"""A correction is handed over to the hub when it opens and when it closes."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.kit.loops import start_jobs, stop_jobs
from shared.testing import records_handed_over
from spiral_service.jobs import make_jobs

SCOPE = "class/AAA-2013J"
PLACES = {
    "org_code": None,
    "major_code": None,
    "course_code": "AAA",
    "staff_no": None,
    "student_no": None,
}


async def test_a_correction_is_handed_over_when_it_opens_and_when_it_closes(
    world: Any, fact: Any
) -> None:
    await world.scope(SCOPE, 2, parents=("course/AAA",))
    await world.tell(fact("raised", 1))
    [opened] = await world.facts(1)
    await world.tell(fact("merged", 2, value="0.4"))
    await world.facts(2)
    await world.tell(fact("settled", 3, value="0.2"))
    await world.facts(3)

    (subject, first), (_, last) = await records_handed_over(world.running.broker, 2)

    assert subject == "correction.upsert"
    assert first == PLACES | {
        "correction_no": opened["data"]["correction"],
        "alert_no": "A1",
        "scope": SCOPE,
        "opened_at": "2026-11-23T08:00:00Z",
        "closed_at": None,
        "days_to_close": None,
        "cause": None,
        "reopened": 0,
        "effective": None,
    }
    closed = {"closed_at": "2026-11-23T10:00:00Z", "days_to_close": "0.08"}
    assert last == first | closed | {"effective": True}


@pytest.mark.parametrize(
    ("how", "effective"),
    [("corrected", True), ("line-changed", None), ("withdrawn", None)],
)
async def test_a_correction_is_effective_only_where_the_value_was_measured_against_its_line(
    world: Any, fact: Any, how: str, effective: object
) -> None:
    # One after the other: heard in one batch they would be one record, in two batches two.
    await world.tell(fact("raised", 1))
    await records_handed_over(world.running.broker, 1)
    await world.tell(fact("settled", 2, how=how))
    _, (_, record) = await records_handed_over(world.running.broker, 2)

    assert (record["closed_at"], record["effective"]) == ("2026-11-23T09:00:00Z", effective)


async def test_corrections_that_were_there_before_are_handed_over_after_an_upgrade(
    world: Any, fact: Any
) -> None:
    await world.tell(fact("raised", 1), fact("raised", 1, alert="A2"))
    told = await records_handed_over(world.running.broker, 2)
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("DELETE FROM handed_over"))

    loops = start_jobs(make_jobs(world.running.app.state.parts))
    found = await records_handed_over(world.running.broker, 4)
    await stop_jobs(loops)

    def number(each: Any) -> str:
        return str(each[1]["correction_no"])

    assert sorted(found[2:], key=number) == sorted(told, key=number)
