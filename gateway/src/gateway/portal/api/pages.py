"""The pages: signing in, the overview, the lists; and the fragments that refresh them."""

from collections.abc import Collection
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ValidationError

from gateway.access.api import (
    Door,
    SignedIn,
    SignedInQuietly,
    count_stranger,
    visitor_or_none,
)
from gateway.access.domain.origins import landing, local_path, takes_gzip
from gateway.access.schemas import Visitor
from gateway.access.usecases import CrossOriginError
from gateway.docs.api import Us, discovery
from gateway.identity.api.sessions import close_session, open_session, replace_session
from gateway.identity.domain.lockout import LockedOutError
from gateway.identity.queries import names_of
from gateway.identity.usecases.errors import CodeNeededError, WrongCodeError
from gateway.portal.api.parts import OVERVIEW, PARTS, render_part, render_parts
from gateway.portal.api.reference import router as reference_router
from gateway.portal.api.rendering import page, static_files, words_of
from gateway.portal.domain.listing import UnknownWishError
from gateway.portal.domain.texts import clock
from gateway.portal.domain.words import Language
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas import AcknowledgementForm, ReportWish, SignInForm
from shared.errors import DomainError, UnavailableError
from shared.kit.admin import Db
from shared.kit.clock import CAMPUS, now
from shared.kit.database import Database
from shared.kit.problems import STATUS

MAX_FORM = 100_000
"""Bytes of a form; the longest is that of a rule, whose condition may be written."""

Form = TypeVar("Form", bound=BaseModel)

router = APIRouter(include_in_schema=False)
router.include_router(reference_router)

MaybeVisitor = Annotated[Visitor | None, Depends(visitor_or_none)]


def services_for(request: Request, visitor: Visitor, language: Language | None = None) -> Services:
    """Return the services as a visitor may see them, in the language of the request or another."""
    state = request.app.state
    database: Database = state.database

    async def accounts(keys: Collection[str]) -> dict[str, str]:
        async with database.transaction() as tx:
            return await names_of(tx, keys)

    return Services(
        upstream=state.upstream,
        caller=visitor.caller,
        units=state.units,
        entities=state.about.entities,
        accounts=accounts,
        language=language or words_of(request).language,
    )


@router.get("/", summary="总览；Accept: application/json 时为自述")
async def front(request: Request, about: Us, visitor: MaybeVisitor) -> Response:
    """Answer discovery to a program, the overview to a person, the login page to a stranger."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(await discovery(about), headers={"Vary": "Accept"})
    if visitor is None:
        return to_login(request)
    return await _show(request, visitor, "overview.html", OVERVIEW)


@router.get("/alerts")
async def alerts_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer every alert, page by page."""
    if visitor is None:
        return to_login(request)
    return await _show(request, visitor, "list.html", ("all-alerts",))


@router.get("/corrections")
async def corrections_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer every correction, page by page."""
    if visitor is None:
        return to_login(request)
    return await _show(request, visitor, "list.html", ("all-corrections",))


@router.get("/portal/fragments/{name}")
async def fragment(request: Request, name: str, visitor: SignedInQuietly) -> Response:
    """Answer the inside of one part."""
    words = words_of(request)
    if name not in PARTS:
        return HTMLResponse(words("page-missing"), status_code=404)
    html = await render_part(
        name, services_for(request, visitor), words, dict(request.query_params)
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


@router.get("/login")
async def login_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the login page."""
    target = local_path(request.query_params.get("next", "/"))
    if visitor is not None:
        return RedirectResponse(landing(target), status_code=303)
    return _login(request, target)


@router.post("/login", dependencies=[Depends(count_stranger)])
async def login(request: Request, db: Db, door: Door) -> Response:
    """Take the form of the login page."""
    form: SignInForm | None = None
    try:
        door.require_own_page(request.headers, browser=False)
        form = await form_of(request, SignInForm)
        secrets = (form.password, form.code.strip() or None)
        opened = await open_session(request, db, door, form.login, secrets)
    except (DomainError, RequestValidationError) as error:
        return _again(request, error, form.next if form else "/")
    answer = RedirectResponse(landing(local_path(form.next)), status_code=303)
    await replace_session(request, answer, db, door, opened)
    return answer


@router.post("/logout")
async def logout(request: Request, db: Db, door: Door, _visitor: MaybeVisitor) -> Response:
    """End the session here and at the campus login it came by; show the login page."""
    gone = await close_session(request, Response(), db, door)
    answer = leaving(request, await request.app.state.logins.logout_url(gone) if gone else None)
    await close_session(request, answer, db, door)
    return answer


@router.post("/portal/reports")
async def make_report(request: Request, visitor: SignedIn) -> Response:
    """Have the self-diagnosis report of a scope made, and go there."""
    wish = await form_of(request, ReportWish)
    try:
        path = await services_for(request, visitor).make_report(wish)
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("report-failed"), "/")
    return RedirectResponse(path, status_code=303)


@router.post("/portal/alerts/{alert}/acknowledgement")
async def acknowledge(request: Request, alert: UUID, visitor: SignedIn) -> Response:
    """Acknowledge an alert and go back; say who was first where somebody was before."""
    given = await form_of(request, AcknowledgementForm)
    target = local_path(given.next)
    services, words = services_for(request, visitor), words_of(request)
    try:
        first, is_new = await services.acknowledge(alert, given.note)
    except DomainError as error:
        title = words("acknowledge-failed")
        return refused(request, visitor, error, title, target)
    if is_new:
        return RedirectResponse(target, status_code=303)
    by = (await names(services, [first.acknowledged_by])).get(first.acknowledged_by)
    why = words(
        "acknowledged-first", by or first.acknowledged_by, clock(first.acknowledged_at, CAMPUS)
    )
    title = words("acknowledged-before")
    return page(request, "message.html", visitor, title=title, why=why, target=target)


@router.get("/portal/static/{name}")
async def static(request: Request, name: str) -> Response:
    """Answer a static file by its hashed name, to be kept for ever."""
    file = next((each for each in static_files().values() if each.name == name), None)
    if file is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    packs = takes_gzip(request.headers.get("accept-encoding", ""))
    headers |= {"Content-Encoding": "gzip"} if packs else {}
    content = file.packed if packs else file.content
    return Response(content, media_type=file.media_type, headers=headers)


def leaving(request: Request, onward: str | None) -> Response:
    """Answer whoever signed out: the login page, or a page that goes on to the campus login's."""
    if onward is None:
        return RedirectResponse("/login", status_code=303)
    # No redirect: browsers refuse one that leads a form of ours to another site.
    return page(request, "signed_out.html", None, onward=onward)


def refused(
    request: Request, visitor: Visitor, error: DomainError, title: str, target: str
) -> Response:
    """Answer a page that says why a form was not taken."""
    why = error.en if words_of(request).language == "en" else error.zh
    status = STATUS[error.kind]
    return page(request, "message.html", visitor, status, title=title, why=why, target=target)


async def _show(
    request: Request, visitor: Visitor, template: str, wanted: tuple[str, ...]
) -> Response:
    """Answer a page made of parts, each of which refreshes itself with the page's own query."""
    since = now().isoformat()
    asked = {name: value for name, value in request.query_params.items() if name != "lang"}
    services = services_for(request, visitor)
    words = words_of(request)
    try:
        parts = await render_parts(wanted, services, words, asked)
    except UnknownWishError as error:
        return refused(request, visitor, error, words("wish-unknown"), request.url.path)
    every = {name: PARTS[name].every for name in wanted}
    told: dict[str, Any] = {
        "parts": parts,
        "every": every,
        "asked": urlencode(asked),
        "since": since,
    }
    return page(request, template, visitor, **told)


def to_login(request: Request) -> Response:
    query = request.url.query
    target = request.url.path + (f"?{query}" if query else "")
    carried = {} if target == "/" else {"next": target}
    if "lang" in request.query_params:
        carried["lang"] = request.query_params["lang"]
    return RedirectResponse("/login" + (f"?{urlencode(carried)}" if carried else ""), 303)


def _login(
    request: Request, target: str, problem: str = "", status: int = 200, *, code: bool = False
) -> Response:
    """Answer the login page.

    Args:
        code: with a field for a one-time code.
    """
    state = request.app.state
    return page(
        request,
        "login.html",
        None,
        status,
        target=target,
        problem=problem,
        code=code,
        demo=state.has_demo,
        providers=state.logins.providers,
    )


def _again(request: Request, error: DomainError | RequestValidationError, target: str) -> Response:
    """Show the login page again, with the reason."""
    words = words_of(request)
    headers: dict[str, str] = {}
    match error:
        case LockedOutError():
            status, problem = 429, words("locked", error.seconds)
            headers = {"Retry-After": str(error.seconds)}
        case CrossOriginError():
            status, problem = 403, words("other-site")
        case UnavailableError():
            status, problem = 503, words("database-away")
        case CodeNeededError() | WrongCodeError():
            status, problem = 401, words(error.code)
        case _:
            status, problem = 401, words("wrong-password")
    with_code = isinstance(error, CodeNeededError | WrongCodeError)
    answer = _login(request, local_path(target), problem, status, code=with_code)
    answer.headers.update(headers)
    return answer


async def form_of(request: Request, model: type[Form], room: int = MAX_FORM) -> Form:
    """Read a form.

    Args:
        room: bytes that it may have.

    Raises:
        RequestValidationError: a field is missing or malformed, or holds NUL.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > room:
            raise RequestValidationError([])
    fields: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace")))
    if any("\0" in value for value in fields.values()):
        raise RequestValidationError([])
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("form", *each["loc"])} for each in error.errors()]
        ) from error
