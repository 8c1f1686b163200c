"""Rows that were put aside, and the records that rows look up."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datahub.dictionary.tables import table_name
from datahub.ingest.domain.reading import UNREAD
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True)
class PutAside:
    """A row that was put aside, as it came."""

    id: int
    feed: str
    raw: dict[str, Any]
    observed: int
    mode: str
    """Mode of the delivery that it came with."""

    document: str
    """Document that it is a line of; ``#`` and the batch where it had no name."""

    source: str
    entity: str


HAS_REASON: Final = "reasons @> jsonb_build_array(jsonb_build_object('code', CAST(:code AS text)))"
"""Whether a row was put aside for ``:code``, be it not the first of its reasons."""

EACH_REASON: Final = (
    "LATERAL (SELECT e.value ->> 'code' AS code, e.value ->> 'path' AS path, e.place"
    " FROM jsonb_array_elements(q.reasons) WITH ORDINALITY e(value, place))"
)
"""Every reason of a row ``q``, with its place among them, from 1."""

IS_LINE: Final = f"(raw ? '{UNREAD}' AND raw - '{UNREAD}' = '{{}}')"
"""Whether what is kept is a line that could not be read: without columns no feed reads it."""

_WAITING: Final = "q.verdict = 'parked' AND q.released_at IS NULL AND q.waits_for IS NOT NULL"
_COLUMNS: Final = (
    "q.id, q.feed, q.raw, q.observed, b.mode, coalesce(b.document, '#' || b.id) AS document,"
    " b.source, b.entity"
)


def _present(key: str, entity: str) -> str:
    """Return the join that tells under which key the record stands now that had this one."""
    return f"LEFT JOIN rekeyed m ON m.entity = {entity} AND m.old_key = {key} AND m.is_direct"


async def look_up(tx: Transaction, entity: str, field: str, keys: Sequence[str]) -> dict[str, str]:
    """Return a field's value, as text, for each key of a record that exists; empty for null.

    A key that a record had stands for the one that it has now.
    """
    rows = await tx.session.execute(
        text(
            f"SELECT k.key, coalesce(r.\"{field}\"::text, '') AS value"
            " FROM unnest(CAST(:keys AS text[])) k(key)"
            f' {_present("k.key", ":entity")} JOIN "{table_name(entity)}" r'
            " ON r.key = coalesce(m.new_key, k.key) AND r.deleted_at IS NULL"
        ),
        {"keys": list(keys), "entity": entity},
    )
    return {row.key: row.value for row in rows}


async def list_absent(tx: Transaction, entity: str, keys: Sequence[str]) -> list[str]:
    """Return the keys under which there is no record.

    A key that a record had stands for the one that it has now.
    """
    [found] = await list_absent_of(tx, [(entity, keys)])
    return found


def absent_sql(keys: str, entity: str, table: str) -> str:
    """Return the rest of a statement that selects keys under which there is no record.

    Args:
        keys: relation with a column ``key``.
        entity: SQL of the entity's name.
    """
    return (
        f'k.key FROM {keys} k {_present("k.key", entity)} LEFT JOIN "{table}" p'
        " ON p.key = coalesce(m.new_key, k.key) AND p.deleted_at IS NULL WHERE p.key IS NULL"
    )


async def list_absent_of(
    tx: Transaction, asked: Sequence[tuple[str, Sequence[str]]]
) -> list[list[str]]:
    """Return, for each entity and keys, those under which there is no record; see `list_absent`."""
    if not asked:
        return []
    each = " UNION ALL ".join(
        f"SELECT {place} AS place, "
        + absent_sql(
            f"(SELECT unnest(${place * 2 + 1}::text[]) AS key)",
            f"${place * 2 + 2}::text",
            table_name(entity),
        )
        for place, (entity, _) in enumerate(asked)
    )
    values = [value for entity, keys in asked for value in (list(keys), entity)]
    absent: list[list[str]] = [[] for _ in asked]
    for row in await (await tx.driver()).fetch(each, *values):
        absent[row["place"]].append(row["key"])
    return absent


async def list_releasable(tx: Transaction, limit: int) -> list[PutAside]:
    """Return parked rows of which every parent is there now, the oldest pushed first, locked.

    Thousands of rows wait for a few parents, and mostly for ever: what is there is asked once a
    parent, not once a row.
    """
    there = await _list_awaited_and_there(tx)
    if not there:
        return []
    rows = await tx.session.execute(
        text(
            f"SELECT {_COLUMNS} FROM quarantined_row q JOIN batch b ON b.id = q.batch"
            f" WHERE {_WAITING} AND NOT EXISTS (SELECT FROM unnest(q.waits_for) w"
            "  WHERE w NOT IN (SELECT unnest(CAST(:there AS text[]))))"
            # Of two versions of one record the newer counts, whichever was put aside first.
            " ORDER BY q.observed, q.id LIMIT :limit FOR UPDATE OF q SKIP LOCKED"
        ),
        {"there": there, "limit": limit},
    )
    return [PutAside(*row) for row in rows]


async def _list_awaited_and_there(tx: Transaction) -> list[str]:
    """Return, as ``entity:key``, the records that rows wait for and that are there."""
    waited = await tx.session.scalars(
        text(f"SELECT DISTINCT unnest(q.waits_for) FROM quarantined_row q WHERE {_WAITING}")
    )
    keys: dict[str, set[str]] = {}
    for each in waited:
        entity, _, key = each.partition(":")
        keys.setdefault(entity, set()).add(key)
    there: list[str] = []
    for entity, asked in sorted(keys.items()):
        absent = await list_absent(tx, entity, sorted(asked))
        there += [f"{entity}:{key}" for key in sorted(asked - {*absent})]
    return there


async def get_put_aside(tx: Transaction, row_ids: Sequence[int]) -> list[PutAside]:
    """Return rows that are still put aside, the oldest pushed first, locked."""
    rows = await tx.session.execute(
        text(
            f"SELECT {_COLUMNS} FROM quarantined_row q JOIN batch b ON b.id = q.batch"
            " WHERE q.id = ANY(:ids) AND q.released_at IS NULL"
            " ORDER BY q.observed, q.id FOR UPDATE OF q"
        ),
        {"ids": list(row_ids)},
    )
    return [PutAside(*row) for row in rows]


async def list_ids(
    tx: Transaction, feed: str, code: str | None, limit: int, *, lines: bool = False
) -> list[int]:
    """Return rows of a feed that are put aside, for one cause or for any, the oldest first.

    Rows that wait for their parent are left to the clockwork, unless their cause is named.

    Args:
        lines: return the lines that could not be read, and not the rows.
    """
    rows = await tx.session.scalars(
        text(
            "SELECT id FROM quarantined_row WHERE released_at IS NULL AND feed = :feed"
            " AND CASE WHEN CAST(:code AS text) IS NULL THEN verdict <> 'parked'"
            f"  ELSE {HAS_REASON} END AND {IS_LINE} = :lines"
            " ORDER BY id LIMIT :limit"
        ),
        {"feed": feed, "code": code, "limit": limit, "lines": lines},
    )
    return list(rows)


async def list_lines(tx: Transaction, row_ids: Sequence[int]) -> list[int]:
    """Return those of some entries that are put aside as lines that could not be read."""
    found = await tx.session.scalars(
        text(
            "SELECT id FROM quarantined_row"
            f" WHERE id = ANY(:ids) AND released_at IS NULL AND {IS_LINE} ORDER BY id"
        ),
        {"ids": list(row_ids)},
    )
    return list(found)


async def hold(tx: Transaction, row_id: int) -> int | None:
    """Hold a row that is put aside until the commit; return how often it was mended."""
    found: int | None = await tx.session.scalar(
        text(
            "SELECT jsonb_array_length(edits) FROM quarantined_row"
            " WHERE id = :id AND released_at IS NULL FOR UPDATE"
        ),
        {"id": row_id},
    )
    return found


async def edit(
    tx: Transaction, row_id: int, record: Mapping[str, Any], *, by: str, reason: str
) -> bool:
    """Mend a row that is put aside; return False when there is none of that id any more."""
    found = await tx.session.scalar(
        text(
            "UPDATE quarantined_row SET raw = CAST(:record AS jsonb), edits = edits ||"
            " jsonb_build_object('at', clock_timestamp(), 'by', CAST(:by AS text),"
            " 'reason', CAST(:reason AS text), 'before', raw)"
            " WHERE id = :id AND released_at IS NULL RETURNING id"
        ),
        {
            "id": row_id,
            "record": json.dumps(record, ensure_ascii=False),
            "by": by,
            "reason": reason,
        },
    )
    return found is not None


async def discard(tx: Transaction, row_ids: Sequence[int], *, by: str, reason: str) -> list[int]:
    """Give rows up on purpose; return those that were still put aside."""
    result = await tx.session.execute(
        text(
            "UPDATE quarantined_row SET released_at = clock_timestamp(),"
            " discarded = jsonb_build_object('by', CAST(:by AS text), 'reason',"
            " CAST(:reason AS text)) WHERE id = ANY(:ids) AND released_at IS NULL RETURNING id"
        ),
        {"ids": list(row_ids), "by": by, "reason": reason},
    )
    return [row.id for row in result]


async def list_handled(tx: Transaction, row_ids: Sequence[int]) -> list[int]:
    """Return those of some entries that were released or given up before."""
    found = await tx.session.scalars(
        text(
            "SELECT id FROM quarantined_row WHERE id = ANY(:ids) AND released_at IS NOT NULL"
            " ORDER BY id"
        ),
        {"ids": list(row_ids)},
    )
    return list(found)


async def note_origin(tx: Transaction, batch: int, origins: Sequence[int]) -> None:
    """Note which entry each row came from that the replay ``batch`` put aside again.

    Args:
        origins: the entry of each row of the batch, in their order.
    """
    await tx.session.execute(
        text(
            "UPDATE quarantined_row q SET came_from = o.id"
            " FROM unnest(CAST(:origins AS bigint[])) WITH ORDINALITY o(id, row_no)"
            " WHERE q.batch = :batch AND q.row_no = o.row_no"
        ),
        {"batch": batch, "origins": list(origins)},
    )


async def drop_old(tx: Transaction, days: int) -> dict[str, int]:
    """Drop rows that were taken up or given up long ago; one that waits is never dropped.

    Returns:
        how many, by their feed.
    """
    result = await tx.session.execute(
        text(
            "DELETE FROM quarantined_row WHERE released_at < clock_timestamp()"
            " - make_interval(days => :days) RETURNING feed"
        ),
        {"days": days},
    )
    return dict(sorted(Counter(result.scalars()).items()))


async def mark_released(tx: Transaction, row_ids: Sequence[int], batch: int) -> None:
    """Note that rows were driven through again, and by which batch."""
    await tx.session.execute(
        text(
            "UPDATE quarantined_row SET released_at = clock_timestamp(), released_batch = :batch"
            " WHERE id = ANY(:ids)"
        ),
        {"ids": list(row_ids), "batch": batch},
    )


async def supersede_snapshots(tx: Transaction, feed: str, batch: int) -> None:
    """Note that rows put aside before came again with a newer snapshot, or are gone with it."""
    await tx.session.execute(
        text(
            "UPDATE quarantined_row SET released_at = clock_timestamp(), released_batch = :batch"
            " WHERE released_at IS NULL AND feed = :feed AND batch IN"
            " (SELECT id FROM batch WHERE feed = :feed AND mode = 'snapshot' AND id < :batch)"
        ),
        {"feed": feed, "batch": batch},
    )


async def supersede(tx: Transaction, feed: str, document: str, batch: int) -> None:
    """Note that lines put aside before came again with their document, in ``batch``."""
    await tx.session.execute(
        text(
            "UPDATE quarantined_row SET released_at = clock_timestamp(), released_batch = :batch"
            " WHERE released_at IS NULL AND feed = :feed AND batch IN"
            " (SELECT id FROM batch WHERE feed = :feed AND document = :document AND id < :batch)"
        ),
        {"feed": feed, "document": document, "batch": batch},
    )
