"""``indicators.*``: a college of 12,000 students, the whole catalogue measured and followed.

1,200,000 scores and eighteen months of attendance. The limit is one plain ``GROUP BY`` of every
entity that the catalogue counts, in the same run. ``SIZE=`` is the number of scores; below
the folder ``KEEP=`` colleges stay, so that a second run begins where the first has measured once.
"""

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
import httpx

from bench.college import SCORES, College
from bench.hub import run_hub
from bench.results import Figure
from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.repository import load_dictionary
from datahub.dictionary.tables import table_name
from helix8.embedded import start_servers

ONE_BY_ONE: Final = 40
TOGETHER: Final = 1_000
APART: Final = 11
REST_SECONDS: Final = 0.5
"""Between changes, as long as the measurer rests at most after a round, and more."""
ASKED: Final = 40
TIMES: Final = 20

FEED: Final = {
    "feed": "bench.score",
    "source": "academic",
    "entity": "score",
    "never_waits_for": ["student_no", "course_code"],
    "fields": {
        name: {"from": name}
        for name in ("student_no", "course_code", "term", "grade_type", "attempt", "number")
    },
}


async def measured() -> list[Figure]:
    """Measure whole, then after one changed score, then after a thousand; and ask for a grid."""
    size = int(os.environ.get("SIZE", str(SCORES)))  # noqa: TID251
    async with _college(size / SCORES) as (college, client, base):
        plain, rows = await _plainly(base)
        whole = await _whole(client, base)
        cells = await base.fetchval("SELECT count(*) FROM measurement")
        one = sorted([await _push(college, client, base, 1) for _ in range(ONE_BY_ONE)])
        many = statistics.median(await _apart(college, client, base))
        grid = await _grid(client, base)
    p50, p95 = one[len(one) // 2], one[int(len(one) * 0.95)]
    return [
        Figure(
            id="indicators.full",
            value=whole / plain,
            ratio=whole / plain,
            limit=f"{rows / plain:,.0f} rows/s, one plain GROUP BY of each entity",
            note=f"{whole:.1f} s for {cells:,} cells of {rows:,} rows; plain {plain:.2f} s",
        ),
        Figure(
            id="indicators.incremental_1",
            value=p95 * 1000,
            note=f"p50 {p50 * 1000:.0f} ms, from the push to the last dependent cell",
        ),
        Figure(
            id="indicators.incremental_1000",
            value=whole / many,
            ratio=whole / many,
            limit=f"{whole:.1f} s measured whole",
            note=f"{many * 1000:.0f} ms from the push to the last dependent cell",
        ),
        Figure(
            id="indicators.grid",
            value=grid[int(len(grid) * 0.95)] * 1000,
            note=f"p50 {grid[len(grid) // 2] * 1000:.0f} ms, {cells:,} cells kept",
        ),
    ]


async def growth() -> list[Figure]:
    """Change one score, and a thousand, of 1,200,000 and of twenty times as many.

    ``GROWTH=`` is another factor, for a machine with less time or disk; 24,000,000 scores take
    some 25 GB.
    """
    factor = int(os.environ.get("GROWTH", str(TIMES)))  # noqa: TID251
    found: list[list[float]] = []
    for scale in (1, factor):
        async with _college(scale, everything=False) as (college, client, base):
            for count in (1, TOGETHER):
                await _push(college, client, base, count)
            one = statistics.median([await _push(college, client, base, 1) for _ in range(20)])
            many = [await _push(college, client, base, TOGETHER) for _ in range(5)]
            found.append([one, statistics.median(many)])
    return [
        Figure(
            id=f"indicators.growth_{count}",
            value=large / small,
            ratio=large / small,
            limit=f"{small * 1000:.0f} ms with {SCORES:,} scores",
            note=f"{large * 1000:.0f} ms with {factor} times as many",
        )
        for count, small, large in zip((1, TOGETHER), *found, strict=True)
    ]


@asynccontextmanager
async def _college(
    scale: float, *, everything: bool = True
) -> AsyncIterator[tuple[College, httpx.AsyncClient, "asyncpg.Connection[Any]"]]:
    """Yield a college with the catalogue published, and measured once.

    Args:
        everything: also what does not count scores.
    """
    name = f"{'all' if everything else 'scores'}-{scale:g}"
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder(name))
        servers = stack.enter_context(start_servers(folder / "s"))
        client, dsn = await stack.enter_async_context(run_hub(servers, folder))
        base = await asyncpg.connect(dsn)
        stack.push_async_callback(base.close)
        await base.execute("SET statement_timeout = 0")
        college = College(load_dictionary(), scale)
        if await base.fetchval("SELECT to_regclass('bench_filled') IS NULL"):
            await college.fill(base, None if everything else SCORED)
            await base.execute("CREATE TABLE bench_filled ()")
        await _define(client, everything=everything)
        await _until_measured(client, base)
        yield college, client, base


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards; below ``KEEP`` one that stays, and is used again."""
    kept = os.environ.get("KEEP")  # noqa: TID251
    if kept:
        folder = Path(kept) / name
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with TemporaryDirectory() as made:
        yield Path(made)


async def _define(client: httpx.AsyncClient, *, everything: bool) -> None:
    (await client.put("/v1/feeds/bench.score", json=FEED)).raise_for_status()
    asked = {} if everything else {"rows": ["CR11", "CR12", "CR13", "ST01", "ST02"]}
    answer = await client.post("/v1/catalogue/publish", json=asked, timeout=600)
    answer.raise_for_status()
    for document in _of_the_grid() if everything else ():
        path = f"/v1/indicators/{document['indicator']}"
        answer = await client.put(path, json=document)
        while answer.status_code == 503:
            # The measurer is at the first of them: on a slow machine it takes longer than a lock.
            answer = await client.put(path, json=document)
        answer.raise_for_status()


SCORED: Final = frozenset(
    {"school", "org_unit", "major", "course", "admin_class", "student", "score"}
)


def _of_the_grid() -> list[dict[str, Any]]:
    """Return fifty indicators of units and months."""
    fields = load_dictionary().entities["attendance"].fields
    states, sources = fields["state"].values, fields["source"].values
    wheres = [f"state = '{a}' and source = '{b}'" for a, b in product(states, sources)]
    wheres += [f"state = '{each}'" for each in states] + [f"source = '{each}'" for each in sources]
    return [
        {
            "indicator": f"bench_{number}",
            "zh": where,
            "en": where,
            "unit": "count",
            "direction": "higher",
            "formula": f"count(attendance where {where})",
            "scopes": [{"kind": "unit", "period": "month"}],
        }
        for number, where in enumerate(wheres[:50])
    ]


async def _grid(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]") -> list[float]:
    """Ask for 50 indicators × 40 units × 12 months, again and again; return the seconds, sorted."""
    units = await base.fetch("SELECT key FROM record_org_unit ORDER BY key LIMIT 40")
    months = [f"month:2025-{each:02}" for each in range(7, 13)]
    months += [f"month:2026-{each:02}" for each in range(1, 7)]
    asked = httpx.QueryParams(
        {
            "indicator": [f"bench_{each}" for each in range(50)],
            "scope": [f"unit/{each['key']}" for each in units],
            "period": months,
        }
    )
    found = []
    for _ in range(ASKED):
        started = time.perf_counter()
        answer = await client.get("/v1/grid", params=asked)
        found.append(time.perf_counter() - started)
        assert len(answer.raise_for_status().json()) == 50 * 40 * 12
    return sorted(found)


async def _plainly(base: "asyncpg.Connection[Any]") -> tuple[float, int]:
    """Group every entity by its first scope and period; return the seconds, and its rows."""
    seconds, rows = 0.0, 0
    for entity in load_dictionary().entities.values():
        if not entity.is_raw and entity.counts.scopes:
            statement = _plain(entity)
            seconds += statistics.median([await _timed(base, statement) for _ in range(3)])
            rows += await base.fetchval(f'SELECT count(*) FROM "{table_name(entity.name)}"')
    return seconds, rows


def _plain(entity: Entity) -> str:
    own = [*entity.counts.scopes.values(), *entity.counts.periods.values()]
    by = ", ".join(dict.fromkeys(f'"{path}"' for path in own if "." not in path)) or "key"
    return (
        f'SELECT count(*) FROM (SELECT {by}, count(*) FROM "{table_name(entity.name)}"'
        f" WHERE deleted_at IS NULL GROUP BY {by}) x"
    )


async def _timed(base: "asyncpg.Connection[Any]", statement: str) -> float:
    started = time.perf_counter()
    await base.fetch(statement, timeout=900)
    return time.perf_counter() - started


async def _whole(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]") -> float:
    """Measure every cell anew; return the seconds."""
    started = time.perf_counter()
    await base.execute("UPDATE indicator SET measured_at = NULL, published_at = now()")
    await base.execute("DELETE FROM indicator_measure")
    await _until_measured(client, base)
    return time.perf_counter() - started


async def _until_measured(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]") -> None:
    while await base.fetchval(
        "SELECT EXISTS (SELECT FROM indicator WHERE measured_at IS NULL AND parked IS NULL)"
    ):
        await asyncio.sleep(0.05)
        (await client.get("/healthz")).raise_for_status()


async def _apart(
    college: College, client: httpx.AsyncClient, base: "asyncpg.Connection[Any]"
) -> list[float]:
    """Change a thousand scores, and again when that is over; return the seconds of each."""
    found = []
    for _ in range(APART):
        await asyncio.sleep(REST_SECONDS)
        found.append(await _push(college, client, base, TOGETHER))
    return found


async def _push(
    college: College, client: httpx.AsyncClient, base: "asyncpg.Connection[Any]", count: int
) -> float:
    """Change scores of some students; return the seconds until every dependent cell is new."""
    chance = random.SystemRandom()
    same = {"term": "2025-2026-1", "grade_type": "total", "attempt": 1}
    same["number"] = chance.randrange(0, 1000) / 10
    rows = [
        {
            "student_no": f"stud{chance.randrange(college.size_of('student'))}",
            "course_code": f"cour{chance.randrange(college.size_of('course'))}",
            **same,
        }
        for _ in range(count)
    ]
    started = time.perf_counter()
    answer = await client.post(
        "/v1/batches?feed=bench.score",
        content="\n".join(map(json.dumps, rows)).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    answer.raise_for_status()
    behind = (
        "SELECT EXISTS (SELECT FROM change_set s, measure_cursor m"
        " WHERE s.first_seq IS NULL OR s.first_seq > m.last_seq)"
    )
    while await base.fetchval(behind):  # noqa: ASYNC110 — another process works
        await asyncio.sleep(0.002)
    return time.perf_counter() - started
