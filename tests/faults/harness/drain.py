"""Waits until nothing is under way any more."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from harness.world import World
from shared.contracts.streams import STREAMS

HUB = {
    "change sets without a number": "SELECT count(*) FROM change_set WHERE first_seq IS NULL",
    "changes not yet measured": "SELECT w.last_seq - c.last_seq FROM watermark w, measure_cursor c",
    "rows whose parents are there": "SELECT count(*) FROM quarantined_row q"
    " WHERE q.verdict = 'parked' AND q.released_at IS NULL AND q.waits_for <@ (SELECT array_agg(p)"
    "  FROM (SELECT 'teaching_class:' || key FROM record_teaching_class"
    "  UNION ALL SELECT 'student:' || key FROM record_student) there(p))",
}
OUTBOX = "SELECT count(*) FROM outbox"
QUIET_SECONDS = 0.5
"""Work moves from one place to the next: all must be empty twice in a row."""


async def drained(
    world: World,
    services: Sequence[str],
    seconds: float = 120.0,
    *,
    consumers: Sequence[str] | None = None,
) -> None:
    """Wait until every queue of some services is empty.

    Args:
        consumers: how the names of their consumers begin; as the services' when not given.

    Raises:
        AssertionError: something is still under way after ``seconds``; the message says what.
    """
    broker = await world.broker()
    left: dict[str, int] = {}
    empty = 0
    try:
        async with asyncio.timeout(seconds):
            while empty < 2:
                left = await _left(world, services, consumers or services, broker)
                empty = 0 if left else empty + 1
                await asyncio.sleep(QUIET_SECONDS)
    except TimeoutError:
        raise AssertionError(f"after {seconds} s still under way: {left}") from None
    finally:
        await broker.close()


async def _left(
    world: World, services: Sequence[str], consumers: Sequence[str], broker: Client
) -> dict[str, int]:
    try:
        waiting = await waiting_messages(broker)
        left = {
            f"consumer {name}": count
            for name, count in waiting.items()
            if name.split("-")[0] in consumers
        }
        for service in services:
            left |= await _left_in(world, service)
    except (asyncpg.PostgresError, OSError, NatsError, APIError) as error:
        return {f"away: {error}": 1}
    return {what: count for what, count in left.items() if count}


async def _left_in(world: World, service: str) -> dict[str, int]:
    connection: asyncpg.Connection[Any] = await world.connect(service)
    try:
        queries = {f"outbox of {service}": OUTBOX} | (HUB if service == "datahub" else {})
        return {what: await connection.fetchval(query) for what, query in queries.items()}
    finally:
        await connection.close()


async def waiting_messages(broker: Client) -> dict[str, int]:
    """Return how many messages wait for each durable consumer, delivered or not."""
    js = broker.jetstream(timeout=5)
    waiting = {}
    for spec in STREAMS:
        for info in await js.consumers_info(spec.name):
            count = (info.num_pending or 0) + (info.num_ack_pending or 0)
            waiting[info.name] = count
    return waiting
