"""What if (试算): other values or weights, carried up by the very same path, and undone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from target_service.domain.decomposition import faults_of_parts
from target_service.domain.judge import Rules
from target_service.domain.tree import GoalError
from target_service.domain.units import Faults, faults_of_number
from target_service.domain.weights import Allocation
from target_service.repository import chain, goals, rehearsing, standing
from target_service.repository.standing import Node
from target_service.usecases.judging import judge_bindings
from target_service.usecases.placing import place_goals


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """A goal as it stands, and as it would."""

    before: Node
    after: Node


async def what_if(
    tx: Transaction,
    goal: str,
    values: Mapping[str, Decimal | None],
    weights: Mapping[str, Decimal],
    at: datetime,
    rules: Rules,
) -> list[Supposed]:
    """Return the goals of a tree that would stand otherwise, the deepest first.

    Args:
        goal: whose tree is looked at; it comes last, changed or not.
        values: of bindings; None: as if not measured.
        weights: of goals.

    Raises:
        NotFoundError: no goal has that key.
        UnknownReferenceError: a binding or a goal is not in its tree.
        GoalError: a value is none of its indicator's, or weights would not sum to 1.
    """
    await chain.lock_chain(tx)
    if await chain.find_goal_in_force(tx, goal) is None:
        raise chain.not_found("目标", "goal", goal)
    carried = await rehearsing.goals_of(tx, values)
    lines = await rehearsing.lines_to(tx, {*carried.values(), *weights, goal}, goal)
    inside = {key: weight for key, weight in weights.items() if key in lines}
    _refuse(
        await _faults(tx, values, inside),
        [(f"$.values.{key}", _NO_BINDING) for key in values if carried.get(key) not in lines]
        + [(f"$.weights.{key}", _NO_GOAL) for key in weights if key not in lines],
    )
    path = set().union(*lines.values())
    before = {node.goal: node for node in await standing.lock_nodes(tx, path)}
    async with rehearsing.undone(tx):
        await rehearsing.suppose_values(tx, values)
        await judge_bindings(tx, list(values), at, rules)
        for key, weight in weights.items():
            await rehearsing.suppose_weight(tx, key, weight)
        await place_goals(tx, weights, at, rules)
        after = {node.goal: node for node in await standing.lock_nodes(tx, path)}
    changed = [
        Supposed(before=before[key], after=after[key])
        for key in after
        if key != goal and before[key].standing != after[key].standing
    ]
    changed.sort(key=lambda each: (-each.after.depth, each.after.goal))
    return [*changed, Supposed(before=before[goal], after=after[goal])]


_NO_BINDING = "目标树里没有这个绑定 (the tree of the goal has no such binding)"
_LIKE = (
    "上级不按权重分解，权重不起作用"
    " (its parent does not divide by weight: a weight counts for nothing)"
)
_NO_GOAL = "目标树里没有这个目标 (the tree of the goal has no such goal)"


async def _faults(
    tx: Transaction, values: Mapping[str, Decimal | None], weights: Mapping[str, Decimal]
) -> Faults:
    """Return values that an indicator cannot have, weights that would not sum to 1 or count."""
    units = await rehearsing.units_of(tx, values)
    found = [
        fault
        for key, value in values.items()
        if value is not None
        for fault in faults_of_number(f"$.values.{key}", value, units.get(key, ""))
    ]
    parents = await rehearsing.weighing(tx, weights)
    found += [(f"$.weights.{key}", _LIKE) for key, parent in parents.items() if parent is None]
    for parent in sorted({each for each in parents.values() if each}):
        children = await goals.list_children(tx, parent)
        parts = [
            replace(part, weight=weights.get(part.key, part.weight))
            for part in map(goals.part_of, children)
        ]
        changed = next(part.key for part in parts if part.key in weights)
        whole = faults_of_parts(Allocation.WEIGHTED, None, None, parts)
        found += [(f"$.weights.{changed}", reason) for _, reason in whole]
    return found


def _refuse(faults: Faults, unknown: Faults) -> None:
    found = [*faults, *unknown]
    if not found:
        return
    fields = {path: [reason] for path, reason in found}
    kind = GoalError if faults else UnknownReferenceError
    raise kind(f"请检查：{'、'.join(fields)}", f"check {', '.join(fields)}", fields=fields)
