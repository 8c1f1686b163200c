"""Sessions, accounts and keys over HTTP, and the steps of signing in that the portal shares."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from gateway.access.api import Door, SignedIn, allowed
from gateway.access.domain.credentials import cookie_of, digest
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.identity import queries, usecases
from gateway.identity.domain.lockout import LockedOutError
from gateway.identity.domain.passwords import hash_password, password_fits
from gateway.identity.schemas import AccountView, KeyView, MadeKey, Me, NewAccount, NewKey, SignIn
from gateway.identity.usecases import OpenedSession, WrongPasswordError
from shared.kit.admin import Db
from shared.kit.database import Database
from shared.kit.idempotency import unkeyed
from shared.kit.problems import problem, wants_english
from shared.kit.strict_json import StrictJsonRoute

HASHING: Final = asyncio.Semaphore(2)
"""Hashes at the same time: each takes 19 MiB and a core, and a flood must not take them all."""

router = APIRouter(prefix="/api/gateway/v1", tags=["identity 身份"], route_class=StrictJsonRoute)

Administrator = Annotated[Visitor, Depends(allowed("gateway:write"))]
Overseer = Annotated[Visitor, Depends(allowed("gateway:read"))]


@router.post("/sessions", status_code=201, summary="登录")
@unkeyed
async def sign_in(request: Request, response: Response, body: SignIn, db: Db, door: Door) -> Me:
    door.require_own_page(request.headers, browser=False)
    opened = await open_session(request, db, door, body.login, body.password.get_secret_value())
    set_cookie(response, door, opened.cookie)
    async with db.transaction() as tx:
        visitor = await usecases.meet_session(tx, digest(opened.cookie), awake=True)
    assert visitor is not None
    return _me(visitor)


@router.delete("/sessions/current", status_code=204, summary="退出登录")
async def sign_out(request: Request, response: Response, db: Db, door: Door, _: SignedIn) -> None:
    await close_session(request, response, db, door)


@router.get("/me", summary="当前身份")
async def me(visitor: SignedIn) -> Me:
    return _me(visitor)


@router.post("/accounts", status_code=201, summary="新建账号")
@unkeyed
async def make_account(body: NewAccount, db: Db, _: Administrator) -> AccountView:
    async with HASHING:
        hashed = await asyncio.to_thread(hash_password, body.password.get_secret_value())
    async with db.transaction() as tx:
        await usecases.make_account(tx, body, hashed)
        [made] = [
            each
            for each in await queries.list_accounts(tx)
            if each.login == usecases.normal(body.login)
        ]
    return made


@router.get("/accounts", summary="账号列表")
async def list_accounts(db: Db, _: Overseer) -> list[AccountView]:
    async with db.transaction() as tx:
        return await queries.list_accounts(tx)


@router.post("/keys", status_code=201, summary="新建 API 密钥（只显示一次）")
@unkeyed
async def make_key(body: NewKey, db: Db, visitor: Administrator) -> MadeKey:
    async with db.transaction() as tx:
        return await usecases.make_key(tx, body, visitor.caller)


@router.get("/keys", summary="API 密钥列表")
async def list_keys(db: Db, _: Overseer) -> list[KeyView]:
    async with db.transaction() as tx:
        return await queries.list_keys(tx)


@router.delete("/keys/{key_id}", status_code=204, summary="吊销 API 密钥")
async def revoke_key(key_id: str, db: Db, door: Door, _: Administrator) -> None:
    async with db.transaction() as tx:
        await usecases.revoke_key(tx, key_id)
    door.forget_key(key_id)


async def open_session(
    request: Request, db: Database, door: Doorkeeper, login: str, password: str
) -> OpenedSession:
    """Verify a password and open a session.

    The attempt is counted and committed first, so that parallel guesses count each.

    Raises:
        WrongPasswordError: login or password is wrong.
        LockedOutError: too many failures.
    """
    peer = request.client.host if request.client else ""
    address = door.address_of(peer, request.headers.getlist("x-forwarded-for"))
    async with db.transaction() as tx:
        attempt = await usecases.begin_sign_in(tx, login, address)
    await asyncio.sleep(attempt.delay)
    async with HASHING:
        fits = await asyncio.to_thread(password_fits, attempt.password_hash, password)
    if not fits:
        raise WrongPasswordError("账号或密码不正确", "login or password is wrong")
    async with db.transaction() as tx:
        return await usecases.finish_sign_in(tx, login, address)


async def close_session(
    request: Request, response: Response, db: Database, door: Doorkeeper
) -> None:
    """End the session of a request and take its cookie back."""
    cookie = cookie_of(request.headers.get("cookie", ""), door.cookie)
    if cookie:
        async with db.transaction() as tx:
            await usecases.sign_out(tx, cookie)
        door.forget(cookie)
    response.delete_cookie(door.cookie, path="/", secure=door.secure, httponly=True, samesite="lax")


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


def _me(visitor: Visitor) -> Me:
    return Me(
        subject=visitor.caller.subject,
        name=visitor.name,
        roles=sorted(visitor.caller.roles),
        scopes=sorted(visitor.caller.scopes),
        by=visitor.by,
        until=visitor.until,
    )
