"""Definitions, the measurer's cursor, and measured values as they are read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import text

from shared.kit.database import Transaction


async def list_documents(tx: Transaction) -> list[dict[str, Any]]:
    """Return the version in force of every definition as it was published."""
    rows = await tx.session.execute(
        text(
            "SELECT DISTINCT ON (id) id AS indicator, version, document, published_at"
            " FROM indicator ORDER BY id, version DESC"
        )
    )
    return [dict(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which measured values are wanted; None stands for any."""

    indicator: str | None
    scope: str | None
    period: str | None


_WANTED: Final = (
    "FROM measurement WHERE (CAST(:indicator AS text) IS NULL OR indicator = :indicator)"
    " AND (CAST(:scope AS text) IS NULL OR scope = :scope)"
    " AND (CAST(:period AS text) IS NULL OR period = :period)"
)


async def count_measurements(tx: Transaction, which: Which) -> int:
    """Return how many measured values there are."""
    found = await tx.session.scalar(text(f"SELECT count(*) {_WANTED}"), asdict(which))
    return int(found or 0)


async def list_measurements(
    tx: Transaction, which: Which, *, limit: int, offset: int, after: str | None
) -> list[dict[str, Any]]:
    """Return measured values in the order of their ids."""
    rows = await tx.session.execute(
        text(
            "SELECT id, indicator, scope, period, value::text, numerator::text, denominator::text,"
            " n, coverage::text, freshest_at, formula_version, reason, watermark, seq, measured_at"
            f" {_WANTED} AND (CAST(:after AS text) IS NULL OR id > :after)"
            " ORDER BY id LIMIT :limit OFFSET :offset"
        ),
        {**asdict(which), "limit": limit, "offset": offset, "after": after},
    )
    return [dict(row) for row in rows.mappings()]


async def get_measurement(tx: Transaction, cell: str) -> dict[str, Any] | None:
    """Return one measured value; None when there is no such cell."""
    rows = await tx.session.execute(
        text(
            "SELECT id, indicator, scope, period, value::text, numerator::text, denominator::text,"
            " n, coverage::text, freshest_at, formula_version, reason, watermark, seq, measured_at"
            " FROM measurement WHERE id = :id"
        ),
        {"id": cell},
    )
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


async def list_history(tx: Transaction, cell: str, limit: int) -> list[dict[str, Any]]:
    """Return what a cell said when, newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT value::text, numerator::text, denominator::text, n, formula_version, reason,"
            " watermark, measured_at FROM measurement_history WHERE id = :id"
            " ORDER BY entry DESC LIMIT :limit"
        ),
        {"id": cell, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


async def get_document(tx: Transaction, indicator: str, version: int) -> dict[str, Any] | None:
    """Return a version of a definition as it was published."""
    document: dict[str, Any] | None = await tx.session.scalar(
        text("SELECT document FROM indicator WHERE id = :id AND version = :version"),
        {"id": indicator, "version": version},
    )
    return document


async def list_sources(
    tx: Transaction, entities: Sequence[str], watermark: int
) -> list[dict[str, Any]]:
    """Return which batches changed records of some entities, newest first.

    Args:
        watermark: number of the last change that counts: what came later a value does not know.
    """
    rows = await tx.session.execute(
        text(
            "SELECT x.entity, x.batch, x.records, b.source, b.feed, b.feed_version, b.channel,"
            " b.document, b.started_at AS received_at FROM ("
            "  SELECT entity, batch, sum(rows)::bigint AS records FROM change_set"
            "  WHERE entity = ANY(:entities) AND first_seq <= :watermark GROUP BY entity, batch"
            "  ORDER BY batch DESC LIMIT 50"
            " ) x JOIN batch b ON b.id = x.batch ORDER BY x.batch DESC, x.entity"
        ),
        {"entities": sorted(set(entities)), "watermark": watermark},
    )
    return [dict(row) for row in rows.mappings()]
