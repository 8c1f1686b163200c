"""Read models of ingest: one function per question."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from datahub.ingest.repository.aside import EACH_REASON, HAS_REASON
from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list, newest first, that is wanted."""

    limit: int
    offset: int = 0
    before: int | None = None
    """Id of the last row of the page before; None on the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which rows of the quarantine are wanted; None stands for any."""

    batch: int | None = None
    code: str | None = None
    verdict: str | None = None
    feed: str | None = None
    state: str = "open"
    """``open``, ``released`` (taken up by a delivery) or ``discarded``."""

    seen: tuple[str, ...] | None = None
    """Of these feeds only: what a row is about was never looked at, whose feed it is is known."""


_STATE: Final = (
    "CASE WHEN finished_at IS NOT NULL THEN 'finished' WHEN EXISTS (SELECT FROM pg_locks l"
    " WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND CASE channel"
    f" WHEN 'pull' THEN l.classid = {Space.PULL}"
    "   AND l.objid = (hashtext(feed)::bigint & 4294967295)::oid"
    f" ELSE l.classid = {Space.BATCH} AND l.objid = (batch.id % 2147483648)::oid END"
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ") THEN 'running' ELSE 'interrupted' END"
)
"""Whoever works on an upload of several transactions holds its lock, and a run the one of its
pull; a process that was killed holds none."""


async def list_batches(tx: Transaction, window: Window, feed: str | None) -> list[dict[str, Any]]:
    """Return deliveries, newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT id AS batch, feed, feed_version, source, entity, mode, channel, document,"
            " declared, received, created, updated, deleted, unchanged, quarantined, parked,"
            " rejected, duplicate, vanished, blank, warned, started_at, finished_at,"
            f" {_STATE} AS state, correlation FROM batch"
            " WHERE (CAST(:before AS bigint) IS NULL OR id < :before)"
            "   AND (CAST(:feed AS text) IS NULL OR feed = :feed)"
            " ORDER BY id DESC LIMIT :limit OFFSET :offset"
        ),
        {**asdict(window), "feed": feed},
    )
    return [dict(row) for row in rows.mappings()]


async def count_batches(tx: Transaction, feed: str | None) -> int:
    """Return how many deliveries there are."""
    found = await tx.session.scalar(
        text("SELECT count(*) FROM batch WHERE CAST(:feed AS text) IS NULL OR feed = :feed"),
        {"feed": feed},
    )
    return int(found or 0)


async def get_batch(tx: Transaction, batch: int) -> dict[str, Any] | None:
    """Return one delivery with its warnings; None when there is none of that id."""
    rows = await list_batches(tx, Window(limit=1, before=batch + 1), None)
    if not rows or rows[0]["batch"] != batch:
        return None
    warnings = await tx.session.scalar(
        text("SELECT warnings FROM batch WHERE id = :batch"), {"batch": batch}
    )
    found = warnings or {"codes": {}, "rows": []}
    return {**rows[0], "warning_codes": found["codes"], "warnings": found["rows"]}


_STATE_OF: Final = (
    "CASE WHEN released_at IS NULL THEN 'open' WHEN discarded IS NULL THEN 'released'"
    " ELSE 'discarded' END"
)
_ENTRY: Final = (
    "id, batch, feed, row_no AS row, raw, verdict, code, path, message, reasons, waits_for,"
    f" put_aside_at, {_STATE_OF} AS state, released_at, released_batch, came_from, edits,"
    " discarded, (SELECT s.id FROM quarantined_row s WHERE s.came_from = quarantined_row.id)"
    " AS put_aside_as"
)
_IN_STATE: Final = {
    "open": "released_at IS NULL",
    "released": "released_at IS NOT NULL AND discarded IS NULL",
    "discarded": "discarded IS NOT NULL",
}
_CONDITIONS: Final = (
    " AND (CAST(:feed AS text) IS NULL OR feed = :feed)"
    " AND (CAST(:batch AS bigint) IS NULL OR batch = :batch)"
    f" AND (CAST(:code AS text) IS NULL OR {HAS_REASON})"
    " AND (CAST(:verdict AS text) IS NULL OR verdict = :verdict)"
    " AND (CAST(:seen AS text[]) IS NULL OR 'feed/' || feed = ANY(:seen))"
)


async def list_put_aside(tx: Transaction, window: Window, which: Which) -> list[dict[str, Any]]:
    """Return rows of the quarantine, newest first."""
    rows = await tx.session.execute(
        text(
            f"SELECT {_ENTRY} FROM quarantined_row WHERE {_IN_STATE[which.state]} {_CONDITIONS}"
            " AND (CAST(:before AS bigint) IS NULL OR id < :before)"
            " ORDER BY id DESC LIMIT :limit OFFSET :offset"
        ),
        {**asdict(window), **asdict(which)},
    )
    return [dict(row) for row in rows.mappings()]


async def list_trail(tx: Transaction, row_id: int) -> list[dict[str, Any]]:
    """Return every entry of one row, from its first to its last; none for an unknown id."""
    rows = await tx.session.execute(
        text(
            "WITH RECURSIVE back AS (SELECT id, came_from FROM quarantined_row WHERE id = :id"
            " UNION SELECT q.id, q.came_from FROM quarantined_row q JOIN back ON q.id ="
            " back.came_from), forth AS (SELECT id FROM back UNION SELECT q.id FROM"
            " quarantined_row q JOIN forth ON q.came_from = forth.id)"
            f" SELECT {_ENTRY} FROM quarantined_row WHERE id IN (SELECT id FROM forth) ORDER BY id"
        ),
        {"id": row_id},
    )
    return [dict(row) for row in rows.mappings()]


async def count_put_aside(tx: Transaction, which: Which) -> int:
    """Return how many rows are put aside."""
    found = await tx.session.scalar(
        text(f"SELECT count(*) FROM quarantined_row WHERE {_IN_STATE[which.state]} {_CONDITIONS}"),
        asdict(which),
    )
    return int(found or 0)


async def list_causes(
    tx: Transaction, seen: Sequence[str] | None, feed: str | None = None
) -> list[dict[str, Any]]:
    """Return how many rows are put aside, by feed, verdict and cause; the largest first.

    A row counts under each of its reasons, and as ``leading`` under its first alone. A row that
    was driven through again in vain is as old as its first entry.

    Args:
        seen: of these feeds only (``feed/<id>``); None for all.
        feed: of this one alone.
    """
    rows = await tx.session.execute(
        text(
            "WITH RECURSIVE back AS (SELECT id AS entry, came_from, put_aside_at"
            "  FROM quarantined_row WHERE released_at IS NULL AND came_from IS NOT NULL"
            " UNION ALL SELECT b.entry, q.came_from, q.put_aside_at"
            "  FROM back b JOIN quarantined_row q ON q.id = b.came_from),"
            " since AS (SELECT entry, min(put_aside_at) AS at FROM back GROUP BY entry)"
            " SELECT q.feed, q.verdict, r.code, r.path, count(DISTINCT q.id) AS rows,"
            "  count(DISTINCT q.id) FILTER (WHERE r.place = 1) AS leading,"
            "  min(coalesce(s.at, q.put_aside_at)) AS oldest_at"
            " FROM quarantined_row q LEFT JOIN since s ON s.entry = q.id"
            f" CROSS JOIN {EACH_REASON} r WHERE q.released_at IS NULL"
            " AND (CAST(:seen AS text[]) IS NULL OR 'feed/' || q.feed = ANY(:seen))"
            " AND (CAST(:feed AS text) IS NULL OR q.feed = :feed)"
            " GROUP BY 1, 2, 3, 4 ORDER BY rows DESC, feed, code, path"
        ),
        {"seen": seen, "feed": feed},
    )
    return [dict(row) for row in rows.mappings()]


async def list_feeds(tx: Transaction, feed: str | None = None) -> list[dict[str, Any]]:
    """Return every feed, or the one, with the instant of its newest batch."""
    rows = await tx.session.execute(
        text(
            "SELECT f.id AS feed, f.version, f.source, f.entity, f.is_default AS default,"
            " f.document, f.saved_at, (SELECT max(b.finished_at) FROM batch b"
            "  WHERE b.entity = f.entity AND b.feed = f.id) AS last_batch_at,"
            " CASE WHEN f.retired_at IS NOT NULL THEN jsonb_build_object('at', f.retired_at,"
            "  'by', f.retired_by, 'reason', f.retired_why) END AS retired FROM feed f"
            " WHERE CAST(:feed AS text) IS NULL OR f.id = :feed ORDER BY f.id"
        ),
        {"feed": feed},
    )
    return [dict(row) for row in rows.mappings()]


async def list_feed_versions(tx: Transaction, feed: str, window: Window) -> list[dict[str, Any]]:
    """Return a feed as it was saved, version by version, the newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT version, document, saved_at FROM feed_version WHERE feed = :feed"
            " AND (CAST(:before AS bigint) IS NULL OR version < :before)"
            " ORDER BY version DESC LIMIT :limit OFFSET :offset"
        ),
        {**asdict(window), "feed": feed},
    )
    return [dict(row) for row in rows.mappings()]


async def count_feed_versions(tx: Transaction, feed: str) -> int:
    """Return how many versions of a feed there are."""
    found = await tx.session.scalar(
        text("SELECT count(*) FROM feed_version WHERE feed = :feed"), {"feed": feed}
    )
    return int(found or 0)
