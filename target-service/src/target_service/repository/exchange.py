"""Load what goes out as a file: things of a family by their keys, and those that are asked for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, select, true

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.kit.database import Transaction
from target_service.domain.exchanging.citing import REGISTERS
from target_service.domain.standards import StandardState
from target_service.domain.tasks import TaskState
from target_service.tables import (
    BindingRow,
    GoalRow,
    PlanRow,
    RegisterEntryRow,
    SelectorRow,
    StandardRow,
    TaskRow,
)

_TABLES: Final[Mapping[str, Any]] = {
    "plans": PlanRow,
    "goals": GoalRow,
    "standards": StandardRow,
    "selectors": SelectorRow,
    "bindings": BindingRow,
    "tasks": TaskRow,
}


async def rows_of(tx: Transaction, family: str, keys: Collection[str]) -> dict[str, Any]:
    """Return things that stand, by their keys; of a standard the newest version, whatever it is."""
    return await _rows(tx, family, _table(family).key.in_(keys))


async def holding_of(tx: Transaction, keys: Collection[str], day: date) -> dict[str, StandardRow]:
    """Return of each standard the version by which bindings judge; a draft where none is approved.

    Of approved versions that is the newest in force on a day, else the newest of all.
    """
    query = select(StandardRow).where(
        StandardRow.key.in_(keys),
        StandardRow.state.in_([StandardState.APPROVED.value, StandardState.DRAFT.value]),
        StandardRow.withdrawn_at.is_(None),
    )
    found: dict[str, StandardRow] = {}
    for row in await tx.session.scalars(query):
        if row.key not in found or _rank(row, day) > _rank(found[row.key], day):
            found[row.key] = row
    return found


async def keys_asked(
    tx: Transaction, family: str, plan: str | None, scope: str | None, goals: Collection[str]
) -> list[str]:
    """Return the keys of what a plan, a scope, or nobody in particular has of a family.

    Args:
        goals: those of the plan.
    """
    table = _table(family)
    which: list[ColumnElement[bool]] = []
    if plan:
        which.append(_of_plan(family, plan, goals))
    if scope:
        which.append(await _of_scope(tx, family, scope))
    if family == "bindings":
        which.append(table.selector.is_(None))
    if family == "tasks":
        which.append(table.state != TaskState.CANCELLED.value)
    return sorted(await _rows(tx, family, *which))


def _of_plan(family: str, plan: str, goals: Collection[str]) -> ColumnElement[bool]:
    which: Mapping[str, ColumnElement[bool]] = {
        "plans": PlanRow.key == plan,
        "goals": GoalRow.plan == plan,
        "bindings": BindingRow.goal.in_(goals),
        "tasks": TaskRow.goals.overlap(list(goals)),
    }
    return which.get(family, ~true())


async def _of_scope(tx: Transaction, family: str, scope: str) -> ColumnElement[bool]:
    if family != "selectors":
        found: ColumnElement[bool] = _table(family).scope == scope
        return found
    made = select(BindingRow.selector).where(
        BindingRow.scope == scope,
        BindingRow.selector.is_not(None),
        BindingRow.withdrawn_at.is_(None),
    )
    return SelectorRow.key.in_(list(await tx.session.scalars(made)))


async def _rows(tx: Transaction, family: str, *which: ColumnElement[bool]) -> dict[str, Any]:
    table = _table(family)
    query = select(table).where(*which, *await _seen(tx, family))
    if family in REGISTERS:
        query = query.where(table.register == REGISTERS[family], table.newest)
    if family == "standards":
        query = query.order_by(StandardRow.version)
    if family != "tasks":
        query = query.where(table.withdrawn_at.is_(None))
    rows: Sequence[Any] = (await tx.session.scalars(query)).all()
    return {row.key: row for row in rows}


async def _seen(tx: Transaction, family: str) -> list[ColumnElement[bool]]:
    """Return what a family is narrowed by for the reader; standards are open to all who read."""
    match family:
        case "plans":
            return await narrowed(tx, Kind.GOAL, PlanRow.scope, PlanRow.owner)
        case "goals":
            return await narrowed(tx, Kind.GOAL, GoalRow.scope, GoalRow.owner)
        case "bindings":
            return await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner)
        case "tasks":
            return await narrowed(tx, Kind.TASK, TaskRow.scope, TaskRow.unit, TaskRow.owner)
        case _:
            return []


def _table(family: str) -> Any:
    return _TABLES.get(family, RegisterEntryRow)


def _rank(row: StandardRow, day: date) -> tuple[bool, bool, int]:
    is_approved = row.state == StandardState.APPROVED.value
    return is_approved, row.effective_from <= day, row.version
