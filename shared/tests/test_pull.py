"""What is worked on stays; what a dead process held comes again soon."""

import asyncio
from contextlib import suppress

import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from shared.errors import UnavailableError
from shared.kit import pull
from shared.kit.pull import ACK_WAIT_SECONDS, Source
from shared.testing import TestServers, connect_as

SUBJECT = "qa.evt.v1.target.goal.told.00"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "ACK_WAIT_SECONDS", 0.6)
    monkeypatch.setattr(pull, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(pull, "FETCH_SECONDS", 1.5)


async def open_source(broker: Client) -> Source:
    source = Source(broker, "QA_EVT", "target-pull", ["qa.evt.v1.target.goal.told.*"])
    await source.open()
    return source


@pytest.mark.usefixtures("quick")
async def test_a_batch_that_takes_long_is_not_delivered_again(broker: Client) -> None:
    for _ in range(3):
        await broker.jetstream().publish(SUBJECT, b"1")
    one, another = await open_source(broker), await open_source(broker)
    held = await one.fetch()
    at_work = asyncio.create_task(one.keep_held())

    assert not await another.fetch()
    waiting, seconds = await one.look()
    for message in held:
        await message.ack()
    one.done()
    at_work.cancel()
    with suppress(asyncio.CancelledError):
        await at_work

    info = await broker.jetstream().consumer_info("QA_EVT", "target-pull")
    assert (len(held), waiting, seconds > 1.5, info.num_redelivered) == (3, 3, True, 0)
    assert await one.look() == (0, pytest.approx(0, abs=0.1))


@pytest.mark.usefixtures("quick")
async def test_what_a_dead_process_held_comes_again_when_its_wait_is_over(
    broker: Client, servers: TestServers
) -> None:
    await broker.jetstream().publish(SUBJECT, b"1")
    mortal = await connect_as(servers, "admin")
    dead, alive = await open_source(mortal), await open_source(broker)
    [lost] = await dead.fetch()

    await mortal.close()
    [found] = await alive.fetch()

    assert found.metadata.sequence.stream == lost.metadata.sequence.stream
    assert found.metadata.num_delivered == 2


async def test_what_comes_in_a_burst_is_one_batch_and_a_large_one_several(broker: Client) -> None:
    source = await open_source(broker)
    js = broker.jetstream()
    await asyncio.gather(*(js.publish(SUBJECT, b"1") for _ in range(600)))

    sizes = []
    while sum(sizes) < 600:
        held = await source.fetch()
        sizes.append(len(held))
        for message in held:
            await message.ack()
        source.done()

    assert sizes == [512, 88]


async def test_a_consumer_that_is_gone_is_told_so(broker: Client) -> None:
    source = await open_source(broker)
    await broker.jetstream().delete_consumer("QA_EVT", "target-pull")

    async def until_told() -> None:
        while True:
            await source.fetch()

    with pytest.raises(UnavailableError):
        await asyncio.wait_for(until_told(), 20)


async def test_a_consumer_of_an_older_version_gets_the_present_settings(broker: Client) -> None:
    js = broker.jetstream()
    older = ConsumerConfig(
        durable_name="target-pull", ack_policy=AckPolicy.EXPLICIT, ack_wait=60.0, max_deliver=-1
    )
    await js.add_consumer("QA_EVT", older)

    await open_source(broker)

    config = (await js.consumer_info("QA_EVT", "target-pull")).config
    assert (config.ack_wait, config.max_ack_pending) == (ACK_WAIT_SECONDS, pull.MAX_ACK_PENDING)
    assert config.filter_subjects == ["qa.evt.v1.target.goal.told.*"]
