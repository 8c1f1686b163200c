"""What followed from measured values: judgements, as they were told."""

from collections.abc import Sequence

from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.kit.trace import (
    ASKED,
    MOST_STEPS,
    SOON,
    TraceStep,
    columns_of,
    known_of,
    ref_of,
)

_JUDGED = f"""
SELECT asked.ref AS because, b.key, b.title, b.scope, b.period, h.at, h.state, h.value,
       h.binding_version, h.standard_version
  FROM {ASKED}
  JOIN binding b ON b.indicator = split_part(asked.name, '|', 1)
   AND b.scope = split_part(asked.name, '|', 2) AND b.period = split_part(asked.name, '|', 3)
  JOIN LATERAL (
    SELECT * FROM attainment_history h WHERE h.key = b.key AND h.at {SOON}
       AND h.value IS NOT DISTINCT FROM CAST(asked.value AS numeric)
     ORDER BY h.seq LIMIT 1) h ON true
 ORDER BY h.at, b.key LIMIT :limit
"""


async def follow(tx: Transaction, refs: Sequence[str]) -> list[TraceStep]:
    """Return the first judgement of each binding on a measured value."""
    measured = known_of(refs, "measurement")
    if not measured:
        return []
    rows = await tx.session.execute(text(_JUDGED), {**columns_of(measured), "limit": MOST_STEPS})
    return [
        TraceStep(
            kind="attainment",
            ref=ref_of("attainment", row.key, row.at, row.value),
            because=row.because,
            at=row.at,
            title=row.title,
            scope=row.scope,
            period=row.period,
            detail={
                "binding": row.key,
                "state": row.state,
                "binding_version": row.binding_version,
                "standard_version": row.standard_version,
            },
        )
        for row in rows
    ]
