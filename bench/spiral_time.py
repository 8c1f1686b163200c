"""``spiral.open_sweep``, ``spiral.timers``, ``spiral.timers_idle``, ``spiral.work_list``.

The spiral service is a process of its own, and what it keeps is put into its database before.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
import httpx

from bench.hub import EVERYTHING, run_service
from bench.results import Figure
from helix8.embedded import start_servers
from shared.kit.identity import Caller

STUDENTS: Final = 12_000
TIMERS: Final = 10_000
IDLE_TIMERS: Final = 400
SPREAD: Final = 20.0
"""Seconds within which they come due."""

CALLERS: Final = 8
ITEMS: Final = 24_000
OWN: Final = 500
READS: Final = 200

PROGRAMME: Final = {
    "key": "students",
    "title": "学生诊改",
    "definition": "figure_eight",
    "rhythm": "year",
    "kind": "student",
}
LEADER: Final = Caller(
    subject="person/T1", scopes=frozenset({"spiral:read", "target:approve", "target:take-part"})
)

FILL_SCOPES: Final = """
INSERT INTO scope (scope, name_zh, parents, owners, gone, seq)
SELECT 'school/S', '学校', '{}'::text[],
       jsonb_build_array(jsonb_build_object('role', 'school_leader', 'person', 'teacher/T0')),
       false, 1
UNION ALL
SELECT 'unit/U' || i, '系' || i, '{school/S}'::text[],
       jsonb_build_array(jsonb_build_object('role', 'unit_head', 'person', 'teacher/T' || i)),
       false, 1 FROM generate_series(1, 24) i
UNION ALL
SELECT 'group/G' || i, '班' || i, ARRAY['unit/U' || i % 24 + 1],
       jsonb_build_array(jsonb_build_object('role', 'counsellor', 'person', 'teacher/C' || i)),
       false, 1 FROM generate_series(0, 299) i
UNION ALL
SELECT 'student/X' || i, '学生' || i, ARRAY['group/G' || i % 300], '[]'::jsonb, false, 1
  FROM generate_series(1, $1::int) i
"""

SPREAD_TIMERS: Final = """
WITH due AS (SELECT cycle, clock, clock_timestamp() + interval '3 s'
      + (row_number() OVER (ORDER BY cycle)) * make_interval(secs => $2::float / $1) AS at
      FROM deadline WHERE met_at IS NULL LIMIT $1),
set_due AS (UPDATE deadline d SET due_at = due.at, told = 1, overdue_since = NULL FROM due
      WHERE d.cycle = due.cycle AND d.clock = due.clock)
INSERT INTO timer (kind, key, due_at) SELECT 'deadline', cycle || '#' || clock, at FROM due
    ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at
"""
"""The reminder was told: what comes due is the deadline, and the first rung with it."""

LATENESS: Final = """
SELECT extract(epoch FROM (e ->> 'time')::timestamptz - (i ->> 'due_at')::timestamptz) * 1000 AS ms
  FROM fact CROSS JOIN convert_from(payload, 'UTF8') AS body CROSS JOIN LATERAL (SELECT body::jsonb
  AS e) x CROSS JOIN jsonb_array_elements(e -> 'data' -> 'items') AS i
 WHERE type = 'qa.spiral.workitem.escalated.v1' AND (i ->> 'due_at')::timestamptz > $1
 ORDER BY ms
"""

FILL_WORK: Final = """
INSERT INTO work_item (step, kind, title_zh, title_en, scope, period, role, permission, not_by,
  owners, link, opened_at, due_at, state)
SELECT 'target/goal/' || i, 'acceptance', '接受目标', 'Accept a goal', 'student/X' || i % 12000 + 1,
       'year:2026', CASE WHEN i % 2 = 0 THEN 'leader' ELSE 'owner' END,
       CASE WHEN i % 2 = 0 THEN 'target:approve' ELSE 'target:take-part' END, '',
       CASE WHEN i % 2 = 0 THEN '{}'::text[] ELSE ARRAY['teacher/C' || i % 300] END,
       '/goals', now(), now() + i * interval '1 minute', 'open'
  FROM generate_series(1, $1::int) i
UNION ALL
SELECT 'target/task/' || i, 'acceptance', '接受任务', 'Accept a task', 'unit/U2', 'year:2026',
       'owner', 'target:take-part', '', '{teacher/T1}'::text[], '/tasks', now(),
       now() + i * interval '40 minutes', 'open'
  FROM generate_series(1, $2::int) i
"""


async def sweep() -> list[Figure]:
    """Open a cycle for every student, by one programme."""
    async with _service() as (client, base):
        seconds = await _open_all(client, base)
        count = await base.fetchval("SELECT count(DISTINCT scope) FROM cycle")
    assert count == STUDENTS, count
    note = f"{STUDENTS / seconds:,.0f} cycles/s, each with its audit, deadline, step and events"
    return [Figure(id="spiral.open_sweep", value=seconds, note=note)]


async def timers() -> list[Figure]:
    """Let ten thousand deadlines come due while others read."""
    async with _service() as (client, base):
        await _open_all(client, base)
        reads = [asyncio.create_task(_read(client)) for _ in range(CALLERS)]
        late = await _lateness(base, TIMERS)
        for each in reads:
            each.cancel()
        done = await asyncio.gather(*reads, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in done), done
    return [_p99("spiral.timers", late)]


async def timers_idle() -> list[Figure]:
    """Let some hundred deadlines come due one after another while nobody asks for anything."""
    async with _service() as (client, base):
        await _open_all(client, base)
        return [_p99("spiral.timers_idle", await _lateness(base, IDLE_TIMERS))]


async def work_list() -> list[Figure]:
    """Read the work list of the head of a unit, whose own steps are among those of all."""
    times = []
    async with _service(LEADER) as (client, base):
        await base.execute(FILL_WORK, ITEMS, OWN)
        await base.execute("ANALYZE")
        for _ in range(READS):
            started = time.perf_counter()
            answer = await client.get("/v1/work-items", params={"pageSize": OWN})
            times.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()) == OWN
    times.sort()
    note = f"p50 {times[READS // 2] * 1000:.0f} ms"
    return [Figure(id="spiral.work_list", value=times[int(READS * 0.95)] * 1000, note=note)]


@asynccontextmanager
async def _service(caller: Caller = EVERYTHING) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    with TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
        path = Path(folder)
        async with run_service(servers, path, "spiral_service", caller) as (client, dsn):
            base = await asyncpg.connect(dsn)
            await base.execute(FILL_SCOPES, STUDENTS)
            await base.execute("ANALYZE scope")
            yield client, base
            await base.close()


async def _open_all(client: httpx.AsyncClient, base: Any) -> float:
    """Open all cycles; return the seconds until they are stored, and all of it is published."""
    started = time.perf_counter()
    (await client.post("/v1/programmes", json=PROGRAMME)).raise_for_status()
    left = (
        "SELECT NOT EXISTS (SELECT FROM sweep WHERE ended_at IS NOT NULL)"
        " OR EXISTS (SELECT FROM outbox)"
    )
    while await base.fetchval(left):  # noqa: ASYNC110 — another process works
        await asyncio.sleep(0.05)
    return time.perf_counter() - started


async def _read(client: httpx.AsyncClient) -> None:
    while True:
        (await client.get("/v1/cycles", params={"limit": 20})).raise_for_status()


async def _lateness(base: Any, number: int) -> list[float]:
    """Let deadlines come due; return by how many ms each was late, the least late first."""
    begun = await base.fetchval("SELECT clock_timestamp()")
    await base.execute(SPREAD_TIMERS, number, SPREAD)
    await asyncio.sleep(SPREAD + 3)
    late: list[float] = []
    for _ in range(200):
        late = [float(row["ms"]) for row in await base.fetch(LATENESS, begun)]
        if len(late) >= number:
            break
        await asyncio.sleep(0.2)
    assert len(late) == number, len(late)
    return late


def _p99(name: str, late: list[float]) -> Figure:
    note = f"p50 {statistics.median(late):.0f} ms, last {late[-1]:.0f} ms"
    return Figure(id=name, value=late[int(len(late) * 0.99)], note=note)
