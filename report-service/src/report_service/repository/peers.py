"""The objects beside and beneath one: medians of a group, how children stand, parts of goals."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from report_service.domain.facts import GoalFact, ScopeFact
from report_service.domain.facts_of_work import ChildFact, GroupFact
from report_service.tables import GoalRow
from shared.kit.database import Transaction
from shared.kit.sql import text

MOST_PARTS: Final = 2000

_GROUPS: Final = text(
    "SELECT m.indicator, count(*) AS n,"
    " (percentile_disc(0.5) WITHIN GROUP (ORDER BY m.value::numeric))::text AS median"
    " FROM measurement m WHERE m.period = :period AND m.indicator = ANY(:indicators)"
    " AND m.scope LIKE :kind AND m.value IS NOT NULL GROUP BY m.indicator ORDER BY m.indicator"
)
_CHILDREN: Final = text(
    "SELECT s.scope, s.name_zh, count(j.binding) AS bound,"
    " count(*) FILTER (WHERE j.state <> 'no_data') AS with_data,"
    " count(*) FILTER (WHERE j.state IN ('met_standard', 'met_target')) AS met_standard,"
    " count(*) FILTER (WHERE j.state = 'met_target') AS met_target"
    " FROM scope s JOIN judgement j ON j.scope = s.scope AND j.period = :period"
    " JOIN binding b ON b.id = j.binding AND NOT b.withdrawn"
    " WHERE :scope = ANY(s.parents) AND NOT s.gone"
    " GROUP BY s.scope, s.name_zh ORDER BY s.scope"
)
_PARTS: Final = text(
    "WITH RECURSIVE part (id, steps) AS ("
    " SELECT id, 0 FROM goal WHERE parent = ANY(:goals) AND NOT withdrawn UNION"
    " SELECT g.id, p.steps + 1 FROM part p JOIN goal g ON g.parent = p.id"
    " WHERE NOT g.withdrawn AND p.steps < 8) SELECT DISTINCT id FROM part ORDER BY id LIMIT :most"
)


async def groups_of(
    tx: Transaction, about: ScopeFact, period: str, indicators: Sequence[str]
) -> dict[str, GroupFact]:
    """Return how the objects of the same kind stand in a period, by indicator."""
    if not indicators:
        return {}
    kind = about.scope.partition("/")[0]
    values = {"period": period, "indicators": list(indicators), "kind": f"{kind}/%"}
    rows = await tx.session.execute(_GROUPS, values)
    return {
        row.indicator: GroupFact(indicator=row.indicator, n=row.n, median=row.median)
        for row in rows
    }


async def children_of(tx: Transaction, scope: str, period: str) -> tuple[ChildFact, ...]:
    """Return the objects beneath one that are judged in a period."""
    rows = await tx.session.execute(_CHILDREN, {"scope": scope, "period": period})
    return tuple(ChildFact(**row) for row in rows.mappings())


async def parts_of(
    tx: Transaction, goals: Sequence[str], read: Callable[..., Awaitable[list[Any]]]
) -> list[GoalFact]:
    """Return the goals that are parts of goals, directly or through others."""
    found = await tx.session.scalars(_PARTS, {"goals": list(goals), "most": MOST_PARTS})
    ids = list(found)
    return await read(GoalFact, GoalRow, lambda row: row.id.in_(ids)) if ids else []
