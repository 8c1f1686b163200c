"""Sign in by password and one-time code; accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.access.domain.credentials import digest
from gateway.identity.domain.lockout import count_attempt, count_everywhere, delay_of
from gateway.identity.domain.passwords import hash_password, password_fits
from gateway.identity.domain.secrets import new_session_id
from gateway.identity.repository import accounts, sessions
from gateway.identity.repository.sessions import Entry
from gateway.identity.schemas import NewAccount
from gateway.identity.usecases import second_factor
from gateway.identity.usecases.errors import AccountTakenError, UnknownAccountError
from gateway.tables import AccountRow
from shared.contracts.gateway import PersonSignedIn
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction


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
    id: UUID
    until: datetime


async def begin_sign_in(tx: Transaction, login: str, address: str) -> Attempt:
    """Count an attempt, from its address and from all together.

    Commit before the password is verified: the attempt must count whatever comes.

    Raises:
        LockedOutError: the login is locked for this address at present.
    """
    now = await accounts.now(tx)
    here, anywhere = _from(login, address), digest(normal(login))
    counted = count_attempt(await accounts.attempts_at(tx, here), now)
    await accounts.keep_attempts(tx, here, counted)
    everywhere = count_everywhere(await accounts.attempts_at(tx, anywhere), now)
    await accounts.keep_attempts(tx, anywhere, everywhere)
    account = await accounts.account_of(tx, normal(login))
    return Attempt(
        password_hash=account.password_hash if account else None, delay=delay_of(everywhere)
    )


async def refuse_sign_in(tx: Transaction, login: str, why: str, who: Circumstances) -> None:
    """Record that somebody was not let in.

    A login that is no account's is not recorded: people type passwords into the wrong field.
    """
    account = await accounts.account_of(tx, normal(login))
    about = account.subject if account else "unknown"
    await append(tx, who, [Deed(kind="sign-in-refused", about=about, detail={"why": why})])


async def finish_sign_in(
    tx: Transaction, login: str, shown: second_factor.Shown, who: Circumstances, agent: str
) -> OpenedSession:
    """Open a session for a login whose password was verified.

    Raises:
        CodeNeededError: the account has one-time codes, and none was shown.
        WrongCodeError: it is wrong.
    """
    account = await accounts.account_of(tx, normal(login))
    if account is None:
        raise UnknownAccountError("账号已停用", "the account was disabled")
    await second_factor.require(tx, account.login, shown)
    await take_back(tx, login, who.address)
    entry = Entry(
        subject=account.subject,
        name=account.name,
        login=account.login,
        address=who.address,
        agent=agent,
    )
    return await open_session(tx, entry, who)


async def take_back(tx: Transaction, login: str, address: str) -> None:
    """Count an attempt no longer: what was shown was right."""
    await accounts.forget_attempts(tx, _from(login, address))
    await accounts.take_back_attempt(tx, digest(normal(login)))


async def open_session(tx: Transaction, entry: Entry, who: Circumstances) -> OpenedSession:
    """Open a session for somebody who has proved who he is, with a cookie that is new."""
    cookie = new_session_id()
    row = await sessions.add_session(tx, digest(cookie), entry)
    deed = Deed(kind="signed-in", about=entry.subject, detail={"by": entry.provider})
    await append(tx, who.of(entry.subject), [deed])
    day = row.created_at.astimezone(CAMPUS).date()
    tx.publish(PersonSignedIn(person=entry.subject, on=day), entry.subject)
    return OpenedSession(cookie=cookie, id=row.id, until=row.expires_at)


async def make_account(
    tx: Transaction, new: NewAccount, password_hash: str, who: Circumstances
) -> None:
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
    if not await accounts.add_account(tx, row):
        raise AccountTakenError(
            "这个登录名或人员已有账号", "this login or subject has an account already"
        )
    detail = {"login": row.login, "roles": " ".join(row.roles)}
    await append(tx, who, [Deed(kind="account-made", about=row.subject, detail=detail)])


async def disable_account(tx: Transaction, login: str, who: Circumstances) -> str:
    """Let nobody sign in by an account any more, and end its sessions; return whose it was.

    Raises:
        UnknownAccountError: there is no live account of that login.
    """
    subject = await accounts.disable_account(tx, normal(login))
    if subject is None:
        raise UnknownAccountError(f"没有生效的账号 {login}", f"no live account {login}")
    await sessions.end_all(tx, subject)
    await append(tx, who, [Deed(kind="account-disabled", about=subject)])
    return subject


async def ensure_demo_account(tx: Transaction, password: str) -> None:
    """Have an account ``demo`` with this password; nothing happens when it is so."""
    present = await accounts.account_of(tx, "demo")
    if present is None:
        row = AccountRow(
            login="demo",
            subject="person/demo",
            name="演示管理员",
            password_hash=hash_password(password),
            roles=["admin"],
        )
        await accounts.add_account(tx, row)
    elif not password_fits(present.password_hash, password):
        await accounts.change_password(tx, "demo", hash_password(password))


def _from(login: str, address: str) -> bytes:
    return digest(f"{normal(login)}\n{address}")


def normal(login: str) -> str:
    """Return a login as it is stored: logins do not care for case."""
    return login.strip().lower()
