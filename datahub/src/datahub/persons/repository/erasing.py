"""Records of a person: told, deleted, blanked, with every trace of what they held.

What the change log keeps of them goes with them: their past can no more be read back, and nobody
is told anything but that they changed.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from datahub.dictionary.tables import table_name
from datahub.ingest.domain.rekeying import REKEY
from datahub.ingest.repository.change_sets import close_change_set, next_change_set
from datahub.ingest.repository.records import lock_entities
from datahub.persons.domain.holds import About
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.persons.register import MOST_ROWS

ERASED = "erase"
"""How the batch of an erasure is called."""


async def wait_for(tx: Transaction, abouts: Sequence[About]) -> None:
    """Wait for the turn to write records of all these entities at once, as everybody does."""
    await lock_entities(tx, [each.entity.name for each in abouts])


async def numbers_of(tx: Transaction, entity: str, key: str) -> list[str]:
    """Return the number of somebody and those that he had before, where nobody else has them."""
    rows = await tx.session.scalars(
        text(
            "SELECT old_key FROM rekeyed WHERE entity = :entity AND new_key = :key"
            f' AND old_key NOT IN (SELECT key FROM "{table_name(entity)}" WHERE deleted_at IS NULL)'
            " ORDER BY old_key"
        ),
        {"entity": entity, "key": key},
    )
    return [key, *rows]


async def keys_of(tx: Transaction, about: About, key: str) -> list[str]:
    """Return the keys of the records about somebody; of deleted ones, too."""
    where = " OR ".join(f'"{name}" = :key' for name in about.fields)
    rows = await tx.session.scalars(
        text(f'SELECT key FROM "{table_name(about.entity.name)}" WHERE {where} ORDER BY key'),
        {"key": key},
    )
    return list(rows)


async def read_records(tx: Transaction, about: About, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return records whole."""
    names = ", ".join(f'"{name}"' for name in about.entity.fields)
    rows = await tx.session.scalars(
        text(
            f"SELECT to_jsonb(t) FROM (SELECT key, {names}, ext"
            f' FROM "{table_name(about.entity.name)}"'
            " WHERE key = ANY(:keys) AND deleted_at IS NULL ORDER BY key LIMIT :limit) t"
        ),
        {"keys": list(keys), "limit": MOST_ROWS},
    )
    return list(rows)


async def start_batch(tx: Transaction, entity: str, rows: int, *, is_kept: bool) -> int:
    """Record that records are erased; the batch has no feed, and no source but the suite."""
    done = "updated" if is_kept else "deleted"
    return int(
        await tx.session.scalar(
            text(
                f"INSERT INTO batch (feed, feed_version, source, entity, mode, channel, received,"
                f" {done}, finished_at, correlation) VALUES ('', 0, 'helix8', :entity, :mode,"
                " 'hub', :rows, :rows, clock_timestamp(), :correlation) RETURNING id"
            ),
            {"entity": entity, "mode": ERASED, "rows": rows, "correlation": tx.correlation},
        )
        or 0
    )


async def erase_records(tx: Transaction, about: About, keys: Sequence[str]) -> None:
    """Delete records, or blank them where they are kept; number that as changes."""
    entity = about.entity
    batch = await start_batch(tx, entity.name, len(keys), is_kept=bool(about.basis))
    change_set = await next_change_set(tx)
    emptied = ", ".join(
        f'"{name}" = NULL'
        for name in (about.blanked if about.basis else _all_but_key(about))
        if not entity.fields[name].required
    )
    gone = "" if about.basis else ", deleted_at = coalesce(deleted_at, now())"
    rows = await tx.session.execute(
        text(
            f'UPDATE "{table_name(entity.name)}" SET raw = NULL, ext = NULL, seen = NULL,'
            f" version = version + 1, batch = :batch{gone}{', ' if emptied else ''}{emptied}"
            " WHERE key = ANY(:keys) RETURNING key, version"
        ),
        {"keys": list(keys), "batch": batch},
    )
    changed = sorted((row.key, row.version) for row in rows)
    fields = list(about.blanked) if about.basis else None
    await tx.session.execute(
        text(
            "INSERT INTO change (change_set, ordinal, key, op, version, fields, before)"
            " SELECT :set, place - 1, key, :op, version, CAST(:fields AS text[]), '{}'::jsonb"
            " FROM unnest(CAST(:keys AS text[]), CAST(:versions AS int[])) WITH ORDINALITY"
            " AS x (key, version, place)"
        ),
        {
            "set": change_set,
            "op": "upsert" if about.basis else "delete",
            "fields": fields,
            "keys": [key for key, _ in changed],
            "versions": [version for _, version in changed],
        },
    )
    await close_change_set(tx, change_set, batch=batch, source="helix8", entity=entity.name)


def _all_but_key(about: About) -> list[str]:
    kept = {*about.entity.key, *about.fields}
    return [name for name in about.entity.fields if name not in kept]


async def erase_traces(tx: Transaction, about: About, keys: Sequence[str]) -> int:
    """Take out of the log of changes, the claims and the quarantine what records held before."""
    names = list(about.blanked) if about.basis else _all_but_key(about)
    asked = {"entity": about.entity.name, "keys": list(keys)}
    # What a record was before it got its key stands under the one that it had, up to that change.
    cleaned = await tx.session.execute(
        text(
            "WITH RECURSIVE trail AS ("
            " SELECT key, 2147483647 AS upto FROM unnest(CAST(:keys AS text[])) AS key"
            " UNION ALL"
            " SELECT r.previous_key, r.version - 1 FROM trail t JOIN LATERAL ("
            "  SELECT c.previous_key, c.version FROM change c"
            "    JOIN change_set s ON s.id = c.change_set AND s.entity = :entity"
            f"   WHERE c.key = t.key AND c.op = '{REKEY}' AND c.version <= t.upto"
            "   ORDER BY c.version DESC LIMIT 1) r ON true"
            ") UPDATE change c SET before = (c.before - CAST(:names AS text[])) - 'ext'"
            " FROM change_set s, (SELECT key, max(upto) AS upto FROM trail GROUP BY key) t"
            " WHERE s.id = c.change_set AND s.entity = :entity"
            " AND c.key = t.key AND c.version <= t.upto AND c.before IS NOT NULL RETURNING 1"
        ),
        {**asked, "names": names},
    )
    claims = await tx.session.execute(
        text("DELETE FROM claim WHERE entity = :entity AND key = ANY(:keys) RETURNING 1"), asked
    )
    return len(cleaned.all()) + len(claims.all())


async def erase_put_aside(tx: Transaction, key: str) -> int:
    """Delete rows of the quarantine that name somebody's number.

    They are there because they are wrong: the number may stand as a number, between blanks, in an
    address of mail, at the end of another address.
    """
    named = json.dumps(key, ensure_ascii=False)[1:-1]
    rows = await tx.session.execute(
        text(
            "DELETE FROM quarantined_row WHERE position(:named IN CAST(raw AS text)) > 0"
            " AND CAST(raw AS text) ~ :pattern RETURNING 1"
        ),
        {"named": named, "pattern": rf'[\s":,/\[]{re.escape(named)}[\s",@\]}}]'},
    )
    return len(rows.all())


async def erase_values(tx: Transaction, scope: str) -> int:
    """Delete what was measured of somebody, now and before, and what was said of that."""
    deleted = 0
    for table in ("measurement", "measurement_history", "value_statement"):
        rows = await tx.session.execute(
            text(f'DELETE FROM "{table}" WHERE scope = :scope RETURNING 1'), {"scope": scope}
        )
        deleted += len(rows.all())
    return deleted


async def erase_events(tx: Transaction, key: str) -> int:
    """Delete a student's learning events."""
    rows = await tx.session.execute(
        text("DELETE FROM learning_event WHERE student_no = :key RETURNING 1"), {"key": key}
    )
    return len(rows.all())


async def erase_names(tx: Transaction, scope: str, key: str) -> int:
    """Take what somebody is called out of the facts that were told of him."""
    rows = await tx.session.execute(
        text(
            "SELECT seq, convert_from(payload, 'UTF8') AS payload FROM fact"
            " WHERE type = 'qa.datahub.scope.changed.v1'"
            " AND position(convert_to(:scope, 'UTF8') IN payload) > 0"
        ),
        {"scope": json.dumps(scope)},
    )
    found = 0
    for row in rows.all():
        event = json.loads(row.payload)
        for item in event["data"]["items"]:
            if item["scope"] == scope:
                item["name_zh"], item["name_en"] = key, None
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        await tx.session.execute(
            text("UPDATE fact SET payload = :payload WHERE seq = :seq"),
            {"payload": payload, "seq": row.seq},
        )
        found += 1
    return found
