"""S14, the sites that embed: registered, ended, and what an integrator puts into his page."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.embeds import repository, usecases
from gateway.embeds.domain.narrowing import VIEWS
from gateway.embeds.schemas import EmbedClientView, NewEmbedClient
from gateway.portal.api.pages import form_of
from gateway.portal.api.rendering import words_of
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    show,
    told_done,
    unfit,
)
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.admin import Db

router = APIRouter(include_in_schema=False)

PAGE: Final = "/embeds"
READ: Final = "gateway:read"
WRITE: Final = "gateway:write"
LISTS: Final = ("origins", "resources")


@router.get(PAGE)
async def embeds_page(request: Request, db: Db, visitor: MaybeVisitor) -> Response:
    """Answer the sites that embed, with the lines for their pages."""
    return await _page(request, db, visitor, NO_TROUBLE)


@router.post("/portal/embeds")
async def register_site(request: Request, db: Db, visitor: SignedIn, now: Now) -> Response:
    """Register a site."""
    given = (await form_of(request, AnyForm)).fields
    try:
        visitor.caller.needs(WRITE)
        new = _new_client(given, english=words_of(request).language == "en")
        async with db.transaction() as tx:
            await usecases.add_client(tx, new, now)
    except DomainError as error:
        trouble = Trouble(error=error, form="site", given=given)
        return await _page(request, db, visitor, trouble)
    return RedirectResponse(told_done(PAGE, "embed-made"), status_code=303)


@router.post("/portal/embeds/{client_id}/end")
async def end_site(
    request: Request, client_id: UUID, db: Db, visitor: SignedIn, now: Now
) -> Response:
    """End a site's registration, and its tokens."""
    try:
        visitor.caller.needs(WRITE)
        async with db.transaction() as tx:
            await usecases.end_client(tx, client_id, now)
    except DomainError as error:
        return await _page(request, db, visitor, Trouble(error=error, form="act"))
    return RedirectResponse(told_done(PAGE, "embed-ended"), status_code=303)


def _new_client(given: Given, *, english: bool) -> NewEmbedClient:
    said: dict[str, Any] = {name: given[name] for name in given if name not in LISTS}
    said |= {name: given.get(name, "").split() for name in LISTS}
    try:
        return NewEmbedClient.model_validate(said)
    except ValidationError as error:
        raise unfit(error, english=english) from error


async def _page(request: Request, db: Db, visitor: Visitor | None, trouble: Trouble) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        services.caller.needs(READ)
        async with db.transaction() as tx:
            clients = await repository.list_clients(tx, ended=False)
            sites = [EmbedClientView.of(each) for each in clients]
        base = str(request.app.state.public_url or request.base_url).rstrip("/")
        return {"sites": sites, "views": VIEWS, "base": base}

    return await show(request, visitor, "embeds.html", load, trouble)
