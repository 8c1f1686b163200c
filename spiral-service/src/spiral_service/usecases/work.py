"""The work list (待办), from the steps of every service, and what inboxes are told of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.calendar import CAMPUS
from shared.contracts.spiral_work import (
    WorkItemAssigned,
    WorkItemDone,
    WorkItemOverdue,
    WorkItemState,
)
from shared.contracts.steps import StepClosed, StepOpened
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from spiral_service.repository import work as repository
from spiral_service.repository.work import WORK
from spiral_service.usecases.work_items import publish_items


async def hear_steps(
    tx: Transaction,
    opened: Sequence[StepOpened],
    closed: Sequence[tuple[StepClosed, datetime]],
    at: datetime,
) -> None:
    """Put human steps on the work list, and take others off; tell those whom they are about.

    One that was there stays as it is, and one that was closed does not open again.
    """
    await _add(tx, opened, at)
    await _close(tx, closed)


async def tell_overdue(tx: Transaction) -> bool:
    """Tell the steps whose deadline has passed; return whether there were any timers."""
    due = await take_due(tx, WORK)
    if due is None:
        return False
    rows = await repository.mark_overdue(tx, due.keys)
    publish_items(tx, WorkItemOverdue, [_state(row) for row in rows])
    return True


async def _add(tx: Transaction, opened: Sequence[StepOpened], at: datetime) -> None:
    day = at.astimezone(CAMPUS).date()
    of_leaders = sorted({each.scope for each in opened if each.role == "leader"})
    leaders = await repository.leaders_of(tx, of_leaders, day)
    items = {
        each.step: each.model_dump()
        | {"state": "open", "persons": _persons(each, leaders.get(each.scope, []))}
        for each in opened
    }
    new = await repository.add_work(tx, [items[step] for step in sorted(items)])
    await set_timers(tx, WORK, {row.step: row.due_at for row in new})
    publish_items(tx, WorkItemAssigned, [_state(row) for row in new])


async def _close(tx: Transaction, closed: Sequence[tuple[StepClosed, datetime]]) -> None:
    if not closed:
        return
    # Timers first: whoever fires one holds it before its step.
    await set_timers(tx, WORK, {each.step: None for each, _ in closed})
    done = await repository.close_work(tx, [each.model_dump() | {"at": at} for each, at in closed])
    publish_items(tx, WorkItemDone, [_state(row) for row in done])


def _persons(step: StepOpened, leaders: Sequence[str]) -> list[str]:
    """Return who is told: those whose step it is, never who may not do it."""
    named = step.owners if step.role == "owner" else leaders
    barred = {step.not_by.replace("person/", f"{kind}/", 1) for kind in ("teacher", "student")}
    return [each for each in named if each not in barred]


def _state(row: Any) -> WorkItemState:
    told = {name: getattr(row, name) for name in WorkItemState.model_fields if hasattr(row, name)}
    return WorkItemState.model_validate(told | {"by": row.closed_by})
