"""``ingest.nats_*``: records over NATS, against a publisher whose messages nobody takes."""

import asyncio
import json
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import nats

from bench.hub import hub_process, run_hub
from bench.ingest import settled
from bench.results import Figure
from helix8.embedded import Servers, start_servers
from shared.kit.bus import Publisher
from shared.kit.ids import uuid7

SINGLES: Final = 8_000
BACKLOG: Final = 20_000
RECORDS: Final = 200_000
TOGETHER: Final = 1_000
"""Records in a message of many."""

WINDOW: Final = 256
"""Messages that are on their way at once, for both publishers."""

SUBJECT: Final = "qa.ingest.v1.academic.course.upsert"
UNHEARD: Final = "qa.evt.v1.gateway.bench.made.00"
"""Nobody takes this while the hub runs alone."""

FEED: Final = {
    "feed": "bench.course",
    "source": "academic",
    "entity": "course",
    "fields": {"course_code": {"from": "kch"}, "name": {"from": "kcm"}},
}
Message = tuple[str, bytes, str]


async def records_over_nats() -> list[Figure]:
    """Measure the hub while it takes what comes, a backlog, and messages of many records."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, dsn):
            (await client.put("/v1/feeds/bench.course", json=FEED)).raise_for_status()
            table = await asyncpg.connect(dsn)
            figures = await _measure(client, servers, table)
            await table.close()
    return figures


async def _measure(
    client: httpx.AsyncClient, servers: Servers, table: "asyncpg.Connection[Any]"
) -> list[Figure]:
    async with (
        _publisher(servers, "admin") as nobody_listens,
        _publisher(servers, "integrator-academic") as academic,
    ):
        await _publish(academic, list(_singles("warm", 500)))
        await _taken(table, "warm", 500)
        messages = [(UNHEARD, *rest) for _, *rest in _singles("bare", SINGLES)]
        bare = await _publish(nobody_listens, messages)
        heard = await _publish(academic, list(_singles("heard", SINGLES)))
        await _taken(table, "heard", SINGLES)
        await settled(client)
        drained = await _drained(academic, table)
        await settled(client)
        began = time.perf_counter()
        await _publish(academic, list(_many("many")))
        await _taken(table, "many", RECORDS)
        batched = RECORDS / (time.perf_counter() - began)
    return [
        Figure(
            id="ingest.nats_single",
            value=heard / bare,
            ratio=heard / bare,
            limit=f"{bare:,.0f} messages/s that nobody takes",
            note=f"{heard:,.0f}/s while the hub takes them",
        ),
        Figure(id="ingest.nats_backlog", value=drained, note=f"{BACKLOG:,} messages of one record"),
        Figure(
            id="ingest.nats_batched",
            value=batched,
            note=f"{RECORDS:,} records, {TOGETHER} a message, until all are in the table",
        ),
    ]


async def _drained(academic: Publisher, table: "asyncpg.Connection[Any]") -> float:
    """Let messages wait while the hub is held; return how many a second it takes afterwards."""
    hub = hub_process()
    hub.send_signal(signal.SIGSTOP)
    await _publish(academic, list(_singles("backlog", BACKLOG)))
    began = time.perf_counter()
    hub.send_signal(signal.SIGCONT)
    await _taken(table, "backlog", BACKLOG)
    return BACKLOG / (time.perf_counter() - began)


async def _publish(publisher: Publisher, messages: Sequence[Message]) -> float:
    """Publish with a window of messages; return how many a second were acknowledged."""
    began = time.perf_counter()
    for start in range(0, len(messages), WINDOW):
        answers = await publisher.publish_many(messages[start : start + WINDOW])
        refused = [each for each in answers if isinstance(each, Exception)]
        if refused:
            raise refused[0]
    return len(messages) / (time.perf_counter() - began)


async def _taken(table: "asyncpg.Connection[Any]", mark: str, records: int) -> None:
    query = "SELECT count(*) FROM record_course WHERE key >= $1 AND key < $1 || '~'"
    async with asyncio.timeout(300):
        while await table.fetchval(query, f"{mark}-") < records:  # noqa: ASYNC110 — a process writes
            await asyncio.sleep(0.05)


def _singles(mark: str, number: int) -> Iterator[Message]:
    for at in range(number):
        yield _message([{"kch": f"{mark}-{at}", "kcm": "基准"}])


def _many(mark: str) -> Iterator[Message]:
    for start in range(0, RECORDS, TOGETHER):
        numbers = range(start, start + TOGETHER)
        yield _message([{"kch": f"{mark}-{at}", "kcm": "基准"} for at in numbers])


def _message(records: list[dict[str, str]]) -> Message:
    event = str(uuid7())
    body = {
        "specversion": "1.0",
        "id": event,
        "source": "urn:campus:academic",
        "type": "qa.ingest.course",
        "feed": "bench.course",
        "data": records[0] if len(records) == 1 else {"records": records},
    }
    return SUBJECT, json.dumps(body, ensure_ascii=False).encode(), event


@asynccontextmanager
async def _publisher(servers: Servers, user: str) -> AsyncIterator[Publisher]:
    client = await nats.connect(
        servers.nats_url,
        user=user,
        password=servers.nats_passwords[user],
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    try:
        yield Publisher(client)
    finally:
        await client.close()
