"""Sessions over HTTP, and the steps of signing in that the portal shares."""

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from gateway.access.api import Door, SignedIn, count_stranger
from gateway.access.domain.credentials import cookie_of, digest
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.audit.api import Now, circumstances_of
from gateway.identity.domain.lockout import LockedOutError
from gateway.identity.domain.passwords import password_fits
from gateway.identity.repository import sessions as stored
from gateway.identity.schemas import Me, SessionView, SignIn, WantedRole
from gateway.identity.usecases import sessions, signing_in
from gateway.identity.usecases.errors import (
    CodeNeededError,
    NotASessionError,
    WrongCodeError,
    WrongPasswordError,
)
from gateway.identity.usecases.second_factor import Shown
from gateway.identity.usecases.signing_in import OpenedSession
from gateway.roles.repository import scope_names
from gateway.roles.schemas import Person
from gateway.tables import SessionRow
from shared.kit.admin import Db
from shared.kit.audit.deeds import Circumstances
from shared.kit.database import Database, Transaction
from shared.kit.idempotency import unkeyed
from shared.kit.problems import problem, wants_english
from shared.kit.strict_json import StrictJsonRoute

HASHING: Final = asyncio.Semaphore(2)
"""Hashes at the same time: each takes 19 MiB and a core, and a flood must not take them all."""

AGENT_LENGTH: Final = 200

router = APIRouter(prefix="/api/gateway/v1", tags=["identity 身份"], route_class=StrictJsonRoute)


async def in_session(visitor: SignedIn) -> Visitor:
    """Return the visitor, who has signed in himself.

    Raises:
        NotASessionError: a key was shown instead.
    """
    if visitor.by != "session":
        raise NotASessionError("须本人登录后操作，不能用密钥", "sign in; a key cannot do this")
    return visitor


InSession = Annotated[Visitor, Depends(in_session)]


@router.post("/sessions", status_code=201, summary="登录", dependencies=[Depends(count_stranger)])
@unkeyed
async def sign_in(request: Request, response: Response, body: SignIn, db: Db, door: Door) -> Me:
    door.require_own_page(request.headers, browser=False)
    code = body.code.get_secret_value() if body.code else None
    secrets = (body.password.get_secret_value(), code)
    opened = await open_session(request, db, door, body.login, secrets)
    await replace_session(request, response, db, door, opened)
    async with db.transaction() as tx:
        visitor = await sessions.meet(tx, digest(opened.cookie), awake=True)
        assert visitor is not None
        return await _me(tx, visitor)


@router.delete("/sessions/current", status_code=204, summary="退出登录")
async def sign_out(request: Request, response: Response, db: Db, door: Door, _: SignedIn) -> None:
    await close_session(request, response, db, door)


@router.get("/sessions", summary="会话列表：自己的，或（管理员）某人的")
async def list_sessions(
    db: Db, visitor: SignedIn, person: Annotated[Person | None, Query()] = None
) -> list[SessionView]:
    subject = _whose(person, visitor, "gateway:read")
    async with db.transaction() as tx:
        rows = await stored.sessions_of(tx, subject)
    return [SessionView.of(row, visitor.session) for row in rows]


@router.delete("/sessions/{session_id}", status_code=204, summary="结束一个会话")
async def end_session(session_id: UUID, db: Db, door: Door, visitor: SignedIn, now: Now) -> None:
    may_all = visitor.caller.may("gateway:write")
    async with db.transaction() as tx:
        gone = await sessions.end_session(tx, session_id, now, may_all=may_all)
    door.forget_digest(gone.id_hash)


@router.delete("/sessions", status_code=204, summary="结束全部会话：自己的，或（管理员）某人的")
async def end_all_sessions(
    db: Db,
    door: Door,
    visitor: SignedIn,
    now: Now,
    person: Annotated[Person | None, Query()] = None,
) -> None:
    subject = _whose(person, visitor, "gateway:write")
    async with db.transaction() as tx:
        gone = await sessions.end_all(tx, subject, now)
    for each in gone:
        door.forget_digest(each.id_hash)


@router.get("/me", summary="当前身份与全部角色")
async def me(visitor: SignedIn, db: Db) -> Me:
    async with db.transaction() as tx:
        return await _me(tx, visitor)


@router.post("/me/role", response_model=Me, summary="切换角色；不填即同时使用全部角色")
@unkeyed
async def switch_role(
    request: Request, body: WantedRole, db: Db, door: Door, visitor: InSession, now: Now
) -> Response:
    wanted = (body.role, body.scope) if body.role else None
    opened = await act_in(request, db, door, visitor, wanted, now)
    async with db.transaction() as tx:
        found = await sessions.meet(tx, digest(opened), awake=True)
        assert found is not None
        told = await _me(tx, found)
    answer = JSONResponse(told.model_dump(mode="json"))
    set_cookie(answer, door, opened)
    return answer


async def act_in(
    request: Request,
    db: Database,
    door: Doorkeeper,
    visitor: Visitor,
    wanted: tuple[str, str | None] | None,
    now: Circumstances,
) -> str:
    """Let a visitor act in a role, or in all of his; return the session's new cookie.

    Raises:
        RoleNotHeldError: it is none of his.
    """
    cookie = cookie_of(request.headers.get("cookie", ""), door.cookie) or ""
    async with db.transaction() as tx:
        fresh = await sessions.switch_role(tx, cookie, visitor, wanted, now)
    door.forget(cookie)
    return fresh


async def open_session(
    request: Request,
    db: Database,
    door: Doorkeeper,
    login: str,
    secrets: tuple[str, str | None],
) -> OpenedSession:
    """Verify a password, and a one-time code where there is one, and open a session.

    The attempt is counted and committed first, so that parallel guesses count each.

    Args:
        secrets: password and code.

    Raises:
        WrongPasswordError: login or password is wrong.
        CodeNeededError: a code is missing.
        WrongCodeError: it is wrong.
        LockedOutError: too many failures.
    """
    now = circumstances_of(request, door, None)
    password, code = secrets
    async with db.transaction() as tx:
        attempt = await signing_in.begin_sign_in(tx, login, now.address)
    await asyncio.sleep(attempt.delay)
    async with HASHING:
        fits = await asyncio.to_thread(password_fits, attempt.password_hash, password)
    try:
        shown = _verified(Shown(code=code, seals=request.app.state.totp_seals), fits=fits)
        agent = request.headers.get("user-agent", "")[:AGENT_LENGTH]
        async with db.transaction() as tx:
            return await signing_in.finish_sign_in(tx, login, shown, now, agent)
    except (WrongPasswordError, WrongCodeError, CodeNeededError) as error:
        async with db.transaction() as tx:
            await signing_in.refuse_sign_in(tx, login, error.code, now)
        raise


def _verified(shown: Shown, *, fits: bool) -> Shown:
    if not fits:
        raise WrongPasswordError("账号或密码不正确", "login or password is wrong")
    return shown


async def replace_session(
    request: Request, response: Response, db: Database, door: Doorkeeper, opened: OpenedSession
) -> None:
    """Give the browser its new session, and end the one that it had: nothing goes on in it."""
    before = cookie_of(request.headers.get("cookie", ""), door.cookie)
    if before:
        async with db.transaction() as tx:
            await sessions.sign_out(tx, before, circumstances_of(request, door, None))
        door.forget(before)
    set_cookie(response, door, opened.cookie)


async def close_session(
    request: Request, response: Response, db: Database, door: Doorkeeper
) -> SessionRow | None:
    """End the session of a request, take its cookie back, and return what it was."""
    cookie = cookie_of(request.headers.get("cookie", ""), door.cookie)
    gone: SessionRow | None = None
    if cookie:
        async with db.transaction() as tx:
            gone = await sessions.sign_out(tx, cookie, circumstances_of(request, door, None))
        door.forget(cookie)
    response.delete_cookie(door.cookie, path="/", secure=door.secure, httponly=True, samesite="lax")
    return gone


def set_cookie(response: Response, door: Doorkeeper, cookie: str) -> None:
    """Give the browser its session: for this host only, out of reach of scripts."""
    response.set_cookie(
        door.cookie, cookie, path="/", secure=door.secure, httponly=True, samesite="lax"
    )


async def locked_out(request: Request, error: Exception) -> JSONResponse:
    """Answer a locked login with 429 and the seconds to wait."""
    assert isinstance(error, LockedOutError)
    english = wants_english(request.headers.get("accept-language"))
    answer = problem(
        request,
        code=error.code,
        status=429,
        title=error.title_en if english else error.title_zh,
        detail=error.en if english else error.zh,
    )
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _whose(person: str | None, visitor: Visitor, permission: str) -> str:
    """Return whose sessions are meant.

    Raises:
        NotAllowedError: somebody else's, and the visitor is no administrator.
    """
    subject = person or visitor.caller.subject
    if subject != visitor.caller.subject:
        visitor.caller.needs(permission)
    return subject


async def _me(tx: Transaction, visitor: Visitor) -> Me:
    scopes = {each.scope for each in visitor.held if each.scope}
    return Me.of(visitor, await scope_names(tx, scopes) if scopes else {})
