"""Deadlines of tasks, on the database's clock and by the school calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.calendar import CAMPUS, Calendar
from shared.calendar.table import read_calendar
from shared.contracts.target_tasks import TaskIssued, TaskOverdue
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from target_service.domain.deadlines import end_of_day
from target_service.domain.standing import Actor
from target_service.domain.tasks import RUNNING, TaskState
from target_service.repository import tasks as store
from target_service.tables import TaskRow
from target_service.usecases.inheriting import day_of
from target_service.usecases.tasks.telling import Act, publish, save

TASK: Final = "task"
"""Kind of the timers by which a task becomes overdue."""

CLOCK: Final = Actor(subject="system/target", is_everywhere=True)


def set_due(row: TaskRow, calendar: Calendar) -> None:
    """Set when an issued task is due; of a service task that follows from its working hours."""
    assert row.issued_at is not None
    if row.sla_hours is None:
        assert row.ends_on is not None
        row.due_at = end_of_day(row.ends_on)
        return
    row.due_at = calendar.add(row.issued_at, timedelta(hours=row.sla_hours))
    row.starts_on = day_of(row.issued_at)
    row.ends_on = day_of(row.due_at)


async def set_timer(tx: Transaction, row: TaskRow, at: datetime) -> None:
    """Set when a task becomes overdue; one that is due later is not overdue any more."""
    runs = TaskState(row.state) in RUNNING
    if row.due_at and row.due_at > at:
        row.overdue_since = None
    waits = runs and row.overdue_since is None
    await set_timers(tx, TASK, {row.key: row.due_at if waits else None})


async def tell_overdue(tx: Transaction) -> bool:
    """Tell the tasks whose deadline has passed; return whether there were any timers."""
    due = await take_due(tx, TASK)
    if due is None:
        return False
    for row in await store.running(tx, due.keys):
        if row.due_at and row.due_at <= due.at and row.overdue_since is None:
            row.overdue_since = row.due_at
            await save(tx, row, "overdue", Act(CLOCK, due.at))
            publish(tx, TaskOverdue, row, due.at)
    return True


async def follow_hours(tx: Transaction, at: datetime) -> None:
    """Set the deadlines of service tasks anew: the school calendar is another one now."""
    calendar = await read_calendar(tx)
    rows: Sequence[TaskRow] = await store.by_working_hours(tx)
    for row in rows:
        before = row.due_at
        set_due(row, calendar)
        if row.due_at != before:
            await set_timer(tx, row, at)
            told = "校历已变 (the school calendar changed)"
            changes = {"due_at": [_spell(before), _spell(row.due_at)]}
            await save(tx, row, "calendar", Act(CLOCK, at), reason=told, changes=changes)
            publish(tx, TaskIssued, row, at, reason=told)


def _spell(instant: datetime | None) -> str | None:
    return instant.astimezone(CAMPUS).isoformat() if instant else None
