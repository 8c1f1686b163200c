"""State goals, and divide them among children."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.contracts.target import GoalDecomposed, GoalRevised
from shared.errors import no_such
from shared.kit.database import Transaction
from target_service.domain.decomposition import faults_of_parts
from target_service.domain.distribution import GoalState, after_revision
from target_service.domain.judge import Rules
from target_service.domain.limits import read_limit, read_number, write_number
from target_service.domain.lines import refuse
from target_service.domain.periods import faults_of_spelling
from target_service.domain.tree import GoalError, path_beneath, refuse_cycle
from target_service.domain.units import (
    Faults,
    faults_of_direction,
    faults_of_limit,
    faults_of_number,
    faults_of_summing,
)
from target_service.repository import chain, goals, names, plans, registers
from target_service.schemas import DecomposeBody, GoalBody
from target_service.tables import GoalRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    Turn,
    document,
    expect_seen,
    refuse_move,
    unknown_basis,
    unknown_names,
    unknown_owner,
)
from target_service.usecases.facts import tell_goal
from target_service.usecases.goal_versions import change_goal
from target_service.usecases.inheriting import differs, line_up_again
from target_service.usecases.placing import Place, place_goals
from target_service.usecases.tree_rules import (
    faults_beside,
    faults_in_tree,
    faults_left,
    part_of_body,
    unknown_parent,
)


async def put_goal(
    tx: Transaction,
    body: GoalBody,
    expect: Precondition,
    at: datetime,
    rules: Rules,
    *,
    by: str,
) -> Put[GoalRow]:
    """State or change a goal, and give it its place in the tree: see `state_goal`."""
    done = await state_goal(tx, body, expect, at, rules, by=by)
    if done.changed:
        await place_goals(tx, [body.key], at, rules)
    return done


async def state_goal(
    tx: Transaction,
    body: GoalBody,
    expect: Precondition,
    at: datetime,
    rules: Rules,
    *,
    by: str,
) -> Put[GoalRow]:
    """State or change a goal that is given its place afterwards, if it changed.

    Bindings that take its target are judged again.

    Raises:
        GoalError: its numbers lie beyond what its indicator can have, its days beyond its
            parent's or before its children's, or its part is none of its parent.
        UnknownReferenceError: there is no such scope, indicator, parent or plan.
        GoalCycleError: its parent lies beneath it.
        MovedError: bindings rest on it, and it would change indicator, scope or period.
        BreaksBindingsError: its new target contradicts the lines of bindings.
    """
    await chain.lock_chain(tx)
    row = await _row_of(tx, body.key)
    values = _goal_values(body)
    expect_seen(expect, row if _is_there(row) else None, values)
    if body.parent:
        refuse_cycle(body.key, await goals.line_to_root(tx, body.parent))
    faults = [*await _own_faults(tx, body), *await faults_beside(tx, body, row)]
    refuse(faults, await _unknown(tx, body, row), GoalError)
    return await _save(tx, body, row, at, rules, by)


async def decompose_goal(
    tx: Transaction,
    key: str,
    body: DecomposeBody,
    turn: Turn,
    rules: Rules,
    place: Place = place_goals,
) -> GoalRow:
    """Divide a goal among children, all of them or none; those it has already stay beside them.

    Args:
        place: gives them their places in the tree.

    Raises:
        NotFoundError: no goal has that key.
        GoalError: what is wrong with the children, all of it at once.
        UnknownReferenceError: they name what is not there.
    """
    await chain.lock_chain(tx)
    row = await chain.find_goal_in_force(tx, key)
    if row is None:
        raise chain.not_found("目标", "goal", key)
    at, by = turn.at, turn.actor.subject
    expect_seen(turn.expect, row)
    listed = [
        GoalBody.model_validate(each.model_dump() | {"parent": key}) for each in body.children
    ]
    rows = [await _row_of(tx, each.key) for each in listed]
    await _refuse_children(tx, row, body, listed, rows)
    changed: list[str] = []
    if row.allocation != body.allocation:
        await change_goal(tx, row, {"allocation": body.allocation.value}, at, by)
        changed.append(key)
    for each, child in zip(listed, rows, strict=True):
        if (await _save(tx, each, child, at, rules, by)).changed:
            changed.append(each.key)
    if changed:
        await place(tx, changed, at, rules)
        children = tuple(child.key for child in await goals.list_children(tx, key))
        await tell_goal(tx, GoalDecomposed, row, by=by, children=children)
    return row


async def _refuse_children(
    tx: Transaction,
    parent: GoalRow,
    body: DecomposeBody,
    listed: Sequence[GoalBody],
    rows: Sequence[GoalRow],
) -> None:
    line = await goals.line_to_root(tx, parent.key)
    unit, _ = await names.known_of(tx, parent.indicator)
    faults = [*_twice(listed), *faults_of_summing("$.allocation", body.allocation, unit)]
    unknown: Faults = []
    for at, (child, row) in enumerate(zip(listed, rows, strict=True)):
        own = [*await _own_faults(tx, child), *await faults_left(tx, row, parent.key)]
        if child.key in line:
            own.append(("$.key", f"它在上面，不能作下级：{path_beneath(child.key, line)}"))
        faults += _beneath(f"$.children[{at}]", own)
        unknown += _beneath(f"$.children[{at}]", await _unknown(tx, child, row))
    whole = read_limit(parent.target) if parent.target else None
    known = {child.key for child in listed}
    beside = [row for row in await goals.list_children(tx, parent.key) if row.key not in known]
    parts = [*(part_of_body(each) for each in listed), *(goals.part_of(row) for row in beside)]
    faults += faults_of_parts(body.allocation, whole, parent.indicator, parts)
    refuse(faults, unknown, GoalError)


async def _save(
    tx: Transaction, body: GoalBody, row: GoalRow, at: datetime, rules: Rules, by: str
) -> Put[GoalRow]:
    """Store a goal whose content was checked, and bring its bindings into line."""
    created, values = not _is_there(row), _goal_values(body)
    bindings = [] if created else await chain.list_bindings_of_goal(tx, body.key)
    if bindings:
        refuse_move(row, body)
    if not created and not differs(row, values):
        return Put(row=row, created=False, changed=False)
    state = GoalState.DRAFT if created else GoalState(row.state)
    following = after_revision(state, is_root=body.parent is None)
    await change_goal(tx, row, values | {"state": following.value, "waivers": []}, at, by)
    if state is not GoalState.DRAFT:
        await tell_goal(tx, GoalRevised, row, by=by)
    await line_up_again(tx, bindings, at, rules)
    return Put(row=row, created=created, changed=True)


async def _row_of(tx: Transaction, key: str) -> GoalRow:
    return await chain.find_goal(tx, key) or GoalRow(key=key, version=0)


def _is_there(row: GoalRow) -> bool:
    return row.version > 0 and row.withdrawn_at is None


async def _unknown(tx: Transaction, body: GoalBody, row: GoalRow) -> Faults:
    found = await unknown_names(tx, row, scope=body.scope, indicator=body.indicator)
    if body.plan and body.plan != row.plan and await plans.find_in_force(tx, body.plan) is None:
        like = await plans.plans_like(tx, body.plan)
        found.append(("$.plan", no_such("规划", "plan", body.plan, like)))
    found += await _unknown_owners(tx, body, row)
    found += await unknown_basis(tx, body.basis, row.basis if row.version else ())
    found += await _unknown_dimensions(tx, body, row)
    return [*found, *await unknown_parent(tx, body.parent)]


async def _unknown_owners(tx: Transaction, body: GoalBody, row: GoalRow) -> Faults:
    """Return which owners are not there, or left, who are written as scopes."""
    found = await unknown_owner(tx, "$.owner", body.owner, row.owner if row.version else None)
    told = row.co_owners if row.version else ()
    for at, owner in enumerate(body.co_owners):
        known = owner if owner in told else None
        found += await unknown_owner(tx, f"$.co_owners[{at}]", owner, known)
    return found


async def _unknown_dimensions(tx: Transaction, body: GoalBody, row: GoalRow) -> Faults:
    """Return which value dimensions are not registered; those that it serves may have gone."""
    there = await registers.keys_among(tx, "value-dimensions", body.dimensions)
    there |= set(row.dimensions if row.version else ())
    return [
        (f"$.dimensions[{at}]", no_such("育人价值维度", "value dimension", key, []))
        for at, key in enumerate(body.dimensions)
        if key not in there
    ]


async def _own_faults(tx: Transaction, body: GoalBody) -> Faults:
    unit, direction = await names.known_of(tx, body.indicator)
    found: Faults = []
    if body.target:
        limit = body.target.to_rule()
        found += faults_of_limit("$.target", limit, unit)
        found += faults_of_direction("$.target", limit, direction)
    for path, how in (("$.allocation", body.allocation), ("$.aggregation", body.aggregation)):
        found += faults_of_summing(path, how, unit)
    if body.baseline:
        found += faults_of_number("$.baseline", read_number(body.baseline), unit)
    if body.budget and read_number(body.budget) < 0:
        found.append(("$.budget", "预算不能为负 (not below 0)"))
    for name in ("trajectory", "history"):
        found += _faults_of_values(f"$.{name}", getattr(body, name), unit)
    found += faults_of_spelling({"$.period": body.period})
    return [*found, *await faults_in_tree(tx, body)]


def _faults_of_values(path: str, values: Sequence[Any], unit: str) -> Faults:
    written = {f"{path}[{at}].period": each.period for at, each in enumerate(values)}
    found = faults_of_spelling(written)
    for at, each in enumerate(values):
        found += faults_of_number(f"{path}[{at}].value", read_number(each.value), unit)
        if each.period in {other.period for other in values[:at]}:
            twice = f"{each.period} 写了两次 (given twice)"
            found.append((f"{path}[{at}].period", twice))
    return found


def _twice(listed: Sequence[GoalBody]) -> Faults:
    keys = [child.key for child in listed]
    return [
        (f"$.children[{at}].key", f"{key} 写了两次 (given twice)")
        for at, key in enumerate(keys)
        if key in keys[:at]
    ]


def _beneath(path: str, found: Faults) -> Faults:
    return [(path + own.removeprefix("$"), reason) for own, reason in found]


def _goal_values(body: GoalBody) -> dict[str, Any]:
    values = body.model_dump(mode="json", exclude={"key", "target", "baseline", "weight", "budget"})
    return values | {
        "deadline": body.deadline,
        "withdrawn_at": None,
        "withdrawn_reason": None,
        "target": document(body.target),
        "baseline": _spell(body.baseline),
        "budget": _spell(body.budget),
        "weight": write_number(body.weight),
        "trajectory": _values(body.trajectory),
        "history": _values(body.history),
    }


def _values(values: Sequence[Any]) -> list[dict[str, str | None]]:
    return [{"period": each.period, "value": _spell(each.value)} for each in values]


def _spell(number: str | None) -> str | None:
    return write_number(read_number(number)) if number else None
