"""Accounts with a password, and their one-time codes, over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import SecretStr

from gateway.access.api import Door, allowed
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.identity import queries
from gateway.identity.api.sessions import HASHING, InSession
from gateway.identity.domain.passwords import hash_password, password_fits
from gateway.identity.repository import accounts
from gateway.identity.schemas import (
    AccountView,
    CodeOnly,
    NewAccount,
    NewSecondFactor,
    PasswordOnly,
    RecoveryCodes,
)
from gateway.identity.usecases import second_factor, signing_in
from gateway.identity.usecases.errors import (
    SecondFactorError,
    UnknownAccountError,
    WrongPasswordError,
)
from gateway.identity.usecases.second_factor import Shown
from gateway.tables import AccountRow
from shared.kit.admin import Db
from shared.kit.audit.deeds import Circumstances
from shared.kit.database import Database, Transaction
from shared.kit.idempotency import unkeyed
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["identity 身份"], route_class=StrictJsonRoute)

Administrator = Annotated[Visitor, Depends(allowed("gateway:write"))]
Overseer = Annotated[Visitor, Depends(allowed("gateway:read"))]


@router.post("/accounts", status_code=201, summary="新建账号")
@unkeyed
async def make_account(body: NewAccount, db: Db, now: Now, _: Administrator) -> AccountView:
    async with HASHING:
        hashed = await asyncio.to_thread(hash_password, body.password.get_secret_value())
    async with db.transaction() as tx:
        await signing_in.make_account(tx, body, hashed, now)
        [made] = [
            each
            for each in await queries.list_accounts(tx)
            if each.login == signing_in.normal(body.login)
        ]
    return made


@router.get("/accounts", summary="账号列表")
async def list_accounts(db: Db, _: Overseer) -> list[AccountView]:
    async with db.transaction() as tx:
        return await queries.list_accounts(tx)


@router.delete("/accounts/{login}", status_code=204, summary="停用账号并结束其会话")
async def disable_account(login: str, db: Db, door: Door, now: Now, _: Administrator) -> None:
    async with db.transaction() as tx:
        subject = await signing_in.disable_account(tx, login, now)
    door.forget_person(subject)


@router.delete(
    "/accounts/{login}/second-factor", status_code=204, summary="为丢失验证器的人停用动态口令"
)
async def reset_second_factor(login: str, db: Db, now: Now, _: Administrator) -> None:
    async with db.transaction() as tx:
        account = await accounts.account_of(tx, signing_in.normal(login))
        if account is None:
            raise UnknownAccountError(f"没有生效的账号 {login}", f"no live account {login}")
        await second_factor.reset(tx, account.login, account.subject, now)


@router.post("/me/second-factor", status_code=201, summary="申请动态口令密钥（只显示一次）")
@unkeyed
async def begin_second_factor(
    request: Request, body: PasswordOnly, db: Db, visitor: InSession, now: Now
) -> NewSecondFactor:
    async with db.transaction() as tx:
        account = await _own(tx, visitor)
    await _prove(db, account, body.password, now)
    async with db.transaction() as tx:
        return await second_factor.begin(tx, account.login, request.app.state.totp_seals)


@router.post("/me/second-factor/confirmation", summary="以第一个口令启用，得到备用码（只显示一次）")
@unkeyed
async def confirm_second_factor(
    request: Request, body: CodeOnly, db: Db, visitor: InSession, now: Now
) -> RecoveryCodes:
    shown = Shown(code=body.code.get_secret_value(), seals=request.app.state.totp_seals)
    async with db.transaction() as tx:
        account = await _own(tx, visitor)
        codes = await second_factor.confirm(tx, account.login, shown, now)
    return RecoveryCodes(codes=codes)


@router.post("/me/second-factor/removal", status_code=204, summary="停用动态口令")
@unkeyed
async def remove_second_factor(
    request: Request, body: CodeOnly, db: Db, visitor: InSession, now: Now
) -> None:
    shown = Shown(code=body.code.get_secret_value(), seals=request.app.state.totp_seals)
    async with db.transaction() as tx:
        account = await _own(tx, visitor)
        await _count(tx, account, now)
    async with db.transaction() as tx:
        await second_factor.remove(tx, account.login, shown, now)
        await signing_in.take_back(tx, account.login, now.address)


async def _own(tx: Transaction, visitor: Visitor) -> AccountRow:
    """Return the visitor's account.

    Raises:
        SecondFactorError: he comes by the campus login, which has codes of its own.
    """
    account = await accounts.account_of_subject(tx, visitor.caller.subject)
    if account is None or visitor.provider != "local":
        raise SecondFactorError(
            "由统一身份认证登录的，动态口令在那里设置",
            "you come by the campus login: set codes up there",
        )
    return account


async def _count(tx: Transaction, account: AccountRow, now: Circumstances) -> None:
    """Count an attempt as one to sign in: whoever has taken a session over guesses no faster.

    Raises:
        LockedOutError: there were too many.
    """
    await signing_in.begin_sign_in(tx, account.login, now.address)


async def _prove(
    db: Database, account: AccountRow, password: SecretStr, now: Circumstances
) -> None:
    async with db.transaction() as tx:
        await _count(tx, account, now)
    async with HASHING:
        fits = await asyncio.to_thread(
            password_fits, account.password_hash, password.get_secret_value()
        )
    if not fits:
        raise WrongPasswordError("密码不正确", "the password is wrong")
    async with db.transaction() as tx:
        await signing_in.take_back(tx, account.login, now.address)
