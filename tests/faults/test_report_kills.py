"""The report service is killed in the middle of a batch: it goes on, each report is made once."""

import asyncio
from pathlib import Path
from typing import Any

from harness.tree import copy_tree
from harness.world import start_world

STUDENTS = 48
FILL = """
INSERT INTO indicator (indicator, name_zh, name_en, unit, direction, version, at)
VALUES ('pass', '及格率', 'Pass rate', 'ratio', 'higher', 1, now());
INSERT INTO scope (scope, name_zh, parents, owners, tags, gone, version, at)
SELECT 'student/X' || i, '学生' || i, ARRAY['group/G' || i % 3], '[]', '{}', false, 1, now()
  FROM generate_series(1, 48) i;
INSERT INTO measurement (id, indicator, scope, period, value, n, coverage, manual, formula_version,
  version, at)
SELECT 'M' || i, 'pass', 'student/X' || i, 'year:2026', '0.9', 10, '1', false, 1, 1, now()
  FROM generate_series(1, 48) i
"""
COUNTS = """
SELECT (SELECT count(*) FROM report) AS reports,
       (SELECT count(DISTINCT scope) FROM report) AS scopes,
       (SELECT count(*) FROM work) AS works,
       (SELECT count(*) FROM produced) AS files,
       (SELECT count(*) FROM ordered WHERE state = 'done') AS done,
       (SELECT count(*) FROM fact WHERE type = 'qa.report.report.opened.v1') AS told,
       (SELECT count(*) FROM produced p LEFT JOIN ordered o ON o.id = p.ordered
         WHERE o.state IS DISTINCT FROM 'done') AS strays
"""


async def until(base: Any, sql: str, *values: Any) -> None:
    """Ask the database until its answer is true."""
    async with asyncio.timeout(90):
        while not await base.fetchval(sql, *values):  # noqa: ASYNC110 — other processes work
            await asyncio.sleep(0.02)


async def test_a_batch_that_is_killed_makes_every_report_once(tmp_path: Path) -> None:
    async with start_world(tmp_path, ["report"]) as world:
        await world.add_service("report", copy_tree(tmp_path / "tree", []))
        base = await world.connect("report")
        await base.execute(FILL)
        wish = {"of": "student", "period": "year:2026", "formats": ["docx", "html"]}
        async with world.client("report") as client:
            opened = await client.post("/v1/batches", json=wish)
            opened.raise_for_status()
            for done in (1, 14, 30):
                await until(base, "SELECT count(*) >= $1 FROM ordered WHERE state = 'done'", done)
                world.keeper.kill("report")
            await until(base, "SELECT finished_at IS NOT NULL FROM batch")
            await until(base, "SELECT NOT EXISTS (SELECT FROM outbox)")
            await world.keeper.ready("report")
            batch = (await client.get(f"/v1/batches/{opened.json()['id']}")).json()
        counts = dict(await base.fetchrow(COUNTS))
        await base.close()

    assert (batch["done"], batch["failed"], batch["state"]) == (STUDENTS, 0, "done")
    assert counts == {
        "reports": STUDENTS,
        "scopes": STUDENTS,
        "works": STUDENTS,
        "files": 2 * STUDENTS,
        "done": STUDENTS,
        "told": STUDENTS,
        "strays": 0,
    }
