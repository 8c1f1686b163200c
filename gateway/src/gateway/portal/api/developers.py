"""S14, for developers: keys of systems with their limits and use, how to sign in, where to read."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from gateway.access.api import Door, SignedIn
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.docs.api import Us
from gateway.identity import queries as identity
from gateway.identity.schemas import MadeKey, NewKey, Rotation
from gateway.identity.usecases import keys
from gateway.portal.api.pages import form_of
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    show,
    told_done,
    unfit,
)
from gateway.portal.domain.cycle_forms import end_of_day
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.admin import Db
from shared.kit.clock import CAMPUS, now

router = APIRouter(include_in_schema=False)

PAGE: Final = "/developers"
READ: Final = "gateway:read"
WRITE: Final = "gateway:write"


@router.get(PAGE)
async def developers_page(request: Request, db: Db, about: Us, visitor: MaybeVisitor) -> Response:
    """Answer the keys, and how a system begins."""
    return await _page(request, db, about, visitor, NO_TROUBLE)


@router.post("/portal/keys")
async def make_key(request: Request, db: Db, about: Us, visitor: SignedIn, who: Now) -> Response:
    """Make a key, and show it for once."""
    given = (await form_of(request, AnyForm)).fields
    try:
        visitor.caller.needs(WRITE)
        new = _new_key(given, english=request.headers.get("accept-language", "").startswith("en"))
        async with db.transaction() as tx:
            made = await keys.make_key(tx, new, visitor.caller, who)
    except DomainError as error:
        trouble = Trouble(error=error, form="key", given=given)
        return await _page(request, db, about, visitor, trouble)
    return await _page(request, db, about, visitor, NO_TROUBLE, made)


@router.post("/portal/keys/{key_id}/rotation")
async def rotate_key(  # noqa: PLR0913, PLR0917 — what the parts of the gateway give
    request: Request, db: Db, about: Us, door: Door, visitor: SignedIn, who: Now, key_id: str
) -> Response:
    """Make the successor of a key, and show it for once."""
    try:
        visitor.caller.needs(WRITE)
        async with db.transaction() as tx:
            made = await keys.rotate_key(tx, key_id, Rotation().overlap_hours, visitor.caller, who)
    except DomainError as error:
        return await _page(request, db, about, visitor, Trouble(error=error, form="act"))
    door.forget_key(key_id)
    return await _page(request, db, about, visitor, NO_TROUBLE, made)


@router.post("/portal/keys/{key_id}/revocation")
async def revoke_key(  # noqa: PLR0913, PLR0917 — what the parts of the gateway give
    request: Request, db: Db, about: Us, door: Door, visitor: SignedIn, who: Now, key_id: str
) -> Response:
    """Revoke a key, from now on."""
    try:
        visitor.caller.needs(WRITE)
        async with db.transaction() as tx:
            await keys.revoke_key(tx, key_id, who)
    except DomainError as error:
        return await _page(request, db, about, visitor, Trouble(error=error, form="act"))
    door.forget_key(key_id)
    return RedirectResponse(told_done(PAGE, "key-revoked"), status_code=303)


def _new_key(given: Given, *, english: bool) -> NewKey:
    said: dict[str, Any] = {name: given[name] for name in ("name", "subject") if name in given}
    said |= {name: given.get(name, "").split() for name in ("scopes", "networks")}
    said |= {name: given[name] for name in ("per_minute", "per_day") if name in given}
    if "expires_at" in given:
        said["expires_at"] = end_of_day(given["expires_at"], CAMPUS)
    try:
        return NewKey.model_validate(said)
    except ValidationError as error:
        raise unfit(error, english=english) from error


async def _page(
    request: Request,
    db: Db,
    about: Us,
    visitor: Visitor | None,
    trouble: Trouble,
    made: MadeKey | None = None,
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        services.caller.needs(READ)
        async with db.transaction() as tx:
            listed = await identity.list_keys(tx)
        told: dict[str, Any] = {
            "keys": listed,
            "made": made,
            "moment": now(),
            "base": str(request.base_url),
        }
        told["services"] = await about.services.get()
        return told | {"dead": "dead" in request.query_params}

    return await show(request, visitor, "developers.html", load, trouble)
