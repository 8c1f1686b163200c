"""A process dies in the middle of a large upload: the same request again brings the rest."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from harness.drain import drained
from harness.tree import copy_tree
from harness.world import World, start_world
from harness.writers import feed_of

PART = 50_000
KEY = "the-large-upload"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Send 70,000 rows and kill once, or a million and kill ten times with ``--soak``."""
    soak = metafunc.config.getoption("--soak")
    metafunc.parametrize(("rows", "deaths"), [(1_000_000, 10)] if soak else [(70_000, 1)])


async def upload(hub: httpx.AsyncClient, rows: int) -> dict[str, Any]:
    """Send the file until it is answered; it is the same request each time."""

    async def body() -> AsyncIterator[bytes]:
        yield b"key,name\n"
        for start in range(0, rows, PART):
            part = range(start, min(rows, start + PART))
            yield "".join(f"U{at:07},课程{at}\n" for at in part).encode()

    while True:
        try:
            answer = await hub.post(
                "/v1/batches",
                params={"feed": "faults.course"},
                content=body(),
                headers={"Content-Type": "text/csv", "Idempotency-Key": KEY},
                timeout=600,
            )
        except httpx.TransportError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code in {200, 201}:
            document: dict[str, Any] = answer.json()
            return document
        assert answer.status_code in {409, 503}, answer.text
        await asyncio.sleep(0.2)


async def kill_now_and_then(world: World, rows: int, deaths: int, random: Random) -> None:
    """Kill the hub, or PostgreSQL, each time another part of the rows is in."""
    for number in range(deaths):
        wanted = rows * (number + random.random()) / (deaths + 1)
        while await rows_in(world) < wanted:  # noqa: ASYNC110 — another process
            await asyncio.sleep(0.05)
        world.keeper.kill(random.choice(("datahub", "datahub", "postgres")))


async def rows_in(world: World) -> int:
    connection = await world.connect("datahub")
    try:
        found = await connection.fetchval("SELECT sum(received) FROM batch")
    finally:
        await connection.close()
    return int(found or 0)


async def test_a_large_upload_survives_kills_and_counts_every_row_once(
    tmp_path: Path, rows: int, deaths: int
) -> None:
    async with start_world(tmp_path, ("datahub",)) as world:
        await world.add_service("datahub", copy_tree(tmp_path / "tree", ()))
        async with world.client("datahub") as hub:
            put = await hub.put("/v1/feeds/faults.course", json=feed_of("course"))
            put.raise_for_status()
            random = Random(rows)  # noqa: S311 — the same kills again
            answer, _ = await asyncio.gather(
                upload(hub, rows), kill_now_and_then(world, rows, deaths, random)
            )
        await drained(world, ["datahub"], 300)
        connection = await world.connect("datahub")
        [batch] = await connection.fetch("SELECT * FROM batch WHERE feed = 'faults.course'")
        counts = await connection.fetchrow(
            "SELECT count(*) AS records, sum(version) AS versions,"
            " (SELECT count(*) FROM change c JOIN change_set s ON s.id = c.change_set"
            "  WHERE s.entity = 'course') AS changes,"
            " (SELECT count(*) FROM change_set WHERE first_seq IS NULL) AS unnumbered"
            " FROM record_course"
        )
        starts = world.keeper.parts["datahub"].starts
        await connection.close()

    assert (answer["received"], answer["created"]) == (rows, rows)
    assert (batch["received"], batch["created"]) == (rows, rows)
    assert batch["finished_at"] is not None
    assert dict(counts) == {"records": rows, "versions": rows, "changes": rows, "unnumbered": 0}
    assert starts > 1
