"""What the target service keeps by key, a page at a time, and one with what belongs to it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.domain.registering import Register
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Listed, Services, list_of, read_answer, total_of
from gateway.portal.schemas.goals import Goal
from gateway.portal.schemas.registers import (
    ActDone,
    Attained,
    Entry,
    Explained,
    Objection,
    PlanMay,
    Result,
    Selection,
)

SERVICE: Final = "target"
GOALS_SHOWN: Final = 50
BINDINGS: Final = 1000


async def entries(
    services: Services, register: Register, page: int, wanted: Mapping[str, str | None]
) -> Listed:
    """Return a page of what a register holds.

    Raises:
        RefusedError: it cannot be restricted so.
    """
    first = (page - 1) * ROWS
    asked: dict[str, Any] = {**wanted, "limit": ROWS, "offset": first, "totalCount": "true"}
    answer = await services.find(SERVICE, register.name, **asked)
    rows = read_answer(TypeAdapter(list[Entry]), SERVICE, answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def get_entry(
    services: Services, register: Register, key: str, version: int | None = None
) -> Entry:
    """Return an entry, now or in an older version.

    Raises:
        RefusedError: there is none of that key.
    """
    asked = version if register.has_versions else None
    answer = await services.find(SERVICE, f"{register.name}/{quote(key)}", version=asked)
    return read_answer(TypeAdapter(Entry), SERVICE, answer)


async def beside(
    services: Services, register: Register, entry: Entry, asked: Mapping[str, str]
) -> dict[str, Any]:
    """Return what stands beside an entry, by its register."""
    match register.name:
        case "plans":
            path = f"plans/{quote(entry.key)}/goals"
            goals = await maybe(
                list_of(services, SERVICE, path, Goal, parent="-", limit=GOALS_SHOWN)
            )
            told = PlanMay.model_validate((entry.model_extra or {}) | {"may": entry.told("may")})
            return {"goals": goals, "allowed": told}
        case "bindings":
            said = entry.told("attainment")
            return {"stands": Attained.model_validate(said) if said else None}
        case "selectors":
            return {"chosen": await _chosen(services, entry)}
        case "assessment-runs":
            return await _run(services, entry, asked)
        case _:
            return {}


async def _chosen(services: Services, selector: Entry) -> Listed:
    """Return what a selector bound."""
    indicator = str(selector.told("indicator"))
    found = await list_of(services, SERVICE, "bindings", Entry, indicator=indicator, limit=BINDINGS)
    mine = [each for each in found if each.told("selector") == selector.key]
    return Listed(rows=mine, total=len(mine))


async def _run(services: Services, run: Entry, asked: Mapping[str, str]) -> dict[str, Any]:
    path = f"assessment-runs/{quote(run.key)}"
    number = asked.get("page", "1")
    page = int(number) if number.isdecimal() and 0 < len(number) < 6 else 1
    subject = asked.get("subject")
    results, objections, acts, explained = await asyncio.gather(
        maybe(_results(services, f"{path}/results", page)),
        maybe(list_of(services, SERVICE, f"{path}/objections", Objection)),
        maybe(list_of(services, SERVICE, f"{path}/acts", ActDone)),
        maybe(_explained(services, f"{path}/results/{quote(subject, safe='/')}"))
        if subject
        else _nothing(),
    )
    found = {"results": results, "objections": objections, "acts": acts}
    return {**found, "explained": explained, "number": page}


async def _results(services: Services, path: str, page: int) -> Listed:
    first = (page - 1) * ROWS
    answer = await services.find(SERVICE, path, limit=ROWS, offset=first, totalCount="true")
    rows = read_answer(TypeAdapter(list[Result]), SERVICE, answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def _explained(services: Services, path: str) -> Explained:
    answer = await services.find(SERVICE, path)
    return read_answer(TypeAdapter(Explained), SERVICE, answer)


async def _nothing() -> None:
    return None


async def try_out(services: Services, register: Register, body: Any) -> Selection:
    """Return what a selector would do, without keeping it.

    Raises:
        RefusedError: with what is wrong with it.
    """
    answer = await services.act(SERVICE, f"{register.name}?dryRun=true", body)
    return read_answer(TypeAdapter(Selection), SERVICE, answer)
