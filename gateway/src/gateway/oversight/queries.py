"""Questions to all services at once, put together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from gateway.oversight.schemas import EntryOfPart, Step, Trace
from gateway.proxy.upstream import Upstream
from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.audit import rows
from shared.kit.audit.rows import Wanted
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.trace import MOST_REFS, TRACES, TraceStep

GATEWAY: Final = "gateway"

ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("datahub", "target", "spiral", "alert", "report"),
    "change": ("datahub",),
    "measurement": ("target", "report"),
    "attainment": ("alert",),
    "alert": ("spiral",),
}
"""Which services know what follows from what."""

MOST_ROUNDS: Final = 8
MOST_STEPS: Final = 1_000


class TooDeepError(DomainError):
    """A page of several audits lies too far behind to be counted off."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "page-too-deep"
    title_zh: ClassVar = "翻页过深"
    title_en: ClassVar = "The page lies too deep"


def on_behalf(caller: Caller, permission: str) -> Caller:
    """Return the gateway itself asking for somebody, with one permission and no other."""
    return Caller(subject=caller.subject, scopes=frozenset({permission}), actor="system/gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of several audits."""

    asked: Mapping[str, str]
    """As it stands in a query."""

    parts: Sequence[str]
    limit: int
    places: Mapping[str, int]
    """By part, the number of the last entry that was told before."""


async def search_all(
    upstream: Upstream,
    caller: Caller,
    own: Callable[[int | None, int], Awaitable[list[dict[str, Any]]]],
    question: Question,
) -> tuple[list[EntryOfPart], dict[str, int]]:
    """Return entries of several audits, the newest first, and how far each has been read.

    Args:
        own: reads the gateway's own audit: behind a number, so many.

    Raises:
        UnavailableError: one of them is away: what it holds would be missing in between.
    """

    async def of(part: str) -> list[EntryOfPart]:
        before = question.places.get(part)
        if part == GATEWAY:
            found = await own(before, question.limit)
        else:
            query = dict(question.asked) | {"limit": str(question.limit)}
            query |= {} if before is None else {"before": str(before)}
            found = await _json(upstream, part, f"/v1/audit?{urlencode(query)}", caller)
        return [EntryOfPart.model_validate({**each, "service": part}) for each in found]

    every = [each for found in await asyncio.gather(*map(of, question.parts)) for each in found]
    every.sort(key=lambda each: (each.at, each.service, each.seq), reverse=True)
    told = every[: question.limit]
    reached = dict(question.places)
    for each in told:
        reached[each.service] = each.seq
    return told, reached


async def findings_of(
    upstream: Upstream, caller: Caller, parts: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return what each service found, computing the blocks of its audit anew.

    Raises:
        UnavailableError: one of them is away.
    """
    asked = (_json(upstream, part, "/v1/audit/verification", caller) for part in parts)
    return dict(zip(parts, await asyncio.gather(*asked), strict=True))


async def data_of(upstream: Upstream, caller: Caller, target: str) -> dict[str, Any]:
    """Return what each service holds of somebody.

    Raises:
        UnavailableError: one of them is away: a copy that lacks a part is none.
    """
    parts = list(upstream.routes)
    asked = (_json(upstream, part, target, caller) for part in parts)
    return dict(zip(parts, await asyncio.gather(*asked), strict=True))


async def _json(upstream: Upstream, service: str, target: str, caller: Caller) -> Any:
    answer = await upstream.ask(service, target, caller)
    if answer.status != 200:
        raise UnavailableError(
            f"{service} 没有回答（{answer.status}）", f"{service} did not answer ({answer.status})"
        )
    return answer.json()


async def requests_of(tx: Transaction, id_: str) -> list[dict[str, Any]]:
    """Return what the gateway has on record of a request, or of all of one trace."""
    by_request = await rows.search(tx, Wanted(equal={"request": id_}), before=None, limit=50)
    by_trace = await rows.search(tx, Wanted(equal={"trace": id_}), before=None, limit=50)
    return [*by_request, *by_trace]


async def trace(
    upstream: Upstream, caller: Caller, id_: str, recorded: Sequence[Mapping[str, Any]]
) -> Trace:
    """Return what followed from a request or message, through all services.

    Args:
        recorded: what the gateway has on record of it.
    """
    asking = on_behalf(caller, TRACES)
    steps = [_http(each, id_) for each in recorded]
    unanswered: set[str] = set()
    known: set[str] = set()
    refs = [f"request/{each}" for each in dict.fromkeys([id_, *(e["request"] for e in recorded)])]
    for _ in range(MOST_ROUNDS):
        found = await _next(upstream, asking, refs, unanswered)
        refs = []
        for service, step in found:
            if step.ref in known or len(steps) >= MOST_STEPS:
                continue
            known.add(step.ref)
            refs.append(step.ref)
            steps.append(_step(service, step))
        if not refs:
            break
    steps.sort(key=lambda each: each.at)
    return Trace.model_validate(
        {
            "id": id_,
            "steps": steps,
            "unanswered": sorted(unanswered),
            "cut": len(steps) >= MOST_STEPS,
        }
    )


async def _next(
    upstream: Upstream, asking: Caller, refs: Sequence[str], unanswered: set[str]
) -> list[tuple[str, TraceStep]]:
    """Ask every service for what followed from refs that it knows."""
    by_service: dict[str, list[str]] = {}
    for ref in refs:
        for service in ASKED.get(ref.partition("/")[0], ()):
            by_service.setdefault(service, []).append(ref)

    async def of(service: str, some: Sequence[str]) -> list[tuple[str, TraceStep]]:
        target = f"/v1/trace?{urlencode([('of', each) for each in some])}"
        try:
            listed = await _json(upstream, service, target, asking)
        except DomainError:
            unanswered.add(service)
            return []
        return [(service, TraceStep.model_validate(each)) for each in listed]

    asked = [
        of(service, some[start : start + PER_QUESTION])
        for service, some in by_service.items()
        for start in range(0, min(len(some), MOST_REFS), PER_QUESTION)
    ]
    return [each for found in await asyncio.gather(*asked) for each in found]


PER_QUESTION: Final = 20
"""Refs in one address: it must not grow beyond what servers read."""


def _http(entry: Mapping[str, Any], id_: str) -> Step:
    return Step(
        service="gateway",
        kind="http",
        id=f"request/{entry['request']}",
        because=id_,
        at=entry["at"],
        title=f"{entry['method'] or ''} {entry['about']}".strip(),
        detail={"actor": entry["actor"], "kind": entry["kind"], "status": entry["status"]},
    )


def _step(service: str, step: TraceStep) -> Step:
    return Step.model_validate(
        {
            **step.model_dump(),
            "service": service,
            "id": short(step.ref),
            "because": short(step.because),
        }
    )


def short(ref: str) -> str:
    """Return a ref without what it tells of the value."""
    return ref.rpartition("~")[0] or ref
