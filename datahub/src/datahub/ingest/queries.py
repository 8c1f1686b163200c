"""Read models of ingest: one function per question."""

from typing import Any

from sqlalchemy import text

from shared.kit.database import Transaction


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
