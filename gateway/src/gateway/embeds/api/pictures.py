"""Figures as files, SVG and PNG: for whoever is signed in, and by an address that was given out.

Such an address says one figure, for one person, for a while: it may stand in a mail or in another
site's page, where nobody signs in. Source: design "Screens" (embed contract).
"""

import asyncio
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qsl

import typst
from fastapi import APIRouter, Depends, Request, Response

from gateway.access.api import DOCUMENT_POLICY, Door, SignedIn, address_of, count_stranger
from gateway.audit.api import Now
from gateway.embeds import usecases
from gateway.embeds.api.views import render_view
from gateway.embeds.domain.narrowing import FIGURES
from gateway.embeds.schemas import FigureAddress, NewFigureAddress
from gateway.portal.api.pages import services_for
from gateway.portal.api.rendering import static_files, words_of
from gateway.portal.domain.pictures import picture, style_of
from gateway.portal.domain.refusals import GoneError
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services
from shared.kit.admin import Db
from shared.kit.idempotency import unkeyed
from shared.kit.identity import NotAllowedError
from shared.kit.strict_json import StrictJsonRoute

pages = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api/gateway/v1", tags=["embed 嵌入"], route_class=StrictJsonRoute)

Kind = Literal["svg", "png"]
TYPES: Final[Mapping[str, str]] = {"svg": "image/svg+xml", "png": "image/png"}
DOTS: Final = 192
"""Dots of a PNG by the inch: sharp on a slide."""

_DRAWING = asyncio.Semaphore(2)
"""A PNG takes a core for a fifth of a second."""


@router.post("/embed/figures", status_code=201, summary="为某人换取一张图的限时地址（SVG/PNG）")
@unkeyed
async def give_figure_address(
    body: NewFigureAddress, request: Request, db: Db, now: Now, visitor: SignedIn
) -> FigureAddress:
    """Give the address of one figure, as one person sees it, for at most 300 s.

    A system asks, by its key; whoever has the address sees that figure and nothing else.
    """
    if visitor.by == "session":
        raise NotAllowedError(
            "图的地址由门户后端以密钥换取", "such addresses are for systems that show a key"
        )
    async with db.transaction() as tx:
        given = await usecases.give_figure(tx, visitor.caller, body, now)
    base = str(request.app.state.public_url or request.base_url).rstrip("/")
    url = f"{base}/embed/v1/figures/{given.token}.{body.format}"
    return FigureAddress(url=url, expires_at=given.expires_at)


@pages.get("/embed/v1/figures/{token}.{kind}", dependencies=[Depends(count_stranger)])
async def given_figure(request: Request, token: str, kind: Kind, db: Db, door: Door) -> Response:
    """Answer the figure that an address was given for."""
    async with db.transaction() as tx:
        seen = await usecases.meet(tx, token, usecases.FIGURE)
    await door.limiter.admit(seen.visitor, address_of(request, door), request.scope["state"])
    view, _, asked = next(iter(seen.resources)).partition("?")
    services = services_for(request, seen.visitor, seen.language)
    answer = await _drawn(view, kind, services, Words(seen.language), dict(parse_qsl(asked)))
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@pages.get("/portal/figures/{view}.{kind}")
async def own_figure(request: Request, view: str, kind: Kind, visitor: SignedIn) -> Response:
    """Answer a figure as a file, as its page shows it."""
    services, words = services_for(request, visitor), words_of(request)
    answer = await _drawn(view, kind, services, words, request.query_params)
    answer.headers["Content-Disposition"] = f'attachment; filename="{view}.{kind}"'
    return answer


async def _drawn(
    view: str, kind: str, services: Services, words: Words, asked: Mapping[str, str]
) -> Response:
    drawn = ""
    if view in FIGURES:
        drawn = picture(str(await render_view(view, services, words, asked)), _style())
    if not drawn:
        raise GoneError("没有这张图", "there is no such figure")
    async with _DRAWING:
        content = await asyncio.to_thread(_png, drawn) if kind == "png" else drawn.encode()
    # Opened by itself an SVG is a document, which may wear the style that it brings along.
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": DOCUMENT_POLICY}
    return Response(content, media_type=TYPES[kind], headers=headers)


@cache
def _style() -> str:
    return style_of(static_files()["kept.css"].content.decode())


def _png(drawn: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "figure.svg").write_text(drawn, encoding="utf-8")
        page = '#set page(width: auto, height: auto, margin: 0pt)\n#image("figure.svg")'
        paper = Path(folder, "page.typ")
        paper.write_text(page, encoding="utf-8")
        made = typst.compile(paper, root=Path(folder), format="png", ppi=DOTS)
    assert isinstance(made, bytes)
    return made
