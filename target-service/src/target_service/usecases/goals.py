"""State goals, and give them their place in the tree."""

from datetime import datetime
from typing import Any

from shared.errors import no_such
from shared.kit.database import Transaction
from target_service.domain.judge import Rules
from target_service.domain.limits import read_number, write_number
from target_service.domain.lines import refuse
from target_service.domain.tree import (
    GoalError,
    faults_of_children,
    faults_of_deadline,
    refuse_cycle,
)
from target_service.domain.units import Faults, faults_of_limit, faults_of_number
from target_service.repository import chain, goals
from target_service.schemas import GoalBody
from target_service.tables import GoalRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    document,
    refuse_move,
    unit_of,
    unknown_names,
)
from target_service.usecases.facts import goal_fact
from target_service.usecases.inheriting import assign, line_up_again
from target_service.usecases.placing import place_goal


async def put_goal(
    tx: Transaction, body: GoalBody, expect: Precondition, at: datetime, rules: Rules
) -> Put[GoalRow]:
    """State or change a goal; bindings that take its target are judged again.

    Raises:
        GoalError: its numbers lie beyond what its indicator can have, or its deadline beyond its
            parent's or before its children's.
        UnknownReferenceError: there is no such scope, indicator or parent.
        GoalCycleError: its parent lies beneath it.
        MovedError: bindings rest on it, and it would change indicator, scope or period.
        BreaksBindingsError: its new target contradicts the lines of bindings.
    """
    await chain.lock_chain(tx)
    row = await chain.find_goal(tx, body.key)
    created = row is None or row.withdrawn_at is not None
    expect(row.version if row and not created else None)
    row = row or GoalRow(key=body.key, version=0)
    bindings = [] if created else await chain.list_bindings_of_goal(tx, body.key)
    if bindings:
        refuse_move(row, body)
    unknown = await unknown_names(tx, row, scope=body.scope, indicator=body.indicator)
    unknown += await _unknown_parent(tx, body.parent)
    if body.parent:
        refuse_cycle(body.key, await goals.line_to_root(tx, body.parent))
    faults = [*await _number_faults(tx, body), *await _tree_faults(tx, body)]
    refuse(faults, unknown, GoalError)
    if not assign(row, _goal_values(body)):
        return Put(row=row, created=False, changed=False)
    row.version, row.updated_at = row.version + 1, at
    chain.add(tx, row)
    await chain.flush(tx)
    tx.publish(goal_fact(row), key=row.scope, subject=f"goal/{row.key}")
    await place_goal(tx, row.key, at, rules)
    await line_up_again(tx, bindings, at, rules)
    return Put(row=row, created=created, changed=True)


async def _unknown_parent(tx: Transaction, parent: str | None) -> Faults:
    if parent is None or await chain.find_goal_in_force(tx, parent):
        return []
    return [("$.parent", no_such("目标", "goal", parent, await goals.goals_like(tx, parent)))]


async def _tree_faults(tx: Transaction, body: GoalBody) -> Faults:
    parent = await chain.find_goal_in_force(tx, body.parent)
    children = [(row.key, row.deadline) for row in await goals.list_children(tx, body.key)]
    above = faults_of_deadline(body.deadline, parent.deadline, parent.key) if parent else []
    return [*above, *faults_of_children(body.deadline, children)]


async def _number_faults(tx: Transaction, body: GoalBody) -> Faults:
    unit = await unit_of(tx, body.indicator)
    found: Faults = []
    if body.target:
        found += faults_of_limit("$.target", body.target.to_rule(), unit)
    if body.baseline:
        found += faults_of_number("$.baseline", read_number(body.baseline), unit)
    return found


def _goal_values(body: GoalBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "baseline", "weight"})
    return values | {
        "withdrawn_at": None,
        "target": document(body.target),
        "baseline": write_number(read_number(body.baseline)) if body.baseline else None,
        "weight": write_number(body.weight),
    }
