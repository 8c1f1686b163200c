"""Storage of API keys, the tokens that they get, and how often they were used."""

import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.access.domain.credentials import ShownKey
from gateway.tables import AccessTokenRow, ApiKeyRow, QuotaUseRow
from shared.kit.database import Transaction
from shared.kit.sql import text

KEPT_DAYS: Final = timedelta(days=92)
"""How long it is known how often a key was used on a day."""


def _is_live() -> tuple[object, ...]:
    return (
        ApiKeyRow.revoked_at.is_(None),
        func.coalesce(ApiKeyRow.expires_at > func.now(), True),
    )


async def live_key(tx: Transaction, key_id: str, *, locked: bool = False) -> ApiKeyRow | None:
    """Return a key that is neither revoked nor expired."""
    query = select(ApiKeyRow).where(ApiKeyRow.id == key_id, *_is_live())  # type: ignore[arg-type]
    return (await tx.session.scalars(query.with_for_update() if locked else query)).one_or_none()


async def shown_key(tx: Transaction, shown: ShownKey) -> ApiKeyRow | None:
    """Return a live key by what was shown; None when it is not that secret."""
    row = await live_key(tx, shown.id)
    if row is None or not hmac.compare_digest(row.secret_hash, shown.secret_hash):
        return None
    return row


async def key_of_certificate(tx: Transaction, digest: bytes) -> ApiKeyRow | None:
    """Return the live key that a client certificate stands for."""
    query = select(ApiKeyRow).where(ApiKeyRow.certificate == digest, *_is_live())  # type: ignore[arg-type]
    return (await tx.session.scalars(query)).one_or_none()


async def key_of_token(tx: Transaction, digest: bytes) -> tuple[ApiKeyRow, AccessTokenRow] | None:
    """Return the live key of an access token, and the token."""
    found = await tx.session.execute(
        select(ApiKeyRow, AccessTokenRow)
        .join(AccessTokenRow, AccessTokenRow.key_id == ApiKeyRow.id)
        .where(
            AccessTokenRow.token_hash == digest,
            AccessTokenRow.expires_at > func.now(),
            *_is_live(),  # type: ignore[arg-type]
        )
    )
    row = found.one_or_none()
    return row.tuple() if row is not None else None


async def put_key(tx: Transaction, row: ApiKeyRow) -> ApiKeyRow | None:
    """Store a key; one with the same id gets the new secret, name and permissions.

    Returns None when another key has the same certificate.
    """
    taken = row.certificate and await tx.session.scalar(
        select(ApiKeyRow.id).where(ApiKeyRow.certificate == row.certificate, ApiKeyRow.id != row.id)
    )
    if taken:
        return None
    values = {
        "secret_hash": row.secret_hash,
        "name": row.name,
        "subject": row.subject,
        "scopes": row.scopes,
        "expires_at": row.expires_at,
        "networks": row.networks,
        "certificate": row.certificate,
        "per_minute": row.per_minute,
        "per_day": row.per_day,
        "replaces": row.replaces,
    }
    made = await tx.session.execute(
        insert(ApiKeyRow)
        .values(id=row.id, created_by=row.created_by, **values)
        .on_conflict_do_update(index_elements=[ApiKeyRow.id], set_={**values, "revoked_at": None})
        .returning(ApiKeyRow)
    )
    return made.scalar_one()


async def let_expire(tx: Transaction, key_id: str, hours: int) -> datetime:
    """Let a key end after so many hours, if it does not end before; free its certificate."""
    until: datetime | None = await tx.session.scalar(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id)
        .values(
            # The earlier of the two; where there is none, PostgreSQL takes the other.
            expires_at=func.least(ApiKeyRow.expires_at, func.now() + timedelta(hours=hours)),
            certificate=None,
        )
        .returning(ApiKeyRow.expires_at)
    )
    assert until is not None
    return until


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
    """Revoke a key and its tokens; return False when there is none that is live."""
    done = await tx.session.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=func.now(), certificate=None)
        .returning(ApiKeyRow.id)
    )
    await tx.session.execute(delete(AccessTokenRow).where(AccessTokenRow.key_id == key_id))
    return done.first() is not None


async def add_token(
    tx: Transaction, digest: bytes, key_id: str, scopes: Sequence[str], lifetime: timedelta
) -> None:
    """Store a token of a key."""
    await tx.session.execute(
        insert(AccessTokenRow).values(
            token_hash=digest,
            key_id=key_id,
            scopes=list(scopes),
            expires_at=func.now() + lifetime,
        )
    )


async def used_on(tx: Transaction, key_id: str, day: date) -> int:
    """Return how often a key was used on a day."""
    found = await tx.session.scalar(
        select(QuotaUseRow.used).where(QuotaUseRow.key_id == key_id, QuotaUseRow.day == day)
    )
    return found or 0


async def add_use(tx: Transaction, key_id: str, day: date, added: int) -> int:
    """Count uses of a key; return how many there are of that day."""
    statement = insert(QuotaUseRow).values(key_id=key_id, day=day, used=added)
    found = await tx.session.scalar(
        statement.on_conflict_do_update(
            index_elements=[QuotaUseRow.key_id, QuotaUseRow.day],
            set_={"used": QuotaUseRow.used + statement.excluded.used},
        ).returning(QuotaUseRow.used)
    )
    return found or 0


async def purge(tx: Transaction) -> None:
    """Delete tokens that ended, and what was counted long ago."""
    await tx.session.execute(delete(AccessTokenRow).where(AccessTokenRow.expires_at < func.now()))
    await tx.session.execute(
        delete(QuotaUseRow).where(QuotaUseRow.day < func.current_date() - KEPT_DAYS)
    )
