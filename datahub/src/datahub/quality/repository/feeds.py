"""Feeds as quality sees them: what they write, how often they deliver, when they last did."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.tables import table_name
from datahub.locks import Space
from datahub.quality.domain.rhythm import Rhythm, read_rhythm
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True)
class Writer:
    """A feed and the fields that it writes."""

    feed: str
    source: str
    entity: str
    targets: frozenset[str]


_TARGETS: Final = (
    "ARRAY(SELECT jsonb_object_keys(f.document -> 'fields')) || ARRAY(SELECT"
    " jsonb_object_keys(coalesce(f.document #> '{aggregate,measures}', '{}')))"
)


async def list_writers(tx: Transaction, entity: str) -> list[Writer]:
    """Return the feeds that write an entity."""
    rows = await tx.session.execute(
        text(
            f"SELECT f.id, f.source, f.entity, {_TARGETS} AS targets FROM feed f"
            " WHERE f.entity = :entity ORDER BY f.id"
        ),
        {"entity": entity},
    )
    return [Writer(row.id, row.source, row.entity, frozenset(row.targets)) for row in rows]


async def newest_batch(tx: Transaction, feed: str) -> int | None:
    """Return the newest finished batch of a feed; None when there is none."""
    batch: int | None = await tx.session.scalar(
        text(
            "SELECT id FROM batch WHERE feed = :feed AND finished_at IS NOT NULL"
            " ORDER BY id DESC LIMIT 1"
        ),
        {"feed": feed},
    )
    return batch


@dataclass(frozen=True, slots=True)
class Watched:
    """A feed, when it last delivered, and what is known of its lateness."""

    feed: str
    source: str
    entity: str
    rhythm: Rhythm | None
    saved_at: datetime
    last_batch_at: datetime | None
    told: datetime | None
    """When the missed delivery was due that was told of last; None while it is on time."""


def rhythm_of(document: dict[str, Any]) -> Rhythm | None:
    """Return the rhythm that a feed's document declares."""
    return read_rhythm(document.get("rhythm"))


async def list_watched(tx: Transaction) -> list[Watched]:
    """Return every feed that declares a rhythm or was told of as late.

    One that is retired is awaited no more, and has no rhythm. Batches that replay rows are no
    deliveries.
    """
    rows = await tx.session.execute(
        text(
            "SELECT f.id, f.source, f.entity, f.document, f.saved_at,"
            " (SELECT b.finished_at FROM batch b WHERE b.feed = f.id AND b.channel <> 'replay'"
            "   AND b.finished_at IS NOT NULL ORDER BY b.id DESC LIMIT 1) AS last_batch_at,"
            " CASE WHEN w.level IS NOT NULL THEN w.expected_at END AS told,"
            " f.retired_at FROM feed f LEFT JOIN feed_watch w ON w.feed = f.id"
            " WHERE (f.document ? 'rhythm' AND f.retired_at IS NULL)"
            " OR w.expected_at IS NOT NULL ORDER BY f.id"
        )
    )
    return [
        Watched(
            row.id,
            row.source,
            row.entity,
            rhythm_of(row.document) if row.retired_at is None else None,
            row.saved_at,
            row.last_batch_at,
            row.told,
        )
        for row in rows
    ]


async def count_deliveries(tx: Transaction) -> list[dict[str, Any]]:
    """Return of each feed of the college what it delivered since the month began.

    ``in_time`` is null where no rhythm is declared. What replays rows delivers nothing.
    """
    rows = await tx.session.execute(
        text(
            "SELECT f.id AS feed_code, f.source AS system_code,"
            " coalesce(b.received, 0) AS rows_gathered, coalesce(b.valid, 0) AS rows_valid,"
            " CASE WHEN f.document ? 'rhythm' AND f.retired_at IS NULL THEN w.level IS NULL END"
            "   AS in_time,"
            " to_char(b.at AT TIME ZONE :zone, 'YYYY-MM-DD') AS updated_on"
            " FROM feed f LEFT JOIN feed_watch w ON w.feed = f.id LEFT JOIN LATERAL ("
            "  SELECT sum(received)::bigint AS received, max(started_at) AS at,"
            "   sum(received - quarantined - rejected)::bigint AS valid FROM batch"
            "   WHERE feed = f.id AND channel <> 'replay' AND finished_at IS NOT NULL"
            "    AND started_at >= date_trunc('month', now(), :zone)) b ON true"
            " WHERE f.source <> 'helix8' ORDER BY f.id"
        ),
        {"zone": CAMPUS.key},
    )
    return [dict(row) for row in rows.mappings()]


async def present_instant(tx: Transaction) -> datetime:
    """Return the database's clock."""
    now = await tx.session.scalar(text("SELECT clock_timestamp()"))
    assert isinstance(now, datetime)
    return now


async def lead_watch(tx: Transaction) -> bool:
    """Return whether this process watches the feeds now; until the commit nobody else does."""
    return bool(
        await tx.session.scalar(text(f"SELECT pg_try_advisory_xact_lock({Space.FEED_WATCH}, 0)"))
    )


async def keep_watch(
    tx: Transaction,
    feed: str,
    *,
    expected_at: datetime | None,
    level: str | None,
    last_batch_at: datetime | None,
) -> None:
    """Keep what is expected of a feed, where that is new."""
    await tx.session.execute(
        text(
            "INSERT INTO feed_watch AS w (feed, expected_at, level, last_batch_at)"
            " VALUES (:feed, :expected_at, :level, :last_batch_at)"
            " ON CONFLICT (feed) DO UPDATE SET expected_at = excluded.expected_at,"
            " level = excluded.level, last_batch_at = excluded.last_batch_at"
            " WHERE (w.expected_at, w.level, w.last_batch_at) IS DISTINCT FROM"
            " (excluded.expected_at, excluded.level, excluded.last_batch_at)"
        ),
        {
            "feed": feed,
            "expected_at": expected_at,
            "level": level,
            "last_batch_at": last_batch_at,
        },
    )


async def keep_refusal(tx: Transaction, feed: str, rules: Sequence[dict[str, Any]]) -> None:
    """Keep that a batch of a feed was refused, and by which rules."""
    await tx.session.execute(
        text(
            "INSERT INTO feed_watch (feed, refused_at, refused)"
            " VALUES (:feed, clock_timestamp(), CAST(:rules AS jsonb))"
            " ON CONFLICT (feed) DO UPDATE SET refused_at = excluded.refused_at,"
            " refused = excluded.refused"
        ),
        {"feed": feed, "rules": json.dumps(list(rules), ensure_ascii=False)},
    )


async def list_terms(tx: Transaction, dictionary: Dictionary) -> list[tuple[date, date]]:
    """Return first and last day of every term that is known and ends, in order."""
    if "term" not in dictionary.entities:
        return []
    rows = await tx.session.execute(
        text(
            f'SELECT starts_on, ends_on FROM "{table_name("term")}" WHERE deleted_at IS NULL'
            " AND starts_on IS NOT NULL AND ends_on < '9999-01-01' ORDER BY starts_on"
        )
    )
    return [(row.starts_on, row.ends_on) for row in rows]
