"""The objects beside and beneath one: medians of a group, how children stand, parts of goals."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Numeric, Text, and_, cast, func, select

from report_service.domain.facts import GoalFact, ScopeFact
from report_service.domain.facts_of_work import ChildFact, GroupFact
from report_service.repository.reading import Reading
from report_service.tables import (
    BindingRow,
    GoalRow,
    JudgementRow,
    MeasurementRow,
    PastRow,
    ScopeRow,
)

MOST_PARTS: Final = 2000
_DEEPEST: Final = 8
"""Steps downwards; goals may name each other in a ring."""

_LEAVES: Final = frozenset({"teacher", "student", "feed"})
"""Kinds of objects beneath which nothing lies."""


async def groups_of(
    read: Reading, about: ScopeFact, period: str, indicators: Sequence[str]
) -> dict[str, GroupFact]:
    """Return how the objects of the same kind stand in a period, by indicator."""
    kind = f"{about.scope.partition('/')[0]}/"
    known = {} if read.groups is None else read.groups
    missing = [each for each in indicators if (kind, period, each) not in known]
    if missing:
        found = await _medians(read, kind, period, missing)
        known |= {(kind, period, each): found.get(each) for each in missing}
    told = {each: known[kind, period, each] for each in indicators}
    return {indicator: group for indicator, group in told.items() if group is not None}


async def _medians(
    read: Reading, kind: str, period: str, indicators: Sequence[str]
) -> dict[str, GroupFact]:
    kept = and_(PastRow.period == period, PastRow.scope.startswith(kind))
    row = read.table(MeasurementRow, kept)
    median = func.percentile_disc(0.5).within_group(cast(row.value, Numeric))
    rows = await read.tx.session.execute(
        select(row.indicator, func.count().label("n"), cast(median, Text).label("median"))
        .where(
            row.period == period,
            row.indicator.in_(indicators),
            row.scope.startswith(kind),
            row.value.is_not(None),
        )
        .group_by(row.indicator)
        .order_by(row.indicator)
    )
    return {
        each.indicator: GroupFact(indicator=each.indicator, n=each.n, median=each.median)
        for each in rows
    }


async def children_of(read: Reading, scope: str, period: str) -> tuple[ChildFact, ...]:
    """Return the objects beneath one that are judged in a period."""
    if scope.partition("/")[0] in _LEAVES:
        return ()
    kept = PastRow.period == period
    child = read.table(ScopeRow)
    judged, bound = read.table(JudgementRow, kept), read.table(BindingRow, kept)
    met = judged.state.in_(["met_standard", "met_target"])
    rows = await read.tx.session.execute(
        select(
            child.scope,
            child.name_zh,
            func.count().label("bound"),
            func.count().filter(judged.state != "no_data").label("with_data"),
            func.count().filter(met).label("met_standard"),
            func.count().filter(judged.state == "met_target").label("met_target"),
        )
        .join(judged, and_(judged.scope == child.scope, judged.period == period))
        .join(bound, and_(bound.id == judged.binding, ~bound.withdrawn))
        .where(child.parents.contains([scope]), ~child.gone)
        .group_by(child.scope, child.name_zh)
        .order_by(child.scope)
    )
    return tuple(ChildFact(**each) for each in rows.mappings())


async def parts_of(read: Reading, goals: Sequence[str]) -> list[GoalFact]:
    """Return the goals that are parts of goals, directly or through others, by id."""
    found: dict[str, GoalFact] = {}
    above = list(goals)
    for _ in range(_DEEPEST):
        if not above or len(found) >= MOST_PARTS:
            break
        parts = await _below(read, above)
        above = [each.id for each in parts if each.id not in found]
        found |= {each.id: each for each in parts}
    return [found[each] for each in sorted(found)[:MOST_PARTS]]


async def _below(read: Reading, goals: Sequence[str]) -> list[GoalFact]:
    return await read.all(GoalFact, GoalRow, lambda row: row.parent.in_(goals) & ~row.withdrawn)
