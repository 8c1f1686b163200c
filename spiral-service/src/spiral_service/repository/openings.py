"""Many cycles that open at once: for whom, around whom, and how they are stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import msgspec

from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.owners import Answering
from spiral_service.domain.programmes import Excluded, Selector, prefix_of

_CHOSEN: Final = """
WITH RECURSIVE inside (scope) AS (
    SELECT unnest(CAST(:within AS text[]))
    UNION
    SELECT s.scope FROM inside i JOIN scope s ON s.parents @> ARRAY[i.scope]),
chosen AS (
    SELECT s.scope, s.gone, s.scope = ANY(CAST(:excluded AS text[])) AS excluded,
           c.scope IS NOT NULL AS has_cycle, k.key IS NOT NULL AS key_taken
      FROM scope s
      LEFT JOIN (SELECT DISTINCT scope FROM cycle WHERE period = :period
                    AND track = :track) c
        ON c.scope = s.scope
      LEFT JOIN cycle k ON k.key = :prefix || '/' || s.scope
     WHERE split_part(s.scope, '/', 1) = :kind AND s.tags @> CAST(:tags AS text[])
       AND (CAST(:within AS text[]) = '{}' OR s.scope IN (SELECT scope FROM inside))
       AND (CAST(:scopes AS text[]) = '{}' OR s.scope = ANY(CAST(:scopes AS text[]))))
"""
_ARE_FREE: Final = """
SELECT scope FROM chosen WHERE NOT (gone OR excluded OR has_cycle OR key_taken)
 ORDER BY scope LIMIT :most
"""
_ARE_COUNTED: Final = """
SELECT count(*) FROM chosen WHERE NOT (gone OR excluded OR has_cycle OR key_taken)
"""
_ARE_BARRED: Final = """
SELECT scope, CASE WHEN excluded THEN 'excluded' WHEN gone THEN 'gone'
                   WHEN has_cycle THEN 'has-cycle' WHEN key_taken THEN 'key-taken' END AS why
  FROM chosen ORDER BY scope
"""
_COUNT_FREE: Final = text(_CHOSEN + _ARE_COUNTED)
_FREE: Final = text(_CHOSEN + _ARE_FREE)
_BARRED: Final = text(_CHOSEN + _ARE_BARRED)
_ABOVE: Final = text(
    "WITH RECURSIVE above (about, scope, steps) AS ("
    "SELECT about, about, 0 FROM unnest(CAST(:scopes AS text[])) AS about UNION"
    " SELECT a.about, parent, a.steps + 1 FROM above a JOIN scope s ON s.scope = a.scope"
    " CROSS JOIN unnest(s.parents) AS parent WHERE a.steps < :most)"
    " SELECT about, scope FROM above GROUP BY about, scope ORDER BY about, min(steps), scope"
)
_OWNERS: Final = text(
    "SELECT scope, owner ->> 'role' AS role, owner ->> 'person' AS person"
    " FROM scope CROSS JOIN jsonb_array_elements(owners) AS owner WHERE scope = ANY(:scopes)"
)
_CYCLE: Final = ", ".join(each.name for each in fields(Cycle))
_SAVE: Final = text(
    f"INSERT INTO cycle ({_CYCLE}) SELECT {_CYCLE}"  # noqa: S608 — names of our own fields
    " FROM jsonb_populate_recordset(NULL::cycle, CAST(:rows AS jsonb))"
)
_SAVE_ENTRIES: Final = text(
    "INSERT INTO cycle_entry (cycle, version, what, by, at, document)"
    " SELECT document ->> 'cycle', 1, 'opened', document ->> 'by',"
    " CAST(document ->> 'at' AS timestamptz), document"
    " FROM jsonb_array_elements(CAST(:documents AS jsonb)) AS document"
)


async def free_scopes(
    tx: Transaction, selector: Selector, period: str, track: str, most: int
) -> list[str]:
    """Return the first scopes of a selector that are to get a cycle of a period.

    Args:
        track: see `Cycle.track`.
    """
    values = _values(selector, period, track) | {"most": most}
    return list(await tx.session.scalars(_FREE, values))


async def count_free(tx: Transaction, selector: Selector, period: str, track: str) -> int:
    """Return how many scopes of a selector are to get a cycle of a period."""
    return await tx.session.scalar(_COUNT_FREE, _values(selector, period, track)) or 0


async def chosen_scopes(
    tx: Transaction, selector: Selector, period: str, track: str
) -> list[tuple[str, Excluded | None]]:
    """Return every scope of a selector, and why it gets no cycle of a period; None: it does."""
    rows = await tx.session.execute(_BARRED, _values(selector, period, track))
    return [(row.scope, row.why) for row in rows]


async def scopes_above(tx: Transaction, scopes: Sequence[str]) -> dict[str, list[str]]:
    """Return by scope itself and those above it, the nearest first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    values = {"scopes": list(scopes), "most": MOST_STEPS}
    for row in await tx.session.execute(_ABOVE, values):
        found[row.about].append(row.scope)
    return found


async def answering(tx: Transaction, scopes: Sequence[str]) -> dict[str, list[Answering]]:
    """Return by scope who answers for it."""
    found: defaultdict[str, list[Answering]] = defaultdict(list)
    for row in await tx.session.execute(_OWNERS, {"scopes": list(scopes)}):
        found[row.scope].append((row.scope, row.role, row.person))
    return found


async def save_opened(tx: Transaction, cycles: Sequence[Cycle], documents: Sequence[str]) -> None:
    """Store cycles that were opened, and that they were.

    Args:
        documents: the fact of each as it is published, JSON.
    """
    rows = msgspec.json.encode(list(cycles)).decode()
    await tx.session.execute(_SAVE, {"rows": rows})
    await tx.session.execute(_SAVE_ENTRIES, {"documents": f"[{','.join(documents)}]"})


async def awaited(tx: Transaction, cycles: Sequence[Cycle]) -> list[Cycle]:
    """Return those of these cycles that corrections wait for."""
    waiting = set(
        await tx.session.scalars(
            text(
                "SELECT DISTINCT scope FROM correction"
                " WHERE cycle IS NULL AND state = 'open' AND scope = ANY(:scopes)"
            ),
            {"scopes": [each.scope for each in cycles]},
        )
    )
    return [each for each in cycles if each.scope in waiting]


def _values(selector: Selector, period: str, track: str) -> dict[str, object]:
    named = {name: list(getattr(selector, name)) for name in _LISTS}
    said: dict[str, object] = {"kind": selector.kind, "period": period, "track": track}
    return said | named | {"prefix": prefix_of(period, track)}


_LISTS: Final = ("tags", "within", "scopes", "excluded")
