"""``indicators.*``: a college of 12,000 students with 1,200,000 scores, measured and followed.

Sixty indicators: twelve measures for five levels. The limit is one plain ``GROUP BY`` of the same
rows by student, course and term, in the same run.
"""

import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from bench.hub import run_hub
from bench.results import Figure
from helix8.embedded import start_servers

STUDENTS: Final = 12_000
COURSES: Final = 40
ONE_BY_ONE: Final = 40
TOGETHER: Final = 1_000

FORMULAS: Final = {
    "rows": ("count", "count(score)"),
    "passed": ("count", "count(score where number >= 60)"),
    "failed": ("count", "count(score where number < 60)"),
    "pass_rate": ("ratio", "rate(number >= 60 of score)"),
    "excellent_rate": ("ratio", "rate(number >= 90 of score)"),
    "good_rate": ("ratio", "rate(number >= 75 of score)"),
    "mean": ("score", "avg(number of score)"),
    "credits": ("credits", "sum(credits_earned of score)"),
    "mean_credits": ("credits", "avg(credits_earned of score)"),
    "points": ("points", "avg(gpa of score)"),
    "absent_rate": ("ratio", "rate(exam_status = 'absent' of score)"),
    "weighted": ("score", "sum(number * credits_earned of score) / sum(credits_earned of score)"),
}
LEVELS: Final = ("school", "major", "course", "group", "student")
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
FILL: Final = """
INSERT INTO record_school (key, school_code, name, version, observed, batch, line)
VALUES ('19001', '19001', '基准学院', 1, 0, 1, 1);
INSERT INTO record_major (key, major_code, org_code, version, observed, batch, line)
SELECT 'M' || i, 'M' || i, 'D' || i % 12, 1, 0, 1, i FROM generate_series(0, 59) i;
INSERT INTO record_student (key, student_no, major_code, admin_class_code, in_school, version,
  observed, batch, line)
SELECT s, s, 'M' || i % 60, 'G' || i % 300, true, 1, 0, 1, i
  FROM (SELECT i, 'S' || lpad(i::text, 5, '0') AS s FROM generate_series(0, 11999) i) x
"""
SCORES: Final = """
INSERT INTO record_score (key, student_no, course_code, term, grade_type, attempt, raw_text, number,
  scale, passed, exam_status, credits_earned, gpa, recorded_at, version, observed, batch, line)
SELECT s || '/' || c || '/' || t || '/total/1', s, c, t, 'total', 1, n::text, n, '100', n >= 60,
       'normal', 2, round(n / 20.0, 1), '2026-01-10 08:00+08', 1, 0, 1, i
  FROM (SELECT i, 'S' || lpad((i % 12000)::text, 5, '0') AS s,
               'C' || lpad((i / 12000 % 40)::text, 4, '0') AS c,
               (ARRAY['2024-2025-1', '2024-2025-2', '2025-2026-1'])[1 + i / 480000] AS t,
               40 + (i * 7 % 61) AS n
          FROM generate_series(0, $1 - 1) AS i) x
"""
PLAIN: Final = """
SELECT count(*) FROM (
  SELECT e.student_no, e.course_code, e.term, count(*), count(*) FILTER (WHERE number >= 60),
         count(*) FILTER (WHERE number >= 90), sum(number), sum(credits_earned), sum(gpa),
         sum(number * credits_earned)
    FROM record_score e LEFT JOIN record_student s ON s.key = e.student_no
   WHERE e.deleted_at IS NULL GROUP BY 1, 2, 3) x
"""


async def measured() -> list[Figure]:
    """Measure whole, then after one changed score, then after a thousand."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, dsn):
            base = await asyncpg.connect(dsn)
            try:
                return await _measure(client, base)
            finally:
                await base.close()


async def _measure(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]") -> list[Figure]:
    rows = int(os.environ.get("SIZE", "1200000"))  # noqa: TID251
    (await client.put("/v1/feeds/bench.score", json=FEED)).raise_for_status()
    for name, (unit, formula) in FORMULAS.items():
        document = {
            "indicator": f"bench_{name}",
            "zh": name,
            "en": name,
            "unit": unit,
            "direction": "higher",
            "formula": formula,
            "scopes": [{"kind": kind, "period": "term"} for kind in LEVELS],
        }
        (await client.put(f"/v1/indicators/bench_{name}", json=document)).raise_for_status()
    await base.execute("SET statement_timeout = 0")
    await base.execute(FILL, timeout=900)
    await base.execute(SCORES, rows, timeout=900)
    for table in ("score", "student", "major"):
        await base.execute(f"VACUUM ANALYZE record_{table}", timeout=900)
    plain = statistics.median([await _timed(base, PLAIN) for _ in range(3)])
    whole = await _whole(client, base)
    one = sorted([await _push(client, base, 1) for _ in range(ONE_BY_ONE)])
    many = statistics.median([await _push(client, base, TOGETHER) for _ in range(5)])
    cells = await base.fetchval("SELECT count(*) FROM measurement")
    limit = f"{rows / plain:,.0f} rows/s, one plain GROUP BY"
    p50, p95 = one[len(one) // 2], one[int(len(one) * 0.95)]
    return [
        Figure(
            id="indicators.full",
            value=whole / plain,
            ratio=whole / plain,
            limit=limit,
            note=f"{whole:.1f} s for {cells:,} cells; plain {plain:.2f} s",
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
    ]


async def _timed(base: "asyncpg.Connection[Any]", statement: str) -> float:
    started = time.perf_counter()
    await base.fetch(statement, timeout=900)
    return time.perf_counter() - started


async def _whole(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]") -> float:
    """Measure every cell anew; return the seconds."""
    started = time.perf_counter()
    await base.execute("UPDATE indicator SET measured_at = NULL, published_at = now()")
    await base.execute("DELETE FROM indicator_measure")
    while await base.fetchval("SELECT EXISTS (SELECT FROM indicator WHERE measured_at IS NULL)"):
        await asyncio.sleep(0.05)
        (await client.get("/healthz")).raise_for_status()
    return time.perf_counter() - started


async def _push(client: httpx.AsyncClient, base: "asyncpg.Connection[Any]", count: int) -> float:
    """Change scores of some students; return the seconds until every dependent cell is new."""
    chance = random.SystemRandom()
    same = {"term": "2024-2025-1", "grade_type": "total", "attempt": 1}
    same["number"] = chance.randrange(0, 1000) / 10
    rows = [
        {
            "student_no": f"S{chance.randrange(STUDENTS):05d}",
            "course_code": f"C{chance.randrange(COURSES):04d}",
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
