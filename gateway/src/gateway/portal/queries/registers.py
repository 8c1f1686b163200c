"""What the target service keeps by key, a page at a time, and one with what belongs to it."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
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
NAMES: Final = {
    "standard": ("standards", "/standards"),
    "scheme": ("assessment-schemes", "/assessment-schemes"),
    "parent": ("plans", "/plans"),
    "goal": ("goals", "/goals"),
}
"""Fields that name something else by its key: its path at the service, and its page."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something else that an entry names by its key."""

    title: str
    page: str


async def named_in(services: Services, entry: Entry) -> Mapping[str, Named | None]:
    """Return what an entry names, by the field that does; None for what is not read."""
    said = {name: entry.document[name] for name in NAMES if entry.document[name]}
    asked = [f"{NAMES[name][0]}/{quote(str(key))}" for name, key in said.items()]
    found = await asyncio.gather(*(maybe(services.find(SERVICE, path)) for path in asked))
    told: dict[str, Named | None] = defaultdict(lambda: None)
    for (name, key), one in zip(said.items(), found, strict=True):
        title = one.value.json().get("title") if one.value else None
        if title:
            told[name] = Named(title=title, page=f"{NAMES[name][1]}/{quote(str(key))}")
    return told


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
