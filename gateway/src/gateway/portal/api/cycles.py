"""S4, the cycle board, and S5, a cycle: the eight with its lit step, and what can be done."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.parts import entered_on
from gateway.portal.api.rendering import eight
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    show,
    told_done,
)
from gateway.portal.domain import cycle_forms
from gateway.portal.domain.figure import CROSSING, Lit
from gateway.portal.domain.texts import day_of, period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries import cycles as queries
from gateway.portal.queries.services import Services
from gateway.portal.schemas.cycles import CycleWhole, Entry
from shared.contracts.causes import CAUSE_ZH
from shared.contracts.vocabulary import Level
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/cycles"
CARDS: Final = 8
"""Cards of a column that are seen at once; the others unfold."""

Step = Literal["moves", "closing", "deadlines", "filings"]
DONE: Final = {
    "moves": "cycle-moved",
    "closing": "cycle-closed",
    "deadlines": "cycle-replanned",
    "filings": "cycle-filed",
}
Written = Literal["diagnoses", "measures", "lessons", "proposals"]
CAUSES: Final = [(each.value, zh, each.value) for each, zh in CAUSE_ZH.items()]


@router.get(PAGE)
async def board_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the board: a column for each step of the eight."""
    return await _board(request, visitor, NO_TROUBLE)


@router.post("/portal/cycles")
async def open_cycle(request: Request, visitor: SignedIn) -> Response:
    """Open a cycle."""

    async def work(services: Services, given: Given) -> str:
        period, scope = given.get("period", ""), given.get("scope", "")
        key = f"{period.partition(':')[2]}/{scope}"
        body: dict[str, Any] = {"key": key, "scope": scope, "period": period}
        if definition := given.get("definition"):
            body["definition"] = definition
        answer = await services.act("spiral", "cycles", body)
        return told_done(f"{PAGE}/{quote(str(answer.json()['key']))}", "cycle-opened")

    return await act(request, visitor, work, partial(_board, request, visitor), "open")


@router.get(PAGE + "/{key:path}")
async def cycle_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer a cycle."""
    return await _cycle(request, visitor, key, NO_TROUBLE)


@router.post("/portal/cycles/{step}/{key:path}")
async def take_step(request: Request, visitor: SignedIn, step: Step, key: str) -> Response:
    """Move a cycle, close it, plan one of its deadlines anew, or fill in the form of its step."""

    async def work(services: Services, given: Given) -> str:
        body = await _said(services, key, step, given)
        version = given.get("version", "")
        expect = int(version) if version.isdecimal() else None
        await services.act("spiral", f"cycles/{quote(key)}/{step}", body, expect=expect)
        return told_done(f"{PAGE}/{quote(key)}", DONE[step])

    form = "force" if step == "moves" else step
    return await act(request, visitor, work, partial(_cycle, request, visitor, key), form)


@router.post("/portal/cycle-writing/{kind}/{key:path}")
async def write(request: Request, visitor: SignedIn, kind: Written, key: str) -> Response:
    """Draft a diagnosis; propose a measure or something new; write a lesson."""

    async def work(services: Services, given: Given) -> str:
        body = {"cycle": key} | {**given}
        if kind == "measures" and "/" not in body.get("owner", "/"):
            body["owner"] = f"teacher/{body['owner']}"
        await services.act("spiral", kind, body)
        return told_done(f"{PAGE}/{quote(key)}", "written")

    return await act(request, visitor, work, partial(_cycle, request, visitor, key), kind)


@router.post("/portal/cycle-deciding/{kind}/{one}/{key:path}")
async def decide(
    request: Request,
    visitor: SignedIn,
    kind: Literal["diagnoses", "measures"],
    one: str,
    key: str,
) -> Response:
    """Sign a diagnosis; accept a measure, or not."""

    async def work(services: Services, given: Given) -> str:
        note = given.get("note", "")
        if kind == "diagnoses":
            await services.act("spiral", f"diagnoses/{quote(one)}/signature", {"note": note})
            return told_done(f"{PAGE}/{quote(key)}", "signed")
        body = {"accepted": given.get("accepted") == "true", "reason": note}
        await services.act("spiral", f"measures/{quote(one)}/decision", body)
        return told_done(f"{PAGE}/{quote(key)}", "decided")

    return await act(request, visitor, work, partial(_cycle, request, visitor, key), one)


@router.post("/portal/cycle-asking/{diagnosis}/{key:path}")
async def ask_for_voices(
    request: Request, visitor: SignedIn, diagnosis: UUID, key: str
) -> Response:
    """Ask persons to speak to a diagnosis."""

    async def work(services: Services, given: Given) -> str:
        body = cycle_forms.asking(given, CAMPUS)
        await services.act("spiral", f"diagnoses/{diagnosis}/voices", body)
        return told_done(f"{PAGE}/{quote(key)}", "voice-asked")

    again = partial(_cycle, request, visitor, key)
    return await act(request, visitor, work, again, f"ask-{diagnosis}")


async def _said(services: Services, key: str, step: Step, given: Given) -> dict[str, Any]:
    """Return what a form says, as the service takes it."""
    if step == "moves":
        return cycle_forms.moving(given)
    if step == "closing":
        return cycle_forms.closing(given)
    if step == "deadlines":
        return cycle_forms.planning(given, CAMPUS)
    cycle = await queries.get_cycle(services, key)
    definition = await queries.definition_of(services, cycle)
    form = given.get("form", "")
    fields = definition.forms[form].fields if form in definition.forms else []
    return cycle_forms.filing(form, fields, given)


async def _board(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params.get("level", "")
    level = Level(asked) if asked in set(Level) else None
    over = request.query_params.get("state") == "closed"

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told = {"level": level, "over": over, "cards": CARDS}
        if over:
            return told | {"closed": await queries.closed(services, level)}
        columns, listed = await queries.board(services, level)
        return told | {"columns": columns, "listed": listed}

    return await show(request, visitor, "cycles.html", load, trouble)


async def _cycle(request: Request, visitor: Visitor | None, key: str, trouble: Trouble) -> Response:
    async def load(services: Services, words: Words) -> dict[str, Any]:
        cycle = await queries.get_cycle(services, key)
        beside = await queries.around(services, cycle)
        entries: list[Entry] = beside["entries"].value or []
        figure = eight(_lit(cycle, entries, words), words)
        return {"cycle": cycle, "figure": figure, "causes": CAUSES, **beside}

    return await show(request, visitor, "cycle.html", load, trouble)


def _lit(cycle: CycleWhole, entries: list[Entry], words: Words) -> Lit:
    busy = cycle.routine_loop.open
    period, step = period_text(cycle.period, words), words.pick(cycle.step_zh, cycle.step_en)
    note = words("corrections-open", busy) if busy else words("corrections-none")
    return Lit(
        step=cycle.step,
        routine="correct" if busy else "monitor" if cycle.step == CROSSING else None,
        big_note=period,
        small_note=note,
        said=words("spiral-said", cycle.scope_name, period, step, note),
        notes=_notes(cycle, entries),
        page="",
    )


def _notes(cycle: CycleWhole, entries: list[Entry]) -> dict[str, str]:
    """Return the day on which each step was entered, else that on which it should be left."""
    told: Callable[[Any], str] = lambda moment: day_of(moment, CAMPUS)[5:]  # noqa: E731
    planned = {each.step: told(each.due_at) for each in cycle.deadlines if each.due_at}
    ahead = {step: f"≤ {day}" for step, day in planned.items()}
    return ahead | entered_on(entries)
