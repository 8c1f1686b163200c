"""What followed from a request: the batch that it brought, the changes, and the values measured.

A value is told that another one was measured of in the round that took a change in, by an
indicator that counts records of the changed entity.
"""

import json
from collections.abc import Sequence
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.depending import entities_behind
from datahub.indicators.domain.few import SMALLEST_GROUP
from datahub.indicators.domain.privacy import class_of
from datahub.indicators.repository.following import list_indicators
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.kit.trace import MOST_STEPS, TraceStep, known_of, of_kind, ref_of

_BATCHES = """
SELECT b.id, b.correlation, b.feed, b.source, b.entity, b.started_at, b.received
  FROM batch b WHERE b.correlation = ANY(:requests)
UNION
SELECT b.id, a.request, b.feed, b.source, b.entity, b.started_at, b.received
  FROM audit_entry a JOIN batch b ON b.id = (a.detail ->> 'batch')::bigint
 WHERE a.request = ANY(:requests)
 ORDER BY 1 LIMIT :limit
"""

_CHANGES = """
SELECT s.batch, s.entity, c.key, c.op, c.version, s.first_seq + c.ordinal AS seq, s.committed_at
  FROM change_set s JOIN change c ON c.change_set = s.id
 WHERE s.batch = ANY(:batches) AND s.first_seq IS NOT NULL
 ORDER BY seq LIMIT :limit
"""

_MEASURED = """
SELECT s.entity, s.seq, h.indicator, h.scope, h.period, h.id, h.value, h.n, h.seq AS measured_seq,
       h.measured_at, h.formula_version
  FROM (
    SELECT s.entity, max(q.seq) AS seq, max(s.committed_at) AS at
      FROM unnest(CAST(:seqs AS bigint[])) AS q (seq)
      JOIN LATERAL (SELECT * FROM change_set WHERE first_seq <= q.seq
                     ORDER BY first_seq DESC LIMIT 1) s ON true
     GROUP BY s.id, s.entity) s
  JOIN LATERAL (
    SELECT min(h.watermark) AS watermark, min(h.seq) AS seq FROM (
      SELECT watermark, seq FROM measurement_history h
       WHERE h.measured_at BETWEEN s.at - interval '2 seconds' AND s.at + interval '1 day'
         AND h.watermark >= s.seq
       ORDER BY h.seq LIMIT 1) h) round ON true
  JOIN measurement_history h ON h.seq = round.seq
   AND h.measured_at BETWEEN s.at - interval '2 seconds' AND s.at + interval '1 day'
   AND h.indicator = ANY(ARRAY(SELECT jsonb_array_elements_text(
       CAST(:indicators AS jsonb) -> s.entity)))
 ORDER BY h.seq, h.id LIMIT :limit
"""


async def follow(tx: Transaction, refs: Sequence[str], dictionary: Dictionary) -> list[TraceStep]:
    """Return what followed in the hub."""
    batches = await _batches(tx, of_kind(refs, "request"))
    changes = await _changes(tx, {each.detail["batch"]: each.ref for each in batches}, dictionary)
    return [*batches, *changes, *await _measured(tx, refs, dictionary)]


async def _batches(tx: Transaction, requests: Sequence[str]) -> list[TraceStep]:
    if not requests:
        return []
    rows = await tx.session.execute(
        text(_BATCHES), {"requests": list(requests), "limit": MOST_STEPS}
    )
    return [
        TraceStep(
            kind="batch",
            ref=f"batch/{row.id}",
            because=f"request/{row.correlation}",
            at=row.started_at,
            title=f"{row.source} → {row.entity}",
            detail={"batch": row.id, "feed": row.feed, "received": row.received},
        )
        for row in rows
    ]


async def _changes(
    tx: Transaction, batches: dict[int, str], dictionary: Dictionary
) -> list[TraceStep]:
    if not batches:
        return []
    rows = await tx.session.execute(text(_CHANGES), {"batches": list(batches), "limit": MOST_STEPS})
    found = []
    for row in rows:
        # A key that is closed tells what may not leave the hub.
        key = f"#{row.seq}" if dictionary.entities[row.entity].is_closed else row.key
        found.append(
            TraceStep(
                kind="change",
                ref=ref_of("change", f"{row.entity}/{key}", row.committed_at, row.seq),
                because=batches[row.batch],
                at=row.committed_at,
                title=f"{row.op} {row.entity} {key}",
                detail={"entity": row.entity, "key": key, "op": row.op, "seq": row.seq},
            )
        )
    return found


async def _measured(
    tx: Transaction, refs: Sequence[str], dictionary: Dictionary
) -> list[TraceStep]:
    changes = {int(each.value or 0): each.ref for each in known_of(refs, "change")}
    if not changes:
        return []
    indicators = await list_indicators(tx, dictionary)
    behind = entities_behind(indicators)
    opened = {each.id for each in indicators if class_of(each).rank < Privacy.PERSONAL.rank}
    by_entity: dict[str, list[str]] = {}
    for indicator, entities in behind.items():
        for entity in entities:
            by_entity.setdefault(entity, []).append(indicator)
    rows = await tx.session.execute(
        text(_MEASURED),
        {"seqs": list(changes), "indicators": json.dumps(by_entity), "limit": MOST_STEPS},
    )
    return [_value(row, changes, is_open=row.indicator in opened) for row in rows]


def _value(row: Any, changes: dict[int, str], *, is_open: bool) -> TraceStep:
    value = None if row.value is None else format(row.value, "f")
    return TraceStep(
        kind="measurement",
        ref=ref_of("measurement", row.id, row.measured_at, value),
        because=changes[row.seq],
        at=row.measured_at,
        title=row.indicator,
        scope=row.scope,
        period=row.period,
        detail={
            "measurement": row.id,
            # Few persons, or of a class of its own: the value is asked for where it is masked.
            "value": value if is_open and row.n >= SMALLEST_GROUP else None,
            "seq": row.measured_seq,
            "formula_version": row.formula_version,
        },
    )
