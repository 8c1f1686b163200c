"""``chains.*``: goals from the school down to 12,000 students, followed from below and read.

1 school, 60 majors, 1,500 courses, 900 teachers, 12,000 students, each with five goals: 72,305.
A goal of a student is measured; the rest follows. ``SIZE=`` multiplies the tree.

Growth is seen against a tree of a tenth. The small change stays below the first majors of the
larger one, which are just such a tree: both carry it through as many goals.
"""

import asyncio
import json
import os
import random
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
import httpx
import nats

from bench.hub import run_service
from bench.results import Figure
from helix8.embedded import Servers, start_servers
from shared.contracts.base import subject_of
from shared.contracts.datahub import IndicatorMeasured

GOALS: Final = 5
"""Of each school, major, course, teacher and student."""

SIZES: Final = {"school": 1, "major": 6, "course": 150, "teacher": 90, "student": 1_200}
"""Of the smaller tree."""

GROWTH: Final = 10
"""So many times as large is the other one."""

ABOVE: Final = {"major": "school", "course": "major", "teacher": "course", "student": "teacher"}
PERIOD: Final = "ayear:2096-2097"
CHANGED: Final = 10_000
FEW: Final = 200
ITEMS: Final = 200
"""So many values the hub puts into one message."""

ROUNDS: Final = 5
FEW_ROUNDS: Final = 20
LOOK_SECONDS: Final = 0.02
"""How often it is asked whether all is done: more often would take a tenth of what is measured."""

READS: Final = 400

FILL_GOALS: Final = """
INSERT INTO goal (key, version, title, scope, period, weight, owner, parent, aggregation,
  allocation, kind, aim, co_owners, basis, dimensions, trajectory, history, state, waivers,
  changed_by, updated_at)
SELECT $1 || i || '-' || k, 1, '目标 ' || i || '-' || k, $1 || '/' || i, $4, '1', '',
       CASE WHEN $3::text IS NOT NULL THEN $3 || i % $5 || '-' || k END, 'weighted_mean', 'same',
       'routine', '', '[]', '[]', '[]', '[]', '[]', 'published', '[]', '', now()
  FROM generate_series(0, $2 - 1) i, generate_series(0, 4) k
"""

FILL_BINDINGS: Final = """
INSERT INTO binding (key, version, indicator, scope, period, title, goal, target, tiers,
  alert_from, owner, target_in_force, tiers_in_force, counted_in, updated_at)
SELECT 'b' || key, 1, 'bench_' || right(key, 1), scope, period, title, key, line, tiers, 'either',
       '', line, tiers, key, now()
  FROM goal, (SELECT '{"op": ">=", "value": "0.9", "upper": null}'::jsonb AS line,
    '{"qualified": {"op": ">=", "value": "0.6", "upper": null}}'::jsonb AS tiers) l
 WHERE key LIKE 'student%'
"""

FILL_TREE: Final = """
INSERT INTO goal_attainment (goal, parent, share, depth, ends, own, own_known, own_sum,
  child_weight, child_known, child_sum, broken, thin_parts, valued, value_sum, pooled,
  numerator_sum, denominator_sum, seq, state, thin, coverage)
SELECT g.key, g.parent, CASE WHEN g.parent IS NULL THEN 0 ELSE 1000000 END,
       array_position(ARRAY['school', 'major', 'course', 'teacher', 'student'],
         split_part(g.scope, '/', 1)) - 1,
       '2097-08-31', (g.key LIKE 'student%')::int, 0, 0,
       1000000 * (SELECT count(*) FROM goal c WHERE c.parent = g.key), 0, 0, 0, 0, 0, 0, 0, 0, 0,
       0, 'no_data', false, 0
  FROM goal g
"""

FROM_SCRATCH: Final = """
SELECT count(*) FROM goal_attainment p JOIN (SELECT parent, sum(attained) FILTER (WHERE
  attained IS NOT NULL) * 1000000::numeric AS total FROM goal_attainment WHERE parent IS NOT NULL
  GROUP BY parent) c ON c.parent = p.goal WHERE p.child_sum IS DISTINCT FROM coalesce(c.total, 0)
"""
"""Goals whose sums are not those of their children."""


async def goals() -> list[Figure]:
    """Change values in a chain of a tenth and in one of full size; read that by levels."""
    scale = int(os.environ.get("SIZE", "1"))  # noqa: TID251
    async with _chain(scale) as chain:
        few = [await chain.change(FEW, chain.first_students()) for _ in range(FEW_ROUNDS)]
    async with _chain(scale * GROWTH) as chain:
        more = [await chain.change(FEW, chain.first_students()) for _ in range(FEW_ROUNDS)]
        times = [await chain.change(CHANGED, range(chain.students)) for _ in range(ROUNDS)]
        affected = await chain.affected()
        levels = await chain.read_levels()
    seconds, small, large = (statistics.median(each) for each in (times, few, more))
    p50, p95 = levels[len(levels) // 2], levels[int(len(levels) * 0.95)]
    return [
        Figure(
            id="chains.propagate",
            value=seconds,
            note=f"{affected:,} attainments told a round; {min(times):.2f}-{max(times):.2f} s",
        ),
        Figure(
            id="chains.growth",
            value=large / small,
            ratio=large / small,
            limit=f"{small * 1000:.0f} ms for {FEW} values in a tree of a tenth",
            note=f"{large * 1000:.0f} ms in the tree of full size",
        ),
        Figure(id="chains.read_level", value=p95 * 1000, note=f"p50 {p50 * 1000:.1f} ms over HTTP"),
    ]


class _Chain:
    """A running target service with a full tree of goals, every one of them measured once."""

    def __init__(self, base: Any, client: httpx.AsyncClient, broker: Any, scale: int) -> None:
        self.base, self.client, self.broker, self.scale = base, client, broker, scale
        self.students = SIZES["student"] * scale
        self.seq, self.sent = 0, 0
        self.before = 0

    def first_students(self) -> list[int]:
        """Return the students below the first majors, as many as the smaller tree has."""
        majors = SIZES["major"] * self.scale
        return [each for each in range(self.students) if each % majors < SIZES["major"]]

    async def change(self, count: int, students: Sequence[int]) -> float:
        """Change values of students; return the seconds until all that follows is published."""
        chance = random.SystemRandom()
        picked = chance.sample(range(len(students) * GOALS), count)
        self.before = await self.base.fetchval("SELECT count(*) FROM attainment_history")
        return await self.measure([(students[each // GOALS], each % GOALS) for each in picked])

    async def measure(self, cells: list[tuple[int, int]]) -> float:
        """Publish new values as the hub does; return the seconds until nothing is left to do."""
        messages = self._messages(cells)
        self.sent += len(messages)
        js = self.broker.jetstream()
        started = time.perf_counter()
        await asyncio.gather(*(js.publish(subject, body) for subject, body in messages))
        behind = (
            "SELECT (SELECT count(*) FROM inbox WHERE consumer = 'target-measured') < $1"
            " OR EXISTS (SELECT FROM outbox)"
        )
        while await self.base.fetchval(behind, self.sent):  # noqa: ASYNC110 — another process works
            await asyncio.sleep(LOOK_SECONDS)
        return time.perf_counter() - started

    async def affected(self) -> int:
        """Return how many judgements the last change told, after a look at every sum."""
        wrong = await self.base.fetchval(FROM_SCRATCH)
        assert wrong == 0, f"{wrong} goals have other sums than their children"
        told = await self.base.fetchval("SELECT count(*) FROM attainment_history")
        return int(told - self.before)

    async def read_levels(self) -> list[float]:
        """Read levels of the tree, from the school down to students; return seconds, sorted."""
        chance = random.SystemRandom()
        majors, teachers = SIZES["major"] * self.scale, SIZES["teacher"] * self.scale
        found = []
        for _ in range(READS):
            parent = chance.choice(
                (
                    f"school0-{chance.randrange(5)}",
                    f"major{chance.randrange(majors)}-{chance.randrange(5)}",
                    f"course{chance.randrange(teachers)}-{chance.randrange(5)}",
                    f"teacher{chance.randrange(teachers)}-{chance.randrange(5)}",
                )
            )
            started = time.perf_counter()
            answer = await self.client.get("/v1/chain", params={"parent": parent, "pageSize": 200})
            found.append(time.perf_counter() - started)
            assert answer.raise_for_status().json()
        return sorted(found)

    def _messages(self, cells: list[tuple[int, int]]) -> list[tuple[str, bytes]]:
        self.seq += 1
        by_indicator: dict[str, list[dict[str, Any]]] = {}
        for student, goal in cells:
            item = _item(f"bench_{goal}", f"student/{student}", self.seq)
            by_indicator.setdefault(item["indicator"], []).append(item)
        return [
            (
                subject_of(IndicatorMeasured.type, indicator),
                _event(indicator, items[at : at + ITEMS]),
            )
            for indicator, items in by_indicator.items()
            for at in range(0, len(items), ITEMS)
        ]


@asynccontextmanager
async def _chain(scale: int) -> AsyncIterator[_Chain]:
    with TemporaryDirectory() as folder, start_servers(Path(folder) / "s") as servers:
        async with run_service(servers, Path(folder), "target_service") as (client, dsn):
            base = await asyncpg.connect(dsn)
            await base.execute("SET statement_timeout = 0")
            await _fill(base, scale)
            broker = await _broker(servers)
            chain = _Chain(base, client, broker, scale)
            for first in range(0, chain.students, CHANGED // GOALS):
                some = range(first, min(first + CHANGED // GOALS, chain.students))
                await chain.measure([(each, goal) for each in some for goal in range(GOALS)])
            await base.execute("VACUUM ANALYZE")
            yield chain
            await broker.close()
            await base.close()


async def _fill(base: Any, scale: int) -> None:
    sizes = {kind: size if kind == "school" else size * scale for kind, size in SIZES.items()}
    for kind, size in sizes.items():
        above = ABOVE.get(kind)
        count = sizes[above] if above else 1
        await base.execute(FILL_GOALS, kind, size, above, PERIOD, count)
    await base.execute(FILL_BINDINGS)
    await base.execute(FILL_TREE)
    await base.execute("VACUUM ANALYZE")


async def _broker(servers: Servers) -> Any:
    return await nats.connect(
        servers.nats_url,
        user="datahub",
        password=servers.nats_passwords["datahub"],
        inbox_prefix=b"_INBOX_datahub",
    )


def _item(indicator: str, scope: str, seq: int) -> dict[str, Any]:
    part = random.SystemRandom().randrange(40, 101)
    return {
        "id": f"{indicator}@{scope}@{PERIOD}",
        "indicator": indicator,
        "scope": scope,
        "period": PERIOD,
        "value": f"0.{part:02}0000" if part < 100 else "1.000000",
        "numerator": str(part),
        "denominator": "100",
        "n": 100,
        "coverage": "1",
        "freshest_at": "2026-11-23T08:00:00Z",
        "formula_version": 1,
        "reason": None,
        "seq": seq,
    }


def _event(indicator: str, items: list[dict[str, Any]]) -> bytes:
    envelope = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "urn:helix8:datahub",
        "type": IndicatorMeasured.type,
        "partitionkey": indicator,
        "data": {"items": items},
    }
    return json.dumps(envelope).encode()
