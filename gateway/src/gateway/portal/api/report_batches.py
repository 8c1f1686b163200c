"""S10, many reports as one job with its progress, and the schedules that order them."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

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
from gateway.portal.domain import report_forms
from gateway.portal.domain.words import Words
from gateway.portal.queries import reporting as queries
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Services, names
from gateway.portal.queries.telling import channels
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/report-batches"
OBJECTS: Final = ("student", "teacher", "course", "major", "class", "unit", "school")
ROOM: Final = 500_000
"""Bytes of a form: objects may be named line by line."""


@router.get(PAGE)
async def batches_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the batches, the newest first, and the schedules."""
    return await _list(request, visitor, NO_TROUBLE)


@router.post("/portal/report-batches")
async def order(request: Request, visitor: SignedIn) -> Response:
    """Have many reports made."""

    async def work(services: Services, given: Given) -> str:
        answer = await services.act("report", "batches", report_forms.ordering(given, CAMPUS))
        return told_done(f"{PAGE}/{quote(str(answer.json()['id']))}", "batch-ordered")

    return await act(request, visitor, work, partial(_list, request, visitor), "batch", room=ROOM)


@router.get(PAGE + "/{batch}")
async def batch_page(request: Request, visitor: MaybeVisitor, batch: UUID) -> Response:
    """Answer a batch: how far it has come, its folders, and what was not made."""
    return await _one(request, visitor, batch, NO_TROUBLE)


@router.post("/portal/report-batches/{step}/{batch}")
async def take_step(
    request: Request, visitor: SignedIn, step: Literal["cancellation", "retry"], batch: UUID
) -> Response:
    """Cancel what of a batch is not made yet, or make what failed again."""

    async def work(services: Services, _given: Given) -> str:
        await services.act("report", f"batches/{batch}/{step}", None)
        return told_done(f"{PAGE}/{batch}", f"batch-{step}")

    return await act(request, visitor, work, partial(_one, request, visitor, batch), step)


@router.post("/portal/report-schedules")
async def plan(request: Request, visitor: SignedIn) -> Response:
    """Keep a new schedule."""

    async def work(services: Services, given: Given) -> str:
        body = report_forms.scheduling(given, CAMPUS)
        path = f"schedules/{quote(given.get('key', '') or '-', safe='')}"
        await services.act("report", path, body, method="PUT")
        return told_done(PAGE, "schedule-kept")

    return await act(request, visitor, work, partial(_list, request, visitor), "schedule")


@router.post("/portal/report-schedules/{key}/{switch}")
async def switch(
    request: Request, visitor: SignedIn, key: str, switch: Literal["on", "off"]
) -> Response:
    """Switch a schedule on or off."""

    async def work(services: Services, _given: Given) -> str:
        await queries.switch(services, quote(key, safe=""), on=switch == "on")
        return told_done(PAGE, "schedule-kept")

    return await act(request, visitor, work, partial(_list, request, visitor), "switch")


async def _list(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        found, more = await queries.batches(services, number)
        told = {"batches": found, "more": more, "number": number, "objects": OBJECTS}
        kinds = await queries.kinds(services)
        told |= {"kinds": kinds, "title_of": {each.key: each.title for each in kinds}}
        told["rhythms"] = tuple(report_forms.RULES)
        told["schedules"] = await queries.schedules(services)
        told["channels"] = await maybe(channels(services))
        known = await names(services, [each.created_by for each in found])
        return told | {"names": known, "formats": report_forms.FORMATS}

    return await show(request, visitor, "report_batches.html", load, trouble)


async def _one(
    request: Request, visitor: Visitor | None, batch: UUID, trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told = await queries.get_batch(services, batch)
        kinds = {each.key: each.title for each in await queries.kinds(services)}
        known = await names(services, [told["one"].created_by])
        return {**told, "kinds": kinds, "names": known}

    return await show(request, visitor, "report_batch.html", load, trouble)
