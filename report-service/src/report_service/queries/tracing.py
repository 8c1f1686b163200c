"""What followed from measured values: reports that tell them."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.kit.trace import ASKED, MOST_STEPS, TraceStep, columns_of, known_of, ref_of

_EACH = 5
"""Reports of one value, the first after it."""

_TOLD = f"""
SELECT asked.ref AS because, r.id, r.number, r.title, r.scope, r.period, r.created_at, r.as_of,
       w.state
  FROM {ASKED}
  JOIN LATERAL (
    SELECT * FROM report r
     WHERE r.scope = split_part(asked.name, '|', 2) AND r.as_of >= asked.at
       AND strpos(r.content, CAST(:links AS jsonb) ->> asked.name) > 0
     ORDER BY r.created_at, r.id LIMIT :each) r ON true
  LEFT JOIN work w ON w.report = r.id
 ORDER BY r.created_at, r.id LIMIT :limit
"""


async def follow(tx: Transaction, refs: Sequence[str]) -> list[TraceStep]:
    """Return the first reports on a scope that tell a value which was measured of it."""
    measured = known_of(refs, "measurement")
    if not measured:
        return []
    links = {each.name: quote(each.name, safe="") for each in measured}
    values = {**columns_of(measured), "links": json.dumps(links), "each": _EACH}
    rows = await tx.session.execute(text(_TOLD), {**values, "limit": MOST_STEPS})
    return [
        TraceStep(
            kind="report",
            ref=ref_of("report", str(row.id), row.created_at),
            because=row.because,
            at=row.created_at,
            title=row.title,
            scope=row.scope,
            period=row.period,
            detail={
                "report": str(row.id),
                "number": row.number,
                "state": row.state,
                "as_of": row.as_of.isoformat(),
            },
        )
        for row in rows
    ]
