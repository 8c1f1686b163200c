"""Whose cookie, whose key; and the lists that an administrator sees."""

import hmac
from typing import Literal

from sqlalchemy import func, select

from gateway.access.domain.credentials import ShownKey
from gateway.access.domain.roles import permissions_of
from gateway.access.schemas import Visitor
from gateway.identity.domain.secrets import IDLE
from gateway.identity.schemas import AccountView, KeyView
from gateway.tables import AccountRow, ApiKeyRow, SessionRow
from shared.kit.database import Transaction
from shared.kit.identity import Caller

By = Literal["session", "key"]


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


async def list_keys(tx: Transaction) -> list[KeyView]:
    """Return every key, the newest first."""
    rows = await tx.session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at.desc()))
    return [KeyView.model_validate(row, from_attributes=True) for row in rows]


async def list_accounts(tx: Transaction) -> list[AccountView]:
    """Return every account, by login."""
    rows = await tx.session.scalars(select(AccountRow).order_by(AccountRow.login))
    return [AccountView.model_validate(row, from_attributes=True) for row in rows]
