"""One's own page: roles to act in, and where one is signed in."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import Door
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.identity.api.sessions import InSession, act_in, close_session, set_cookie
from gateway.identity.repository.calendars import made_at
from gateway.identity.repository.sessions import sessions_of
from gateway.identity.schemas import Me, SessionView
from gateway.identity.usecases import sessions
from gateway.portal.api.pages import MaybeVisitor, form_of, leaving, refused, to_login
from gateway.portal.api.rendering import page, words_of
from gateway.portal.schemas import RoleForm, SessionForm
from gateway.roles.repository import scope_names
from shared.errors import DomainError
from shared.kit.admin import Db
from shared.kit.database import Database

PATH: Final = "/account"

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def account_page(request: Request, db: Db, visitor: MaybeVisitor) -> Response:
    """Answer the roles and sessions of the visitor."""
    return await show_account(request, db, visitor) if visitor else to_login(request)


async def show_account(
    request: Request, db: Database, visitor: Visitor, calendar: str = ""
) -> Response:
    """Answer the page; with the address of a calendar that was just made, where there is one."""
    async with db.transaction() as tx:
        names = await scope_names(tx, {each.scope for each in visitor.held if each.scope})
        rows = await sessions_of(tx, visitor.caller.subject)
        subscribed_at = await made_at(tx, visitor.caller.subject)
    logins = request.app.state.logins.providers
    return page(
        request,
        "account.html",
        visitor,
        me=Me.of(visitor, names),
        sessions=[SessionView.of(row, visitor.session) for row in rows],
        providers={each.id: each for each in logins},
        calendar=calendar,
        subscribed_at=subscribed_at,
    )


@router.post("/portal/role")
async def choose_role(
    request: Request, db: Db, door: Door, visitor: InSession, now: Now
) -> Response:
    """Act in the chosen role from now on, with a cookie that is new."""
    form = await form_of(request, RoleForm)
    wanted = (form.role, form.scope or None) if form.role else None
    try:
        cookie = await act_in(request, db, door, visitor, wanted, now)
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("my-roles"), PATH)
    answer = RedirectResponse(PATH, status_code=303)
    set_cookie(answer, door, cookie)
    return answer


@router.post("/portal/sessions/end")
async def end_session(
    request: Request, db: Db, door: Door, visitor: InSession, now: Now
) -> Response:
    """End one of the visitor's sessions."""
    form = await form_of(request, SessionForm)
    try:
        async with db.transaction() as tx:
            gone = await sessions.end_session(tx, form.session, now, may_all=False)
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("my-sessions"), PATH)
    door.forget_digest(gone.id_hash)
    return RedirectResponse(PATH, status_code=303)


@router.post("/portal/sessions/end-all")
async def end_all_sessions(
    request: Request, db: Db, door: Door, visitor: InSession, now: Now
) -> Response:
    """End every session of the visitor, this one too, and sign him out of the campus login."""
    async with db.transaction() as tx:
        gone = await sessions.end_all(tx, visitor.caller.subject, now)
    for each in gone:
        door.forget_digest(each.id_hash)
    onward = None
    for each in gone:
        if each.id == visitor.session:
            onward = await request.app.state.logins.logout_url(each)
    answer = leaving(request, onward)
    await close_session(request, answer, db, door)
    return answer
