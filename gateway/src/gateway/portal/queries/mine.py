"""What is one's own: what comes next, plans, where one stands, and whom one looks after."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.access.schemas import Visitor
from gateway.portal.queries.handing import work
from gateway.portal.queries.holes import all_of, maybe
from gateway.portal.queries.saying import of_scope
from gateway.portal.queries.services import Listed, Services, list_of, names, read_answer, total_of
from gateway.portal.schemas import Alert
from gateway.portal.schemas.mine import NextTier
from gateway.portal.schemas.registers import Entry, Result, Run
from shared.contracts.vocabulary import Level, Severity

ACTIONS: Final = 3
PARTS: Final = ("plans", "tier", "cared", "assessed", "statements")
"""What only some have."""

ALERTS: Final = 100
RUNS: Final = 4
"""Newest assessments in which somebody's own result is looked for."""

CARED: Final = ("counsellor", "head_teacher")
"""Roles that look after students, by their classes."""

TOLD: Final = ("reviewed", "published")
"""States in which those who are assessed are told how they came out."""

_GRAVEST: Final = (Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student, and what is open about him, the gravest first."""

    scope: str
    name: str
    alerts: Sequence[Alert]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """How somebody came out of an assessment that is announced or published."""

    run: Run
    result: Result


def own_scope(visitor: Visitor) -> str:
    """Return ``teacher/…`` or ``student/…`` that somebody is; empty for who is neither.

    He holds it for himself, or by an account whose role says the same.
    """
    key = visitor.caller.subject.partition("/")[2]
    own = {f"teacher/{key}", f"student/{key}"}
    return next((each.scope for each in visitor.held if each.scope in own), "")


async def mine(services: Services, visitor: Visitor) -> dict[str, Any]:
    """Return what is the visitor's own; parts that are away leave the others."""
    scope = own_scope(visitor)
    asking: dict[str, Any] = {
        "work": work(services),
        "alerts": _alerts(services, mine="true", state="open", sort="gravest"),
    }
    if scope:
        asking["tier"] = _tier(services, scope)
        asking["statements"] = of_scope(services, scope)
        asking["plans"] = list_of(services, "target", "plans", Entry, scope=scope)
        asking["assessed"] = _assessed(services, scope)
    cares = any(each.role in CARED for each in visitor.held)
    if cares:
        asking["cared"] = _alerts(services, level=Level.STUDENT, state="open", sort="gravest")
    found = await all_of(**asking)
    told = {**dict.fromkeys(PARTS), **found}
    students = _students(found["cared"].value.rows) if cares and found["cared"].value else []
    units = await services.units.get()
    known = await names(services, [scope])
    return {**told, "scope": scope, "students": students, "units": units, "names": known}


async def _alerts(services: Services, **asked: str) -> Listed:
    answer = await services.get("alert", "alerts", limit=ALERTS, totalCount="true", **asked)
    rows = read_answer(TypeAdapter(list[Alert]), "alert", answer)
    return Listed(rows=rows, total=total_of(answer, len(rows)))


async def _tier(services: Services, scope: str) -> NextTier:
    answer = await services.find("target", f"scopes/{scope}/next-tier")
    found = read_answer(TypeAdapter(NextTier), "target", answer)
    weakest = sorted(found.criteria, key=lambda each: (each.value is None, each.reached or ""))
    return found.model_copy(update={"criteria": tuple(weakest)})


async def _assessed(services: Services, scope: str) -> list[Assessed]:
    """Return one's own results, the newest first: of what is announced and of what is published."""
    runs = await list_of(services, "target", "assessment-runs", Run, limit=200)
    kind = scope.partition("/")[0]
    told = [each for each in runs if each.kind == kind and each.state in TOLD]
    told = sorted(told, key=attrgetter("opened_at"), reverse=True)[:RUNS]
    found = await asyncio.gather(*(maybe(_result(services, each.key, scope)) for each in told))
    return [
        Assessed(run=run, result=one.value)
        for run, one in zip(told, found, strict=True)
        if one.value is not None
    ]


async def _result(services: Services, run: str, scope: str) -> Result:
    path = f"assessment-runs/{quote(run)}/results/{quote(scope)}"
    return read_answer(TypeAdapter(Result), "target", await services.find("target", path))


def _students(alerts: Sequence[Alert]) -> list[Student]:
    """Return whom alerts are about: the gravest first, then who has most."""
    by_scope: dict[str, list[Alert]] = {}
    for each in alerts:
        if each.scope.startswith("student/"):
            by_scope.setdefault(each.scope, []).append(each)
    found = [
        Student(
            scope=scope,
            name=rows[0].scope_name or scope,
            alerts=sorted(rows, key=lambda each: _GRAVEST.index(each.severity)),
        )
        for scope, rows in by_scope.items()
    ]
    return sorted(
        found, key=lambda each: (_GRAVEST.index(each.alerts[0].severity), -len(each.alerts))
    )
