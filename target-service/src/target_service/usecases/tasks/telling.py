"""What becomes of a task is noted, told as an event, and handed over to the hub as a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from shared.contracts.steps import TargetStepClosed, TargetStepOpened
from shared.contracts.target_tasks import TaskFact
from shared.kit.database import Transaction
from shared.scopes import belongs_to
from target_service.domain.pace import executed_of
from target_service.domain.standing import TAKE_PART, Actor
from target_service.domain.tasks import TaskState
from target_service.repository import tasks as store
from target_service.tables import TaskNoteRow, TaskReportRow, TaskRow
from target_service.usecases.inheriting import day_of

TIME: Final = timedelta(days=7)
"""Until a step should be done. Source: our default."""

How = Literal["approved", "rejected", "withdrawn", "replaced", "accepted", "answered"]


WORKING: Final = frozenset({TaskState.ACCEPTED, TaskState.IN_PROGRESS})
"""Of a task that was taken on and is not over."""

_ENDS: Final[dict[str, How]] = {TaskState.DONE: "answered", TaskState.CANCELLED: "withdrawn"}


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, and when."""

    by: Actor
    at: datetime


class _OwnersStep(NamedTuple):
    """What a task waits for its owner to do."""

    kind: Literal["acceptance", "form"]
    zh: str
    en: str
    id_of: Callable[[TaskRow], str]


async def save(
    tx: Transaction,
    row: TaskRow,
    what: str,
    act: Act,
    *,
    reason: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Store a task as its next version, note what was done, and hand its record over."""
    row.version, row.updated_at = row.version + 1, act.at
    _follow_work(tx, row, act)
    store.add(tx, row)
    await store.flush(tx)
    store.add(
        tx,
        TaskNoteRow(
            task=row.key,
            version=row.version,
            what=what,
            by=act.by.subject,
            at=act.at,
            reason=reason,
            changes=dict(changes or {}),
        ),
    )
    await _hand_over(tx, row)


def publish(tx: Transaction, kind: type[TaskFact], row: TaskRow, at: datetime, **more: Any) -> None:
    """Tell what became of a task."""
    executed = executed_of(row.budget, row.spent)
    told = {
        "id": row.key,
        "version": row.version,
        "state": row.state,
        "title": row.title,
        "kind": row.kind,
        "system": row.system,
        "scope": row.scope,
        "unit": row.unit,
        "owner": row.owner,
        "goals": tuple(row.goals),
        "starts_on": row.starts_on.isoformat() if row.starts_on else None,
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "due_at": row.due_at,
        "resourced": bool(row.resources or row.budget),
        "progress": spell(row.progress),
        "executed": None if executed is None else spell(executed),
        "at": at,
    }
    fact = kind.model_validate(told | more)
    tx.publish(fact, key=row.scope, subject=f"task/{row.key}")


def open_acceptance(tx: Transaction, row: TaskRow, at: datetime) -> None:
    """Tell that a task waits for its owner to take it on."""
    _open(tx, row, _ACCEPT, at, at + TIME)


def close_acceptance(tx: Transaction, row: TaskRow, how: How, by: str) -> None:
    """Tell that a task waits for its owner no more."""
    _close(tx, row, _ACCEPT, how, by)


def _follow_work(tx: Transaction, row: TaskRow, act: Act) -> None:
    """Tell that a task that was taken on waits for what its owner reports, until it is over.

    With another deadline it is another step.
    """
    due = row.due_at if row.state in WORKING else None
    if due == row.work_due:
        return
    if row.work_due:
        how: How = _ENDS.get(row.state, "replaced")
        _close(tx, row, _REPORT, how, act.by.subject)
    row.work_due = due
    if due:
        row.work_number += 1
        _open(tx, row, _REPORT, act.at, due)


def _open(tx: Transaction, row: TaskRow, what: _OwnersStep, at: datetime, due: datetime) -> None:
    opened = TargetStepOpened(
        step=what.id_of(row),
        kind=what.kind,
        title_zh=f"{what.zh}：{row.title}",
        title_en=f"{what.en}: {row.title}",
        scope=row.scope,
        period=None,
        role="owner",
        owners=(row.owner,),
        permission=TAKE_PART,
        not_by="",
        opened_at=at,
        due_at=due,
        link=_link(row),
    )
    tx.publish(opened, key=opened.step, subject=row.scope)


def _close(tx: Transaction, row: TaskRow, what: _OwnersStep, how: How, by: str) -> None:
    closed = TargetStepClosed(
        step=what.id_of(row), kind=what.kind, scope=row.scope, link=_link(row), how=how, by=by
    )
    tx.publish(closed, key=closed.step, subject=row.scope)


def open_approval(tx: Transaction, row: TaskRow, report: TaskReportRow) -> None:
    """Tell that a report waits for another person."""
    step = _approval_of(report)
    opened = TargetStepOpened(
        step=step,
        kind="approval",
        title_zh=f"审批进展：{row.title}",
        title_en=f"Approve progress: {row.title}",
        scope=row.unit or row.scope,
        period=None,
        role="leader",
        permission=TAKE_PART,
        not_by=report.by,
        opened_at=report.at,
        due_at=report.at + TIME,
        link=_link(row),
    )
    tx.publish(opened, key=step, subject=row.scope)


def close_approval(tx: Transaction, row: TaskRow, report: TaskReportRow, how: How, by: str) -> None:
    """Tell what became of a report that waited."""
    step = _approval_of(report)
    scope = row.unit or row.scope
    closed = TargetStepClosed(
        step=step, kind="approval", scope=scope, link=_link(row), how=how, by=by
    )
    tx.publish(closed, key=step, subject=row.scope)


def spell(number: Decimal) -> str:
    """Return a number as a decimal string without exponent."""
    return format(number, "f")


def _acceptance_of(row: TaskRow) -> str:
    """Return the id of the step: another one each time that the task is issued."""
    assert row.issued_at is not None
    return f"target/task/{row.key}/accept/{row.issued_at:%Y%m%dT%H%M%S.%f}"


def _work_of(row: TaskRow) -> str:
    return f"target/task/{row.key}/work/{row.work_number}"


_ACCEPT: Final = _OwnersStep("acceptance", "接受任务", "Accept a task", _acceptance_of)
_REPORT: Final = _OwnersStep("form", "填报任务进展", "Report on a task", _work_of)


def _approval_of(report: TaskReportRow) -> str:
    return f"target/task/{report.task}/report/{report.number}"


def _link(row: TaskRow) -> str:
    return f"/api/target/v1/sheets/{row.scope}?as=html"


async def _hand_over(tx: Transaction, row: TaskRow) -> None:
    """Hand the record of a task over, from when it is issued until it is cancelled."""
    if row.issued_at is None or row.due_at is None:
        return
    if row.state == TaskState.CANCELLED:
        tx.hand_over("task", row.key, {"task_no": row.key}, "delete")
        return
    tx.hand_over("task", row.key, await _record_of(tx, row))


async def _record_of(tx: Transaction, row: TaskRow) -> dict[str, Any]:
    where = (await belongs_to(tx, [row.scope]))[row.scope]
    kind, _, key = row.owner.partition("/")
    named = {"unit": "org_code", "teacher": "staff_no", "student": "student_no"}[kind]
    unit = row.unit.partition("/")[2] if row.unit else where["org_code"]
    assert row.issued_at is not None
    assert row.due_at is not None
    # Due at midnight means by the evening before.
    due = day_of(row.due_at - timedelta(microseconds=1))
    return {
        "task_no": row.key,
        "title": row.title,
        "kind": row.kind,
        "personal": row.scope.startswith(("teacher/", "student/")),
        "scope": row.scope,
        **where,
        "org_code": unit,
        named: key,
        "issued_on": day_of(row.issued_at).isoformat(),
        "due_on": due.isoformat(),
        "done_on": row.done_on.isoformat() if row.done_on else None,
        "warned": None,
    }
