"""The first visit: a way for each role on which one number is followed; terms; sample files."""

from importlib import resources
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.domain.origins import LANDING
from gateway.portal.api.pages import to_login
from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.guide import STOPS, WAYS, address, home_of, way_of
from gateway.portal.domain.words import Words
from gateway.portal.queries.guide import followed
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

PAGE: Final = "/guide"
SAMPLES: Final = {
    "units": ("hr-units.csv", "text/csv"),
    "rooms": ("assets-rooms.csv", "text/csv"),
    "plan": ("plan.txt", "text/plain"),
}
"""Files to try an import with: by the word that tells them, name and type."""


@router.get(PAGE)
async def guide_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the way of a role (``?as=``), with the number that it follows today."""
    roles = visitor.caller.roles if visitor else frozenset[str]()
    way = way_of(request.query_params.get("as", ""), roles)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        found = await followed(services)
        number = found.number if found else {}
        stops = [(STOPS[word], address(STOPS[word], number)) for word in WAYS[way]]
        told = {"way": way, "ways": tuple(WAYS), "stops": stops, "found": found}
        return {**told, "samples": SAMPLES, "units": await services.units.get()}

    return await show(request, visitor, "guide.html", load)


@router.get(LANDING)
async def home(request: Request, visitor: MaybeVisitor) -> Response:
    """Lead to the page on which the visitor's role begins."""
    if visitor is None:
        return to_login(request)
    return RedirectResponse(home_of(visitor.caller.roles), status_code=303)


@router.get("/portal/samples/{name}")
async def sample(name: str) -> Response:
    """Answer a sample file; it holds invented data alone."""
    kinds = dict(SAMPLES.values())
    if name not in kinds:
        return Response(status_code=404)
    content = resources.files("gateway.portal").joinpath("samples", name).read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=f"{kinds[name]}; charset=utf-8", headers=headers)
