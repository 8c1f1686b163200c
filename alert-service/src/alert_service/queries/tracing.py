"""What followed from judgements: what became of alerts then."""

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

_WARNED = f"""
SELECT asked.ref AS because, a.id, a.title, a.scope, a.period, s.at, s.step, s.severity, s.value
  FROM {ASKED}
  JOIN alert a ON a.binding = asked.name
  JOIN LATERAL (
    SELECT * FROM alert_step s WHERE s.alert = a.id AND s.at {SOON} AND s.by IS NULL
       AND s.value IS NOT DISTINCT FROM CAST(asked.value AS numeric)
     ORDER BY s.id LIMIT 1) s ON true
 ORDER BY s.at, a.id LIMIT :limit
"""


async def follow(tx: Transaction, refs: Sequence[str]) -> list[TraceStep]:
    """Return the first step of each alert on a judgement: raised, merged, held, settled."""
    judged = known_of(refs, "attainment")
    if not judged:
        return []
    rows = await tx.session.execute(text(_WARNED), {**columns_of(judged), "limit": MOST_STEPS})
    return [
        TraceStep(
            kind="alert",
            ref=ref_of("alert", row.id, row.at, row.value),
            because=row.because,
            at=row.at,
            title=row.title,
            scope=row.scope,
            period=row.period,
            detail={"alert": row.id, "step": row.step, "severity": row.severity},
        )
        for row in rows
    ]
