"""The spiral service is killed in a sweep and in moves; its clock is an hour wrong.

No cycle is opened twice, none is missing or half moved, no timer is lost: what a transaction did
not commit is done by the next one, and when something is due the clock of the database says.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness.tree import Patch, copy_tree
from harness.world import World, start_world

STUDENTS = 1_500
WAY = ["goal", "standard", "design", "organise", "implement"]
CLOCK = "shared/kit/clock.py"
NOW = "    return datetime.now(UTC)  # noqa: TID251"
PROGRAMME = {
    "key": "students",
    "title": "学生诊改",
    "definition": "figure_eight",
    "rhythm": "year",
    "kind": "student",
}
FILL = """
INSERT INTO scope (scope, name_zh, parents, owners, gone, seq)
SELECT 'student/X' || i, '学生' || i, '{}', '[]', false, 1 FROM generate_series(1, $1::int) i
"""
HALF_MOVED = """
SELECT c.key FROM cycle c
  LEFT JOIN lit_step l ON l.cycle = c.key AND l.step = c.step
  LEFT JOIN (SELECT cycle, count(*) AS entries, max(version) AS version,
      (array_agg(document ->> 'step' ORDER BY version DESC))[1] AS step
      FROM cycle_entry GROUP BY cycle) e ON e.cycle = c.key
 WHERE (e.entries, e.version, e.step) IS DISTINCT FROM (c.version::bigint, c.version, c.step)
    OR l.cycle IS NULL OR EXISTS (SELECT FROM deadline d
      WHERE d.cycle = c.key AND d.step <> c.step AND d.met_at IS NULL)
"""
"""Cycles whose row, audit, human step and deadlines do not say the same."""

UNTIMED = """
SELECT d.cycle FROM deadline d LEFT JOIN timer t ON t.kind = 'deadline'
   AND t.key = d.cycle || '#' || d.clock
 WHERE d.met_at IS NULL AND d.told < 4 AND t.key IS NULL
"""
"""Deadlines that wait for rungs of the ladder, and have no timer."""

TOLD = """
SELECT count(*) FROM fact WHERE type = 'qa.spiral.cycle.opened.v1'
"""
LATE = """
SELECT extract(epoch FROM (e ->> 'time')::timestamptz - make_interval(hours => $1)
       - (i ->> 'due_at')::timestamptz)
  FROM fact CROSS JOIN LATERAL (SELECT convert_from(payload, 'UTF8')::jsonb AS e) x
 CROSS JOIN jsonb_array_elements(e -> 'data' -> 'items') AS i
 WHERE type = 'qa.spiral.workitem.escalated.v1' AND i ->> 'role' = 'lead'
"""
SOON = """
WITH soon AS (UPDATE deadline SET due_at = clock_timestamp() + interval '2 s', told = 1
  RETURNING due_at)
UPDATE timer SET due_at = soon.due_at FROM soon WHERE kind = 'deadline'
"""


@asynccontextmanager
async def spiral(root: Path, *patches: Patch) -> AsyncIterator[tuple[World, Any]]:
    """Run the spiral service alone; yield its world and a connection to its database."""
    async with start_world(root, ["spiral"]) as world:
        await world.add_service("spiral", copy_tree(root / "tree", patches))
        base = await world.connect("spiral")
        yield world, base
        await base.close()


async def until(ask: Callable[[], Awaitable[Any]], seconds: float = 90) -> None:
    """Ask until the answer is true."""
    async with asyncio.timeout(seconds):
        while not await ask():  # noqa: ASYNC110 — other processes work
            await asyncio.sleep(0.02)


async def opened(base: Any, count: int) -> None:
    """Wait until so many cycles are stored."""

    async def there() -> bool:
        return bool(await base.fetchval("SELECT count(*) >= $1 FROM cycle", count))

    await until(there)


async def test_a_sweep_that_is_killed_opens_every_cycle_once(tmp_path: Path) -> None:
    async with spiral(tmp_path) as (world, base):
        await base.execute(FILL, STUDENTS)
        async with world.client("spiral") as client:
            (await client.post("/v1/programmes", json=PROGRAMME)).raise_for_status()
        for count in (1, 501, 1_001):
            await opened(base, count)
            world.keeper.kill("spiral")
        await until(
            lambda: base.fetchval(
                "SELECT EXISTS (SELECT FROM sweep WHERE ended_at IS NOT NULL)"
                " AND NOT EXISTS (SELECT FROM outbox)"
            )
        )
        scopes = await base.fetchval("SELECT count(DISTINCT scope) FROM cycle")
        cycles = await base.fetchval("SELECT count(*) FROM cycle")
        told = await base.fetchval(TOLD)
        half = await base.fetch(HALF_MOVED)
        untimed = await base.fetch(UNTIMED)

    assert (scopes, cycles, told) == (STUDENTS, STUDENTS, STUDENTS)
    assert (half, untimed) == ([], [])


async def test_a_move_that_is_killed_happened_or_did_not(tmp_path: Path) -> None:
    async with spiral(tmp_path) as (world, base):
        await base.execute(FILL, 40)
        async with world.client("spiral") as client:
            (await client.post("/v1/programmes", json=PROGRAMME)).raise_for_status()
            await opened(base, 40)
            keys = [row["key"] for row in await base.fetch("SELECT key FROM cycle")]
            movers = [asyncio.create_task(_move(client, keys[n::4])) for n in range(4)]
            for _ in range(3):
                await asyncio.sleep(1.0)
                world.keeper.kill("spiral")
                await world.keeper.ready("spiral")
            await asyncio.gather(*movers)
        await until(lambda: base.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"))
        half = await base.fetch(HALF_MOVED)
        untimed = await base.fetch(UNTIMED)
        moved = await base.fetchval("SELECT count(*) FROM cycle WHERE step = 'implement'")

    assert (half, untimed, moved) == ([], [], 40)


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_is_an_hour_wrong_moves_no_deadline(tmp_path: Path, hours: int) -> None:
    wrong = Patch(CLOCK, NOW, f"    return datetime.now(UTC) + {hours} * _HOUR")
    imports = "from datetime import UTC, datetime\n"
    more = "from datetime import timedelta\n_HOUR = timedelta(hours=1)\n"
    hour = Patch(CLOCK, imports, imports + more)
    async with spiral(tmp_path, wrong, hour) as (world, base):
        await base.execute(FILL, 1)
        later = PROGRAMME | {"paused": True}
        async with world.client("spiral") as client:
            (await client.post("/v1/programmes", json=later)).raise_for_status()
            body = {"key": "C1", "scope": "student/X1", "period": "year:2098"}
            (await client.post("/v1/cycles", json=body)).raise_for_status()
        await base.execute(SOON)
        wanted = "SELECT EXISTS (SELECT FROM fact WHERE type LIKE '%.escalated.v1')"
        await until(lambda: base.fetchval(wanted))
        late = [row[0] for row in await base.fetch(LATE, hours)]

    # The event bears the wrong time; that it was sent, and when, is right.
    assert [0 <= each < 5 for each in late] == [True]


async def _move(client: httpx.AsyncClient, keys: list[str]) -> None:
    """Force cycles along; whoever got no answer looks where the cycle stands."""
    for key in keys:
        while not await _stepped(client, key):  # noqa: ASYNC110 — the service may be away
            await asyncio.sleep(0.05)


async def _stepped(client: httpx.AsyncClient, key: str) -> bool:
    """Force a cycle one step on; return whether it is at the end of its way."""
    with suppress(httpx.HTTPError):
        found = await client.get(f"/v1/cycles/{key}")
        if found.status_code == 200:
            at = found.json()["step"]
            if at == WAY[-1]:
                return True
            body = {"to": WAY[WAY.index(at) + 1], "force": True, "reason": "演练"}
            await client.post(f"/v1/cycles/{key}/moves", json=body)
    return False
