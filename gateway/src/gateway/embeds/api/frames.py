"""Embedded pieces: the shell of a frame, what stands in it, single figures, and oEmbed.

The shell holds no data and sets no cookie; what it shows it asks for with the token that the page
around it hands over. Source: design "Screens" (embed contract).
"""

from html import escape
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from gateway.access.api import Door, address_of, count_stranger
from gateway.access.domain.credentials import bearer_of
from gateway.embeds import repository, usecases
from gateway.embeds.api.views import render_view
from gateway.embeds.domain.narrowing import VIEWS
from gateway.embeds.schemas import Embedded, OEmbed
from gateway.portal.api.pages import services_for
from gateway.portal.api.rendering import render, static_files, words_of
from gateway.portal.domain.words import Words
from shared.errors import DomainError
from shared.kit.admin import Db
from shared.kit.identity import UnauthenticatedError
from shared.kit.problems import STATUS

router = APIRouter(include_in_schema=False)

MINUTES: Final = "public, max-age=300"
EVERYBODY: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": MINUTES,
}
FILES: Final = {"embed.js": "embed.js", "embed.css": "embed-figure.css"}
"""Under a name that stays; what they are here."""

_SHELL: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors "
)


@router.get("/embed/v1/{name}")
async def loader(name: str) -> Response:
    """Answer the loader or the styles, for pages of any site."""
    if name not in FILES:
        return Response(status_code=404)
    file = static_files()[FILES[name]]
    return Response(file.content, media_type=file.media_type, headers=EVERYBODY)


@router.get("/embed/{view}", dependencies=[Depends(count_stranger)])
async def shell(
    request: Request, view: str, db: Db, client: Annotated[UUID | None, Query()] = None
) -> Response:
    """Answer the shell of a frame, for the origins of one client or of all."""
    words = words_of(request)
    if view not in VIEWS:
        return HTMLResponse(words("page-missing"), status_code=404)
    async with db.transaction() as tx:
        origins = await repository.origins_of(tx, "frame", client)
    html = render("embed_shell.html", words, view=view, origins=" ".join(origins))
    headers = {
        "Content-Security-Policy": _SHELL + (" ".join(origins) or "'none'"),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, headers=headers)


@router.get("/embed/fragments/{view}")
async def fragment(
    request: Request,
    view: str,
    db: Db,
    door: Door,
    embed_origin: Annotated[str, Header(max_length=300)] = "",
) -> Response:
    """Answer what a frame or a figure shows."""
    own, origin = _own_origin(request, door.secure), request.headers.get("origin", "")
    is_frame = origin in {"", own}
    try:
        async with db.transaction() as tx:
            token = bearer_of(request.headers.get("authorization", "")) or ""
            seen = await usecases.meet(tx, token, embed_origin if is_frame else origin)
        await door.limiter.admit(seen.visitor, address_of(request, door), request.scope["state"])
        answer = await _shown(request, view, seen)
    except DomainError as error:
        answer = _refused(error, words_of(request))
    if not is_frame:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.options("/embed/fragments/{view}")
async def preflight(request: Request, view: str, db: Db) -> Response:
    """Let pages of the sites that may embed figures ask, and no others."""
    if view not in VIEWS:
        return Response(status_code=404)
    origin = request.headers.get("origin", "")
    async with db.transaction() as tx:
        known = origin in await repository.origins_of(tx, "element")
    headers = {"Vary": "Origin"}
    if known:
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Headers": "authorization",
            "Access-Control-Allow-Methods": "GET",
            "Access-Control-Max-Age": "600",
        }
    return Response(status_code=204, headers=headers)


@router.get("/embed/v1/origins/check")
async def check_origin(request: Request, db: Db) -> Response:
    """Answer a page of another site whether its origin is registered: the self-test asks."""
    origin = request.headers.get("origin", "")
    async with db.transaction() as tx:
        told = {kind: origin in await repository.origins_of(tx, kind) for kind in _KINDS}
    headers = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    return JSONResponse(
        {"origin": origin, **told}, headers={**headers, "Cache-Control": "no-store"}
    )


_KINDS: Final = ("frame", "element")


@router.get("/oembed")
async def oembed(
    request: Request, door: Door, url: Annotated[str, Query(max_length=2_000)]
) -> Response:
    """Answer how to embed an address of ours (oEmbed 1.0)."""
    own, parts = _own_origin(request, door.secure), urlsplit(url)
    view = parts.path.removeprefix("/embed/")
    if f"{parts.scheme}://{parts.netloc}" != own or view not in VIEWS:
        return Response(status_code=404)
    source = escape(f"{own}/embed/{view}", quote=True)
    html = (
        f'<script type="module" src="{own}/embed/v1/embed.js"></script>'
        f'<helix8-embed src="{source}" token-url="/helix8-token"></helix8-embed>'
    )
    told = OEmbed(title=words_of(request)(f"embed-{view}"), provider_url=own, html=html)
    return JSONResponse(told.model_dump())


def _own_origin(request: Request, secure: bool) -> str:  # noqa: FBT001
    """Return the origin by which browsers know us."""
    public: str = request.app.state.public_url
    return public or f"{'https' if secure else 'http'}://{request.headers.get('host', '')}"


async def _shown(request: Request, view: str, seen: Embedded) -> Response:
    words = Words(seen.language)
    if view not in VIEWS or view not in seen.resources:
        raise usecases.NotEmbeddableError(f"令牌不含部件 {view}", f"the token is not for {view}")
    services = services_for(request, seen.visitor, seen.language)
    html = await render_view(view, services, words, request.query_params)
    return HTMLResponse(html)


def _refused(error: DomainError, words: Words) -> Response:
    said = error.en if words.language == "en" else error.zh
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthenticatedError) else {}
    told = {"type": f"urn:helix8:problem:{error.code}", "detail": said}
    return JSONResponse(
        {**told, "status": STATUS[error.kind]},
        status_code=STATUS[error.kind],
        headers=headers,
        media_type="application/problem+json",
    )
