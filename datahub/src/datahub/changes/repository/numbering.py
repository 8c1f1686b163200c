"""Number change sets in commit-visible order, and tell of them.

One leader numbers (a row lock on the watermark): it sees a change set only after its commit and
gives it the next numbers, so nothing at or below the watermark can ever appear later. A plain
sequence would be given before the commit, and a reader would miss what commits late.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.tables import ext_of, record_id, table_name
from datahub.ingest.domain.rekeying import REKEY
from shared.kit.database import Transaction
from shared.kit.sql import text

NUMBERS: Final = "numbers"
"""What a commit announces in which change sets got their numbers."""

SETS: Final = 500
ROWS: Final = 60_000
"""So many rows, and the last change set whole, get their numbers in one transaction: what it takes
to tell of them must not grow with what has piled up, or it would never end in time.
"""

BYTES_PER_EVENT: Final = 600_000
"""Room for items in one message; streams refuse messages beyond 1 MiB."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A change set with its place in the feed."""

    id: int
    entity: str
    source: str
    batch: int
    first_seq: int
    last_seq: int
    correlation: str | None


async def lead(tx: Transaction) -> int | None:
    """Return the last number given, and keep others from giving any; None when another leads.

    What a change set means is found by index, whatever its size: to plan that anew for each of
    them costs more than to do it.
    """
    row = (
        await tx.session.execute(
            text(
                "SELECT last_seq, set_config('enable_seqscan', 'off', true),"
                " set_config('plan_cache_mode', 'force_generic_plan', true)"
                " FROM watermark WHERE id = 1 FOR UPDATE SKIP LOCKED"
            )
        )
    ).one_or_none()
    return None if row is None else int(row.last_seq)


async def number_change_sets(tx: Transaction, last: int) -> list[Numbered]:
    """Give the next numbers to change sets that have committed."""
    rows = await tx.session.execute(
        text(
            "UPDATE change_set c SET first_seq = CAST(:last AS bigint) + n.before + 1 FROM ("
            " SELECT id, sum(rows) OVER (ORDER BY id) - rows AS before FROM"
            "  (SELECT id, rows FROM change_set WHERE first_seq IS NULL ORDER BY id LIMIT :sets) x"
            ") n WHERE c.id = n.id AND n.before < :rows"
            " RETURNING c.id, c.entity, c.source, c.batch, c.first_seq,"
            " c.first_seq + c.rows - 1 AS last_seq, c.correlation"
        ),
        {"last": last, "sets": SETS, "rows": ROWS},
    )
    numbered = sorted((Numbered(*row) for row in rows), key=lambda each: each.first_seq)
    if numbered:
        await tx.session.execute(
            text("UPDATE watermark SET last_seq = :last WHERE id = 1"),
            {"last": numbered[-1].last_seq},
        )
        tx.announce(NUMBERS)
    return numbered


def may_be_more(numbered: Sequence[Numbered]) -> bool:
    """Return whether a round took as much as one may, so that more may wait."""
    rows = numbered[-1].last_seq - numbered[0].first_seq + 1 if numbered else 0
    return len(numbered) == SETS or rows >= ROWS


async def publish_changes(tx: Transaction, change_set: Numbered, dictionary: Dictionary) -> None:
    """Publish a change set: one message for each partition its keys fall in.

    A part that would outgrow what a message may hold goes in several, in order: a message that
    the stream refuses would hold up every one behind it. A record that got another key is told in
    the partitions of both. Of a closed entity the place in the feed stands for the key: a digest
    of one could be tried out.
    """
    closed = dictionary.entities[change_set.entity].is_closed
    shown = "'#' || (CAST(:first AS bigint) + ordinal)" if closed else "key"
    before = "NULL" if closed else "previous_key"
    told = (
        f"'seq', CAST(:first AS bigint) + ordinal, 'key', {shown}, 'op', op, 'version', version,"
        " 'fields', coalesce(fields, '{}')"
    )
    rows = await tx.session.execute(
        text(
            "SELECT part, '[' || string_agg(item, ',' ORDER BY ordinal) || ']' AS items FROM ("
            " SELECT part, ordinal, item, sum(octet_length(item))"
            "   OVER (PARTITION BY part ORDER BY ordinal) / :bytes AS piece FROM ("
            "  SELECT part, ordinal, (CASE WHEN previous_key IS NULL"
            f"   THEN json_build_object({told}) ELSE json_build_object({told},"
            f"   'previous_key', {before}) END)::text AS item FROM ("
            f"   SELECT *, {_part_of('key')} AS part FROM change WHERE change_set = :id UNION ALL"
            f"   SELECT *, {_part_of('previous_key')} FROM change WHERE change_set = :id"
            f"   AND {_part_of('previous_key')} <> {_part_of('key')}) c) each) cut"
            " GROUP BY part, piece ORDER BY part, piece"
        ),
        {"first": change_set.first_seq, "id": change_set.id, "bytes": BYTES_PER_EVENT},
    )
    head = json.dumps(
        {
            "entity": change_set.entity,
            "seq_from": change_set.first_seq,
            "seq_to": change_set.last_seq,
            "batch": change_set.batch,
            "source": change_set.source,
        }
    )
    for row in rows:
        body = f'{head[:-1]},"items":{row.items}}}'.encode()
        tx.publish_json(f"qa.datahub.{change_set.entity}.changed.v1", row.part, body)


async def take_news(tx: Transaction, dictionary: int, today: date) -> set[str]:
    """Return what is not as it was when scopes were told last, and remember how it is now."""
    row = (
        await tx.session.execute(
            text(
                "SELECT (SELECT by FROM told WHERE id = 1) AS before,"
                " (SELECT coalesce(sum(version), 0) || '/' || count(retired_at) || '/'"
                "   || coalesce(max(retired_at)::text, '') FROM feed) AS feeds,"
                " (SELECT coalesce(sum(version), 0) FROM source_system)::text AS systems"
            )
        )
    ).one()
    now = {
        "dictionary": str(dictionary),
        "day": today.isoformat(),
        "feeds": row.feeds,
        "systems": row.systems,
    }
    before = row.before or {}
    news = {name for name, value in now.items() if before.get(name) != value}
    if news:
        await tx.session.execute(
            text(
                "INSERT INTO told (id, by) VALUES (1, CAST(:by AS jsonb))"
                " ON CONFLICT (id) DO UPDATE SET by = excluded.by"
            ),
            {"by": json.dumps(now)},
        )
    return news


def _part_of(key: str) -> str:
    return f"lpad(to_hex(crc32(convert_to({key}, 'UTF8')) % 16), 2, '0')"


async def read_watermark(tx: Transaction) -> int:
    """Return the highest ``seq`` given."""
    return int(await tx.session.scalar(text("SELECT last_seq FROM watermark WHERE id = 1")) or 0)


async def list_changes(
    tx: Transaction, after: int, limit: int, dictionary: Dictionary
) -> Sequence[dict[str, Any]]:
    """Return numbered changes after ``after``, with the record as it stands now.

    A record that changed again since then shows its newest state, and its newer change follows.
    A ``rekey`` says the ``previous_key``, too. Closed fields (sensitive, restricted) are left out.
    """
    rows = await tx.session.execute(
        text(
            "SELECT s.first_seq + c.ordinal AS seq, s.entity, c.op, c.key, c.previous_key,"
            " c.version"
            " FROM change_set s JOIN change c ON c.change_set = s.id"
            " WHERE s.first_seq >= coalesce((SELECT max(first_seq) FROM change_set"
            "   WHERE first_seq <= CAST(:after AS bigint) + 1), 0)"
            "   AND s.first_seq <= CAST(:after AS bigint) + :limit"
            "   AND s.first_seq + c.ordinal > :after"
            " ORDER BY s.first_seq, c.ordinal LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    changes = [dict(row) for row in rows.mappings()]
    await _attach_documents(tx, changes, dictionary)
    return changes


async def _attach_documents(
    tx: Transaction, changes: Sequence[dict[str, Any]], dictionary: Dictionary
) -> None:
    for name in {change["entity"] for change in changes}:
        entity = dictionary.entities[name]
        of_entity = [change for change in changes if change["entity"] == name]
        documents = await read_documents(tx, entity, [change["key"] for change in of_entity])
        for change in of_entity:
            change["doc"] = documents.get(change["key"]) if change["op"] != "delete" else None
            change["key"] = f"#{change['seq']}" if entity.is_closed else change["key"]
            if change["op"] != REKEY or entity.is_closed:
                del change["previous_key"]


async def read_documents(
    tx: Transaction, entity: Entity, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the stable id and the open fields of live records by key.

    No id where the entity is closed: its key could be tried out by it.
    """
    identity = "" if entity.is_closed else f"{record_id(entity.name)} AS id, "
    rows = await tx.session.execute(
        text(
            f'SELECT key, {identity}{open_fields(entity)} FROM "{table_name(entity.name)}"'
            " WHERE key = ANY(:keys) AND deleted_at IS NULL"
        ),
        {"keys": list(keys)},
    )
    return {row["key"]: {k: v for k, v in row.items() if k != "key"} for row in rows.mappings()}


def open_fields(entity: Entity) -> str:
    """Return the select list of an entity's fields that may leave the hub unasked."""
    names = [f'"{each.name}"' for each in entity.fields.values() if not each.is_closed]
    return ", ".join([*names, *([ext_of(entity)] if entity.open_ext else [])])
