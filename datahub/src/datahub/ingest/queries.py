"""Read models of ingest: one function per question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from datahub.dictionary.tables import table_name
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True)
class PutAside:
    """A row that was put aside, as it came."""

    id: int
    feed: str
    raw: dict[str, Any]
    observed: int


async def look_up(tx: Transaction, entity: str, field: str, keys: Sequence[str]) -> dict[str, str]:
    """Return a field's value, as text, for each key of a record that exists; empty for null."""
    rows = await tx.session.execute(
        text(
            f'SELECT key, coalesce("{field}"::text, \'\') AS value FROM "{table_name(entity)}"'
            f" WHERE key = ANY(:keys) AND deleted_at IS NULL"
        ),
        {"keys": list(keys)},
    )
    return {row.key: row.value for row in rows}


async def list_releasable(tx: Transaction, limit: int) -> list[PutAside]:
    """Return parked rows whose parent is there now, oldest first, locked."""
    entities = await tx.session.scalars(
        text(
            "SELECT DISTINCT split_part(waits_for, ':', 1) FROM quarantined_row"
            " WHERE verdict = 'parked' AND released_at IS NULL AND waits_for IS NOT NULL"
        )
    )
    found: list[PutAside] = []
    for entity in sorted(entities):
        rows = await tx.session.execute(
            text(
                "SELECT q.id, q.feed, q.raw, q.observed FROM quarantined_row q"
                f' JOIN "{table_name(entity)}" p'
                "   ON p.key = substr(q.waits_for, :skip) AND p.deleted_at IS NULL"
                " WHERE q.verdict = 'parked' AND q.released_at IS NULL"
                "   AND q.waits_for LIKE :prefix"
                " ORDER BY q.id LIMIT :limit FOR UPDATE OF q SKIP LOCKED"
            ),
            {"skip": len(entity) + 2, "prefix": f"{entity}:%", "limit": limit},
        )
        found += [PutAside(row.id, row.feed, row.raw, row.observed) for row in rows]
    return found


async def get_put_aside(tx: Transaction, row_ids: Sequence[int]) -> list[PutAside]:
    """Return rows that are still put aside, locked."""
    rows = await tx.session.execute(
        text(
            "SELECT id, feed, raw, observed FROM quarantined_row"
            " WHERE id = ANY(:ids) AND released_at IS NULL ORDER BY id FOR UPDATE"
        ),
        {"ids": list(row_ids)},
    )
    return [PutAside(row.id, row.feed, row.raw, row.observed) for row in rows]


async def mark_released(tx: Transaction, row_ids: Sequence[int], batch: int) -> None:
    """Note that rows were driven through again, and by which batch."""
    await tx.session.execute(
        text(
            "UPDATE quarantined_row SET released_at = clock_timestamp(), released_batch = :batch"
            " WHERE id = ANY(:ids)"
        ),
        {"ids": list(row_ids), "batch": batch},
    )


async def list_batches(
    tx: Transaction, *, limit: int, before: int | None, feed: str | None
) -> list[dict[str, Any]]:
    """Return deliveries, newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT id AS batch, feed, feed_version, source, entity, mode, channel, document,"
            " declared, received, created, updated, deleted, unchanged, quarantined, parked,"
            " rejected, duplicate, started_at, finished_at, correlation FROM batch"
            " WHERE (CAST(:before AS bigint) IS NULL OR id < :before)"
            "   AND (CAST(:feed AS text) IS NULL OR feed = :feed)"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"limit": limit, "before": before, "feed": feed},
    )
    return [dict(row) for row in rows.mappings()]


async def get_batch(tx: Transaction, batch: int) -> dict[str, Any] | None:
    """Return one delivery; None when there is none of that id."""
    rows = await list_batches(tx, limit=1, before=batch + 1, feed=None)
    return rows[0] if rows and rows[0]["batch"] == batch else None


async def list_put_aside(
    tx: Transaction,
    *,
    limit: int,
    before: int | None,
    batch: int | None,
    code: str | None,
    verdict: str | None,
) -> list[dict[str, Any]]:
    """Return rows that are put aside, newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT id, batch, feed, row_no AS row, raw, verdict, code, path, message, reasons,"
            " waits_for, put_aside_at FROM quarantined_row WHERE released_at IS NULL"
            " AND (CAST(:before AS bigint) IS NULL OR id < :before)"
            " AND (CAST(:batch AS bigint) IS NULL OR batch = :batch)"
            " AND (CAST(:code AS text) IS NULL OR code = :code)"
            " AND (CAST(:verdict AS text) IS NULL OR verdict = :verdict)"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"limit": limit, "before": before, "batch": batch, "code": code, "verdict": verdict},
    )
    return [dict(row) for row in rows.mappings()]


async def count_put_aside(tx: Transaction) -> list[dict[str, Any]]:
    """Return how many rows are put aside, by feed, verdict and cause; the largest first."""
    rows = await tx.session.execute(
        text(
            "SELECT feed, verdict, code, path, count(*) AS rows, min(put_aside_at) AS oldest_at"
            " FROM quarantined_row WHERE released_at IS NULL"
            " GROUP BY feed, verdict, code, path ORDER BY rows DESC, feed, code, path"
        )
    )
    return [dict(row) for row in rows.mappings()]


async def list_feeds(tx: Transaction) -> list[dict[str, Any]]:
    """Return every feed with its newest batch."""
    rows = await tx.session.execute(
        text(
            "SELECT f.id, f.version, f.source, f.entity, f.is_default, f.document, f.saved_at,"
            " (SELECT max(b.finished_at) FROM batch b WHERE b.entity = f.entity"
            "   AND b.feed = f.id) AS last_batch_at FROM feed f ORDER BY f.id"
        )
    )
    return [dict(row) for row in rows.mappings()]
