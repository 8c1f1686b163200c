"""The tree of goals a level at a time, and one goal with everything that belongs to it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.domain.refusals import RefusedError
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import (
    Listed,
    Services,
    list_of,
    names,
    read_answer,
    total_of,
)
from gateway.portal.schemas import Alert
from gateway.portal.schemas.goals import (
    Binding,
    Comment,
    Decomposition,
    Forecast,
    Goal,
    GoalWhole,
    Judged,
    Letter,
    Node,
    Series,
)
from shared.contracts.vocabulary import Level, level_of

BRANCHES: Final = 200
"""Goals of a level that are asked for with one question."""

PERIODS: Final = 12
JUDGEMENTS: Final = 400
"""Of the history of a goal; the newest are drawn."""

DRAWN: Final = 24
TOGETHER: Final = 6
"""Questions about single goals under way at a time."""

LETTERS: Final = "SMART"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A goal of a level: how it stands, what it says, and how smart it is."""

    node: Node
    goal: Goal | None
    letters: Sequence[Letter]


async def level(services: Services, parent: str | None, page: int = 1) -> Listed:
    """Return a page of the goals below one, or of those without a parent."""
    first = (page - 1) * ROWS
    nodes, goals = await asyncio.gather(
        services.find(
            "target", "chain", parent=parent, limit=ROWS, offset=first, totalCount="true"
        ),
        list_of(services, "target", "goals", Goal, parent=parent or "-", limit=BRANCHES * 5),
    )
    found = read_answer(TypeAdapter(list[Node]), "target", nodes)
    by_key = {each.key: each for each in goals}
    gate = asyncio.Semaphore(TOGETHER)

    async def one(node: Node) -> Branch:
        goal = by_key.get(node.key)
        async with gate:
            letters = await _letters(services, node.key, goal)
        return Branch(node=node, goal=goal, letters=letters)

    rows = await asyncio.gather(*(one(each) for each in sorted(found, key=_widest)))
    return Listed(rows=list(rows), total=total_of(nodes, first + len(found)))


def _widest(node: Node) -> int:
    return list(Level).index(level_of(node.scope))


async def _letters(services: Services, key: str, goal: Goal | None) -> Sequence[Letter]:
    """Return the letters; of a goal in force all hold, but for those that were waived."""
    if goal is not None and goal.state == "published":
        waived = {each.letter for each in goal.waivers}
        return [
            Letter(letter=each, met=each not in waived, waived=each in waived) for each in LETTERS
        ]
    return (await get_goal(services, key)).smart


async def find_goals(services: Services, page: int, **wanted: str | None) -> Listed:
    """Return a page of goals that fit, from anywhere in the tree."""
    first = (page - 1) * ROWS
    answer = await services.find(
        "target", "goals", limit=ROWS, offset=first, totalCount="true", **wanted
    )
    found = read_answer(TypeAdapter(list[Goal]), "target", answer)
    return Listed(rows=found, total=total_of(answer, first + len(found)))


async def get_goal(services: Services, key: str, version: int | None = None) -> GoalWhole:
    """Return a goal, now or in an older version.

    Raises:
        RefusedError: there is none of that key.
    """
    answer = await services.find("target", f"goals/{quote(key)}", version=version)
    return read_answer(TypeAdapter(GoalWhole), "target", answer)


async def around(services: Services, goal: GoalWhole) -> dict[str, Any]:
    """Return what stands beside a goal."""
    path = f"goals/{quote(goal.key)}"
    parts: dict[str, Found[Any]] = await all_of(
        series=_series(services, goal),
        binding=_binding(services, goal),
        decomposition=_one(services, f"{path}/decomposition", Decomposition),
        comments=list_of(services, "target", f"{path}/comments", Comment),
        forecast=_one(services, f"attainments/goal/{quote(goal.key)}/forecast", Forecast),
        history=_history(services, goal.key),
        alerts=list_of(
            services,
            "alert",
            "alerts",
            Alert,
            scope=goal.scope,
            indicator=goal.indicator,
            state="open",
            limit=ROWS,
        ),
        children=level(services, goal.key),
    )
    people = [
        goal.owner,
        goal.changed_by,
        goal.scope,
        *(each.by for each in parts["comments"].value or ()),
        *(each.owner for each in parts["alerts"].value or ()),
        *_people_below(parts["children"]),
    ]
    known, units = await asyncio.gather(names(services, people), services.units.get())
    return {**parts, "names": known, "units": units}


def people_of(branches: Sequence[Branch]) -> list[str]:
    """Return the owners and scopes of goals, whose names are wanted."""
    return [key for each in branches for key in (each.node.owner, each.node.scope)]


def _people_below(children: Found[Any]) -> list[str]:
    return people_of(children.value.rows) if children.value else []


async def _series(services: Services, goal: GoalWhole) -> Series:
    if goal.indicator is None:
        return Series()
    asked: dict[str, Any] = {"indicator": goal.indicator, "scope": goal.scope, "last": PERIODS}
    kind = goal.period.partition(":")[0]
    # Of a plan, or of a stretch of days, nothing is measured.
    with suppress(RefusedError):
        answer = await services.find("datahub", "trend", periodKind=kind, **asked)
        return read_answer(TypeAdapter(Series), "datahub", answer)
    return Series()


async def _binding(services: Services, goal: GoalWhole) -> Binding | None:
    if goal.indicator is None:
        return None
    found = await list_of(
        services, "target", "bindings", Binding, scope=goal.scope, indicator=goal.indicator
    )
    return next((each for each in found if each.goal == goal.key), None)


async def _history(services: Services, key: str) -> list[Judged]:
    """Return the newest judgements, the first of them first; what changed nothing is left out."""
    path = f"attainments/goal/{quote(key)}/history"
    found = await list_of(services, "target", path, Judged, limit=JUDGEMENTS)
    return found[-DRAWN:]


async def _one(services: Services, path: str, model: type[Any]) -> Any:
    answer = await services.find("target", path)
    return read_answer(TypeAdapter(model), "target", answer)
