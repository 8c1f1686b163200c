"""``reports.*``: one report in three formats, and a thousand of students, by the press.

What is measured is composing the document from facts and making its files in the processes with
limits, as the service does; not the reading of the facts, and not HTTP.
"""

import asyncio
import json
import statistics
import time
from datetime import UTC, datetime
from typing import Any, Final

import psutil

from bench.results import Figure
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
from report_service.usecases.rendering.press import Press

FORMATS: Final = ("docx", "html", "pdf")
STUDENTS: Final = 1_000
ROUNDS: Final = 9
TOGETHER: Final = 4
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
    """Measure one report warm, and a thousand of students."""
    press = Press()
    running = asyncio.create_task(press.run())
    course = _facts("course/C0001", "工程测量", 12, history=True)
    await asyncio.gather(*[press.make(_document(course), FORMATS) for _ in range(2)])
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await press.make(_document(course), FORMATS)
        seconds.append(time.perf_counter() - begun)
    one = Figure(id="reports.six_pages", value=statistics.median(seconds), note="DOCX + PDF + HTML")
    batch = await _batch(press)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return [one, *batch]


async def _batch(press: Press) -> list[Figure]:
    room = asyncio.Semaphore(TOGETHER)
    peak = 0

    async def student(number: int) -> None:
        async with room:
            facts = _facts(f"student/{number}", f"学生{number}", 4, history=False)
            await press.make(_document(facts), FORMATS)

    async def watch() -> None:
        nonlocal peak
        while True:
            me = psutil.Process()
            whole = [me, *me.children(recursive=True)]
            # Fonts are mapped by every process, and lie in memory once: proportional shares.
            peak = max(peak, sum(each.memory_full_info().pss for each in whole))
            await asyncio.sleep(0.25)

    watching = asyncio.create_task(watch())
    begun = time.perf_counter()
    await asyncio.gather(*[student(each) for each in range(STUDENTS)])
    seconds = time.perf_counter() - begun
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    note = f"{STUDENTS} × DOCX + PDF + HTML"
    return [
        Figure(id="reports.batch_1000", value=seconds, note=note),
        Figure(id="reports.batch_memory", value=peak / MEBIBYTE, note="this process and its own"),
    ]
