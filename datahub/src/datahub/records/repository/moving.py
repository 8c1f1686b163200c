"""Records get other keys, and every field in which the old one stood follows.

A record that moves leaves a tombstone without values under its old key, so that history goes on
there, and so that whoever comes to stand there later is another record with another id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datahub.dictionary.domain.entity import EXT, Entity
from datahub.dictionary.tables import SQL_TYPES, record_id, table_name
from datahub.ingest.domain.rekeying import REKEY
from datahub.records.domain.rekeying import Follower
from shared.kit.database import Transaction
from shared.kit.sql import text

NAMED: Final = 5
"""Keys that are named, of those that are taken."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record as it stands."""

    key: str
    version: int
    id: str


@dataclass(frozen=True, slots=True)
class Trail:
    """Who changed a key, and why."""

    batch: int
    said_by: str
    reason: str


async def find_record(tx: Transaction, entity: Entity, key: str) -> Found | None:
    """Return a live record."""
    row = (
        await tx.session.execute(
            text(
                f"SELECT key, version, {record_id(entity.name)}::text AS id"
                f' FROM "{table_name(entity.name)}" WHERE key = :key AND deleted_at IS NULL'
            ),
            {"key": key},
        )
    ).one_or_none()
    return None if row is None else Found(row.key, row.version, row.id)


async def find_present_key(tx: Transaction, entity: Entity, key: str) -> str | None:
    """Return the key that a record has now which once had this one."""
    found: str | None = await tx.session.scalar(
        text("SELECT new_key FROM rekeyed WHERE entity = :entity AND old_key = :key"),
        {"entity": entity.name, "key": key},
    )
    return found


async def start_batch(tx: Transaction, entity: Entity) -> int:
    """Record that a key changes; the batch has no feed: a person says so, and no source."""
    return int(
        await tx.session.scalar(
            text(
                "INSERT INTO batch (feed, feed_version, source, entity, mode, channel, received,"
                " updated, finished_at, correlation) VALUES ('', 0, 'helix8', :entity, :mode,"
                " 'rest', 1, 1, clock_timestamp(), :correlation) RETURNING id"
            ),
            {
                "entity": entity.name,
                "mode": REKEY,
                "correlation": tx.correlation,
            },
        )
        or 0
    )


async def begin_moves(tx: Transaction) -> None:
    """Make the list of what moves, which the transaction forgets."""
    await tx.session.execute(
        text(
            "CREATE TEMP TABLE h8_move (step int, old_key text, new_key text, part text,"
            " version int) ON COMMIT DROP"
        )
    )


async def plan_one(tx: Transaction, key: str, new_key: str) -> None:
    """Let one record move, in step 0."""
    await tx.session.execute(
        text("INSERT INTO h8_move VALUES (0, :key, :new_key)"), {"key": key, "new_key": new_key}
    )


async def plan_followers(tx: Transaction, step: int, before: int, follower: Follower) -> int:
    """Let the records move whose key holds a key that moved in the step before.

    Tombstones move as well: what was deleted stays so when an older push comes.

    Returns:
        how many.
    """
    assert follower.place is not None
    new_key = "m.new_key"
    if len(follower.entity.key) > 1:
        parts, place = "(string_to_array(r.key, '/'))", follower.place + 1
        new_part = "replace(replace(m.new_key, '%', '%25'), '/', '%2F')"
        new_key = (
            f"array_to_string({parts}[1:{place - 1}] || {new_part} || {parts}[{place + 1}:], '/')"
        )
    await tx.session.execute(text("ANALYZE h8_move"))
    result = await tx.session.execute(
        text(
            "INSERT INTO h8_move (step, old_key, new_key, part)"
            f" SELECT CAST(:step AS int), r.key, {new_key}, m.new_key"
            f' FROM h8_move m JOIN "{table_name(follower.entity.name)}" r'
            f' ON r."{follower.field.name}" = m.old_key WHERE m.step = :before RETURNING 1'
        ),
        {"step": step, "before": before},
    )
    return len(result.all())


async def list_taken(tx: Transaction, step: int, entity: Entity) -> Sequence[str]:
    """Return keys of a step under which live records stand."""
    rows = await tx.session.scalars(
        text(
            f'SELECT r.key FROM h8_move m JOIN "{table_name(entity.name)}" r ON r.key = m.new_key'
            " WHERE m.step = :step AND r.deleted_at IS NULL ORDER BY r.key LIMIT :limit"
        ),
        {"step": step, "limit": NAMED},
    )
    return list(rows)


async def move(
    tx: Transaction,
    step: int,
    entity: Entity,
    sets: Mapping[str, str | None],
    change_set: int,
    trail: Trail,
) -> None:
    """Give the records of a step their new keys, and log it.

    Args:
        sets: text of the fields of the key that change; None where it is the key of the record
            that they follow.
    """
    table = table_name(entity.name)
    asked = {"step": step, "entity": entity.name}
    highest = f'SELECT max(version) FROM "{table}" WHERE key IN (m.old_key, m.new_key)'
    for statement in (
        f"UPDATE h8_move m SET version = ({highest}) + 1 WHERE m.step = :step",
        f'DELETE FROM "{table}" t USING h8_move m WHERE m.step = :step AND t.key = m.new_key',
    ):
        await tx.session.execute(text(statement), {"step": step})
    await _log_moves(tx, step, entity, sets, change_set)
    await tx.session.execute(
        text(
            f'INSERT INTO "{table}" (key, identity, version, observed, batch, line, deleted_at)'
            " SELECT m.old_key, m.old_key || E'\\x1f' || m.version, m.version, r.observed, r.batch,"
            f' r.line, clock_timestamp() FROM h8_move m JOIN "{table}" r ON r.key = m.new_key'
            " WHERE m.step = :step"
        ),
        {"step": step},
    )
    await _note_moves(tx, asked, trail, is_direct=step == 0)
    await _move_what_hangs_on_it(tx, asked)


async def _log_moves(
    tx: Transaction, step: int, entity: Entity, sets: Mapping[str, str | None], change_set: int
) -> None:
    values = {f"f{place}": value for place, value in enumerate(sets.values()) if value is not None}
    changed = ", ".join(
        f'"{name}" = CAST({"m.part" if value is None else f"CAST(:f{place} AS text)"}'
        f" AS {SQL_TYPES[entity.fields[name].type]})"
        for place, (name, value) in enumerate(sets.items())
    )
    pairs = ", ".join(f"'{name}', old.\"{name}\"" for name in [*entity.fields, EXT])
    await tx.session.execute(
        text(
            "WITH moved AS ("
            f' UPDATE "{table_name(entity.name)}" r SET key = m.new_key, {changed},'
            " identity = coalesce(r.identity, r.key), version = m.version"
            " FROM h8_move m WHERE m.step = :step AND r.key = m.old_key"
            " RETURNING old.key AS previous_key, new.key, new.version, new.deleted_at,"
            f" jsonb_build_object({pairs}) || jsonb_build_object('version', old.version,"
            " 'identity', coalesce(old.identity, old.key)) AS before"
            ") INSERT INTO change"
            " (change_set, ordinal, key, op, version, fields, before, previous_key)"
            " SELECT CAST(:change_set AS bigint), row_number() OVER (ORDER BY previous_key) - 1,"
            f" key, '{REKEY}', version, CAST(:fields AS text[]), before, previous_key"
            " FROM moved WHERE deleted_at IS NULL"
        ),
        {**values, "step": step, "fields": list(sets), "change_set": change_set},
    )


async def _note_moves(
    tx: Transaction, asked: Mapping[str, object], trail: Trail, *, is_direct: bool
) -> None:
    """Note where records have gone.

    A key that is taken again leads nowhere else, and what led to a record that was deleted there
    does not lead to the one that comes.
    """
    await tx.session.execute(
        text(
            "DELETE FROM rekeyed a USING h8_move m"
            " WHERE m.step = :step AND a.entity = :entity AND m.new_key IN (a.old_key, a.new_key)"
        ),
        asked,
    )
    await tx.session.execute(
        text(
            "UPDATE rekeyed a SET new_key = m.new_key FROM h8_move m"
            " WHERE m.step = :step AND a.entity = :entity AND a.new_key = m.old_key"
        ),
        asked,
    )
    await tx.session.execute(
        text(
            "INSERT INTO rekeyed (entity, old_key, new_key, is_direct, batch, said_by, reason)"
            " SELECT CAST(:entity AS text), old_key, new_key, CAST(:is_direct AS boolean),"
            " CAST(:batch AS bigint), CAST(:said_by AS text), CAST(:reason AS text)"
            " FROM h8_move WHERE step = :step ON CONFLICT (entity, old_key) DO UPDATE"
            " SET new_key = excluded.new_key, is_direct = excluded.is_direct,"
            " batch = excluded.batch, said_by = excluded.said_by, reason = excluded.reason,"
            " at = now()"
        ),
        {
            **asked,
            "is_direct": is_direct,
            "batch": trail.batch,
            "said_by": trail.said_by,
            "reason": trail.reason,
        },
    )


async def _move_what_hangs_on_it(tx: Transaction, asked: Mapping[str, object]) -> None:
    """Let claims of source systems and contributions of documents follow."""
    feeds = "SELECT id FROM feed WHERE entity = :entity"
    for table, whose in (("aggregate_part", f"feed IN ({feeds})"), ("claim", "entity = :entity")):
        place = f"m.step = :step AND t.key = m.{{}} AND {whose}"
        taken = f"DELETE FROM {table} t USING h8_move m WHERE {place.format('new_key')}"
        moved = f"UPDATE {table} t SET key = m.new_key FROM h8_move m WHERE "
        await tx.session.execute(text(taken), asked)
        await tx.session.execute(text(moved + place.format("old_key")), asked)
