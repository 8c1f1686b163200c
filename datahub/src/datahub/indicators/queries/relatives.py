"""Scopes that lie beside one another, and what was measured of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from datahub.indicators.domain.complements import Family, Relatives
from shared.kit.database import Transaction
from shared.kit.sql import text

_FAMILIES: Final = """
WITH RECURSIVE lies AS (
  SELECT s.scope, s.kind, p.parent FROM scope s
   CROSS JOIN LATERAL (
     SELECT jsonb_array_elements_text(s.doc -> 'parents')
      UNION ALL
     -- What lies in nothing that was told lies in the school.
     SELECT scope FROM scope
      WHERE kind = 'school' AND s.kind <> 'school' AND s.doc -> 'parents' = '[]') AS p(parent)
   WHERE s.kind NOT IN ('student', 'teacher') AND s.scope <> p.parent
), up AS (
  SELECT scope, kind, parent FROM lies WHERE scope = ANY(:scopes)
   UNION
  SELECT l.scope, l.kind, l.parent FROM up JOIN lies l ON l.scope = up.parent
)
SELECT kind, parent, scope FROM lies JOIN (SELECT DISTINCT kind, parent FROM up) f
 USING (kind, parent) ORDER BY scope
"""
_FEW: Final = """
SELECT EXISTS (
  SELECT FROM measurement
   WHERE indicator = ANY(:indicators) AND period = ANY(:periods) AND scope = ANY(:scopes)
     AND (n < :least OR indicator = ANY(:chosen)))
"""
_CELLS: Final = """
SELECT indicator, scope, period, value::text, numerator::text, denominator::text, n,
       formula_version, manual
  FROM measurement
 WHERE indicator = ANY(:indicators) AND period = ANY(:periods) AND scope = ANY(:scopes)
"""


async def relatives_of(tx: Transaction, scopes: Collection[str]) -> Relatives:
    """Return the families of scopes, and of everything that they lie in."""
    rows = await tx.session.execute(text(_FAMILIES), {"scopes": sorted(scopes)})
    families: dict[Family, list[str]] = defaultdict(list)
    above: dict[str, list[str]] = defaultdict(list)
    for kind, parent, scope in rows:
        families[Family(kind, parent)].append(scope)
        above[scope].append(parent)
    return Relatives(families, above)


async def measured_of(
    tx: Transaction, which: Mapping[str, Collection[str]], chosen: Collection[str], least: int
) -> list[dict[str, Any]]:
    """Return the values of scopes; none where none of them can be masked by itself.

    Args:
        which: indicators, scopes and periods.
        chosen: the indicators of which a value may be masked however much it rests on.
        least: what a value rests on that is masked for nothing else.
    """
    asked = {name: list(each) for name, each in which.items()}
    if not await tx.session.scalar(text(_FEW), {**asked, "chosen": list(chosen), "least": least}):
        return []
    rows = await tx.session.execute(text(_CELLS), asked)
    return [dict(row) for row in rows.mappings()]
