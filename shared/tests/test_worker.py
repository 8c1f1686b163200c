"""A consumer takes each event once, isolates poison, and pauses while PostgreSQL is away."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from nats.aio.client import Client
from pydantic import ValidationError
from sqlalchemy import text

from shared.contracts.base import Envelope, Event, subject_of
from shared.errors import UnavailableError
from shared.kit.admin import Mend
from shared.kit.bus import Publisher
from shared.kit.database import Database, Transaction
from shared.kit.dead_letters import (
    DeadLetter,
    Mending,
    list_dead_letters,
    mend_dead_letter,
    read_dead_letter,
    replay_dead_letter,
    store_dead_letters,
)
from shared.kit.facts import replay
from shared.kit.inbox import Arrival, forget, take_new, take_repeats
from shared.kit.outbox import Relay
from shared.kit.worker import PoisonError, Received, Subscription, Worker


class Told(Event):
    """An event of these tests."""

    type: ClassVar[str] = "qa.target.goal.told.v1"

    number: int


class Effects:
    """A handler whose effect is a row in the transaction."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.subjects: list[str] = []

    async def __call__(self, tx: Transaction, received: Sequence[Received]) -> None:
        """Take a batch; some numbers are poison."""
        numbers = []
        for each in received:
            assert isinstance(each.event, Told)
            if each.event.number == 13:
                raise PoisonError("unlucky", "13 brings bad luck")
            if each.event.number == 7:
                raise RuntimeError("a bug in the handler \0")
            await tx.session.execute(
                text("INSERT INTO effect (number) VALUES (:number)"), {"number": each.event.number}
            )
            numbers.append(each.event.number)
            self.subjects.append(each.subject)
        self.batches.append(numbers)


@asynccontextmanager
async def consuming(
    database: Database, broker: Client, name: str
) -> AsyncIterator[tuple[Effects, Worker]]:
    async with database.transaction() as tx:
        await tx.session.execute(text("CREATE TABLE IF NOT EXISTS effect (number int)"))
    effects = Effects()
    subscription = Subscription(name=name, stream="QA_EVT", events=(Told,), handler=effects)
    worker = Worker(subscription, database, broker)
    task = asyncio.create_task(worker.run())
    try:
        yield effects, worker
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        with suppress(asyncio.CancelledError):
            await task


async def send(
    broker: Client,
    number: int,
    *,
    event_id: str | None = None,
    key: str = "k",
    source: str = "urn:helix8:target",
) -> str:
    envelope = Envelope(
        id=event_id or str(uuid4()),
        source=source,
        type=Told.type,
        partitionkey=key,
        data={"number": number},
    )
    await broker.jetstream().publish(
        subject_of(Told.type, key), envelope.model_dump_json(exclude_none=True).encode()
    )
    return envelope.id


async def effects_of(database: Database) -> list[int]:
    async with database.transaction() as tx:
        return list(await tx.session.scalars(text("SELECT number FROM effect ORDER BY number")))


async def until_effects(database: Database, wanted: list[int]) -> None:
    found: list[int] | None = None
    async with asyncio.timeout(30):
        while found != wanted:
            await asyncio.sleep(0.02)
            with suppress(UnavailableError):  # a test may have ended the reader's backend
                found = await effects_of(database)


async def until_done(broker: Client, name: str) -> None:
    """Wait until nothing is pending: every message was acknowledged or terminated."""
    js = broker.jetstream()
    async with asyncio.timeout(30):
        while True:
            info = await js.consumer_info("QA_EVT", name)
            if (info.num_pending, info.num_ack_pending) == (0, 0):
                return
            await asyncio.sleep(0.02)


async def letters(database: Database, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as tx:
                found = await list_dead_letters(tx, limit=50, offset=0)
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


def arrival(event_id: str, seq: int = 1, source: str = "s") -> Arrival:
    return Arrival(source, event_id, seq, datetime(2026, 11, 23, 9, 0, 0, seq, tzinfo=UTC))


async def test_the_inbox_names_the_new_events_once(database: Database) -> None:
    async with database.transaction() as tx:
        arrivals = [arrival("2", 5), arrival("1", 4), arrival("2", 3)]
        assert await take_new(tx, "a", arrivals) == {arrival("1", 4), arrival("2", 3)}
    async with database.transaction() as tx:
        assert await take_new(tx, "a", [arrival("2", 6), arrival("3", 7)]) == {arrival("3", 7)}
        assert await take_new(tx, "b", [arrival("2", 3)]) == {arrival("2", 3)}


async def test_an_id_is_unique_within_its_source_alone(database: Database) -> None:
    async with database.transaction() as tx:
        mine, other = arrival("1", 1, "urn:campus:hr"), arrival("1", 2, "urn:campus:hr:payroll")
        assert await take_new(tx, "a", [mine]) == {mine}
        assert await take_new(tx, "a", [mine, other]) == {other}


async def test_the_inbox_tells_a_repeat_from_a_redelivery(database: Database) -> None:
    async with database.transaction() as tx:
        await take_new(tx, "a", [arrival("1", 3)])
        again, more = arrival("1", 4), arrival("1", 5)
        assert await take_repeats(tx, "a", [arrival("1", 3), again, again]) == {again}
        assert await take_repeats(tx, "a", [again, more, arrival("2", 6)]) == {more}
        assert await take_repeats(tx, "b", [again]) == set()


async def test_the_inbox_lets_go_of_what_no_stream_can_bring_again(database: Database) -> None:
    """The streams of two consumers keep messages for a day and for three; a third is no more."""
    async with database.transaction() as tx:
        for consumer in ("a", "b", "gone"):
            await take_new(tx, consumer, [arrival("1", 3)])
        await take_repeats(tx, "a", [arrival("1", 4)])
        await tx.session.execute(text("UPDATE inbox SET at = stored_at"))
        day = timedelta(days=1)
        later = arrival("1").stored_at + 2 * day
        went = await forget(tx, {"a": later - day, "b": later - 3 * day}, later - 10 * day)
        left = await tx.session.scalars(text("SELECT consumer FROM inbox ORDER BY 1"))

        assert (went, list(left)) == (2, ["b", "gone"])
        assert await take_new(tx, "a", [arrival("1", 5)]) == {arrival("1", 5)}


async def test_the_inbox_knows_an_event_for_as_long_as_a_repeat_may_come_again(
    database: Database,
) -> None:
    first = arrival("1", 3)
    again = replace(first, stream_seq=4, stored_at=first.stored_at + timedelta(days=20))
    async with database.transaction() as tx:
        await take_new(tx, "a", [first])
        await take_repeats(tx, "a", [again])
        await tx.session.execute(text("UPDATE inbox SET at = stored_at"))
        went = [
            await forget(tx, {"a": first.stored_at + timedelta(days=days)}, first.stored_at)
            for days in (10, 30)
        ]

    assert went == [0, 2]


async def test_a_stream_that_was_made_anew_brings_repeats_again(database: Database) -> None:
    """Its sequences begin at 1 again: the same place holds another message."""
    first = arrival("1", 3)
    again = Arrival(first.source, first.event_id, first.stream_seq, datetime.now(UTC))  # noqa: TID251
    async with database.transaction() as tx:
        await take_new(tx, "a", [first])
        assert await take_repeats(tx, "a", [again]) == {again}


async def test_a_stream_that_was_made_anew_hides_no_letter(database: Database) -> None:
    at = datetime(2026, 11, 26, 8, tzinfo=UTC)
    first, again, anew = (
        DeadLetter(
            consumer="c",
            stream="QA_EVT",
            stream_seq=3,
            subject="x",
            reason="r",
            detail=detail,
            payload=b"",
            stored_at=stored_at,
        )
        for detail, stored_at in (("1", at), ("2", at), ("3", at + timedelta(days=1)))
    )
    async with database.transaction() as tx:
        for each in (first, again, anew):
            await store_dead_letters(tx, [each])
        found = await list_dead_letters(tx, limit=9, offset=0)

    assert [(each["stream"], each["detail"]) for each in found] == [
        ("QA_EVT", "3"),
        ("QA_EVT 2026-11-26T08:00:00.000000Z", "1"),
    ]


def test_a_mended_message_fits_through_the_stream_by_its_bytes() -> None:
    Mend(payload="x" * 1_000_000, reason="改正")
    with pytest.raises(ValidationError, match="1000000 字节"):
        Mend(payload="诊" * 333_334, reason="改正")


async def test_an_event_delivered_twice_takes_effect_once(
    database: Database, broker: Client
) -> None:
    event_id = str(uuid4())
    async with consuming(database, broker, "target-twice"):
        await send(broker, 1, event_id=event_id)
        await send(broker, 1, event_id=event_id)
        await until_effects(database, [1])
        await send(broker, 1, event_id=event_id)
        await send(broker, 2)
        await until_effects(database, [1, 2])

    assert await effects_of(database) == [1, 2]


async def test_events_of_two_sources_with_one_id_both_take_effect(
    database: Database, broker: Client
) -> None:
    async with consuming(database, broker, "target-sources"):
        await send(broker, 1, event_id="1", source="urn:campus:hr")
        await send(broker, 2, event_id="1", source="urn:campus:hr:payroll")
        await until_effects(database, [1, 2])

    assert await effects_of(database) == [1, 2]


async def test_a_repeat_is_handed_over_once_and_a_redelivery_never(
    database: Database, broker: Client
) -> None:
    repeated: list[int] = []

    async def on_repeat(_: Transaction, received: Sequence[Received]) -> None:
        repeated.extend(each.stream_seq for each in received)

    async with consuming(database, broker, "target-other") as (effects, _):
        subscription = Subscription(
            name="target-repeats",
            stream="QA_EVT",
            events=(Told,),
            handler=effects,
            on_repeat=on_repeat,
        )
        for _ in range(3):
            await send(broker, 1, event_id="same")
        worker = Worker(subscription, database, broker)
        # Two consumers of the test's own: what the second fetches is the very same messages.
        for name, taken in (("first", 2), ("second", 3), ("third", 3)):
            fetched = await broker.jetstream().pull_subscribe("qa.evt.v1.target.>", name)
            await worker.handle(await fetched.fetch(taken, timeout=5))

    assert repeated == [2, 3]


async def test_poison_is_put_aside_and_its_neighbours_are_taken(
    database: Database, broker: Client
) -> None:
    for number in (1, 13, 2, 7, 3):
        await send(broker, number)
    await broker.jetstream().publish(subject_of(Told.type, "k"), b"{")
    await broker.jetstream().publish(
        subject_of(Told.type, "k"),
        Envelope(id="x", source="s", type=Told.type, data={"number": "many"})
        .model_dump_json(exclude_none=True)
        .encode(),
    )
    await send(broker, 4)

    async with consuming(database, broker, "target-poison") as (effects, _):
        await until_effects(database, [1, 2, 3, 4])
        found = await letters(database, 4)
        await until_done(broker, "target-poison")

    assert {each["reason"] for each in found} == {"unlucky", "crashed", "undecodable", "schema"}
    assert sorted(number for batch in effects.batches for number in batch) == [1, 2, 3, 4]
    js = broker.jetstream()
    announced = [await js.get_msg("QA_DLQ", seq) for seq in range(1, 5)]
    assert {each.subject.rsplit(".", 1)[1] for each in announced if each.subject} == {
        "unlucky",
        "crashed",
        "undecodable",
        "schema",
    }
    assert [each for each in announced if b"payload" in (each.data or b"")] == []


async def test_a_large_batch_is_handled_in_lanes_and_poison_holds_up_its_own_alone(
    database: Database, broker: Client
) -> None:
    taken: list[tuple[str, ...]] = []
    inside: set[str] = set()
    met = asyncio.Event()

    async def handler(_: Transaction, received: Sequence[Received]) -> None:
        keys = {each.envelope.partitionkey or "" for each in received}
        inside.update(keys)
        if len(inside) == 2:
            met.set()
        # Neither lane gets on before the other one is at work, too.
        async with asyncio.timeout(10):
            await met.wait()
        if any(each.event.model_dump()["number"] == 13 for each in received):
            raise PoisonError("unlucky", "13 brings bad luck")
        taken.append(tuple(f"{each.envelope.partitionkey}{each.event.number}" for each in received))  # type: ignore[attr-defined]

    for number in range(20):
        for key in ("a", "d"):
            await send(broker, number if key == "a" else 100 + number, key=key)
    subscription = Subscription(
        name="target-lanes", stream="QA_EVT", events=(Told,), handler=handler, lanes=2
    )
    fetched = await broker.jetstream().pull_subscribe("qa.evt.v1.target.>", "lanes")
    messages = await fetched.fetch(40, timeout=5)
    await Worker(subscription, database, broker).handle(messages)
    found = await letters(database, 1)

    assert [each["reason"] for each in found] == ["unlucky"]
    assert tuple(f"d{100 + number}" for number in range(20)) in taken
    assert [each for each in taken if each[0][0] == "a"] == [
        (f"a{number}",) for number in range(20) if number != 13
    ]


async def test_a_mended_letter_takes_effect_under_its_first_subject(
    database: Database, broker: Client
) -> None:
    await send(broker, 13)
    async with consuming(database, broker, "target-mend") as (effects, _):
        [letter] = await letters(database, 1)
        async with database.transaction() as tx:
            whole = await read_dead_letter(tx, letter["id"])
            message = json.loads(whole["payload"])
            message["data"]["number"] = 14
            mending = Mending(payload=json.dumps(message), by="person/T001", reason="错号")
            await mend_dead_letter(tx, letter["id"], mending, lambda _: None)
            await replay_dead_letter(tx, Publisher(broker), letter["id"])
        await until_effects(database, [14])

    assert effects.subjects == [subject_of(Told.type, "k")]


async def test_a_consumer_that_lost_its_table_gets_the_facts_again_in_order(
    database: Database, broker: Client
) -> None:
    async with database.transaction() as tx:
        for number in (1, 2, 3):
            tx.publish(Told(number=number), key="k")
    relay = asyncio.create_task(Relay(database, Publisher(broker), keep_facts=True).run())
    async with consuming(database, broker, "target-rebuilt") as (effects, _):
        await until_effects(database, [1, 2, 3])
        async with database.transaction() as tx:
            await tx.session.execute(text("DELETE FROM effect"))
        publisher = Publisher(broker)

        [first, *_] = await until_facts(database, 3)
        sent = await replay(database, publisher, "target-rebuilt", [Told.type], first)
        await until_effects(database, [2, 3])
        assert sent == {"sent": 2, "last": first + 2}
        assert await replay(database, publisher, "target-rebuilt", ["qa.x.y.z.v1"], 0) == {
            "sent": 0,
            "last": 0,
        }
    relay.cancel()
    with suppress(asyncio.CancelledError):
        await relay

    assert [number for batch in effects.batches for number in batch] == [1, 2, 3, 2, 3]
    assert set(effects.subjects) == {subject_of(Told.type, "k")}


async def until_facts(database: Database, count: int) -> list[int]:
    """Wait until so many facts are kept: the relay does it after it has published them."""
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as tx:
                seqs = list(await tx.session.scalars(text("SELECT seq FROM fact ORDER BY seq")))
            if len(seqs) >= count:
                return seqs
            await asyncio.sleep(0.02)


async def test_a_binary_event_is_kept_whole_and_can_be_replayed(
    database: Database, broker: Client
) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "b1",
        "ce-source": "urn:helix8:target",
        "ce-type": Told.type,
        "ce-subject": "%E5%AD%A6%E6%A0%A1",
    }
    await broker.jetstream().publish(subject_of(Told.type, "k"), b'{"number": 13}', headers=headers)
    async with consuming(database, broker, "target-binary"):
        [letter] = await letters(database, 1)
        async with database.transaction() as tx:
            whole = json.loads((await read_dead_letter(tx, letter["id"]))["payload"])

    assert (whole["id"], whole["subject"], whole["data"]) == ("b1", "学校", {"number": 13})


async def test_a_consumer_pauses_while_postgresql_is_away(
    database: Database, broker: Client
) -> None:
    """Backends are terminated again and again: no delivery is burnt, and nothing is lost."""
    async with consuming(database, broker, "target-pause"):
        await send(broker, 0)
        await until_effects(database, [0])
        for number in range(1, 21):
            await send(broker, number + 100)
            if number % 5 == 0:
                await kill_backends(database)
        await until_effects(database, [0, *range(101, 121)])

    js = broker.jetstream()
    info = await js.consumer_info("QA_EVT", "target-pause")
    assert info.config.max_deliver == -1
    assert await letters(database, 0) == []


async def kill_backends(database: Database) -> None:
    with suppress(Exception):
        async with database.engine.connect() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b'{"specversion": "1.0"}', b"\xff"])
async def test_what_is_no_event_is_undecodable(
    database: Database, broker: Client, body: bytes
) -> None:
    await broker.jetstream().publish(subject_of(Told.type, "k"), body)

    async with consuming(database, broker, f"target-{uuid4().hex[:8]}"):
        [letter] = await letters(database, 1)

    assert letter["reason"] == "undecodable"
