"""A voice in a diagnosis: whoever is asked for his reads what it is about, and hands it in."""

from functools import partial
from typing import Any, Literal
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
    show,
    told_done,
)
from gateway.portal.domain.words import Words
from gateway.portal.queries import cycles as queries
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

Source = Literal["self", "student", "peer", "supervision", "employer", "expert"]


@router.get("/voices/{diagnosis}/{source}")
async def voice_page(
    request: Request, visitor: MaybeVisitor, diagnosis: UUID, source: Source
) -> Response:
    """Answer what somebody is asked to speak to."""
    return await _voice(request, visitor, f"voices/{diagnosis}/{source}", NO_TROUBLE)


@router.post("/portal/voices/{diagnosis}/{source}")
async def speak(request: Request, visitor: SignedIn, diagnosis: UUID, source: Source) -> Response:
    """Hand in one's voice."""
    place = f"voices/{diagnosis}/{source}"

    async def work(services: Services, given: Given) -> str:
        rating = given.get("rating", "").strip()
        body = {"text": given.get("text", "")} | ({"rating": rating} if rating else {})
        await services.act("spiral", place, body)
        return told_done(f"/{place}", "written")

    return await act(request, visitor, work, partial(_voice, request, visitor, place), "voice")


async def _voice(
    request: Request, visitor: Visitor | None, place: str, trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        return {"one": await queries.get_voice(services, quote(place)), "place": place}

    return await show(request, visitor, "voice.html", load, trouble)
