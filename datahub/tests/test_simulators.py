"""Simulated systems: rows meet the fates they were declared to, and days add up to the whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from helix8.demo import college as systems
from helix8.demo.simulate.channels import Folder
from helix8.demo.sources import college_feeds, the_spec
from helix8.progress import Progress

DAYS = 4
"""After a Friday: a week end, and two days of work with the first who leaves again."""

FIRST = the_spec(date.min).first_day
OWN = {"version", "observed", "seen", "batch", "line", "deleted_at", "raw"}
"""Columns that tell how a record came, not what it is; raw is the text of who spoke last."""

LEARNING = {"learning_months": 240, "learning_totals_seconds": 0.2}
"""The days lie in one year for ever; a test has no patience."""

Tables = dict[str, dict[str, dict[str, Any]]]


Hub = Any
Run = Callable[..., AbstractAsyncContextManager[Hub]]


@pytest.fixture(scope="module")
def college() -> systems.College:
    return systems.College(replace(the_spec(FIRST), students=300))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the systems put their files, and the hub looks for them."""
    return tmp_path_factory.mktemp("exports")


async def push(hub: Hub, each: systems.Delivery, mode: str) -> dict[str, Any]:
    """Push a delivery through its door; return its ledger."""
    kind = "application/x-ndjson" if each.name.endswith(".ndjson") else "text/csv"
    if each.export.is_raw:
        answer = await hub.client.post(
            "/v1/learning-events",
            params={"source": each.feed.partition(".")[0]},
            content=each.content,
            headers={"content-type": kind},
        )
    else:
        answer = await hub.post(each.feed, each.content, kind=kind, mode=mode)
    ledger: dict[str, Any] = answer.json()
    return ledger


async def deliver(hub: Hub, deliveries: Iterable[systems.Delivery]) -> list[tuple[Any, ...]]:
    """Push the deliveries; return those whose rows met another fate than declared."""
    other = []
    for each in deliveries:
        ledger = await push(hub, each, each.mode)
        aside = {name: ledger.get(name) for name in ("quarantined", "rejected", "parked")}
        if aside != {"quarantined": each.dirty, "rejected": 0, "parked": 0}:
            other.append((each.name, each.day, each.dirty, ledger))
        assert ledger["received"] == each.rows, ledger
    return other


async def define(hub: Hub) -> None:
    for feed in college_feeds():
        answer = await hub.client.put(f"/v1/feeds/{feed['feed']}", json=feed)
        assert answer.status_code == 201, answer.text


async def _nothing_due(hub: Hub) -> bool:
    [row] = await hub.sql("SELECT NOT EXISTS (SELECT FROM learning_due) AS settled")
    return bool(row["settled"])


async def tables(hub: Hub) -> Tables:
    """Return every record that is there, by entity and key."""
    await hub.until(lambda: _nothing_due(hub))
    found = {}
    for entity in sorted({"learning_daily", *(feed["entity"] for feed in college_feeds())}):
        table = f"record_{entity}"
        rows = await hub.sql(f"TABLE {table}")
        found[entity] = {
            row["key"]: {name: value for name, value in row.items() if name not in OWN}
            for row in rows
            if row["deleted_at"] is None
        }
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def by_delta(
    run: Run, college: systems.College, folder: Path
) -> AsyncIterator[tuple[Hub, Tables, list[tuple[Any, ...]]]]:
    """A hub that got all of the first day and the changes of every day after it."""
    days = [FIRST + timedelta(days=passed + 1) for passed in range(DAYS)]
    async with run(pull_roots=str(folder), **LEARNING) as hub:
        await define(hub)
        other = []
        for name in systems.SYSTEMS:
            other += await deliver(hub, systems.full(college, name, FIRST))
        for day in days:
            for name in systems.SYSTEMS:
                other += await deliver(hub, systems.delta(college, name, day))
        yield hub, await tables(hub), other


@pytest.mark.asyncio(loop_scope="module")
async def test_every_delivery_has_as_many_rows_aside_as_it_declares(
    by_delta: tuple[Hub, Tables, list[tuple[Any, ...]]],
) -> None:
    assert by_delta[2] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_days_of_changes_give_the_tables_that_the_whole_gives(
    by_delta: tuple[Hub, Tables, list[tuple[Any, ...]]], run: Run, college: systems.College
) -> None:
    _, added_up, _ = by_delta
    last = FIRST + timedelta(days=DAYS)

    async with run(**LEARNING) as other:
        await define(other)
        for name in systems.SYSTEMS:
            assert await deliver(other, systems.full(college, name, last)) == []
        whole = await tables(other)

    assert {entity: len(rows) for entity, rows in added_up.items()} == {
        entity: len(rows) for entity, rows in whole.items()
    }
    assert added_up == whole
    assert sum(map(len, whole.values())) > 8_000


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("system", systems.SYSTEMS)
async def test_the_whole_after_its_changes_changes_nothing(
    by_delta: tuple[Hub, Tables, list[tuple[Any, ...]]], system: str, college: systems.College
) -> None:
    hub, _, _ = by_delta
    for each in systems.full(college, system, FIRST + timedelta(days=DAYS)):
        ledger = await push(hub, each, "snapshot")
        same = "duplicate" if each.export.is_raw else "unchanged"
        fates = {name: ledger[name] for name in ("created", "updated", "vanished", same)}

        assert fates == {
            "created": 0,
            "updated": 0,
            "vanished": 0,
            same: each.rows - each.dirty,
        }, each.name


@pytest.mark.asyncio(loop_scope="module")
async def test_a_folder_of_the_files_of_days_is_taken_in(
    by_delta: tuple[Hub, Tables, list[tuple[Any, ...]]], folder: Path, college: systems.College
) -> None:
    hub, _, _ = by_delta
    days = [FIRST + timedelta(days=DAYS + passed) for passed in (1, 2)]
    answers = [
        each
        for day in days
        for each in systems.delta(college, "survey", day)
        if each.feed == "survey.survey_answer"
    ]
    exports = Folder(folder, Progress(lambda _: None))
    for each in answers:
        await exports.send(each)
    pull = {
        "kind": "folder",
        "path": str(folder / "survey"),
        "pattern": "答卷明细_*_delta.csv",
        "settle_seconds": 1,
        "mode": "upsert",
    }
    answer = await hub.client.put("/v1/feeds/survey.survey_answer/pull", json=pull)
    assert answer.status_code == 201, answer.text
    await asyncio.sleep(1.1)

    state = await hub.pulled("survey.survey_answer")

    batches = await hub.get("batches", feed="survey.survey_answer")
    taken = [each for each in reversed(batches) if each["channel"] == "pull"]
    assert state["last_outcome"] == "done"
    assert [(each["received"], each["quarantined"]) for each in taken] == [
        (each.rows, each.dirty) for each in answers
    ]
