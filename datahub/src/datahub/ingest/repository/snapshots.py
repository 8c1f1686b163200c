"""What is remembered of a feed's last full snapshot.

Of every line that is a record: the two halves of its hash, the hash of the record's key, and the
key, as a parquet file for each hundred thousand lines. What the feed has delivered otherwise since,
the records themselves tell.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from datahub.dictionary.tables import table_name
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.snapshot import hash_keys
from datahub.ingest.repository import feeds, rekeyed
from shared.kit.database import Transaction
from shared.kit.sql import text

PART_LINES: Final = 100_000
NEVER: Final = 0
"""Instead of the batch of the last snapshot: what came otherwise was never asked."""

COLUMNS: Final = {"first": pl.UInt64, "second": pl.UInt64, "hash": pl.UInt64, "key": pl.String}
"""Columns of remembered lines."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last snapshot of a feed, and what it has delivered since."""

    lines: pl.DataFrame
    """One row a line; of a record that came otherwise there is no hash of a line."""

    stale: list[str]
    """Keys of records that somebody changed since."""


async def recall(tx: Transaction, feed: Feed) -> Remembered:
    """Return which records a feed has delivered, with the lines of its last snapshot.

    What it delivered otherwise since then was written since then. Before its first snapshot nobody
    has looked yet: all its records are asked.
    """
    row = await tx.session.execute(
        text("SELECT change_set, batch FROM snapshot WHERE feed = :feed"), {"feed": feed.id}
    )
    change_set, batch = row.one_or_none() or (None, NEVER)
    last = Remembered(pl.DataFrame(schema=COLUMNS), [])
    if change_set is not None:
        last = await _recall(tx, feed, change_set)
    since = pl.DataFrame({"key": pl.Series(last.stale, dtype=pl.String)})
    others = since.unique().join(last.lines, on="key", how="anti")["key"].to_list()
    keys = await _list_delivered(tx, feed, None if batch == NEVER else others)
    if batch == NEVER:
        keys = keys.join(last.lines, on="key", how="anti")
    zero = pl.lit(0, pl.UInt64)
    came = keys.select(
        zero.alias("first"), zero.alias("second"), pl.Series("hash", hash_keys(keys["key"])), "key"
    )
    return Remembered(pl.concat([last.lines, came]), last.stale)


async def _list_delivered(tx: Transaction, feed: Feed, among: Sequence[str] | None) -> pl.DataFrame:
    """Return the keys of the records that are there and that the feed was the last to deliver.

    Of the feeds of its source, that is: another system's word is taken back by itself alone.

    Args:
        among: keys of the records that are asked; None is all.
    """
    schema = {"key": pl.String}
    if among is not None and not among:
        return pl.DataFrame(schema=schema)
    writers = await feeds.list_writers(tx, feed.entity.name)
    others = [each.feed for each in writers if each.source == feed.source and each.feed != feed.id]
    connection = await tx.driver()
    file = io.BytesIO()
    await connection.copy_from_query(
        f'SELECT key FROM "{table_name(feed.entity.name)}" WHERE deleted_at IS NULL'
        f" AND {'$3::text[] IS NULL' if among is None else 'key = ANY($3::text[])'}"
        " AND (seen ->> $1)::bigint >= (SELECT coalesce(max((seen ->> other)::bigint), 0)"
        " FROM unnest($2::text[]) other)",
        feed.id,
        others,
        among,
        output=file,
        format="csv",
    )
    file.seek(0)
    if not file.getbuffer().nbytes:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(file, has_header=False, schema=schema)


async def _recall(tx: Transaction, feed: Feed, change_set: int) -> Remembered:
    """Return the lines of a feed's last snapshot, which closed with a change set."""
    parts = await tx.session.scalars(
        text("SELECT lines FROM snapshot_part WHERE feed = :feed ORDER BY part"), {"feed": feed.id}
    )
    stale = await tx.session.scalars(
        text(
            "SELECT DISTINCT unnest(ARRAY[c.key, c.previous_key]) FROM change c"
            " JOIN change_set s ON s.id = c.change_set"
            " WHERE s.entity = :entity AND s.id > :after"
        ),
        {"entity": feed.entity.name, "after": change_set},
    )
    frames = [pl.read_parquet(io.BytesIO(part)) for part in parts]
    lines = pl.concat([pl.DataFrame(schema=COLUMNS), *frames])
    moved = await rekeyed.list_moved(tx, feed.entity.name)
    return Remembered(_renamed(lines, moved), [key for key in stale if key is not None])


def _renamed(lines: pl.DataFrame, moved: Mapping[str, str]) -> pl.DataFrame:
    """Return lines with the key that their record has now."""
    if not moved:
        return lines
    keys = lines["key"].replace(dict(moved))
    return lines.with_columns(key=keys, hash=pl.Series(hash_keys(keys)))


async def newest_change_sets(tx: Transaction, entities: Iterable[str]) -> dict[str, int]:
    """Return the newest change set of each of some entities; 0 for none."""
    return {
        entity: int(
            await tx.session.scalar(
                text("SELECT max(id) FROM change_set WHERE entity = :entity"), {"entity": entity}
            )
            or 0
        )
        for entity in sorted(entities)
    }


async def remember(
    tx: Transaction, feed: Feed, batch: int, change_set: int, lines: pl.DataFrame
) -> None:
    """Remember a snapshot in place of the one before."""
    await tx.session.execute(text("DELETE FROM snapshot_part WHERE feed = :f"), {"f": feed.id})
    for number, part in enumerate(_parts(lines)):
        await tx.session.execute(
            text("INSERT INTO snapshot_part (feed, part, lines) VALUES (:feed, :part, :lines)"),
            {"feed": feed.id, "part": number, "lines": part},
        )
    await tx.session.execute(
        text(
            "INSERT INTO snapshot (feed, batch, change_set, lines)"
            " VALUES (:feed, :batch, :change_set, :lines) ON CONFLICT (feed) DO UPDATE"
            " SET batch = :batch, change_set = :change_set, lines = :lines"
        ),
        {"feed": feed.id, "batch": batch, "change_set": change_set, "lines": lines.height},
    )


def _parts(lines: pl.DataFrame) -> Iterator[bytes]:
    for at in range(0, lines.height, PART_LINES):
        body = io.BytesIO()
        lines.slice(at, PART_LINES).write_parquet(body, compression="lz4", statistics=False)
        yield body.getvalue()


async def keep_part(tx: Transaction, feed: str, snapshot: str, number: int, records: bytes) -> None:
    """Keep a part of a snapshot that is pushed in parts."""
    await tx.session.execute(
        text(
            "INSERT INTO snapshot_chunk (feed, snapshot, number, records)"
            " VALUES (:feed, :snapshot, :number, :records)"
            " ON CONFLICT (feed, snapshot, number) DO UPDATE SET records = :records"
        ),
        {"feed": feed, "snapshot": snapshot, "number": number, "records": records},
    )


async def find_part(tx: Transaction, feed: str, snapshot: str, number: int) -> bytes | None:
    """Return a part of a snapshot that is pushed in parts."""
    found: bytes | None = await tx.session.scalar(
        text(
            "SELECT records FROM snapshot_chunk"
            " WHERE feed = :feed AND snapshot = :snapshot AND number = :number"
        ),
        {"feed": feed, "snapshot": snapshot, "number": number},
    )
    return found


async def drop_parts(tx: Transaction, feed: str) -> None:
    """Drop every part of snapshots of a feed."""
    await tx.session.execute(text("DELETE FROM snapshot_chunk WHERE feed = :feed"), {"feed": feed})
