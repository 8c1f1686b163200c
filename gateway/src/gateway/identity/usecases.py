"""Sign in, sign out; make and revoke keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from gateway.access.domain.credentials import ShownKey, digest, read_key
from gateway.access.domain.roles import SYSTEM_SCOPES
from gateway.access.schemas import Visitor
from gateway.identity import repository
from gateway.identity.domain.lockout import count_attempt, count_everywhere, delay_of
from gateway.identity.domain.passwords import hash_password, password_fits
from gateway.identity.domain.secrets import ABSOLUTE, new_key, new_session_id
from gateway.identity.schemas import KeyView, MadeKey, NewAccount, NewKey
from gateway.tables import AccountRow, ApiKeyRow
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.identity import Caller, NotAllowedError


class WrongPasswordError(DomainError):
    """Login or password is wrong; which of them is not said."""

    kind: ClassVar = ErrorKind.UNAUTHENTICATED
    code: ClassVar = "wrong-password"
    title_zh: ClassVar = "账号或密码不正确"
    title_en: ClassVar = "Wrong login or password"


class AccountTakenError(DomainError):
    """Login or subject belongs to another account."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "account-taken"
    title_zh: ClassVar = "账号已存在"
    title_en: ClassVar = "Account taken"


class UnknownKeyError(DomainError):
    """No live key has this id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "key-unknown"
    title_zh: ClassVar = "没有这个密钥"
    title_en: ClassVar = "No such key"


class MalformedKeyError(DomainError):
    """The key given by the settings is not written ``h8k_<id>_<secret>``."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "key-malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt to sign in that was counted."""

    password_hash: str | None
    """What the password must fit; None: no account."""

    delay: int
    """Seconds to wait before the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session just opened: the only time that its cookie is known."""

    cookie: str
    until: datetime


async def begin_sign_in(tx: Transaction, login: str, address: str) -> Attempt:
    """Count an attempt, from its address and from all together.

    Commit before the password is verified: the attempt must count whatever comes.

    Raises:
        LockedOutError: the login is locked for this address at present.
    """
    now = await repository.now(tx)
    here, anywhere = _from(login, address), digest(normal(login))
    counted = count_attempt(await repository.attempts_at(tx, here), now)
    await repository.keep_attempts(tx, here, counted)
    everywhere = count_everywhere(await repository.attempts_at(tx, anywhere), now)
    await repository.keep_attempts(tx, anywhere, everywhere)
    account = await repository.account_of(tx, normal(login))
    return Attempt(
        password_hash=account.password_hash if account else None, delay=delay_of(everywhere)
    )


async def finish_sign_in(tx: Transaction, login: str, address: str) -> OpenedSession:
    """Open a session for a login whose password was verified."""
    await repository.forget_attempts(tx, _from(login, address))
    await repository.take_back_attempt(tx, digest(normal(login)))
    cookie = new_session_id()
    until = await repository.add_session(tx, digest(cookie), normal(login), ABSOLUTE)
    return OpenedSession(cookie=cookie, until=until)


async def sign_out(tx: Transaction, cookie: str) -> None:
    """End a session; nothing happens when it has ended."""
    await repository.end_session(tx, digest(cookie))


async def meet_session(tx: Transaction, id_hash: bytes, *, awake: bool) -> Visitor | None:
    """Return who holds a session; ``awake`` postpones its idle limit."""
    visitor = await repository.visitor_of_session(tx, id_hash)
    if visitor is not None and awake:
        await repository.touch_session(tx, id_hash)
    return visitor


async def meet_key(tx: Transaction, shown: ShownKey) -> Visitor | None:
    """Return who holds a key, and write down its use."""
    visitor = await repository.visitor_of_key(tx, shown)
    if visitor is not None:
        await repository.touch_key(tx, shown.id)
    return visitor


async def make_account(tx: Transaction, new: NewAccount, password_hash: str) -> None:
    """Store a new account.

    Raises:
        AccountTakenError: login or subject is taken.
    """
    row = AccountRow(
        login=normal(new.login),
        subject=new.subject,
        name=new.name,
        password_hash=password_hash,
        roles=sorted(set(new.roles)),
    )
    if not await repository.add_account(tx, row):
        raise AccountTakenError(
            "这个登录名或人员已有账号", "this login or subject has an account already"
        )


async def make_key(tx: Transaction, new: NewKey, maker: Caller) -> MadeKey:
    """Store a new key and return it, for once with its secret.

    Raises:
        NotAllowedError: the maker would give away what he has not.
    """
    beyond = sorted(scope for scope in new.scopes if not maker.may(scope))
    if beyond:
        raise NotAllowedError(
            f"不能授予自己没有的权限：{', '.join(beyond)}",
            f"you cannot give what you have not: {', '.join(beyond)}",
        )
    key = new_key()
    row = await _put_key(tx, key, new, maker.subject)
    view = KeyView.model_validate(row, from_attributes=True)
    return MadeKey(**view.model_dump(), key=key)


async def revoke_key(tx: Transaction, key_id: str) -> None:
    """Revoke a key.

    Raises:
        UnknownKeyError: there is no live key of that id.
    """
    if not await repository.revoke_key(tx, key_id):
        raise UnknownKeyError(f"没有生效的密钥 {key_id}", f"no live key {key_id}")


async def ensure_demo_account(tx: Transaction, password: str) -> None:
    """Have an account ``demo`` with this password; nothing happens when it is so."""
    present = await repository.account_of(tx, "demo")
    if present is None:
        row = AccountRow(
            login="demo",
            subject="person/demo",
            name="演示管理员",
            password_hash=hash_password(password),
            roles=["admin"],
        )
        await repository.add_account(tx, row)
    elif not password_fits(present.password_hash, password):
        await repository.change_password(tx, "demo", hash_password(password))


async def ensure_demo_key(tx: Transaction, key: str) -> None:
    """Have this very key for the simulators of the demonstration."""
    wanted = NewKey(name="演示数据源", subject="system/demo", scopes=sorted(SYSTEM_SCOPES))
    await _put_key(tx, key, wanted, "person/demo")


async def _put_key(tx: Transaction, key: str, new: NewKey, maker: str) -> ApiKeyRow:
    shown = read_key(key)
    if shown is None:
        raise MalformedKeyError("密钥应写作 h8k_<id>_<secret>", "a key is h8k_<id>_<secret>")
    row = ApiKeyRow(
        id=shown.id,
        secret_hash=shown.secret_hash,
        name=new.name,
        subject=new.subject,
        scopes=sorted(set(new.scopes)),
        created_by=maker,
        expires_at=new.expires_at,
    )
    return await repository.put_key(tx, row)


def _from(login: str, address: str) -> bytes:
    return digest(f"{normal(login)}\n{address}")


def normal(login: str) -> str:
    """Return a login as it is stored: logins do not care for case."""
    return login.strip().lower()
