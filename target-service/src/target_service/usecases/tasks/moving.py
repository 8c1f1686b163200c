"""Issue a task, take it on, cancel it."""

from shared.calendar.table import read_calendar
from shared.contracts.target_tasks import TaskAccepted, TaskCancelled, TaskIssued
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from shared.scopes import leads
from target_service.domain.standing import Actor, check_owner
from target_service.domain.tasks import TaskState, check_move, refuse, unready
from target_service.repository import tasks as store
from target_service.tables import TaskRow
from target_service.usecases.checks import Precondition
from target_service.usecases.tasks.clock import TASK, set_due, set_timer
from target_service.usecases.tasks.putting import left
from target_service.usecases.tasks.telling import (
    Act,
    close_acceptance,
    close_approval,
    open_acceptance,
    publish,
    save,
)


async def issue_task(tx: Transaction, key: str, expect: Precondition, act: Act) -> TaskRow:
    """Issue a draft: from now on its deadline counts, and its owner is asked to accept it.

    Raises:
        TaskInvalidError: it lacks something, or its owner has left; with all of that.
        TaskStateError: it is no draft.
    """
    row = await _to_move(tx, key, expect)
    check_move("issue", key, TaskState(row.state))
    refuse([*unready(store.plan_of(row)), *await left(tx, row)])
    row.state, row.issued_at = TaskState.ISSUED, act.at
    set_due(row, await read_calendar(tx))
    await set_timer(tx, row, act.at)
    await save(tx, row, "issued", act)
    publish(tx, TaskIssued, row, act.at)
    open_acceptance(tx, row, act.at)
    return row


async def accept_task(tx: Transaction, key: str, expect: Precondition, act: Act) -> TaskRow:
    """Take a task on.

    Raises:
        NotYoursError: the caller is not its owner.
        TaskInvalidError: its owner has left.
        TaskStateError: it is not issued, or accepted before.
    """
    row = await _to_move(tx, key, expect)
    check_move("accept", key, TaskState(row.state))
    await check_owns(tx, row, act.by)
    refuse(await left(tx, row))
    row.state, row.accepted_at = TaskState.ACCEPTED, act.at
    await save(tx, row, "accepted", act)
    publish(tx, TaskAccepted, row, act.at, by=act.by.subject)
    close_acceptance(tx, row, "accepted", act.by.subject)
    return row


async def cancel_task(
    tx: Transaction, key: str, reason: str, expect: Precondition, act: Act
) -> TaskRow:
    """Cancel a task that is not done; a report of it that waits is decided on no more.

    Raises:
        TaskStateError: it is done or cancelled.
    """
    row = await _to_move(tx, key, expect)
    check_move("cancel", key, TaskState(row.state))
    before, row.state = row.state, TaskState.CANCELLED
    row.overdue_since = None
    await set_timers(tx, TASK, {key: None})
    await save(tx, row, "cancelled", act, reason=reason)
    if before == TaskState.ISSUED:
        close_acceptance(tx, row, "withdrawn", act.by.subject)
    report = await store.waiting_report(tx, key)
    if report:
        report.state, report.version = "replaced", report.version + 1
        close_approval(tx, row, report, "withdrawn", act.by.subject)
    if before != TaskState.DRAFT:
        publish(tx, TaskCancelled, row, act.at, reason=reason)
    return row


async def check_owns(tx: Transaction, row: TaskRow, by: Actor) -> None:
    """Refuse a step of the owner to who is not, and does not lead the unit that is.

    Raises:
        NotYoursError: it is so.
    """
    is_unit = row.owner.startswith("unit/")
    leads_owner = is_unit and await leads(tx, row.owner, by.member)
    check_owner(by, row.owner, leads_owner=leads_owner)


async def _to_move(tx: Transaction, key: str, expect: Precondition) -> TaskRow:
    row = await store.get(tx, key)
    expect(row.version)
    return row
