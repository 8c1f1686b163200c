"""``ingest.single_request``: one record a request, through the gateway of the running suite."""

import asyncio
import time
from typing import Any

import aiohttp

from bench.results import Figure
from helix8.home import Home
from helix8.state import SuiteState

TOGETHER = 32
REQUESTS = 4_000
RATE = 200
SECONDS = 10
PATH = "/api/datahub/v1/records/course?feed=bench.course"
FEED = {
    "feed": "bench.course",
    "source": "academic",
    "entity": "course",
    "fields": {"course_code": {"from": "kch"}, "name": {"from": "kcm"}},
}


async def single_requests(home: Home, state: SuiteState) -> list[Figure]:
    """Measure how many are answered a second, and how soon at an even 200 a second."""
    headers = {"Authorization": f"Bearer {home.vault().read('demo-key')}"}
    connector = aiohttp.TCPConnector(limit=TOGETHER * 4)
    async with aiohttp.ClientSession(state.url, headers=headers, connector=connector) as portal:
        async with portal.put("/api/datahub/v1/feeds/bench.course", json=FEED) as answer:
            answer.raise_for_status()
        await asyncio.gather(*(_push(portal, f"W{n}") for n in range(200)))
        rate = await _throughput(portal)
        await asyncio.sleep(5)
        seconds = sorted(await _at_rate(portal))
    p50, p95 = (seconds[int(len(seconds) * share)] * 1000 for share in (0.5, 0.95))
    return [
        Figure(
            id="ingest.single_request",
            value=rate,
            note=f"{TOGETHER} at a time; at {RATE}/s p50 {p50:.1f} ms, p95 {p95:.1f} ms",
        )
    ]


async def _push(portal: aiohttp.ClientSession, code: str) -> float:
    started = time.perf_counter()
    async with portal.post(PATH, json={"kch": code, "kcm": "基准"}) as answer:
        assert answer.status in {200, 201}, await answer.text()
    return time.perf_counter() - started


async def _throughput(portal: aiohttp.ClientSession) -> float:
    numbers = iter(range(REQUESTS))

    async def work() -> None:
        for number in numbers:
            await _push(portal, f"T{number}")

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(TOGETHER)))
    return REQUESTS / (time.perf_counter() - started)


async def _at_rate(portal: aiohttp.ClientSession) -> list[float]:
    """Send at an even rate; a slow answer never slows the next request."""
    begun = time.perf_counter()
    sent: list[asyncio.Task[float]] = []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        sent.append(asyncio.create_task(_push(portal, f"R{number}")))
    found: Any = await asyncio.gather(*sent)
    return list(found)
