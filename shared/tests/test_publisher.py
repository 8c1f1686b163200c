"""The pipelined publisher: every message is acknowledged or refused, in its place."""

import asyncio
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from sqlalchemy.engine import make_url

from shared.contracts.streams import StreamSpec
from shared.errors import ErrorKind
from shared.kit import bus
from shared.kit.bus import Ack, NarrowingError, Publisher, PublishError, declare_streams
from shared.testing import TestServers
from shared.tests.cable import Cable

SUBJECT = "qa.evt.v1.target.goal.told.00"


async def test_messages_get_their_places_in_order(broker: Client) -> None:
    messages = [(SUBJECT, str(number).encode(), str(uuid4())) for number in range(300)]

    answers = await Publisher(broker).publish_many(messages)

    assert [each.seq for each in answers if isinstance(each, Ack)] == list(range(1, 301))
    assert {each.stream for each in answers if isinstance(each, Ack)} == {"QA_EVT"}


async def test_an_id_sent_again_is_a_duplicate(broker: Client) -> None:
    publisher, message_id = Publisher(broker), str(uuid4())

    first = await publisher.publish(SUBJECT, b"1", message_id)
    again = await publisher.publish(SUBJECT, b"1", message_id)

    assert (first.duplicate, again.duplicate, again.seq) == (False, True, first.seq)


async def test_a_refused_message_does_not_take_its_neighbours_with_it(broker: Client) -> None:
    answers = await Publisher(broker).publish_many(
        [
            (SUBJECT, b"1", str(uuid4())),
            ("qa.nowhere", b"2", str(uuid4())),
            ("qa.ingest.v1.hr.staff.upsert", b"3" * 300 * 1024, str(uuid4())),
            (SUBJECT, b"4" * broker.max_payload, str(uuid4())),
            (SUBJECT, b"5", str(uuid4())),
        ]
    )

    first, nowhere, big, huge, last = answers
    assert isinstance(first, Ack)
    assert isinstance(last, Ack)
    assert (first.seq, last.seq) == (1, 2)
    assert isinstance(nowhere, PublishError)
    assert nowhere.number == 503
    assert isinstance(big, PublishError)
    assert "message size exceeds maximum allowed" in str(big)
    assert isinstance(huge, PublishError)
    assert "are more than it takes" in str(huge)
    assert {each.kind for each in (nowhere, big, huge)} == {ErrorKind.UNAVAILABLE}


async def test_what_nobody_answers_is_an_error_in_time(
    broker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "ACK_TIMEOUT_SECONDS", 0.3)
    await broker.subscribe("silent.subject")  # takes the message and answers nothing

    async with asyncio.timeout(10):
        with pytest.raises(PublishError, match="no acknowledgement in time"):
            await Publisher(broker).publish("silent.subject", b"1", "1")


async def test_what_was_under_way_when_the_connection_broke_is_not_waited_for(
    broker: Client, servers: TestServers
) -> None:
    await broker.subscribe("silent.subject")  # takes the message and answers nothing
    url = make_url(servers.nats_url)
    cable = Cable(url.host or "", url.port or 0)
    await cable.plug()
    client = await nats.connect(
        f"nats://127.0.0.1:{cable.port}",
        user="admin" if servers.nats_passwords else None,
        password=servers.nats_passwords.get("admin"),
        inbox_prefix=b"_INBOX_admin",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
        error_cb=ignore,
    )
    publisher = Publisher(client)
    under_way = asyncio.create_task(publisher.publish("silent.subject", b"1", "1"))
    await asyncio.sleep(0.2)
    await cable.cut()
    await cable.plug()

    async with asyncio.timeout(bus.ACK_TIMEOUT_SECONDS / 2):
        with pytest.raises(PublishError, match="no acknowledgement"):
            await under_way
        assert (await publisher.publish(SUBJECT, b"2", str(uuid4()))).seq == 1
    await client.close()
    await cable.cut()


async def ignore(_: Exception) -> None:
    """The client says what the test does."""


async def test_nothing_to_send_is_nothing_sent(broker: Client) -> None:
    assert await Publisher(broker).publish_many([]) == []


async def test_a_closed_connection_is_an_error_for_every_message(
    broker: Client, servers: object
) -> None:
    assert servers is not None
    publisher = Publisher(broker)
    await publisher.publish(SUBJECT, b"1", "1")
    await broker.close()

    answers = await publisher.publish_many([(SUBJECT, b"2", "2"), (SUBJECT, b"3", "3")])

    assert [type(each) for each in answers] == [PublishError, PublishError]


async def test_streams_are_declared_once_widened_and_never_narrowed(broker: Client) -> None:
    js = broker.jetstream()
    name = f"TEST_{uuid4().hex}"

    def spec(*subjects: str, age: float = 7200.0) -> StreamSpec:
        return StreamSpec(name=name, subjects=subjects, max_age=age)

    first, second = f"a.{name}", f"b.{name}"
    done = [
        await declare_streams(js, [each])
        for each in (spec(first), spec(first), spec(first, second))
    ]
    with pytest.raises(NarrowingError, match=name):
        await declare_streams(js, [spec(second)])
    with pytest.raises(NarrowingError, match=name):
        await declare_streams(js, [spec(first, second, age=3600.0)])

    assert done == [[f"created {name}"], [], [f"widened {name}"]]
    await js.delete_stream(name)
