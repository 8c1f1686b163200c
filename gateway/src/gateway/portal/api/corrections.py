"""A correction of the routine loop: cause, measure, evidence, and whether it had an effect."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.cycles import CAUSES
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
from gateway.portal.domain.words import Words
from gateway.portal.queries import cycles as queries
from gateway.portal.queries.services import Services, names

router = APIRouter(include_in_schema=False)

PAGE: Final = "/corrections"
Act = Literal["assignment", "plan", "evidence", "verification"]


@router.get(PAGE + "/{key}")
async def correction_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer a correction."""
    return await _correction(request, visitor, key, NO_TROUBLE)


@router.post("/portal/corrections/{what}/{key}")
async def take_act(request: Request, visitor: SignedIn, what: Act, key: str) -> Response:
    """Name who mends it, say how, hand in that it was done, find whether it worked."""

    async def work(services: Services, given: Given) -> str:
        version = given.get("version", "")
        expect = int(version) if version.isdecimal() else None
        body = cycle_forms.correcting(what, given)
        await services.act("spiral", f"corrections/{quote(key)}/{what}", body, expect=expect)
        return told_done(f"{PAGE}/{quote(key)}", "written")

    return await act(request, visitor, work, partial(_correction, request, visitor, key), what)


async def _correction(
    request: Request, visitor: Visitor | None, key: str, trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        found = await queries.get_correction(services, key)
        people = [found.owner, *(each.by for each in found.history)]
        known, units = await names(services, people), await services.units.get()
        return {"one": found, "names": known, "units": units, "causes": CAUSES}

    return await show(request, visitor, "correction.html", load, trouble)
