"""Records are handed over to the hub with the change that made them: once, in order, none lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client
from sqlalchemy import text

from shared.kit.bus import Ack, Publisher, PublishError
from shared.kit.database import Database, Transaction
from shared.kit.handing_over import hand_over_earlier
from shared.kit.outbox import Relay
from shared.scopes import belongs_to

STREAM = "QA_INGEST_HELIX8"
TASK = UUID("0193a5f2-7c1e-7d3a-9b21-5f0e6c1a2b3d")


async def hand_over(database: Database, *titles: str, key: str = "T1") -> None:
    async with database.transaction() as tx:
        for title in titles:
            tx.hand_over("task", key, {"task_no": key, "title": title})


async def in_stream(broker: Client) -> list[Any]:
    js = broker.jetstream()
    state = (await js.stream_info(STREAM)).state
    return [await js.get_msg(STREAM, seq) for seq in range(1, state.last_seq + 1)]


async def titles(broker: Client) -> list[str]:
    return [json.loads(each.data)["data"]["title"] for each in await in_stream(broker)]


async def count(database: Database, table: str) -> int:
    async with database.transaction() as tx:
        found = await tx.session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        return int(found or 0)


@asynccontextmanager
async def relaying(database: Database, sender: Any) -> AsyncIterator[None]:
    """Run a relay until the outbox is empty; killed at the end, as a process is."""
    task = asyncio.create_task(Relay(database, sender, keep_facts=True).run())
    yield
    async with asyncio.timeout(20):
        while await count(database, "outbox"):  # noqa: ASYNC110 — the relay works
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_record_travels_as_the_suite_pushes_it_and_is_no_fact(
    database: Database, broker: Client
) -> None:
    async with database.transaction() as tx:
        record = {"task_no": TASK, "due_on": date(2026, 11, 30), "done_on": None}
        tx.hand_over("task", str(TASK), record | {"at": datetime(2026, 11, 23, tzinfo=UTC)})
        tx.hand_over("task", "T2", {"task_no": "T2"}, "delete")

    async with relaying(database, Publisher(broker)):
        pass

    upsert, delete = await in_stream(broker)
    document = json.loads(upsert.data)
    assert upsert.subject == "qa.ingest.v1.helix8.task.upsert"
    assert upsert.headers["Nats-Msg-Id"] == document["id"]
    assert document["type"] == "qa.ingest"
    assert document["source"] == "urn:helix8:target"
    assert document["partitionkey"] == f"task/{TASK}"
    assert document["data"] == {
        "task_no": str(TASK),
        "due_on": "2026-11-30",
        "done_on": None,
        "at": "2026-11-23T00:00:00Z",
    }
    assert delete.subject == "qa.ingest.v1.helix8.task.delete"
    assert await count(database, "fact") == 0


async def test_a_record_of_a_transaction_that_fails_is_never_handed_over(
    database: Database,
) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            tx.hand_over("task", "T1", {"task_no": "T1"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await count(database, "outbox") == 0


async def test_what_was_committed_before_a_kill_is_handed_over_after_it(
    database: Database, broker: Client
) -> None:
    await hand_over(database, "first")
    assert await titles(broker) == []  # nobody was there to send it: the process is gone

    async with relaying(database, Publisher(broker)):
        pass

    assert await titles(broker) == ["first"]


class Away:
    """A broker that is away for the first round, and then takes one record and dies unheard."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.rounds = 0

    async def publish_many(
        self, messages: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Ack | Exception]:
        """Send in the second round without telling, in the third as it should be."""
        self.rounds += 1
        if self.rounds == 1:
            return [PublishError(0, "away") for _ in messages]
        answers = await self.publisher.publish_many(messages)
        return [PublishError(0, "unheard") for _ in messages] if self.rounds == 2 else answers


async def test_a_broker_that_is_away_or_unheard_gets_each_record_once_and_in_order(
    database: Database, broker: Client
) -> None:
    await hand_over(database, "first", "second", "third")

    async with relaying(database, Away(Publisher(broker))):
        pass

    assert await titles(broker) == ["first", "second", "third"]


THINGS = [f"T{number:03}" for number in range(7)]


async def page(tx: Transaction, after: str) -> str | None:
    """Hand over three of what was there before."""
    following = [each for each in THINGS if each > after][:3]
    for each in following:
        tx.hand_over("task", each, {"task_no": each, "title": each})
    return following[-1] if following else None


async def run_until_done(database: Database) -> None:
    done = "handed_over WHERE done_at IS NOT NULL"
    task = asyncio.create_task(hand_over_earlier(database, "task", page))
    async with asyncio.timeout(20):
        while not await count(database, done):  # noqa: ASYNC110 — the job works
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_was_there_before_is_handed_over_once(database: Database) -> None:
    await run_until_done(database)
    await run_until_done(database)

    async with database.transaction() as tx:
        rows = await tx.session.execute(text("SELECT partition_key FROM outbox ORDER BY seq"))
        assert [row.partition_key for row in rows] == [f"task/{each}" for each in THINGS]


async def test_a_process_that_died_goes_on_behind_its_last_page(database: Database) -> None:
    dying = 0

    async def die_at_the_third(tx: Transaction, after: str) -> str | None:
        nonlocal dying
        dying += 1
        last = await page(tx, after)
        if dying == 3:
            raise ZeroDivisionError
        return last

    with pytest.raises(ZeroDivisionError):
        await hand_over_earlier(database, "task", die_at_the_third)
    assert await count(database, "outbox") == 6
    await run_until_done(database)

    async with database.transaction() as tx:
        rows = await tx.session.execute(text("SELECT partition_key FROM outbox ORDER BY seq"))
        assert [row.partition_key for row in rows] == [f"task/{each}" for each in THINGS]


async def test_a_scope_belongs_to_what_lies_above_it_the_nearest_of_a_kind(
    database: Database,
) -> None:
    parents = {
        "student/S1": ["group/G1", "major/M1"],
        "group/G1": ["major/M1", "unit/U1"],
        "major/M1": ["unit/U1"],
        "unit/U1": ["unit/U0", "school/14365"],
        "unit/U0": ["unit/U1"],
    }
    nothing = dict.fromkeys(("org_code", "major_code", "course_code", "staff_no", "student_no"))
    async with database.transaction() as tx:
        await tx.session.execute(text("CREATE TABLE scope (scope text, parents text[])"))
        for scope, above in parents.items():
            await tx.session.execute(
                text("INSERT INTO scope VALUES (:scope, :parents)"),
                {"scope": scope, "parents": above},
            )

        wanted = {"student/S1", "unit/U0", "course/C1", "school/14365", "class/2026/1"}
        found = await belongs_to(tx, wanted)

    assert found == {
        "student/S1": nothing | {"student_no": "S1", "major_code": "M1", "org_code": "U1"},
        "unit/U0": nothing | {"org_code": "U0"},
        "course/C1": nothing | {"course_code": "C1"},
        "school/14365": nothing,
        "class/2026/1": nothing,
    }
