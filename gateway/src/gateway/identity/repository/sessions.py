"""Storage of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.domain.secrets import ABSOLUTE, IDLE
from gateway.tables import AccountRow, SessionRow
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A person who has just proved who he is."""

    subject: str
    name: str
    login: str | None = None
    """Of the account; None: by the campus login."""

    roles: tuple[str, ...] = ()
    """Those that the campus login told of."""

    provider: str = "local"
    provider_key: bytes | None = None
    provider_subject: bytes | None = None
    logout_hint: str | None = None
    address: str = ""
    agent: str = ""


async def add_session(tx: Transaction, id_hash: bytes, entry: Entry) -> SessionRow:
    """Store a new session."""
    made = await tx.session.scalars(
        insert(SessionRow)
        .values(
            id_hash=id_hash,
            login=entry.login,
            subject=entry.subject,
            name=entry.name,
            roles=list(entry.roles),
            provider=entry.provider,
            provider_key=entry.provider_key,
            provider_subject=entry.provider_subject,
            logout_hint=entry.logout_hint,
            address=entry.address,
            agent=entry.agent,
            expires_at=func.now() + ABSOLUTE,
        )
        .returning(SessionRow)
    )
    return made.one()


def _is_live() -> tuple[object, ...]:
    return (
        SessionRow.expires_at > func.now(),
        SessionRow.last_seen_at > func.now() - IDLE,
    )


async def live_session(
    tx: Transaction, id_hash: bytes
) -> tuple[SessionRow, AccountRow | None] | None:
    """Return a session with its account, if it has one; None when it ended or never was."""
    found = await tx.session.execute(
        select(SessionRow, AccountRow)
        .outerjoin(AccountRow, SessionRow.login == AccountRow.login)
        .where(SessionRow.id_hash == id_hash, *_is_live(), AccountRow.disabled_at.is_(None))  # type: ignore[arg-type]
    )
    row = found.one_or_none()
    return row.tuple() if row is not None else None


async def touch_session(tx: Transaction, id_hash: bytes) -> None:
    """Write down that a session is in use."""
    await tx.session.execute(
        update(SessionRow).where(SessionRow.id_hash == id_hash).values(last_seen_at=func.now())
    )


async def sessions_of(tx: Transaction, subject: str) -> Sequence[SessionRow]:
    """Return somebody's live sessions, the one used last first."""
    found = await tx.session.scalars(
        select(SessionRow)
        .where(SessionRow.subject == subject, *_is_live())  # type: ignore[arg-type]
        .order_by(SessionRow.last_seen_at.desc())
    )
    return found.all()


async def rotate(
    tx: Transaction, old: bytes, new: bytes, acting: tuple[str, str | None] | None
) -> bool:
    """Give a session another cookie, and the role that is acted in; return False without one."""
    role, scope = acting or (None, None)
    done = await tx.session.execute(
        update(SessionRow)
        .where(SessionRow.id_hash == old)
        .values(id_hash=new, active_role=role, active_scope=scope)
        .returning(SessionRow.id)
    )
    return done.first() is not None


async def end_by_cookie(tx: Transaction, id_hash: bytes) -> SessionRow | None:
    """Delete the session of a cookie; return it."""
    gone = await tx.session.scalars(
        delete(SessionRow).where(SessionRow.id_hash == id_hash).returning(SessionRow)
    )
    return gone.one_or_none()


async def end_one(tx: Transaction, session: UUID, subject: str | None) -> SessionRow | None:
    """Delete a session, only somebody's own where one is named; return it."""
    query = delete(SessionRow).where(SessionRow.id == session)
    if subject is not None:
        query = query.where(SessionRow.subject == subject)
    return (await tx.session.scalars(query.returning(SessionRow))).one_or_none()


async def end_all(tx: Transaction, subject: str) -> Sequence[SessionRow]:
    """Delete every session of somebody; return them."""
    gone = await tx.session.scalars(
        delete(SessionRow).where(SessionRow.subject == subject).returning(SessionRow)
    )
    return gone.all()


async def end_by_provider(
    tx: Transaction, provider: str, key: bytes | None, subject: bytes | None
) -> Sequence[SessionRow]:
    """Delete the sessions that a provider ends: by its key, or all of its subject; return them."""
    named = [
        column == value
        for column, value in (
            (SessionRow.provider_key, key),
            (SessionRow.provider_subject, subject),
        )
        if value is not None
    ]
    gone = await tx.session.scalars(
        delete(SessionRow).where(SessionRow.provider == provider, or_(*named)).returning(SessionRow)
    )
    return gone.all()


async def purge(tx: Transaction) -> None:
    """Delete sessions that ended."""
    await tx.session.execute(
        delete(SessionRow).where(
            (SessionRow.expires_at < func.now()) | (SessionRow.last_seen_at < func.now() - IDLE)
        )
    )
