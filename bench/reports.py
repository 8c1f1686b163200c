"""``reports.*``: one report in four ways, the batch job on a thousand students, a profile.

One report is composed from facts and made by the processes with limits, as the service does. The
batch is the job itself: its orders, facts and files lie in a PostgreSQL of its own; what is not
measured is HTTP, and PostgreSQL's own memory.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
import psutil

from bench.report_job import FORMATS, MADE
from bench.results import Figure
from helix8.embedded import start_servers
from report_service.domain.document.blocks import as_json, canonical
from report_service.domain.facts import (
    BindingFact,
    Facts,
    IndicatorFact,
    JudgementFact,
    MeasurementFact,
    ScopeFact,
)
from report_service.domain.facts_of_work import PastValue
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS
from report_service.usecases.profiling import profile_of
from report_service.usecases.rendering.html import render_html
from report_service.usecases.rendering.press import Press
from shared.kit.database import Database
from shared.kit.migrations import migrate_async
from shared.kit.sql import text

STUDENTS: Final = 12_000
"""Of the college; the medians of each report are of all of them."""

PROFILES: Final = 200
ROUNDS: Final = 9
AT: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
PERIOD: Final = "term:2026-2027-1"
MEBIBYTE: Final = 1 << 20


def _facts(scope: str, name: str, points: int, *, history: bool) -> Facts:
    """Return what is known of an object with so many points."""
    ids = [f"point_{at}" for at in range(points)]
    line = {"op": ">=", "upper": None}
    return Facts(
        about=ScopeFact(
            scope=scope, name_zh=name, name_en=None, parents=[], owners=[], tags=[], at=AT
        ),
        period=PERIOD,
        told_periods=(),
        names={},
        indicators={
            each: IndicatorFact(
                indicator=each,
                name_zh=f"质控点{each[6:]}",
                name_en=each,
                unit="ratio",
                direction="higher",
                at=AT,
            )
            for each in ids
        },
        measurements={each: _measured(each, at) for at, each in enumerate(ids)},
        bindings=tuple(
            BindingFact(
                id=each,
                indicator=each,
                title=f"质控点{each[6:]}",
                target=line | {"value": "0.9"},
                tiers={"qualified": line | {"value": "0.8"}},
                warning=None,
                owner="T001",
                standard=None,
                standard_version=1,
                version=1,
                at=AT,
            )
            for each in ids
        ),
        judgements={each: _judged(each, at) for at, each in enumerate(ids)},
        goals=(),
        alerts=(),
        cycles=(),
        corrections=(),
        history={each: _past(each) for each in ids} if history else {},
    )


def _value(at: int) -> str:
    return f"0.{70 + at * 3 % 29:02}31"


def _measured(indicator: str, at: int) -> MeasurementFact:
    return MeasurementFact(
        id=indicator,
        indicator=indicator,
        value=_value(at),
        numerator="731",
        denominator="1000",
        n=1000,
        coverage="0.98",
        freshest_at=AT,
        manual=False,
        formula_version=1,
        reason=None,
        version=at + 1,
        at=AT,
    )


def _judged(binding: str, at: int) -> JudgementFact:
    state = ("below_standard", "met_standard", "met_target")[at % 3]
    return JudgementFact(
        binding=binding,
        state=state,
        warning=False,
        overdue=False,
        thin=False,
        stale=False,
        attainment="0.91",
        coverage="0.98",
        value=_value(at),
        numerator="731",
        denominator="1000",
        gap="0.05",
        standard_version=1,
        formula_version=1,
        measured_at=AT,
        version=1,
        at=AT,
    )


def _past(indicator: str) -> tuple[PastValue, ...]:
    return tuple(
        PastValue(
            indicator=indicator,
            period=f"term:{year}-{year + 1}-1",
            value=f"0.7{year % 10}",
            formula_version=1,
            id=f"{indicator}|{year}",
            version=1,
            at=AT,
        )
        for year in (2025, 2024, 2023)
    )


def _document(facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(canonical(as_json(compose(KINDS["self_diagnosis"], facts))))
    return told


async def made() -> list[Figure]:
    """Measure one report warm, a batch of a thousand, and profiles."""
    press = Press()
    running = asyncio.create_task(press.run())
    with TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
        admin = await asyncpg.connect(servers.postgres_dsn())
        await admin.execute("CREATE DATABASE bench")
        await admin.close()
        url = servers.postgres_dsn("bench").replace("postgresql://", "postgresql+asyncpg://")
        await migrate_async("report_service", url)
        database = Database(url, "report")
        filling = await asyncpg.connect(servers.postgres_dsn("bench"))
        await filling.execute(FILL)
        await filling.close()
        batch = await _batch(database, url)
        profile = await _profile(database)
        await database.dispose()
    # Last: what it is held against would count as memory of the job.
    one = await _one(press)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return [*one, *batch, profile]


async def _one(press: Press) -> list[Figure]:
    import weasyprint  # noqa: PLC0415 — a hundred MiB

    course = _facts("course/C0001", "工程测量", 12, history=True)
    document = _document(course)
    page = render_html(document)
    await asyncio.gather(*[press.make(document, FORMATS) for _ in range(2)])
    whole, paper, naive = [], [], []
    for at in range(ROUNDS):
        whole.append(await _timed(press, course, FORMATS))
        paper.append(await _timed(press, course, ("pdf",)))
        if at < 3:
            naive.append(_seconds(lambda: weasyprint.HTML(string=page).write_pdf()))
    pdf, weasy = statistics.median(paper), statistics.median(naive)
    return [
        Figure(
            id="reports.six_pages", value=statistics.median(whole), note="DOCX + PDF + HTML, warm"
        ),
        Figure(
            id="reports.over_weasyprint",
            value=weasy / pdf,
            ratio=weasy / pdf,
            naive=f"{weasy:.2f} s: WeasyPrint of the same page",
            note=f"PDF alone {pdf * 1000:.0f} ms, composed and made in its process",
        ),
    ]


async def _timed(press: Press, facts: Facts, formats: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    await press.make(_document(facts), formats)
    return time.perf_counter() - begun


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


async def _batch(database: Database, url: str) -> list[Figure]:
    job = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.report_job", url, stdout=asyncio.subprocess.PIPE
    )
    peak = 0

    async def watch() -> None:
        nonlocal peak
        whole = psutil.Process(job.pid)
        while True:
            with suppress(psutil.NoSuchProcess):
                mine = [whole, *whole.children(recursive=True)]
                # What is mapped by several lies in memory once: proportional shares.
                peak = max(peak, sum(each.memory_full_info().pss for each in mine))
            await asyncio.sleep(0.5)

    watching = asyncio.create_task(watch())
    said, _ = await job.communicate()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    async with database.transaction() as tx:
        files = await tx.session.scalar(
            text(
                "SELECT count(*) FROM produced p JOIN ordered o ON o.id = p.ordered"
                " WHERE o.state = 'done'"
            )
        )
    assert files == MADE * len(FORMATS), files
    note = f"{MADE:,} × DOCX + PDF + HTML stored, medians of {STUDENTS:,} students"
    return [
        Figure(id="reports.batch_1000", value=float(said), note=note),
        Figure(
            id="reports.batch_memory",
            value=peak / MEBIBYTE,
            note="the job and its processes, without PostgreSQL",
        ),
    ]


async def _profile(database: Database) -> Figure:
    seconds = []
    for at in range(PROFILES):
        begun = time.perf_counter()
        async with database.transaction() as tx:
            scope = f"student/S{at * 7 + 1}"
            told = await profile_of(tx, scope, "term:2026-2027-1", None)
            told.model_dump_json()
        seconds.append((time.perf_counter() - begun) * 1000)
    p95 = sorted(seconds)[int(len(seconds) * 0.95)]
    note = f"median {statistics.median(seconds):.0f} ms; four points, {STUDENTS:,} peers"
    return Figure(id="reports.profile", value=p95, note=note)


FILL: Final = """
INSERT INTO indicator (indicator, name_zh, name_en, unit, direction, version, at)
SELECT 'point_' || i, '质控点' || i, 'point', 'ratio', 'higher', 1, now()
  FROM generate_series(1, 4) i;
INSERT INTO scope (scope, name_zh, parents, owners, tags, gone, version, at)
SELECT 'student/S' || i, '学生' || i, ARRAY['group/G' || i % 300], '[]', '{}', false, 1, now()
  FROM generate_series(1, 12000) i;
INSERT INTO measurement (id, indicator, scope, period, value, numerator, denominator, n, coverage,
  freshest_at, manual, formula_version, version, at)
SELECT 'M' || y || '/' || i || '/' || p, 'point_' || p, 'student/S' || i,
       'term:' || y || '-' || y + 1 || '-1', (0.5 + (i * 7 + p * 13 + y) % 500 / 1000.0)::text,
       '731', '1000', 1000, '0.98', now(), false, 1, 1, now()
  FROM generate_series(1, 12000) i, generate_series(1, 4) p, generate_series(2024, 2026) y;
INSERT INTO binding (id, indicator, scope, period, title, target, tiers, owner, withdrawn, version,
  at)
SELECT 'B' || i || '/' || p, 'point_' || p, 'student/S' || i, 'term:2026-2027-1', '质控点' || p,
       '{"op": ">=", "value": "0.9"}', '{"qualified": {"op": ">=", "value": "0.8"}}', 'T001', false,
       1, now()
  FROM generate_series(1, 12000) i, generate_series(1, 4) p;
INSERT INTO judgement (binding, scope, period, state, warning, overdue, thin, stale, attainment,
  coverage, value, numerator, denominator, gap, formula_version, version, at)
SELECT 'B' || i || '/' || p, 'student/S' || i, 'term:2026-2027-1',
       (ARRAY['below_standard', 'met_standard', 'met_target'])[1 + i % 3], false, false, false,
       false, '0.91', '0.98', '0.7', '731', '1000', '0.05', 1, 1, now()
  FROM generate_series(1, 12000) i, generate_series(1, 4) p;
ANALYZE
"""
"""Twelve thousand students with four points each, over three periods, as the events leave them."""
