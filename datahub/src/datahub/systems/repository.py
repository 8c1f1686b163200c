"""Load and save source systems and their keys."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import asyncpg
from sqlalchemy import select, update

from datahub.locks import Space
from datahub.systems.domain.system import (
    KeyNotFoundError,
    Rights,
    SystemNotFoundError,
    account_of,
    grantable,
)
from datahub.systems.tables import KeyRow, SystemRow
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.sql import text

SYSTEMS: Final = "systems"
"""What a commit announces that changed a source system, or its keys."""

_VIEW = """
SELECT s.*, (SELECT max(b.started_at) FROM (
         SELECT id FROM feed WHERE source = s.id UNION ALL SELECT s.id || '.learning_event') f,
         LATERAL (SELECT started_at FROM batch WHERE feed = f.id ORDER BY id DESC LIMIT 1) b
       ) AS last_seen,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'note', k.note,
                 'made_by', k.made_by, 'made_at', k.made_at) ORDER BY k.made_at, k.id)
                   FROM source_system_key k
                  WHERE k.system = s.id AND k.revoked_at IS NULL), '[]') AS keys
  FROM source_system s WHERE CAST(:id AS text) IS NULL OR s.id = :id ORDER BY s.id
"""

_ACCOUNTS = """
SELECT s.id, s.active, s.entities, s.grants,
       ARRAY(SELECT k.id FROM source_system_key k
              WHERE k.system = s.id AND k.revoked_at IS NULL ORDER BY k.made_at, k.id) AS keys
  FROM source_system s ORDER BY s.id
"""


async def list_systems(tx: Transaction, system: str | None = None) -> list[dict[str, Any]]:
    """Return source systems with their live keys, or the one that is named."""
    rows = await tx.session.execute(text(_VIEW), {"id": system})
    return [dict(row) for row in rows.mappings()]


async def lock_system(tx: Transaction, system: str) -> None:
    """Keep others from saving a source system, also one that is not there yet, and its keys."""
    await tx.session.execute(
        text(f"SELECT pg_advisory_xact_lock({Space.SYSTEM}, hashtext(:system))"), {"system": system}
    )
    # A key that is made or revoked is a version of its own.
    await tx.session.execute(
        text("SELECT FROM source_system WHERE id = :system FOR UPDATE"), {"system": system}
    )


async def get_system(tx: Transaction, system: str) -> SystemRow:
    """Return a source system, and keep others from changing it.

    Raises:
        SystemNotFoundError: there is none of that id.
    """
    row = await tx.session.get(SystemRow, system, with_for_update=True)
    if row is None:
        raise unknown(system)
    return row


def unknown(system: str) -> SystemNotFoundError:
    """Return the refusal that says there is no such system."""
    return SystemNotFoundError(
        f"没有业务系统 {system}",
        f"there is no source system {system}",
        fixes=[f"PUT /api/datahub/v1/source-systems/{system}"],
    )


async def save_system(
    tx: Transaction, system: str, document: Mapping[str, Any], saved_by: str
) -> bool:
    """Insert or replace a source system, which is locked; return whether it changed."""
    row = await tx.session.get(SystemRow, system)
    if row is None:
        tx.session.add(SystemRow(id=system, version=1, saved_by=saved_by, **document))
    elif all(getattr(row, name) == value for name, value in document.items()):
        return False
    else:
        values = {**document, "version": row.version + 1, "saved_by": saved_by, "saved_at": now()}
        await tx.session.execute(update(SystemRow).where(SystemRow.id == system).values(values))
    await tx.session.flush()
    tx.announce(SYSTEMS)
    return True


async def live_keys(tx: Transaction, system: str) -> list[str]:
    """Return the ids of the live keys of a system."""
    query = select(KeyRow.id).where(KeyRow.system == system, KeyRow.revoked_at.is_(None))
    return list(await tx.session.scalars(query))


async def is_used(tx: Transaction, public_key: str) -> bool:
    """Return whether any system has or had that key."""
    query = select(KeyRow.id).where(KeyRow.id == public_key)
    return await tx.session.scalar(query) is not None


async def add_key(tx: Transaction, row: SystemRow, key: KeyRow) -> None:
    """Give a system a key."""
    tx.session.add(key)
    row.version += 1
    await tx.session.flush()
    tx.announce(SYSTEMS)


async def revoke_key(tx: Transaction, row: SystemRow, key: str, revoked_by: str) -> None:
    """Revoke a live key.

    Raises:
        KeyNotFoundError: the system has none of that id.
    """
    found = await tx.session.get(KeyRow, (key, row.id))
    if found is None or found.revoked_at is not None:
        raise KeyNotFoundError(f"{row.id} 没有生效的密钥 {key}", f"{row.id} has no live key {key}")
    found.revoked_at, found.revoked_by = now(), revoked_by
    row.version += 1
    await tx.session.flush()
    tx.announce(SYSTEMS)


async def list_ids(tx: Transaction) -> list[str]:
    """Return the ids of all source systems."""
    return list(await tx.session.scalars(select(SystemRow.id).order_by(SystemRow.id)))


async def read_rights(connection: "asyncpg.Connection[Any]") -> dict[str, Rights]:
    """Return what each source system may push."""
    rows = await connection.fetch("SELECT id, active, entities FROM source_system")
    return {
        row["id"]: Rights(id=row["id"], active=row["active"], entities=frozenset(row["entities"]))
        for row in rows
    }


async def read_accounts(tx: Transaction, entities: Collection[str]) -> list[dict[str, Any]]:
    """Return what the accounts file says."""
    facts = grantable(entities)
    rows = await tx.session.execute(text(_ACCOUNTS))
    return [account_of(dict(row), row["keys"], facts) for row in rows.mappings()]
