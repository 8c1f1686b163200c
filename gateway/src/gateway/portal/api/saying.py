"""What people say of measured values: confirmed, or contested and answered."""

from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
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
from gateway.portal.domain.words import Words
from gateway.portal.queries import data, saying
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

PAGE: Final = "/statements"
STATES: Final = ("contested", "upheld", "dismissed", "confirmed")
CELL: Final = ("indicator", "scope", "period")


@router.get(PAGE)
async def statements_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what was said of values; of one value, with the forms to say something of it."""
    asked = {name: request.query_params.get(name, "") for name in CELL}
    if all(asked.values()):
        return await _cell(request, visitor, asked, NO_TROUBLE)
    wanted = request.query_params.get("state", "contested")
    state = wanted if wanted in STATES else None
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        listed = await saying.statements(services, number, state)
        told = {"listed": listed, "number": number, "state": state, "states": STATES}
        return told | await saying.told(services, listed.rows)

    return await show(request, visitor, "statements.html", load)


@router.get(PAGE + "/{key}")
async def statement_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer one statement, with the form to answer it."""
    return await _one(request, visitor, key, NO_TROUBLE)


@router.post("/portal/statements")
async def say(request: Request, visitor: SignedIn) -> Response:
    """Confirm a value, or object to it."""
    asked = {name: request.query_params.get(name, "") for name in CELL}

    async def work(services: Services, given: Given) -> str:
        agrees = given.get("agrees") == "true"
        body: dict[str, Any] = {**asked, "agrees": agrees}
        if not agrees:
            body["reason"] = given.get("reason", "")
        await services.act("datahub", "statements", body)
        done = "statement-confirmed" if agrees else "statement-contested"
        return told_done(f"{PAGE}?{urlencode(asked)}", done)

    return await act(request, visitor, work, partial(_cell, request, visitor, asked), "contest")


@router.post("/portal/statements/answer/{key}")
async def answer(request: Request, visitor: SignedIn, key: str) -> Response:
    """Answer an objection."""

    async def work(services: Services, given: Given) -> str:
        version = given.get("version", "")
        body = {name: given.get(name, "") for name in ("state", "reason")}
        expect = int(version) if version.isdecimal() else None
        await services.act("datahub", f"statements/{quote(key)}/answer", body, expect=expect)
        return told_done(f"{PAGE}/{quote(key)}", "statement-answered")

    return await act(request, visitor, work, partial(_one, request, visitor, key), "answer")


@router.post("/portal/statements/reading/{key}")
async def read(request: Request, visitor: SignedIn, key: str) -> Response:
    """Note that the answer was read."""

    async def work(services: Services, _given: Given) -> str:
        await services.act("datahub", f"statements/{quote(key)}/reading", None)
        return told_done(f"{PAGE}/{quote(key)}", "statement-read")

    return await act(request, visitor, work, partial(_one, request, visitor, key), "reading")


async def _cell(
    request: Request, visitor: Visitor | None, asked: dict[str, str], trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        explained = await data.explain(services, "|".join(asked[name] for name in CELL))
        rows = await maybe(saying.of_cell(services, **asked))
        told = {"asked": asked, "explained": explained, "rows": rows, "address": urlencode(asked)}
        return {
            **told,
            "one": None,
            **await saying.told(services, rows.value or [], asked["scope"]),
        }

    return await show(request, visitor, "statement.html", load, trouble)


async def _one(request: Request, visitor: Visitor | None, key: str, trouble: Trouble) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        one = await saying.get_statement(services, key)
        asked = {name: getattr(one, name) for name in CELL}
        told: dict[str, Any] = {"one": one, "asked": asked, "address": urlencode(asked)}
        return told | await saying.told(services, [one])

    return await show(request, visitor, "statement.html", load, trouble)
