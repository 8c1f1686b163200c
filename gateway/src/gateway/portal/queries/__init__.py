"""One function per part of a page: what it shows, asked from the services for this visitor."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import structlog
from pydantic import TypeAdapter, ValidationError

from gateway.docs.queries import SELF, EntityNames
from gateway.portal.domain.listing import ROWS, Wish
from gateway.portal.domain.owners import scope_of
from gateway.portal.schemas import (
    Acknowledged,
    Alert,
    AlertSummary,
    AttainmentSummary,
    Batch,
    Correction,
    Indicator,
    MadeReport,
    Measure,
    Named,
    OpenCycle,
    PutAside,
    Rates,
    ReportLink,
    ReportWish,
)
from gateway.proxy.upstream import Answer, Remembered, Upstream, away
from shared.contracts.vocabulary import Level, Severity, State, level_of
from shared.errors import DomainError, ErrorKind
from shared.kit.identity import Caller, NotAllowedError

BATCHES_SHOWN: Final = 5
CYCLES_OFFERED: Final = 50
REPORTS_OFFERED: Final = 500
BEYOND_ALL: Final = 2**53 - 1

log = structlog.get_logger()
T = TypeVar("T")

UNITS_SECONDS: Final = 20.0
Units = Remembered[dict[str, Measure]]
"""By indicator: its unit (``ratio``, ``count``, …) and its name."""

Accounts = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""Gives the names of those keys that are accounts of the gateway."""


class AcknowledgementRefusedError(DomainError):
    """The alert service has a reason not to take the acknowledgement."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "acknowledgement-refused"
    title_zh: ClassVar = "没有签收"
    title_en: ClassVar = "Not acknowledged"


class ReportRefusedError(DomainError):
    """The report service has a reason not to make the report."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-refused"
    title_zh: ClassVar = "报告没有生成"
    title_en: ClassVar = "The report was not made"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spiral:
    """The cycle that the figure shows, and those it could show."""

    cycle: OpenCycle | None
    others: list[OpenCycle]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A part of a list."""

    rows: list[Any]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What comes in."""

    batches: list[Batch]
    quarantined: int | None
    watermark: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services, as one visitor may see them.

    Every question raises `UnavailableError` when its service is away or answers something that
    cannot be read, and `NotAllowedError` when the visitor may not ask.
    """

    upstream: Upstream
    caller: Caller
    units: Units
    entities: Remembered[dict[str, EntityNames]]
    accounts: Accounts

    async def get(self, service: str, path: str, **query: str | int | list[str]) -> Answer:
        """Ask with GET; only 200 is an answer."""
        target = f"/v1/{path}?{urlencode(query, doseq=True)}" if query else f"/v1/{path}"
        answer = await self.upstream.ask(service, target, self.caller)
        if answer.status == 403:
            raise NotAllowedError("没有查看权限", "you may not see this")
        if answer.status != 200:
            log.warning("part_unavailable", service=service, path=path, status=answer.status)
            raise away(service)
        return answer

    async def make_report(self, wish: ReportWish) -> str:
        """Have a report made; return the path of the document.

        Raises:
            NotAllowedError: the visitor may not make reports.
            ReportRefusedError: there is no such object, or nothing to report.
        """
        answer = await self.upstream.ask(
            "report", "/v1/reports", self.caller, json=wish.model_dump()
        )
        if answer.status == 403:
            raise NotAllowedError("没有生成报告的权限", "you may not make reports")
        if answer.status not in {200, 201}:
            detail = str(answer.json().get("detail", answer.status))
            raise ReportRefusedError(detail, detail)
        made = read_answer(TypeAdapter(MadeReport), "report", answer)
        return f"/api/report/v1/reports/{quote(str(made.id), safe='')}/html"

    async def acknowledge(self, alert: UUID) -> tuple[Acknowledged, bool]:
        """Acknowledge an alert; return who was first, and whether that was just now.

        Raises:
            NotAllowedError: the visitor may not acknowledge.
            AcknowledgementRefusedError: there is no such alert, or it is settled.
        """
        path = f"/v1/alerts/{alert}/acknowledgement"
        answer = await self.upstream.ask("alert", path, self.caller, json={})
        if answer.status == 403:
            raise NotAllowedError("没有签收的权限", "you may not acknowledge alerts")
        if answer.status != 200:
            detail = str(answer.json().get("detail", answer.status))
            raise AcknowledgementRefusedError(detail, detail)
        first = read_answer(TypeAdapter(Acknowledged), "alert", answer)
        return first, answer.headers.get("Changed") == "true"


async def names(services: Services, keys: Iterable[str | None]) -> dict[str, str]:
    """Return the name of each owner that the visitor may know, by the key that stands for it.

    Names are personal: the hub is asked with the visitor's own rights. Who may not know them, or
    asks while the hub is away, reads the keys.
    """
    wanted = {key for key in keys if key}
    found = await services.accounts(wanted) if wanted else {}
    scopes = {key: scope for key in wanted - found.keys() if (scope := scope_of(key))}
    if not scopes:
        return found
    try:
        answer = await services.get("datahub", "scopes", scope=sorted(set(scopes.values())))
        listed = read_answer(TypeAdapter(list[Named]), "datahub", answer)
    except DomainError:
        return found
    told = {each.scope: each.name for each in listed}
    return found | {key: told[scope] for key, scope in scopes.items() if scope in told}


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
    return LevelCard(level=level, alerts=alerts, judged=judged, rates=told.level_rates.get(level))


async def spiral(services: Services, wanted: str | None) -> Spiral:
    """Return the cycle to show: the wanted one, else the busiest that is open."""
    answer = await services.get("spiral", "cycles", state="open", limit=CYCLES_OFFERED)
    cycles = read_answer(TypeAdapter(list[OpenCycle]), "spiral", answer)
    cycle = next((each for each in cycles if each.key == wanted), None)
    return Spiral(cycle=cycle or max(cycles, key=_weight, default=None), others=cycles)


def _weight(cycle: OpenCycle) -> tuple[int, int]:
    """The busiest cycle is shown first; among equals, that of the widest level."""
    return cycle.open_corrections, -list(Level).index(level_of(cycle.scope))


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
    return {
        (each.scope, each.period): f"/api/report/v1/reports/{each.id}/html"
        for each in reversed(found)
    }


def units_of(upstream: Upstream) -> Units:
    """Return all indicators, remembered: they change when one is published."""
    return Remembered(lambda: _read_units(upstream), UNITS_SECONDS)


async def _read_units(upstream: Upstream) -> dict[str, Measure]:
    """Return what each indicator says of itself; nothing while the hub is away."""
    try:
        answer = await upstream.ask("datahub", "/v1/indicators", SELF)
        found = read_answer(TypeAdapter(list[Indicator]), "datahub", answer)
    except DomainError:
        return {}
    return {each.indicator: each.document for each in found}


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
        watermark=_number(changes, "Feed-Watermark"),
    )


async def newest(services: Services) -> Batch | None:
    """Return the newest batch; None before the first."""
    answer = await services.get("datahub", "batches", limit=1)
    found = read_answer(TypeAdapter(list[Batch]), "datahub", answer)
    return found[0] if found else None


def read_answer(adapter: TypeAdapter[T], service: str, answer: Answer) -> T:
    """Return what an answer says.

    Raises:
        UnavailableError: it cannot be read.
    """
    try:
        return adapter.validate_python(answer.json())
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        log.warning("part_unreadable", service=service, fields=fields[:10])
        raise away(service) from error


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


def _number(answer: Answer | BaseException, header: str) -> int | None:
    if isinstance(answer, DomainError):
        return None
    if isinstance(answer, BaseException):
        raise answer
    text = answer.headers.get(header, "")
    return int(text) if text.isdigit() else None


def total_of(answer: Answer, at_least: int) -> int:
    """Return how many rows there are in all."""
    total = _number(answer, "Total-Count")
    return at_least if total is None else total
