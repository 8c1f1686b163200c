"""``ingest.memory``: what the hub grows by while it takes a file of 5,000,000 rows."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from bench.hub import hub_process, run_hub
from bench.results import Figure
from bench.stream import FEED
from helix8.embedded import start_servers

ROWS: Final = int(os.environ.get("SIZE", "5000000"))  # noqa: TID251
PART: Final = 50_000
"""Rows that are sent at once."""


async def large_file() -> list[Figure]:
    """Measure the largest resident memory of the hub and its children, every tenth of a second."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, _):
            (await client.put("/v1/feeds/bench.course", json=FEED)).raise_for_status()
            await asyncio.sleep(5)
            idle = _resident()
            watch = Watch()
            watching = asyncio.create_task(watch.run())
            began = time.perf_counter()
            answer = await client.post(
                "/v1/batches",
                params={"feed": "bench.course"},
                content=_file(),
                headers={"Content-Type": "text/csv"},
                timeout=1800,
            )
            seconds = time.perf_counter() - began
            watching.cancel()
            answer.raise_for_status()
            assert answer.json()["created"] == ROWS, answer.text
    return [
        Figure(
            id="ingest.memory",
            value=(watch.highest - idle) / 2**20,
            note=f"{ROWS:,} rows in {seconds:,.0f} s, {idle / 2**20:,.0f} MiB idle",
        )
    ]


class Watch:
    """Remembers how much the hub held at most."""

    highest = 0

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            self.highest = max(self.highest, _resident())
            await asyncio.sleep(0.1)


def _resident() -> int:
    hub = hub_process()
    sizes = []
    for process in (hub, *hub.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            sizes.append(process.memory_info().rss)
    return sum(sizes)


async def _file() -> AsyncIterator[bytes]:
    yield b"kch,kcm\n"
    for start in range(0, ROWS, PART):
        rows = range(start, min(start + PART, ROWS))
        yield "".join(f"C{at:08},课程{at}\n" for at in rows).encode()
        await asyncio.sleep(0)
