"""Read models of the tree of goals: one level at a time, and what costs a goal most."""

from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from shared.access.rules import Kind
from shared.access.sight import narrowed, narrowed_sql
from shared.contracts.vocabulary import State
from shared.kit.database import Transaction
from shared.kit.paging import Page
from shared.kit.sql import text
from target_service.domain.attainment import rounded
from target_service.domain.gaps import Whole, costs
from target_service.domain.limits import Direction, read_limit
from target_service.domain.rollup import (
    FIELDS,
    ONE,
    Part,
    Sums,
    from_millionths,
    part_of_binding,
)
from target_service.domain.weights import Aggregation
from target_service.queries.pages import Listed, page_of
from target_service.repository.standing import Node, read_standing
from target_service.schemas import ChainNode, CostlyPart, GoalStanding
from target_service.tables import GoalAttainmentRow, GoalRow

DEAREST: Final = 20
"""So many parts of a goal are named with what they cost it."""


async def list_level(tx: Transaction, wanted: Page, parent: str | None) -> Listed[ChainNode]:
    """Return the child goals of a goal, or the roots, in the order of their keys."""
    below = aliased(GoalRow)
    has_children = exists().where(below.parent == GoalRow.key, below.withdrawn_at.is_(None))
    query = (
        select(GoalRow, GoalAttainmentRow, has_children.label("has_children"))
        .outerjoin(GoalAttainmentRow, GoalAttainmentRow.goal == GoalRow.key)
        .where(GoalRow.parent == parent, GoalRow.withdrawn_at.is_(None))
        .where(*await narrowed(tx, Kind.GOAL, GoalRow.scope, GoalRow.owner))
    )
    rows, total, after = await page_of(tx, query, GoalRow.key, wanted)
    return Listed(items=[_node(row) for row in rows], total=total, next_after=after)


async def standing_of(tx: Transaction, key: str) -> GoalStanding:
    """Return how a goal stands."""
    return read_goal_standing(await tx.session.get(GoalAttainmentRow, key))


async def dearest_parts(tx: Transaction, key: str) -> list[CostlyPart]:
    """Return the parts of a goal that cost it most, the dearest first."""
    row = await tx.session.get(GoalAttainmentRow, key)
    if row is None:
        return []
    goal = await tx.session.get_one(GoalRow, key)
    whole = Whole(
        sums=Sums(*(getattr(row, name) for name in FIELDS)),
        aggregation=Aggregation(goal.aggregation),
        target=read_limit(goal.target) if goal.target else None,
        attained=row.attained,
    )
    seen, among = await narrowed_sql(tx, Kind.GOAL, "g.scope", "g.owner")
    statement, asked = _below(key, whole, seen)
    below = (await tx.session.execute(text(statement), asked | among)).mappings()
    given = [
        (each["key"], True, each["title"], read_standing(each).as_part(), each["share"])
        for each in below
    ]
    seen, among = await narrowed_sql(tx, Kind.FIGURE, "b.scope", "b.owner")
    wanted = {"goal": key, "dearest": DEAREST, **among}
    bound = await tx.session.execute(text(_BOUND.format(seen=seen)), wanted)
    given += [_bound(each) for each in bound.mappings()]
    return [
        CostlyPart(
            id=each.id,
            kind="goal" if each.is_goal else "binding",
            title=each.title,
            weight=rounded(each.weight),
            attainment=_ratio(each.part.attained),
            loss=rounded(each.loss),
        )
        for each in costs(given, whole)[:DEAREST]
    ]


def read_goal_standing(row: GoalAttainmentRow | None) -> GoalStanding:
    """Return how a goal stands, as answers show it."""
    if row is None:
        return GoalStanding()
    return GoalStanding(
        state=State(row.state),
        thin=row.thin,
        attainment=_ratio(row.attained),
        coverage=_ratio(row.coverage),
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        judged_at=row.judged_at,
        seq=row.seq,
    )


def read_node(node: Node) -> GoalStanding:
    """Return how a loaded goal stands, as answers show it."""
    standing = node.standing
    return GoalStanding(
        state=standing.state,
        thin=standing.thin,
        attainment=_ratio(standing.attained),
        coverage=_ratio(standing.coverage),
        value=standing.value,
        numerator=standing.numerator,
        denominator=standing.denominator,
        seq=node.seq,
    )


def _node(row: Any) -> ChainNode:
    goal: GoalRow = row.GoalRow
    standing = read_goal_standing(row.GoalAttainmentRow)
    about = {name: getattr(goal, name) for name in ChainNode.model_fields if hasattr(goal, name)}
    # Its `state` is how it stands, not where it is on its way to whoever answers for it.
    return ChainNode(**(about | standing.model_dump()), has_children=row.has_children)


def _bound(row: Any) -> tuple[str, bool, str, Part, int]:
    of_value = (row["value"], row["numerator"], row["denominator"])
    part = part_of_binding(row["attainment"], row["state"], thin=row["thin"], of_value=of_value)
    return row["key"], False, row["title"], part, ONE


def _ratio(millionths: int | None) -> Any:
    return None if millionths is None else from_millionths(millionths)


_BOUND: Final = (
    "SELECT b.key, b.title, a.attainment, coalesce(a.state, 'no_data') AS state,"
    " coalesce(a.thin, false) AS thin, a.value, a.numerator, a.denominator FROM binding b"
    " LEFT JOIN attainment a ON a.binding = b.key WHERE b.counted_in = :goal AND b.goal = :goal"
    " AND {seen}"
    " ORDER BY a.counted NULLS LAST, b.key LIMIT :dearest"
)

_BELOW: Final = (
    "SELECT g.key, g.title, n.share, n.state, n.thin, n.attained, n.coverage, n.value,"
    " n.numerator, n.denominator FROM goal_attainment n JOIN goal g ON g.key = n.goal"
    " WHERE n.parent = :goal AND {seen} ORDER BY {order} NULLS LAST, g.key DESC LIMIT :dearest"
)
"""The dearest of each kind hold the dearest of all: one kind's losses differ by a factor alone."""

_DEAREST_FIRST: Final = {
    Aggregation.WEIGHTED_MEAN: "n.share * (1000000 - n.attained) DESC",
    Aggregation.MINIMUM: "n.attained",
    Aggregation.LAST: "CASE WHEN n.attained IS NOT NULL THEN n.ends END DESC",
    Aggregation.POOLED_RATIO: ":sign * (:wanted * n.denominator - n.numerator) DESC",
    Aggregation.SUM: "-:sign * n.value DESC",
}


def _below(key: str, whole: Whole, seen: str) -> tuple[str, dict[str, Any]]:
    """Return the query of the children that cost a goal most, by its own arithmetic."""
    asked: dict[str, Any] = {"goal": key, "dearest": DEAREST}
    order = _DEAREST_FIRST[whole.aggregation]
    if ":sign" in order:
        is_lower = whole.target is not None and whole.target.direction is Direction.LOWER
        asked["sign"] = -1 if is_lower else 1
    if ":wanted" in order:
        asked["wanted"] = whole.target.values[0] if whole.target else 0
    return _BELOW.format(order=order, seen=seen), asked
