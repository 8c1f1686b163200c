"""One function per part of a page: what it shows, asked from the services for this visitor."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from gateway.portal.domain.figure import BIG_ORDER
from gateway.portal.domain.listing import ROWS, Wish
from gateway.portal.queries.services import Listed, Services, number_of, read_answer, total_of
from gateway.portal.schemas import (
    Alert,
    AlertSummary,
    AttainmentSummary,
    Batch,
    Correction,
    OpenCycle,
    PutAside,
    RateChange,
    Rates,
    ReportLink,
)
from gateway.proxy.upstream import Answer, away
from shared.contracts.vocabulary import Level, Severity, State, level_of
from shared.errors import DomainError

BATCHES_SHOWN: Final = 5
CYCLES_OFFERED: Final = 200
REPORTS_OFFERED: Final = 500
BEYOND_ALL: Final = 2**53 - 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCard:
    """One of the five levels."""

    level: Level
    alerts: Mapping[Severity, int] | None
    """Open ones by colour; None when alert-service is away."""

    judged: int | None
    """Bindings with a value; None when target-service is away."""

    rates: Rates | None
    """None when target-service is away, or says nothing of this level."""

    change: RateChange | None = None
    """Since the period before; None where there is no comparable one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spiral:
    """The cycle that the figure shows, and those it could show."""

    cycle: OpenCycle | None
    others: list[OpenCycle]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What comes in."""

    batches: list[Batch]
    quarantined: int | None
    watermark: int | None


async def levels(services: Services) -> list[LevelCard]:
    """Return the five cards; one source away leaves the other's half."""
    alerts, attainments = await asyncio.gather(
        services.get("alert", "alerts/summary"),
        services.get("target", "attainments/summary"),
        return_exceptions=True,
    )
    alerts_of = _half(TypeAdapter(AlertSummary), "alert", alerts)
    states_of = _half(TypeAdapter(AttainmentSummary), "target", attainments)
    if alerts_of is None and states_of is None:
        raise away("target")
    return [
        _level_card(
            level,
            None if alerts_of is None else alerts_of.levels.get(level, {}),
            states_of,
        )
        for level in Level
    ]


def _level_card(
    level: Level, alerts: Mapping[Severity, int] | None, told: AttainmentSummary | None
) -> LevelCard:
    if told is None:
        return LevelCard(level=level, alerts=alerts, judged=None, rates=None)
    counts = told.levels.get(level, {})
    judged = sum(count for state, count in counts.items() if state is not State.NO_DATA)
    return LevelCard(
        level=level,
        alerts=alerts,
        judged=judged,
        rates=told.level_rates.get(level),
        change=told.level_changes.get(level),
    )


async def spiral(services: Services, wanted: str | None) -> Spiral:
    """Return the cycle to show: the wanted one, else the one that weighs most."""
    answer = await services.get("spiral", "cycles", state="open", limit=CYCLES_OFFERED)
    cycles = read_answer(TypeAdapter(list[OpenCycle]), "spiral", answer)
    cycle = next((each for each in cycles if each.key == wanted), None)
    return Spiral(cycle=cycle or max(cycles, key=_weight, default=None), others=cycles)


def _weight(cycle: OpenCycle) -> tuple[int, bool, int, int]:
    """The cycle of the school comes first, then those of the widest level; then the furthest."""
    level = list(Level).index(level_of(cycle.scope))
    step = BIG_ORDER.index(cycle.step) if cycle.step in BIG_ORDER else -1
    return -level, cycle.scope.startswith("school/"), step, cycle.open_corrections


async def alerts(services: Services, wish: Wish, rows: int = ROWS) -> Listed:
    """Return alerts, and how many there are in all."""
    answer = await services.get("alert", "alerts", **wish.question(rows))
    items = read_answer(TypeAdapter(list[Alert]), "alert", answer)
    return Listed(rows=items, total=total_of(answer, len(items)))


async def corrections(services: Services, wish: Wish, rows: int = ROWS) -> Listed:
    """Return corrections, and how many there are in all."""
    answer = await services.get("spiral", "corrections", **wish.question(rows))
    items = read_answer(TypeAdapter(list[Correction]), "spiral", answer)
    return Listed(rows=items, total=total_of(answer, len(items)))


async def reports(services: Services) -> dict[tuple[str, str], str]:
    """Return where the newest reports are, by scope and period; none for who may not read them."""
    return await _reports(services, limit=REPORTS_OFFERED)


async def newest_report(services: Services, cycle: OpenCycle) -> str | None:
    """Return where the newest report of a cycle is; None where there is none to read."""
    found = await _reports(services, scope=cycle.scope, period=cycle.period, limit=1)
    return found.get((cycle.scope, cycle.period))


async def _reports(services: Services, **query: Any) -> dict[tuple[str, str], str]:
    if not services.caller.may("report:read"):
        return {}
    try:
        answer = await services.get("report", "reports", **query)
        found = read_answer(TypeAdapter(list[ReportLink]), "report", answer)
    except DomainError:
        return {}
    return {(each.scope, each.period): f"/reports/{each.id}" for each in reversed(found)}


async def flow(services: Services) -> Flow:
    """Return the newest batches; the two numbers beside them may be missing."""
    batches, quarantine, changes = await asyncio.gather(
        services.get("datahub", "batches", limit=BATCHES_SHOWN),
        services.get("datahub", "quarantine/causes"),
        services.get("datahub", "changes", after=BEYOND_ALL, limit=1),
        return_exceptions=True,
    )
    if isinstance(batches, BaseException):
        raise batches
    return Flow(
        batches=read_answer(TypeAdapter(list[Batch]), "datahub", batches),
        quarantined=_put_aside(quarantine),
        watermark=number_of(changes, "Feed-Watermark"),
    )


async def newest(services: Services) -> Batch | None:
    """Return the newest batch; None before the first."""
    answer = await services.get("datahub", "batches", limit=1)
    found = read_answer(TypeAdapter(list[Batch]), "datahub", answer)
    return found[0] if found else None


def _half(adapter: TypeAdapter[T], service: str, answer: Answer | BaseException) -> T | None:
    """Return one half of a card; None when its service is away."""
    if isinstance(answer, DomainError):
        return None
    if isinstance(answer, BaseException):
        raise answer
    try:
        return read_answer(adapter, service, answer)
    except DomainError:
        return None


def _put_aside(answer: Answer | BaseException) -> int | None:
    """Return how many rows wait in quarantine; None when the hub does not say."""
    causes = _half(TypeAdapter(list[PutAside]), "datahub", answer)
    if causes is None:
        return None
    return sum(each.leading for each in causes if each.verdict == "quarantined")
