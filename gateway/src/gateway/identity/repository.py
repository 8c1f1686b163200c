"""Storage of accounts, sessions, keys and attempts. Times are the database's."""

import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.access.domain.credentials import ShownKey
from gateway.access.domain.roles import permissions_of
from gateway.access.schemas import Visitor
from gateway.identity.domain.lockout import Attempts
from gateway.identity.domain.secrets import IDLE
from gateway.tables import AccountRow, ApiKeyRow, SessionRow, SignInAttemptRow
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.sql import text


async def now(tx: Transaction) -> datetime:
    """Return the database's clock, at the start of the transaction."""
    moment: datetime = (await tx.session.execute(select(func.now()))).scalar_one()
    return moment


async def attempts_at(tx: Transaction, login_hash: bytes) -> Attempts:
    """Return what is remembered of a login, or of one from an address; locked until commit."""
    await tx.session.execute(
        insert(SignInAttemptRow).values(login_hash=login_hash).on_conflict_do_nothing()
    )
    row = (
        await tx.session.execute(
            select(SignInAttemptRow)
            .where(SignInAttemptRow.login_hash == login_hash)
            .with_for_update()
        )
    ).scalar_one()
    return Attempts(failures=row.failures, last_at=row.last_at, locked_until=row.locked_until)


async def keep_attempts(tx: Transaction, login_hash: bytes, attempts: Attempts) -> None:
    """Store the count of a login (from an address)."""
    await tx.session.execute(
        update(SignInAttemptRow)
        .where(SignInAttemptRow.login_hash == login_hash)
        .values(
            failures=attempts.failures,
            last_at=attempts.last_at,
            locked_until=attempts.locked_until,
        )
    )


async def take_back_attempt(tx: Transaction, login_hash: bytes) -> None:
    """Count one attempt less: it was no failure."""
    await tx.session.execute(
        update(SignInAttemptRow)
        .where(SignInAttemptRow.login_hash == login_hash)
        .values(failures=SignInAttemptRow.failures - 1)
    )


async def forget_attempts(tx: Transaction, login_hash: bytes) -> None:
    """Drop the count of a login from an address: somebody got in."""
    await tx.session.execute(
        delete(SignInAttemptRow).where(SignInAttemptRow.login_hash == login_hash)
    )


async def account_of(tx: Transaction, login: str) -> AccountRow | None:
    """Return the account of a login that may sign in."""
    return (
        await tx.session.execute(
            select(AccountRow).where(AccountRow.login == login, AccountRow.disabled_at.is_(None))
        )
    ).scalar_one_or_none()


async def add_account(tx: Transaction, account: AccountRow) -> bool:
    """Store a new account; return False when its login or subject is taken."""
    made = await tx.session.execute(
        insert(AccountRow)
        .values(
            login=account.login,
            subject=account.subject,
            name=account.name,
            password_hash=account.password_hash,
            roles=account.roles,
        )
        .on_conflict_do_nothing()
        .returning(AccountRow.login)
    )
    return made.first() is not None


async def change_password(tx: Transaction, login: str, password_hash: str) -> None:
    """Store another password of an account."""
    await tx.session.execute(
        update(AccountRow).where(AccountRow.login == login).values(password_hash=password_hash)
    )


async def add_session(tx: Transaction, id_hash: bytes, login: str, lifetime: timedelta) -> datetime:
    """Store a new session; return when it ends at the latest."""
    made = await tx.session.execute(
        insert(SessionRow)
        .values(id_hash=id_hash, login=login, expires_at=func.now() + lifetime)
        .returning(SessionRow.expires_at)
    )
    return made.scalar_one()


async def visitor_of_session(tx: Transaction, id_hash: bytes) -> Visitor | None:
    """Return who holds a session; None when it ended or never was."""
    found = await tx.session.execute(
        select(AccountRow, SessionRow.expires_at)
        .join(SessionRow, SessionRow.login == AccountRow.login)
        .where(
            SessionRow.id_hash == id_hash,
            SessionRow.expires_at > func.now(),
            SessionRow.last_seen_at > func.now() - IDLE,
            AccountRow.disabled_at.is_(None),
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    account, until = row.tuple()
    caller = Caller(
        subject=account.subject,
        roles=frozenset(account.roles),
        scopes=permissions_of(account.roles),
    )
    return Visitor(caller=caller, name=account.name, by="session", until=until)


async def visitor_of_key(tx: Transaction, shown: ShownKey) -> Visitor | None:
    """Return who holds a key; None when it is unknown, revoked, expired or not that secret."""
    row = (
        await tx.session.execute(
            select(ApiKeyRow).where(
                ApiKeyRow.id == shown.id,
                ApiKeyRow.revoked_at.is_(None),
                func.coalesce(ApiKeyRow.expires_at > func.now(), True),
            )
        )
    ).scalar_one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, shown.secret_hash):
        return None
    caller = Caller(subject=row.subject, scopes=frozenset(row.scopes))
    return Visitor(caller=caller, name=row.name, by="key", until=row.expires_at)


async def touch_session(tx: Transaction, id_hash: bytes) -> None:
    """Write down that a session is in use."""
    await tx.session.execute(
        update(SessionRow).where(SessionRow.id_hash == id_hash).values(last_seen_at=func.now())
    )


async def end_session(tx: Transaction, id_hash: bytes) -> None:
    """Delete a session."""
    await tx.session.execute(delete(SessionRow).where(SessionRow.id_hash == id_hash))


async def put_key(tx: Transaction, row: ApiKeyRow) -> ApiKeyRow:
    """Store a key; one with the same id gets the new secret, name and permissions."""
    values = {
        "secret_hash": row.secret_hash,
        "name": row.name,
        "subject": row.subject,
        "scopes": row.scopes,
        "expires_at": row.expires_at,
    }
    made = await tx.session.execute(
        insert(ApiKeyRow)
        .values(id=row.id, created_by=row.created_by, **values)
        .on_conflict_do_update(index_elements=[ApiKeyRow.id], set_={**values, "revoked_at": None})
        .returning(ApiKeyRow)
    )
    return made.scalar_one()


async def touch_key(tx: Transaction, key_id: str) -> None:
    """Write down that a key is in use, once a minute at most."""
    await tx.session.execute(
        text(
            "UPDATE api_key SET last_used_at = now() WHERE id = :id AND"
            " (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
        ),
        {"id": key_id},
    )


async def revoke_key(tx: Transaction, key_id: str) -> bool:
    """Revoke a key; return False when there is none that is live."""
    done = await tx.session.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKeyRow.id)
    )
    return done.first() is not None


async def purge(tx: Transaction) -> None:
    """Delete sessions that ended and attempts that no longer count."""
    await tx.session.execute(
        delete(SessionRow).where(
            (SessionRow.expires_at < func.now()) | (SessionRow.last_seen_at < func.now() - IDLE)
        )
    )
    await tx.session.execute(
        delete(SignInAttemptRow).where(SignInAttemptRow.last_at < func.now() - timedelta(hours=1))
    )
