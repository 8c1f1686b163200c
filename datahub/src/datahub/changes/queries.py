"""Records as they stand: one, or a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from datahub.changes.repository import open_fields
from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.tables import table_name
from shared.kit.database import Transaction


async def list_records(
    tx: Transaction, entity: Entity, *, limit: int, offset: int, after: str | None
) -> list[dict[str, Any]]:
    """Return live records in the order of their keys; closed fields are left out."""
    rows = await tx.session.execute(
        text(
            f'SELECT key, version, {open_fields(entity)} FROM "{table_name(entity.name)}"'
            " WHERE deleted_at IS NULL AND (CAST(:after AS text) IS NULL OR key > :after)"
            " ORDER BY key LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset, "after": after},
    )
    return [dict(row) for row in rows.mappings()]


async def count_records(tx: Transaction, entity: Entity) -> int:
    """Return how many live records there are."""
    found = await tx.session.scalar(
        text(f'SELECT count(*) FROM "{table_name(entity.name)}" WHERE deleted_at IS NULL')
    )
    return int(found or 0)


async def get_record(tx: Transaction, entity: Entity, key: str) -> dict[str, Any] | None:
    """Return one live record with its origin; None when there is none."""
    result = await tx.session.execute(
        text(
            f"SELECT r.key, r.version, {_prefixed(entity)}, r.batch, r.line, b.source, b.feed,"
            " b.document, b.started_at AS received_at"
            f' FROM "{table_name(entity.name)}" r LEFT JOIN batch b ON b.id = r.batch'
            " WHERE r.key = :key AND r.deleted_at IS NULL"
        ),
        {"key": key},
    )
    row = result.mappings().one_or_none()
    return dict(row) if row is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """Which 诊改对象 are wanted."""

    kinds: Sequence[str]
    """Of these kinds only; empty for every kind."""

    scopes: Sequence[str] | None
    """Only these; None for any."""

    @property
    def keys(self) -> list[str] | None:
        """Keys of the wanted ones, whatever their kind."""
        return None if self.scopes is None else [each.partition("/")[2] for each in self.scopes]


async def list_scopes(
    tx: Transaction, dictionary: Dictionary, which: Scopes, limit: int
) -> list[dict[str, Any]]:
    """Return 诊改对象 with their names, in the order of the scopes."""
    parts = [
        f"(SELECT '{each.scope.kind}/' || key AS scope, \"{each.scope.name}\" AS name"
        f' FROM "{table_name(each.name)}" WHERE deleted_at IS NULL'
        " AND (CAST(:keys AS text[]) IS NULL OR"
        f" key = ANY(:keys) AND '{each.scope.kind}/' || key = ANY(:scopes))"
        " ORDER BY key LIMIT :limit)"
        for each in dictionary.entities.values()
        if each.scope is not None and (not which.kinds or each.scope.kind in which.kinds)
    ]
    if not parts:
        return []
    rows = await tx.session.execute(
        text(f"SELECT * FROM ({' UNION ALL '.join(parts)}) x ORDER BY scope LIMIT :limit"),
        {"keys": which.keys, "scopes": which.scopes, "limit": limit},
    )
    return [{"scope": row.scope, "name": row.name or row.scope} for row in rows]


def _prefixed(entity: Entity) -> str:
    return ", ".join(f'r."{each.name}"' for each in entity.fields.values() if not each.is_closed)
