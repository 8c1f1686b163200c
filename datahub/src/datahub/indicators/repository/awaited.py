"""Cells that people have to hand a value in for, and what the work list was told of them."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text


class Wanted(NamedTuple):
    """A value is handed in for every scope of a kind."""

    indicator: str
    kind: str
    period: str


class Told(NamedTuple):
    """What the work list was told of a cell."""

    indicator: str
    scope: str
    period: str
    number: int
    """Grows with every step of the cell."""

    owners: list[str]
    """Whose step it is; none where it is whoever leads the scope, or where nothing waits."""

    is_open: bool


_DIFFERENT: Final = text(
    "WITH wanted AS (SELECT w.indicator, s.scope, w.period"
    "  FROM unnest(CAST(:indicators AS text[]), CAST(:kinds AS text[]), CAST(:periods AS text[]))"
    "  AS w(indicator, kind, period) JOIN scope s ON s.kind = w.kind"
    # What was not handed in while its period was the last one is missing still.
    "  UNION SELECT indicator, scope, period FROM told_cell"
    "  WHERE is_open AND indicator = ANY(CAST(:known AS text[]))),"
    " waiting AS (SELECT w.*, ARRAY(SELECT DISTINCT o ->> 'person'"
    "   FROM jsonb_array_elements(s.doc -> 'owners') o ORDER BY 1) AS owners"
    "  FROM wanted w JOIN scope s ON s.scope = w.scope"
    "  WHERE NOT (s.doc ->> 'gone')::boolean"
    "  AND NOT EXISTS (SELECT FROM handed_value h WHERE h.indicator = w.indicator"
    "   AND h.scope = w.scope AND h.period = w.period AND h.state IN ('waiting', 'approved'))"
    # Of these indicators alone: the values of all the others are many, and this is asked often.
    "  AND NOT EXISTS (SELECT FROM measurement m WHERE m.value IS NOT NULL"
    "   AND m.indicator = ANY(CAST(:known AS text[])) AND m.indicator = w.indicator"
    "   AND m.scope = w.scope AND m.period = w.period))"
    " SELECT indicator, scope, period, w.scope IS NOT NULL AS waits, w.owners,"
    "  coalesce(t.number, 0) AS number, coalesce(t.is_open, false) AS was_open,"
    "  EXISTS (SELECT FROM scope s WHERE s.scope = t.scope"
    "   AND NOT (s.doc ->> 'gone')::boolean) AS is_there"
    " FROM waiting w FULL JOIN told_cell t USING (indicator, scope, period)"
    " WHERE (w.scope IS NOT NULL) IS DISTINCT FROM coalesce(t.is_open, false)"
    "  OR (t.is_open AND t.owners <> w.owners)"
    " ORDER BY indicator, scope, period LIMIT :most"
)
_SAVE: Final = text(
    "INSERT INTO told_cell SELECT * FROM jsonb_populate_recordset(NULL::told_cell,"
    " CAST(:told AS jsonb)) ON CONFLICT (indicator, scope, period) DO UPDATE"
    " SET number = excluded.number, owners = excluded.owners, is_open = excluded.is_open"
)


async def list_different(
    tx: Transaction, wanted: Sequence[Wanted], known: Collection[str], most: int
) -> Sequence[Any]:
    """Return some of the cells of which something else is true than was told.

    Nobody else tells until the transaction ends.

    Args:
        known: the indicators of which every value is handed in.
    """
    await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.AWAITED_VALUES}, 0)"))
    arrays = {f"{name}s": [getattr(each, name) for each in wanted] for name in Wanted._fields}
    values = {"known": sorted(known), "most": most, **arrays}
    return list(await tx.session.execute(_DIFFERENT, values))


async def save_told(tx: Transaction, told: Sequence[Told]) -> None:
    """Keep what was told now."""
    rows = msgspec.json.encode([each._asdict() for each in told]).decode()
    await tx.session.execute(_SAVE, {"told": rows})
