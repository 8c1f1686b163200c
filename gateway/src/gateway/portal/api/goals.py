"""S2, the chains of goals, opened a level at a time, and S3, a goal with its series."""

from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from gateway.access.api import SignedIn, SignedInQuietly
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import services_for
from gateway.portal.api.rendering import render, words_of
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    page_number,
    show,
    told_done,
)
from gateway.portal.domain import goal_forms
from gateway.portal.domain.listing import ROWS
from gateway.portal.domain.series import Line, Point, draw_series
from gateway.portal.domain.texts import day_of, period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries import goals as queries
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas.goals import Binding, GoalWhole, Judged, Limit, Series
from shared.contracts import wording
from shared.errors import DomainError
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/chains"
GOAL: Final = "/goals"
STATES: Final = ("draft", "distributed", "negotiating", "accepted", "signed", "published")
FILTERS: Final = ("state", "system", "scope", "owner")
SYSTEMS: Final = ("decision", "generation", "resources", "support", "supervision")

Step = Literal["distribute", "accept", "negotiate", "sign", "publish"]


@router.get(PAGE)
async def chains_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the tree from its roots, or the goals that fit what is asked."""
    return await _chains(request, visitor, NO_TROUBLE)


@router.get("/portal/branches/{key:path}")
async def branch(request: Request, key: str, visitor: SignedInQuietly) -> Response:
    """Answer one level of the tree, to be put below its goal."""
    services, words = services_for(request, visitor), words_of(request)
    try:
        listed = await queries.level(services, key, page_number(request))
        known = await names(services, queries.people_of(listed.rows))
    except DomainError as error:
        return HTMLResponse(render("fragments/hole.html", words, error=error), status_code=503)
    told = {"listed": listed, "names": known, "parent": key, "units": await services.units.get()}
    html = render("fragments/branch.html", words, number=page_number(request), **told)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


@router.post("/portal/goals")
async def save_goal(request: Request, visitor: SignedIn) -> Response:
    """Set a goal."""

    async def work(services: Services, given: Given) -> str:
        body = goal_forms.goal(given)
        await services.act("target", "goals", body)
        return told_done(f"{GOAL}/{quote(body.get('key', ''))}", "goal-saved")

    return await act(request, visitor, work, partial(_chains, request, visitor), "goal")


@router.get(GOAL + "/{key:path}")
async def goal_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer a goal, now or in an older version."""
    return await _goal(request, visitor, key, NO_TROUBLE)


@router.post("/portal/goals/steps/{step}/{key:path}")
async def take_step(request: Request, visitor: SignedIn, step: Step, key: str) -> Response:
    """Hand a goal on, accept it, ask for something else, sign or publish it."""

    async def work(services: Services, given: Given) -> str:
        await _act(services, key, step, {"note": given.get("note", "")}, given)
        return told_done(f"{GOAL}/{quote(key)}", f"goal-{step}")

    return await act(request, visitor, work, partial(_goal, request, visitor, key), step)


@router.post("/portal/goals/{what}/{key:path}")
async def change(
    request: Request,
    visitor: SignedIn,
    what: Literal["edit", "decompose", "waivers", "comments", "withdrawal"],
    key: str,
) -> Response:
    """Change a goal, divide it, let a letter go, comment on it, or take it back."""

    async def work(services: Services, given: Given) -> str:
        if what == "withdrawal":
            query = f"?reason={quote(given.get('reason', ''))}"
            await services.act("target", f"goals/{quote(key)}{query}", None, method="DELETE")
            return told_done(PAGE, "goal-withdrawn")
        if what == "edit":
            await _edit(services, key, given)
        elif what == "decompose":
            whole = (await queries.get_goal(services, key)).model_dump(mode="json")
            await _act(services, key, what, goal_forms.children(given, whole), given)
        else:
            said = {name: each for name, each in given.items() if name != "version"}
            await _act(services, key, what, said, {} if what == "comments" else given)
        return told_done(f"{GOAL}/{quote(key)}", "goal-saved")

    return await act(request, visitor, work, partial(_goal, request, visitor, key), what)


async def _edit(services: Services, key: str, given: Given) -> None:
    goal = await queries.get_goal(services, key)
    kept = goal.model_dump(mode="json", include={*goal_forms.PLAIN, *goal_forms.KEPT})
    await services.act("target", "goals", goal_forms.goal(given, kept), expect=goal.version)


async def _act(services: Services, key: str, what: str, body: Any, given: Given) -> None:
    version = given.get("version", "")
    expect = int(version) if version.isdecimal() else None
    await services.act("target", f"goals/{quote(key)}/{what}", body, expect=expect)


async def _chains(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params
    wanted = {name: asked.get(name) or None for name in FILTERS}
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        is_flat = any(wanted.values())
        if is_flat:
            listed = await queries.find_goals(services, number, **wanted)
            people = [key for each in listed.rows for key in (each.owner, each.scope)]
        else:
            listed = await queries.level(services, None, number)
            people = queries.people_of(listed.rows)
        told = {"names": await names(services, people), "units": await services.units.get()}
        told |= {"listed": listed, "is_flat": is_flat, "wanted": wanted, "number": number}
        return told | {"states": STATES, "systems": SYSTEMS, "parent": ""}

    return await show(request, visitor, "chains.html", load, trouble)


async def _goal(request: Request, visitor: Visitor | None, key: str, trouble: Trouble) -> Response:
    asked = request.query_params.get("version", "")
    version = int(asked) if asked.isdecimal() and len(asked) < 9 else None

    async def load(services: Services, words: Words) -> dict[str, Any]:
        goal = await queries.get_goal(services, key)
        beside = await queries.around(services, goal)
        old = await queries.get_goal(services, key, version) if version else None
        figure = _figure(goal, beside, words)
        told = {"goal": goal, "figure": figure, "old": old, "systems": SYSTEMS}
        return told | {"form_rows": goal_forms.ROWS, "page_rows": ROWS, **beside}

    return await show(request, visitor, "goal.html", load, trouble)


async def goal_figure(services: Services, words: Words, key: str) -> tuple[str, Markup]:
    """Return the title of a goal, and its series against its lines.

    Raises:
        GoneError: there is none of that key.
    """
    goal = await queries.get_goal(services, key)
    return goal.title, _figure(goal, await queries.around(services, goal), words)


def _figure(goal: GoalWhole, beside: dict[str, Any], words: Words) -> Markup:
    measure = beside["units"].get(goal.indicator)
    unit = measure.unit if measure else None
    points = _points(beside["series"].value, beside["history"].value or [], unit, words)
    lines = _lines(beside["binding"].value, goal.target, unit, words)
    said = words(
        "series-said", goal.title, "；".join(f"{each.name} {each.said}" for each in points)
    )
    # Safe: the figure escapes every text in it.
    return Markup(draw_series(points, lines, said))  # noqa: S704


def _points(
    series: Series | None, history: list[Judged], unit: str | None, words: Words
) -> list[Point]:
    """Return the values by period; where there are not two yet, as they were judged."""

    def point(name: str, value: str | None) -> Point:
        said = wording.value_words(value, unit, words.language)
        return Point(name, None if value is None else Decimal(value), said)

    periods = series.periods if series else ()
    judged = [each for each in history if each.value is not None]
    if len(periods) > 1 or not judged:
        return [point(period_text(each.period, words), each.value) for each in periods]
    return [point(day_of(each.at, CAMPUS)[5:], each.value) for each in judged]


def _lines(
    binding: Binding | None, target: Limit | None, unit: str | None, words: Words
) -> list[Line]:
    told = {"target": (binding.target_in_force if binding else None) or target}
    if binding is not None:
        tiers = binding.tiers_in_force
        told |= {"standard": tiers.get("qualified"), "floor": tiers.get("floor")}
        told |= {"warning": binding.warning_in_force}
    return [
        Line(
            kind,
            f"{words(f'line-{kind}')} {limit_said(limit, unit, words)}",
            Decimal(limit.value),
            side_of(kind, limit),
        )
        for kind, limit in told.items()
        if limit is not None and "," not in limit.value
    ]


def side_of(kind: str, limit: Limit) -> Literal["above", "below", ""]:
    """Return which side of its line is shaded: where a limit holds, beyond a floor where it fails.

    That of a warning holds where it warns.
    """
    if limit.op[0] not in "<>":
        return ""
    return "above" if limit.op.startswith(">") is (kind != "floor") else "below"


def limit_said(limit: Limit, unit: str | None, words: Words) -> str:
    """Return a limit as people read it: ``≥ 92%``."""
    return wording.limit_words(limit.op, limit.value, limit.upper, unit, words.language)
