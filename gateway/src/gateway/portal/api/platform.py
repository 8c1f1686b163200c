"""S19 the matrix of five by five, S16 the big screen, S13 operations, S18 calendar and units."""

import re
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.docs.api import Us
from gateway.portal.api.parts import lit_of
from gateway.portal.api.rendering import eight
from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.words import Words
from gateway.portal.queries import platform as queries
from gateway.portal.queries.services import Services
from shared.contracts.vocabulary import VerticalSystem
from shared.kit.clock import CAMPUS, now

router = APIRouter(include_in_schema=False)

OPERATIONS: Final = "operations:read"
SIZES: Final = ("1920x1080", "3840x2160", "6656x1792")
"""Pixels of screens that the wall offers; its address takes any other."""

_PIXELS: Final = re.compile(r"([1-9][0-9]{2,4})x([1-9][0-9]{2,4})")


@router.get("/map")
async def map_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the matrix: five vertical systems by five levels, each cell live."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        return {**await queries.matrix(services), "systems": tuple(VerticalSystem)}

    return await show(request, visitor, "map.html", load)


@router.get("/wall")
async def wall_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the big screen: large, moving by itself, and nothing of a person on it."""

    async def load(services: Services, words: Words) -> dict[str, Any]:
        told: dict[str, Any] = {**await queries.wall(services)}
        spiral = told["spiral"].value
        figure = eight(lit_of(spiral.cycle, words), words) if spiral and spiral.cycle else ""
        told |= {"figure": figure, "systems": tuple(VerticalSystem), "sizes": SIZES}
        return {**told, "size": _size(request.query_params.get("size", ""))}

    return await show(request, visitor, "wall.html", load)


def _size(text: str) -> str:
    """Return the pixels that the wall is drawn for; empty: as the window is."""
    return text if _PIXELS.fullmatch(text) else ""


@router.get("/operations")
async def operations_page(request: Request, about: Us, visitor: MaybeVisitor) -> Response:
    """Answer whether the suite is well: services, loops, watermarks, dead letters."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        services.caller.needs(OPERATIONS)
        return {
            "services": await about.services.get(),
            "watermarks": await about.watermarks.get(),
            "loops": about.loops,
            "letters": await queries.dead_letters(services),
        }

    return await show(request, visitor, "operations.html", load)


@router.get("/calendar")
async def calendar_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the terms with their weeks, and the units with who leads them."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told, units, names = await queries.calendar(services)
        today = now().astimezone(CAMPUS).date()
        return {"calendar": told, "organisation": units, "names": names, "today": today}

    return await show(request, visitor, "calendar.html", load)
