"""Search over everything: a page of its own, and what the palette (Ctrl K) shows."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from gateway.access.api import SignedInQuietly
from gateway.portal.api.pages import services_for
from gateway.portal.api.rendering import render, words_of
from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.navigation import groups_for
from gateway.portal.domain.words import Words
from gateway.portal.queries.searching import search
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

LONGEST: Final = 60


@router.get("/search")
async def search_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what is found, on a page."""

    async def load(services: Services, words: Words) -> dict[str, Any]:
        asked = _asked(request)
        groups = groups_for(services.caller.may)
        found = await search(services, words, groups, asked) if asked else []
        return {"asked": asked, "found": found}

    return await show(request, visitor, "search.html", load)


@router.get("/portal/search")
async def palette(request: Request, visitor: SignedInQuietly) -> Response:
    """Answer what is found, as a list."""
    asked, words = _asked(request), words_of(request)
    groups = groups_for(visitor.caller.may)
    found = await search(services_for(request, visitor), words, groups, asked) if asked else []
    html = render("tables/hits.html", words, found=found, asked=asked)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _asked(request: Request) -> str:
    return request.query_params.get("q", "").replace("\0", "").strip()[:LONGEST]
