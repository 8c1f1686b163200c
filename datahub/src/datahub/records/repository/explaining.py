"""What is known of where the values of a record come from."""

import json
from typing import Any

from datahub.dictionary.domain.entity import EXT, Entity
from datahub.dictionary.tables import record_id, table_name
from datahub.ingest.domain.rekeying import REKEY
from datahub.records.domain.explaining import Known
from shared.kit.database import Transaction
from shared.kit.sql import text


async def find_known(tx: Transaction, entity: Entity, key: str) -> Known | None:
    """Return what is known of a live record."""
    names = [*entity.fields, EXT]
    values = ", ".join(f"'{name}', \"{name}\"" for name in names)
    row = (
        await tx.session.execute(
            text(
                f"SELECT {record_id(entity.name)}::text AS id, version, batch, line,"
                f" coalesce(raw, '{{}}')::text AS raw,"
                f" jsonb_strip_nulls(jsonb_build_object({values}))::text AS said"
                f' FROM "{table_name(entity.name)}" WHERE key = :key AND deleted_at IS NULL'
            ),
            {"key": key},
        )
    ).one_or_none()
    if row is None:
        return None
    claims = await tx.session.execute(
        text("SELECT source, said FROM claim WHERE entity = :entity AND key = :key"),
        {"entity": entity.name, "key": key},
    )
    return Known(
        key=key,
        id=row.id,
        version=row.version,
        batch=row.batch,
        line=row.line,
        raw=json.loads(row.raw),
        values=json.loads(row.said),
        claims={each.source: each.said for each in claims},
        written=await _list_written(tx, entity, key, names),
    )


async def _list_written(
    tx: Transaction, entity: Entity, key: str, names: list[str]
) -> dict[str, dict[str, Any]]:
    """Return the change that wrote each field last, back to the first key that the record had.

    Of every key on the way those changes count that are the record's own: from the one by which
    it got the key to the one before it left.
    """
    rows = await tx.session.execute(
        text(
            "WITH RECURSIVE trail AS ("
            " SELECT 0 AS depth, CAST(:key AS text) AS key, 2147483647 AS upto"
            " UNION ALL"
            " SELECT t.depth + 1, r.previous_key, r.version - 1 FROM trail t JOIN LATERAL ("
            "  SELECT c.previous_key, c.version FROM change c"
            "    JOIN change_set s ON s.id = c.change_set AND s.entity = :entity"
            f"   WHERE c.key = t.key AND c.op = '{REKEY}' AND c.version <= t.upto"
            "   ORDER BY c.version DESC LIMIT 1) r ON true"
            "), spans AS ("
            " SELECT t.*, coalesce(n.upto + 1, 0) AS since"
            "   FROM trail t LEFT JOIN trail n ON n.depth = t.depth + 1"
            ") SELECT DISTINCT ON (f.name) f.name, s.batch, s.source, nullif(b.feed, '') AS feed,"
            " s.committed_at AS at FROM spans t"
            " JOIN change c ON c.key = t.key AND c.version BETWEEN t.since AND t.upto"
            "  AND c.op <> 'delete'"
            " JOIN change_set s ON s.id = c.change_set AND s.entity = :entity"
            " LEFT JOIN batch b ON b.id = s.batch"
            " JOIN unnest(CAST(:names AS text[])) f(name)"
            "  ON c.fields IS NULL OR f.name = ANY(c.fields)"
            " ORDER BY f.name, t.depth, c.version DESC"
        ),
        {"key": key, "entity": entity.name, "names": names},
    )
    return {row["name"]: dict(row) for row in rows.mappings()}
