"""The lists that an administrator sees."""

from sqlalchemy import select

from gateway.identity.schemas import AccountView, KeyView
from gateway.tables import AccountRow, ApiKeyRow
from shared.kit.database import Transaction


async def list_keys(tx: Transaction) -> list[KeyView]:
    """Return every key, the newest first."""
    rows = await tx.session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at.desc()))
    return [KeyView.model_validate(row, from_attributes=True) for row in rows]


async def list_accounts(tx: Transaction) -> list[AccountView]:
    """Return every account, by login."""
    rows = await tx.session.scalars(select(AccountRow).order_by(AccountRow.login))
    return [AccountView.model_validate(row, from_attributes=True) for row in rows]
