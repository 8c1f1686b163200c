"""Storage of the sites that may embed, and of the tokens that they were given."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from gateway.tables import EmbedClientRow, EmbedTokenRow
from shared.kit.database import Transaction


async def add_client(tx: Transaction, row: EmbedClientRow) -> EmbedClientRow:
    """Store a client."""
    tx.session.add(row)
    await tx.session.flush()
    await tx.session.refresh(row)
    return row


async def list_clients(tx: Transaction, *, ended: bool) -> Sequence[EmbedClientRow]:
    """Return the clients by name.

    Args:
        ended: those that have ended, too.
    """
    query = select(EmbedClientRow).order_by(EmbedClientRow.name, EmbedClientRow.id)
    if not ended:
        query = query.where(EmbedClientRow.ended_at.is_(None))
    return (await tx.session.scalars(query)).all()


async def client_for(tx: Transaction, subject: str, origin: str) -> EmbedClientRow | None:
    """Return the client of a system for an origin; the newest where there are several."""
    query = (
        select(EmbedClientRow)
        .where(
            EmbedClientRow.subject == subject,
            EmbedClientRow.origins.any(origin),  # type: ignore[arg-type]
            EmbedClientRow.ended_at.is_(None),
        )
        .order_by(EmbedClientRow.created_at.desc())
        .limit(1)
    )
    return (await tx.session.scalars(query)).one_or_none()


async def origins_of(tx: Transaction, kind: str, client: UUID | None = None) -> list[str]:
    """Return the origins at which a kind of piece may be embedded, of one client or of all."""
    query = select(func.unnest(EmbedClientRow.origins)).where(
        EmbedClientRow.ended_at.is_(None),
        EmbedClientRow.kinds.any(kind),  # type: ignore[arg-type]
    )
    if client is not None:
        query = query.where(EmbedClientRow.id == client)
    return sorted(set(await tx.session.scalars(query)))


async def end_client(tx: Transaction, client: UUID) -> bool:
    """End a client and its tokens; return False when there is none that is open."""
    done = await tx.session.execute(
        update(EmbedClientRow)
        .where(EmbedClientRow.id == client, EmbedClientRow.ended_at.is_(None))
        .values(ended_at=func.now())
        .returning(EmbedClientRow.id)
    )
    await tx.session.execute(delete(EmbedTokenRow).where(EmbedTokenRow.client == client))
    return done.first() is not None


async def add_token(tx: Transaction, row: EmbedTokenRow, lifetime: timedelta) -> datetime:
    """Store a token; return when it ends."""
    until: datetime | None = await tx.session.scalar(select(func.now() + lifetime))
    assert until is not None
    row.expires_at = until
    tx.session.add(row)
    await tx.session.flush()
    return until


async def live_token(tx: Transaction, token_hash: bytes) -> EmbedTokenRow | None:
    """Return a token that has not ended."""
    query = select(EmbedTokenRow).where(
        EmbedTokenRow.token_hash == token_hash, EmbedTokenRow.expires_at > func.now()
    )
    return (await tx.session.scalars(query)).one_or_none()


async def purge(tx: Transaction) -> None:
    """Delete tokens that ended."""
    await tx.session.execute(delete(EmbedTokenRow).where(EmbedTokenRow.expires_at < func.now()))
