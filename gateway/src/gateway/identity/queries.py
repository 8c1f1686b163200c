"""The lists that an administrator sees, and the names that go with keys."""

from collections.abc import Collection

from sqlalchemy import or_, select

from gateway.identity.schemas import AccountView, KeyView
from gateway.tables import AccountRow, ApiKeyRow
from shared.kit.database import Transaction


async def list_keys(tx: Transaction) -> list[KeyView]:
    """Return every key, the newest first."""
    rows = await tx.session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at.desc()))
    return [KeyView.of(row) for row in rows]


async def list_accounts(tx: Transaction) -> list[AccountView]:
    """Return every account, by login."""
    rows = await tx.session.scalars(select(AccountRow).order_by(AccountRow.login))
    return [AccountView.model_validate(row, from_attributes=True) for row in rows]


async def names_of(tx: Transaction, keys: Collection[str]) -> dict[str, str]:
    """Return the name of each key that is an account's login or subject, or a system's."""
    rows = await tx.session.execute(
        select(AccountRow.login, AccountRow.subject, AccountRow.name).where(
            or_(AccountRow.login.in_(keys), AccountRow.subject.in_(keys))
        )
    )
    found = {key: row.name for row in rows for key in (row.login, row.subject)}
    systems = [key for key in keys if key.startswith("system/")]
    if systems:
        made = await tx.session.execute(
            select(ApiKeyRow.subject, ApiKeyRow.name)
            .where(ApiKeyRow.subject.in_(systems))
            .order_by(ApiKeyRow.created_at)
        )
        found |= {row.subject: row.name for row in made}
    return {key: found[key] for key in keys if key in found}
