"""Events leave if, and only if, their transaction commits; in order, and none is lost."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from typing_extensions import override

from shared.contracts.base import Event, subject_of
from shared.kit import outbox
from shared.kit.audit.rows import Wanted, search
from shared.kit.bus import Ack, Publisher, PublishError
from shared.kit.database import Database
from shared.kit.inbox import InboxColumns
from shared.kit.outbox import Relay


class Told(Event):
    """An event of these tests."""

    type: ClassVar[str] = "qa.target.goal.told.v1"

    number: int


class Own(DeclarativeBase):
    """What these tests themselves write."""


class Arrived(InboxColumns, Own):
    """A row of the inbox."""

    __tablename__ = "inbox"


async def publish(database: Database, *numbers: int, key: str = "k") -> None:
    async with database.transaction() as tx:
        for number in numbers:
            tx.publish(Told(number=number), key=key)


async def rows(database: Database, table: str) -> list[Any]:
    async with database.transaction() as tx:
        found = await tx.session.execute(
            text(f"SELECT id, payload FROM {table} ORDER BY seq")  # noqa: S608
        )
        return [json.loads(row.payload)["data"]["number"] for row in found]


async def in_stream(broker: Client) -> list[int]:
    js = broker.jetstream()
    state = (await js.stream_info("QA_EVT")).state
    messages = [
        await js.get_msg("QA_EVT", seq)
        for seq in range(max(1, state.first_seq), state.last_seq + 1)
    ]
    return [json.loads(each.data or b"")["data"]["number"] for each in messages]


async def emptied(database: Database, table: str = "outbox", left: Sequence[int] = ()) -> None:
    async with asyncio.timeout(20):
        while await rows(database, table) != list(left):  # noqa: ASYNC110 — the relay works
            await asyncio.sleep(0.01)


async def run_until_empty(database: Database, relay: Relay) -> None:
    task = asyncio.create_task(relay.run())
    await emptied(database)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_nobody_asked_for_is_on_record_where_it_decides(database: Database) -> None:
    async with database.transaction(correlation="c-1") as tx:
        tx.publish(Told(number=1), key="k")
    async with database.transaction() as tx:
        tx.publish_json(Told.type, "00", b"{}")
    async with database.transaction() as tx:
        tx.on_record = True
        tx.publish(Told(number=2), key="k")
    async with database.transaction() as tx:
        tx.record("dropped", "old", rows=3)
    async with database.transaction() as tx:
        found = await search(tx, Wanted(), before=None, limit=9)

    assert [(each["actor"], each["by"], each["kind"], each["request"]) for each in found] == [
        ("system/target", "job", "dropped", ""),
        ("system/target", "job", "write", "c-1"),
    ]
    assert [each[0] for each in found[1]["detail"]["events"]] == [Told.type]


async def test_an_event_of_a_transaction_that_fails_never_leaves(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            tx.publish(Told(number=1), key="k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await rows(database, "outbox") == []


async def test_a_part_that_is_refused_or_rolled_back_tells_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        tx.publish(Told(number=1), key="k")
        with suppress(ZeroDivisionError):
            async with tx.part():
                tx.publish(Told(number=2), key="k")
                raise ZeroDivisionError
        async with tx.part() as part:
            tx.publish(Told(number=3), key="k")
            await part.rollback()
        async with tx.part():
            tx.publish(Told(number=4), key="k")
        with suppress(IntegrityError):
            async with tx.part():
                tx.publish(Told(number=5), key="k")
                # It lacks what must not be null, and is refused as the part ends.
                tx.session.add(Arrived(consumer="c", source="s", event_id="1"))

    assert await rows(database, "outbox") == [1, 4]


async def test_a_job_whose_part_was_undone_has_decided_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        async with tx.part() as part:
            tx.publish(Told(number=1), key="k")
            await part.rollback()
        tx.publish_json(Told.type, "00", b"{}")
    async with database.transaction() as tx:
        assert await search(tx, Wanted(), before=None, limit=9) == []


async def test_what_was_sent_is_a_fact_with_its_place_in_the_stream(
    database: Database, broker: Client
) -> None:
    await publish(database, *range(1200))

    await run_until_empty(database, Relay(database, Publisher(broker), keep_facts=True))

    assert await in_stream(broker) == list(range(1200))
    assert await rows(database, "fact") == list(range(1200))
    async with database.transaction() as tx:
        kept = (await tx.session.execute(text("SELECT stream, last_seq FROM relayed"))).all()
        places = await tx.session.scalars(text("SELECT stream_seq FROM fact ORDER BY seq"))
        assert list(places) == list(range(1, 1201))
    assert [tuple(row) for row in kept] == [("QA_EVT", 1200)]


async def test_facts_are_not_kept_where_history_is_read_elsewhere(
    database: Database, broker: Client
) -> None:
    await publish(database, 1)

    await run_until_empty(database, Relay(database, Publisher(broker), keep_facts=False))

    assert (await in_stream(broker), await rows(database, "fact")) == ([1], [])


@pytest.mark.parametrize(("kept", "facts"), [(Told.type, [1]), ("qa.target.goal.other.v1", [])])
async def test_facts_of_the_named_types_are_kept_and_no_others(
    database: Database, broker: Client, kept: str, facts: list[int]
) -> None:
    await publish(database, 1)

    await run_until_empty(database, Relay(database, Publisher(broker), keep_facts={kept}))

    assert (await in_stream(broker), await rows(database, "fact")) == ([1], facts)


async def test_events_of_one_key_stay_in_one_partition(database: Database, broker: Client) -> None:
    await publish(database, 1, 2, key="学校/14365")

    await run_until_empty(database, Relay(database, Publisher(broker), keep_facts=True))

    js = broker.jetstream()
    subjects = {(await js.get_msg("QA_EVT", seq)).subject for seq in (1, 2)}
    assert subjects == {subject_of(Told.type, "学校/14365")}


class Refusing:
    """A stream that refuses one number until it is mended, as a missing stream does."""

    def __init__(self, publisher: Publisher, refused: int) -> None:
        self.publisher = publisher
        self.refused: int | None = refused
        self.seen = 0

    async def publish_many(
        self, messages: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Ack | Exception]:
        """Send all but the refused one."""
        answers: list[Ack | Exception] = []
        for message in messages:
            if json.loads(message[1])["data"]["number"] == self.refused:
                answers.append(PublishError(503, "no stream takes this subject"))
                self.seen += 1
            else:
                answers += await self.publisher.publish_many([message])
        return answers


async def test_a_refused_event_holds_back_those_of_its_key_and_no_others(
    database: Database, broker: Client
) -> None:
    sender = Refusing(Publisher(broker), refused=2)
    for number, key in ((1, "k"), (2, "k"), (3, "k"), (4, "other"), (5, "k"), (6, "other")):
        await publish(database, number, key=key)
    task = asyncio.create_task(Relay(database, sender, keep_facts=True).run())
    await emptied(database, "outbox", [2, 3, 5])
    async with asyncio.timeout(20):
        while sender.seen < 2:  # noqa: ASYNC110 — the relay tries again
            await asyncio.sleep(0.01)
    assert (await in_stream(broker), await rows(database, "fact")) == ([1, 4, 6], [1, 4, 6])

    sender.refused = None
    await emptied(database)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert await in_stream(broker) == [1, 4, 6, 2, 3, 5]
    assert await rows(database, "fact") == [1, 4, 6, 2, 3, 5]


class Counting:
    """A sender that notes which numbers were under way together."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.together: list[list[int]] = []

    async def publish_many(
        self, messages: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Ack | Exception]:
        """Send, and note."""
        self.together.append([json.loads(each[1])["data"]["number"] for each in messages])
        return await self.publisher.publish_many(messages)


async def test_two_events_of_a_key_are_never_under_way_together(
    database: Database, broker: Client
) -> None:
    sender = Counting(Publisher(broker))
    for number, key in enumerate("abcbda"):
        await publish(database, number, key=key)

    await run_until_empty(database, Relay(database, sender, keep_facts=True))

    assert sender.together == [[0, 1, 2], [3, 4, 5]]
    assert await in_stream(broker) == list(range(6))


async def test_a_batch_that_takes_too_long_is_left_as_far_as_it_is(
    database: Database, broker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody answers, its transaction must not stay open for run after run."""
    monkeypatch.setattr(outbox, "SEND_SECONDS", 0.2)

    class Slow(Counting):
        @override
        async def publish_many(
            self, messages: Sequence[tuple[str, bytes, str]]
        ) -> Sequence[Ack | Exception]:
            await asyncio.sleep(0.15)
            return await super().publish_many(messages)

    sender = Slow(Publisher(broker))
    await publish(database, 1, 2, 3)
    relay = Relay(database, sender, keep_facts=True)

    assert await relay._send_batch()

    assert (sender.together, await rows(database, "outbox")) == ([[1], [2]], [3])
    assert not await relay._send_batch()
    assert await in_stream(broker) == [1, 2, 3]


async def test_a_missing_stream_loses_nothing(database: Database, broker: Client) -> None:
    js = broker.jetstream()
    config = (await js.stream_info("QA_EVT")).config
    await js.delete_stream("QA_EVT")
    await publish(database, 1, 2, 3)
    task = asyncio.create_task(Relay(database, Publisher(broker), keep_facts=True).run())
    await asyncio.sleep(0.3)
    assert await rows(database, "outbox") == [1, 2, 3]

    await js.add_stream(config)
    await emptied(database)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert (await in_stream(broker), await rows(database, "fact")) == ([1, 2, 3], [1, 2, 3])


class Dying:
    """Sends, and dies before anybody hears of the acknowledgement."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher

    async def publish_many(
        self, messages: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Ack | Exception]:
        """Send, and die."""
        await self.publisher.publish_many(messages)
        raise RuntimeError("killed between acknowledgement and commit")


async def test_a_crash_between_acknowledgement_and_commit_sends_nothing_twice(
    database: Database, broker: Client
) -> None:
    await publish(database, 1, 2)
    with pytest.raises(RuntimeError, match="killed"):
        await Relay(database, Dying(Publisher(broker)), keep_facts=True).run()
    assert await rows(database, "outbox") == [1, 2]

    await run_until_empty(database, Relay(database, Publisher(broker), keep_facts=True))

    assert (await in_stream(broker), await rows(database, "fact")) == ([1, 2], [1, 2])


async def test_two_relays_send_each_event_once(database: Database, broker: Client) -> None:
    await publish(database, *range(300))
    relays = [Relay(database, Publisher(broker), keep_facts=True) for _ in range(2)]
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    await emptied(database)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert await in_stream(broker) == list(range(300))
    assert await rows(database, "fact") == list(range(300))


async def test_a_commit_wakes_the_relay_at_once(database: Database, broker: Client) -> None:
    relay = Relay(database, Publisher(broker), keep_facts=True)
    task = asyncio.create_task(relay.run())
    await asyncio.sleep(0.1)
    loop = asyncio.get_running_loop()
    slow = []
    for number in range(5):
        await publish(database, number)
        started = loop.time()
        await emptied(database)
        slow.append(loop.time() - started)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert sorted(slow)[2] < 0.4, "the poll of 0.5 s is only the net"
    assert await in_stream(broker) == list(range(5))
