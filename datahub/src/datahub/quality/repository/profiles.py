"""How the batches of a feed are written."""

import json
from dataclasses import asdict

from datahub.quality.domain.drift import Drift, Profile, as_document, from_document
from shared.kit.database import Transaction
from shared.kit.sql import text


async def keep_profile(tx: Transaction, feed: str, batch: int, profile: Profile) -> bool:
    """Keep how a batch is written; return whether it is the first part of a delivery.

    Rows that are replayed, and keys to delete, do not show how a source writes.
    """
    kept = await tx.session.scalar(
        text(
            "INSERT INTO feed_profile (batch, feed, rows, columns)"
            " SELECT b.id, :feed, :rows, CAST(:columns AS jsonb) FROM batch b"
            " WHERE b.id = :batch AND b.channel <> 'replay' AND b.mode <> 'delete'"
            " ON CONFLICT (batch) DO NOTHING RETURNING batch"
        ),
        {
            "batch": batch,
            "feed": feed,
            "rows": profile.rows,
            "columns": json.dumps(as_document(profile), ensure_ascii=False),
        },
    )
    return kept is not None


async def profile_before(tx: Transaction, feed: str, batch: int) -> Profile | None:
    """Return how the batch before was written; None for the first one."""
    row = await (await tx.driver()).fetchrow(
        "SELECT rows, columns FROM feed_profile WHERE feed = $1 AND batch < $2"
        " ORDER BY batch DESC LIMIT 1",
        feed,
        batch,
    )
    return None if row is None else from_document(row["rows"], row["columns"])


async def keep_drift(tx: Transaction, batch: int, drift: Drift) -> None:
    """Keep how a batch differs from the one before."""
    await tx.session.execute(
        text("UPDATE feed_profile SET drift = CAST(:drift AS jsonb) WHERE batch = :batch"),
        {"batch": batch, "drift": json.dumps(asdict(drift), ensure_ascii=False)},
    )


async def prune(tx: Transaction) -> None:
    """Drop what is older than a day, is not the newest of its feed, and shows no drift."""
    await tx.session.execute(
        text(
            "DELETE FROM feed_profile p WHERE p.drift IS NULL"
            " AND p.seen_at < clock_timestamp() - interval '1 day' AND EXISTS"
            " (SELECT FROM feed_profile n WHERE n.feed = p.feed AND n.batch > p.batch)"
        )
    )
