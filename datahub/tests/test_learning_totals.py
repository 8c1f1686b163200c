"""A student's day in a class is counted from all of its events, and stays when they are gone."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.learning.usecases import keeping, totals
from datahub.tests.learning_events import (
    ADL,
    CAMPUS,
    KEEPS_LONG,
    SLOW,
    Run,
    now,
    push,
    reasons,
    statement,
    today,
    total,
    write_totals,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = KEEPS_LONG


def voiding(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement that takes an event back."""
    return {
        "id": str(uuid4()),
        "timestamp": now().isoformat(),
        "actor": {"mbox": "mailto:admin@example.edu.cn"},
        "verb": {"id": f"{ADL}voided"},
        "object": {"objectType": "StatementRef", "id": event["id"]},
    }


async def test_a_day_is_a_day_of_the_campus_and_a_month_is_its_month(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    times = [
        "2026-09-30T15:59:59.999Z",
        "2026-09-30T16:00:00Z",
        "2026-09-30T23:59:59",
        "2026-10-01T00:00:00+08:00",
    ]
    await push(hub, [statement(student, "commented", timestamp=each) for each in times])
    await write_totals(hub, dictionary)

    assert (await total(hub, student, date(2026, 9, 30)))["posts"] == 2
    assert (await total(hub, student, date(2026, 10, 1)))["posts"] == 2
    parts = await hub.sql(
        "SELECT tableoid::regclass::text AS part, count(*) AS events FROM learning_event"
        " WHERE student_no = :student GROUP BY 1 ORDER BY 1",
        student=student,
    )
    assert [(each["part"], each["events"]) for each in parts] == [
        ("learning_event_2026_09", 2),
        ("learning_event_2026_10", 2),
    ]
    found = await hub.get("learning-events", student=student, **{"from": "2026-10-01"})
    assert len(found) == 2
    assert len(await hub.get("learning-events", student=student, to="2026-09-30")) == 2


class KilledError(Exception):
    """Stands for the end of a process before its commit."""


async def killed(hub: Any, dictionary: Dictionary) -> None:
    async with hub.database.transaction() as tx:
        await totals.write_due(tx, dictionary)
        raise KilledError


async def test_a_round_that_is_killed_leaves_its_totals_due(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    await push(hub, [statement(student, "commented") for _ in range(3)])

    with pytest.raises(KilledError):
        await killed(hub, dictionary)
    assert await total(hub, student, today()) is None

    assert await write_totals(hub, dictionary) >= 1
    assert (await total(hub, student, today()))["posts"] == 3
    assert await write_totals(hub, dictionary) == 0


async def test_an_event_that_comes_while_its_total_is_written_is_not_forgotten(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    await push(hub, statement(student, "commented"))
    async with hub.database.transaction() as tx:
        await totals.write_due(tx, dictionary)
        coming = asyncio.create_task(push(hub, statement(student, "commented")))
        await asyncio.sleep(0.3)
    await coming

    assert (await total(hub, student, today()))["posts"] == 1
    assert await write_totals(hub, dictionary) == 1
    record = await hub.get(f"records/learning_daily/{student}/K1/{today()}")
    assert (record["posts"], record["version"], record["origin"]["feed"]) == (
        *(2, 2, "hub.learning_daily"),
    )


async def test_what_takes_back_no_event_that_could_be_there_costs_no_other_one(hub: Any) -> None:
    student = hub.name("S")
    told = await push(
        hub,
        [
            voiding({"id": "a\0b"}),
            voiding({"id": "x" * 191}),
            voiding({"id": "y"}) | {"id": "z" * 191},
            statement(student, result={"duration": "PT2147483647.6S"}),
            statement(student, result={"score": {"raw": 10**400}}),
            statement(student),
        ],
    )

    assert told["created"] == 2
    assert [(each["code"], each["path"]) for each in told["verdicts"]] == [
        ("bad-character", "$ → voids"),
        ("too-long", "$ → voids"),
        ("too-long", "$ → event_id"),
        ("unreadable-duration", "$.result.duration"),
    ]


@pytest.mark.parametrize("order", ["after", "before", "together"])
async def test_a_voided_event_counts_in_no_total(
    hub: Any, dictionary: Dictionary, order: str
) -> None:
    student = hub.name("S")
    gone, stays = statement(student, "commented"), statement(student, "commented")
    taken_back = voiding(gone)
    bodies = {
        "after": [[gone, stays], [taken_back]],
        "before": [[taken_back], [gone, stays]],
        "together": [[taken_back, gone, stays]],
    }
    for body in bodies[order]:
        assert (await push(hub, body))["created"] == len(body)
        await write_totals(hub, dictionary)

    assert (await total(hub, student, today()))["posts"] == 1
    found = {each["event_id"]: each for each in await hub.get("learning-events", student=student)}
    assert found[gone["id"]]["voided_by"] == taken_back["id"]
    assert found[stays["id"]]["voided_by"] is None

    await push(hub, [voiding(stays)])
    await write_totals(hub, dictionary)
    assert await total(hub, student, today()) is None


async def test_a_source_takes_back_its_own_events_and_no_voiding(
    hub: Any, dictionary: Dictionary
) -> None:
    student, other = hub.name("S"), hub.name("mooc")
    await hub.client.put(
        f"/v1/learning-sources/{other}", json={"student": [{"at": "actor.account.name"}]}
    )
    event = statement(student, "commented")
    await push(hub, event)
    foreign = voiding(event)
    await push(hub, [foreign, voiding(foreign)], source=other)
    told = await push(hub, {**voiding(event), "object": {"id": event["id"]}})
    await write_totals(hub, dictionary)

    assert reasons(told) == [(1, "rejected", "unreadable-object")]
    assert (await total(hub, student, today()))["posts"] == 1


async def test_months_are_dropped_when_their_totals_are_written_and_these_stay(
    run: Run, dictionary: Dictionary
) -> None:
    async with run(learning_months=240, learning_totals_seconds=SLOW) as hub:
        old = today() - timedelta(days=400)
        at = datetime(old.year, old.month, old.day, 12, tzinfo=CAMPUS).isoformat()
        event = statement("S1", "commented", timestamp=at)
        await push(hub, [event, statement("S1", "commented")])

        async with hub.database.transaction() as tx:
            assert await keeping.keep_months(tx, 6) == []
        await write_totals(hub, dictionary)
        async with hub.database.transaction() as tx:
            assert await keeping.keep_months(tx, 6) == [old.replace(day=1)]

        assert len(await hub.get("learning-events", student="S1")) == 1
        assert (await total(hub, "S1", old))["posts"] == 1
        # Longer again: what was dropped stays dropped, and its total as it was.
        told = await push(hub, [{**event, "id": str(uuid4())}])
        assert reasons(told) == [(1, "rejected", "too-old")]
        assert await write_totals(hub, dictionary) == 0
        parts = [each["part"] for each in await hub.sql(_PARTS)]
        assert f"learning_event_{old:%Y_%m}" not in parts
        ahead = today() + timedelta(days=32)
        assert f"learning_event_{ahead:%Y_%m}" in parts


_PARTS = (
    "SELECT inhrelid::regclass::text AS part FROM pg_inherits"
    " WHERE inhparent = 'learning_event'::regclass"
)


async def test_the_national_table_of_visits_reads_the_events_that_stand(hub: Any) -> None:
    student = hub.name("S")
    seen, gone = statement(student), statement(student)
    await push(hub, [seen, gone, voiding(gone)])

    table = await hub.client.get("/v1/national/ODS_FWJXZYQKSJ/export", params={"format": "ndjson"})

    rows = [json.loads(line) for line in table.text.splitlines()]
    assert [each["JXZYBH"] for each in rows if each["FWRYBH"] == student] == [
        "https://class.example.edu.cn/pages/1"
    ]
