"""What a goal contradicts above, beside and beneath it, by JSON path."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.errors import no_such
from shared.kit.database import Transaction
from target_service.domain.decomposition import Part, faults_of_parts
from target_service.domain.limits import read_limit, read_number
from target_service.domain.periods import (
    days_of,
    fault_of_calendar,
    fault_of_period,
    faults_of_spelling,
    last_day_of,
    lies_inside,
)
from target_service.domain.trajectory import Waypoint, faults_of_way
from target_service.domain.tree import faults_of_children, faults_of_deadline, faults_of_tasks
from target_service.domain.units import Faults
from target_service.domain.weights import Allocation
from target_service.repository import chain, goals, plans, tasks
from target_service.schemas import GoalBody
from target_service.tables import GoalRow

_AT_ONCE: Final = (
    "；或 POST /api/target/v1/goals/<parent>/decompose 一次给出全部下级 (or give all at once)"
)
_CHILD: Final = re.compile(r"\$\.children\[(\d+)\]\.(.*)")


async def unknown_parent(tx: Transaction, parent: str | None) -> Faults:
    """Return that there is no such parent."""
    if parent is None or await chain.find_goal_in_force(tx, parent):
        return []
    return [("$.parent", no_such("目标", "goal", parent, await goals.goals_like(tx, parent)))]


async def faults_in_tree(tx: Transaction, body: GoalBody) -> Faults:
    """Return what a goal contradicts above and beneath it: days, and its own children's parts."""
    calendar = await read_calendar(tx)
    parent = await chain.find_goal_in_force(tx, body.parent)
    children = await goals.list_children(tx, body.key)
    plan = await plans.find_in_force(tx, body.plan)
    above = faults_above(body, parent, calendar) if parent else []
    if plan and _is_period(body):
        outside = fault_of_period("period", body.period, plan.period, f"规划 {plan.key} ", calendar)
        above += [("$.period", outside)] if outside else []
    on_the_way = _faults_of_trajectory(body, calendar)
    beneath = _faults_beneath(body, children, calendar)
    tasks_late = await _faults_of_tasks(tx, body, calendar)
    return [*above, *on_the_way, *beneath, *tasks_late]


async def _faults_of_tasks(tx: Transaction, body: GoalBody, calendar: Calendar) -> Faults:
    """Return that tasks would end after a goal that ends sooner than before."""
    row, last = await chain.find_goal_in_force(tx, body.key), _last_day_of(body, calendar)
    if row is None or last is None:
        return []
    before = last_day_of(row.period, row.deadline, calendar)
    late = await tasks.list_between(tx, body.key, last, before) if last < before else []
    return faults_of_tasks(late)


def _is_period(body: GoalBody) -> bool:
    """Return whether its period is one: what rests on one that is none is not asked."""
    return not faults_of_spelling({"$.period": body.period})


def _last_day_of(body: GoalBody, calendar: Calendar) -> date | None:
    """Return the last day of a goal; None where its period is none and it has no deadline."""
    has_day = body.deadline is not None or _is_period(body)
    return last_day_of(body.period, body.deadline, calendar) if has_day else None


def faults_above(body: GoalBody, parent: GoalRow, calendar: Calendar) -> Faults:
    """Return which days of a goal lie outside its parent's."""
    last, bound = (
        _last_day_of(body, calendar),
        last_day_of(parent.period, parent.deadline, calendar),
    )
    if not _is_period(body):
        return faults_of_deadline(last, bound, parent.key) if last else []
    of = f"上级目标 {parent.key} "
    outside = fault_of_period("period", body.period, parent.period, of, calendar)
    if outside and body.deadline is None:
        return [("$.period", outside)]  # it is the period that ends too late
    found = faults_of_deadline(last, bound, parent.key) if last else []
    return [*found, *([("$.period", outside)] if outside else [])]


async def faults_beside(tx: Transaction, body: GoalBody, row: GoalRow) -> Faults:
    """Return what a goal contradicts of the parts that its parent is divided into."""
    found: Faults = []
    parent = await chain.find_goal_in_force(tx, body.parent)
    if parent:
        # The others are asked for what all of them make together: by weight alone.
        is_whole = Allocation(parent.allocation) is Allocation.WEIGHTED
        others = await _others(tx, parent.key, row.key) if is_whole else []
        parts = [goals.part_of(each) for each in others]
        place = len(parts)
        parts.append(part_of_body(body))
        found += _own(_faults_of(parent, parts), place)
    return [*found, *await faults_left(tx, row, body.parent)]


async def faults_left(tx: Transaction, row: GoalRow, parent: str | None) -> Faults:
    """Return that the siblings that a goal leaves would not weigh 1 any more."""
    old = await chain.find_goal_in_force(tx, row.parent)
    if old is None or old.key == parent or row.withdrawn_at:
        return []
    if Allocation(old.allocation) is not Allocation.WEIGHTED:
        return []
    rest = [goals.part_of(each) for each in await _others(tx, old.key, row.key)]
    if not _faults_of(old, rest):
        return []
    zh = f"{old.key} 其余下级的权重之和不再为 1"
    en = "the weights of its siblings would not sum to 1"
    return [("$.parent", f"{zh}：{_remedy(old.key, parent)} ({en})")]


def _remedy(old: str, new: str | None) -> str:
    """Return how a goal leaves those that it is weighed with, in the order that works."""
    there = (
        f"连同 {new} 的其余下级经 POST /goals/{new}/decompose 移入，" if new else "移走或撤回它，"
    )
    return (
        f"先把 {old} 的 allocation 改为 same，{there}再经 POST /goals/{old}/decompose 重新分解其余"
    )


def _faults_of_trajectory(body: GoalBody, calendar: Calendar) -> Faults:
    """Return which periods on the way do not exist or end too late, and which values stray."""
    found: Faults = []
    end = _last_day_of(body, calendar)
    way: list[Waypoint] = []
    for at, each in enumerate(body.trajectory):
        if faults_of_spelling({"": each.period}):
            continue
        reason = fault_of_calendar(each.period, calendar)
        last = days_of(each.period, calendar)[1]
        if reason is None and end and last > end:
            en = "it ends after the goal does"
            reason = f"{each.period} 止于 {last}，晚于目标止日 {end} ({en})"
        if reason:
            found.append((f"$.trajectory[{at}].period", reason))
        else:
            way.append(Waypoint(f"$.trajectory[{at}].value", read_number(each.value), last))
    if body.target and end:
        baseline = read_number(body.baseline) if body.baseline else None
        found += faults_of_way(body.target.to_rule(), baseline, way, end)
    return found


def part_of_body(body: GoalBody) -> Part:
    """Return a goal as the rules of allocation see it."""
    target = body.target.to_rule() if body.target else None
    return Part(key=body.key, weight=body.weight, target=target, indicator=body.indicator)


def _faults_beneath(body: GoalBody, children: Sequence[GoalRow], calendar: Calendar) -> Faults:
    last, found = _last_day_of(body, calendar), []
    if last:
        days = [(row.key, last_day_of(row.period, row.deadline, calendar)) for row in children]
        found = faults_of_children(last, days)
    outside = [
        row.key
        for row in children
        if _is_period(body) and not lies_inside(row.period, body.period, calendar)
    ]
    if outside:
        named = "、".join(outside[:20])
        zh = f"{len(outside)} 个下级目标的周期不在其内：{named}"
        found.append(("$.period", f"{zh} (the periods of its children lie outside)"))
    whole = body.target.to_rule() if body.target else None
    parts = [goals.part_of(row) for row in children]
    return [*found, *faults_of_parts(body.allocation, whole, body.indicator, parts)]


def _faults_of(parent: GoalRow, parts: Sequence[Part]) -> Faults:
    whole = read_limit(parent.target) if parent.target else None
    return faults_of_parts(Allocation(parent.allocation), whole, parent.indicator, parts)


async def _others(tx: Transaction, parent: str, key: str) -> list[GoalRow]:
    return [each for each in await goals.list_children(tx, parent) if each.key != key]


def _own(found: Faults, place: int) -> Faults:
    """Return the faults of one part as its own, and those of all of them."""
    own: Faults = []
    for path, reason in found:
        match = _CHILD.fullmatch(path)
        if match and int(match[1]) == place:
            own.append((f"$.{match[2]}", reason))
        elif path == "$.children[*].weight":
            own.append(("$.weight", reason + _AT_ONCE))
        elif match is None:
            own.append(("$.parent", reason))
    return own
