"""Definitions as they were published, and the batches that measured values rest on."""

from collections.abc import Sequence
from typing import Any

from shared.kit.database import Transaction
from shared.kit.sql import text


async def list_documents(tx: Transaction) -> list[dict[str, Any]]:
    """Return the version in force of every definition as it was published."""
    rows = await tx.session.execute(
        text(
            "SELECT DISTINCT ON (id) id AS indicator, version, origin, document, published_at,"
            " departs_from, retired_on, retired_why"
            " FROM indicator ORDER BY id, version DESC"
        )
    )
    return [dict(row) for row in rows.mappings()]


async def list_versions(tx: Transaction, indicator: str) -> list[dict[str, Any]]:
    """Return every version of a definition, the newest first, and how many values each made."""
    rows = await tx.session.execute(
        text(
            "SELECT i.version, i.origin, i.published_at, i.measured_at, i.document,"
            " (SELECT count(*) FROM measurement m WHERE m.indicator = i.id"
            "   AND m.formula_version = i.version) AS values"
            " FROM indicator i WHERE i.id = :indicator ORDER BY i.version DESC"
        ),
        {"indicator": indicator},
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
