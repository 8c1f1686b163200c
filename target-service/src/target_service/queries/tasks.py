"""Read models of tasks."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError
from shared.scopes import leads
from target_service.domain.pace import pace_of
from target_service.domain.reports import ReportState
from target_service.domain.standing import Actor
from target_service.domain.tasks import TaskState, conflicts_of, may, unready
from target_service.queries.pages import AnySelect, Listed, page_of
from target_service.repository import sheets
from target_service.repository import tasks as store
from target_service.repository.chain import not_found
from target_service.schemas.tasks import (
    NoteView,
    PaceView,
    ReportView,
    Resource,
    Shortage,
    TaskDetail,
    TaskFilter,
    TaskSummary,
    TaskView,
)
from target_service.tables import TaskNoteRow, TaskReportRow, TaskRow

_SHOWN = 50
_LACKING = 100
_ABOUT = (TaskRow.scope, TaskRow.unit, TaskRow.owner)
"""Who sees one of them sees the task."""


async def list_tasks(
    tx: Transaction, wanted: Page, only: TaskFilter, day: date
) -> Listed[TaskView]:
    """Return tasks in the order of their keys."""
    rows, total, after = await page_of(tx, await _filtered(tx, only), TaskRow.key, wanted)
    items = [read_task(row.TaskRow, day) for row in rows]
    return Listed(items=items, total=total, next_after=after)


async def get_task(tx: Transaction, key: str, by: Actor, day: date) -> TaskDetail:
    """Return a task, with what the caller may do with it.

    Raises:
        NotFoundError: there is none.
    """
    await check_task(tx, key)
    row = await tx.session.get_one(TaskRow, key)
    reports = await _reports(tx, key)
    waiting = next((each for each in reports if each.state == "waiting"), None)
    return TaskDetail(
        **dict(read_task(row, day)),
        conflicts=await _conflicts(tx, row),
        may=await _may(tx, row, by, waiting),
        blocked_by=_lacks(row),
        shortages=_shortages(row),
        reports=[ReportView.model_validate(each) for each in reports],
        notes=await _notes(tx, key),
    )


async def list_reports(
    tx: Transaction, task: str, wanted: Page, state: ReportState | None
) -> Listed[ReportView]:
    """Return the reports on a task, in the order in which they came.

    Raises:
        PageTokenError: the token is of another list.
        NotFoundError: there is such a task, and the reader does not see it.
    """
    row = await tx.session.get(TaskRow, task)
    if row is not None and not await _is_seen(tx, row):
        raise not_found("任务", "task", task)
    query = select(TaskReportRow).where(TaskReportRow.task == task)
    if state:
        query = query.where(TaskReportRow.state == state)
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    if wanted.after is not None:
        query = query.where(TaskReportRow.number > _number_of(wanted.after))
    query = query.order_by(TaskReportRow.number).limit(wanted.limit + 1).offset(wanted.offset)
    rows = list(await tx.session.scalars(query))
    shown = rows[: wanted.limit]
    after = [shown[-1].number] if len(rows) > wanted.limit else None
    items = [ReportView.model_validate(each) for each in shown]
    return Listed(items=items, total=total, next_after=after)


async def summarise_tasks(tx: Transaction, only: TaskFilter) -> TaskSummary:
    """Count tasks by state and kind."""
    picked = (await _filtered(tx, only)).subquery()
    columns = (picked.c.kind, picked.c.state)
    overdue = func.count(picked.c.overdue_since)
    money = [func.coalesce(func.sum(picked.c[name]), 0).label(name) for name in ("budget", "spent")]
    query = select(*columns, func.count().label("n"), overdue.label("overdue"), *money)
    query = query.group_by(*columns)
    rows = list(await tx.session.execute(query))
    kinds = {kind: _no_states() for kind in ("plan", "key", "ad_hoc", "routine")}
    for row in rows:
        kinds[row.kind][row.state] += row.n
    states = {state: sum(each[state] for each in kinds.values()) for state in _no_states()}
    late = sum(row.overdue for row in rows)
    kept = [row for row in rows if row.state != TaskState.CANCELLED]
    return TaskSummary(
        total=sum(states.values()),
        states=states,
        overdue=late,
        kinds=kinds,
        budget=sum((row.budget for row in kept), Decimal(0)),
        spent=sum((row.spent for row in kept), Decimal(0)),
        shortages=await _lacking(tx, only),
    )


async def _lacking(tx: Transaction, only: TaskFilter) -> list[Shortage]:
    """Return what tasks lack that are still to be done, in the order of their keys."""
    lacks = "$[*] ? (@.available.double() < @.needed.double())"
    query = (await _filtered(tx, only)).where(
        TaskRow.state.not_in([TaskState.DONE, TaskState.CANCELLED]),
        func.jsonb_path_exists(TaskRow.resources, cast(lacks, JSONPATH)),
    )
    rows = await tx.session.scalars(query.order_by(TaskRow.key).limit(_LACKING))
    return [
        Shortage(task=row.key, title=row.title, **dict(each))
        for row in rows
        for each in _shortages(row)
    ]


def read_task(row: TaskRow, day: date) -> TaskView:
    """Return a task as answers show it on a day."""
    reckoned = {"level", "overdue", "pace"}
    said = {name: getattr(row, name) for name in TaskView.model_fields if name not in reckoned}
    span, money = (row.starts_on, row.ends_on), (row.budget, row.spent)
    pace = PaceView.model_validate(pace_of(span, row.progress, money, day))
    is_late = row.overdue_since is not None
    return TaskView(**said, level=level_of(row.scope), overdue=is_late, pace=pace)


def read_report(row: TaskReportRow) -> ReportView:
    """Return a report as answers show it."""
    return ReportView.model_validate(row)


async def may_read_evidence(tx: Transaction, digest: str, by: Actor) -> str | None:
    """Return the name of a file for somebody who has to do with a task that it is evidence of."""
    named = TaskReportRow.evidence.contains([{"digest": digest}])
    query = select(TaskRow, TaskReportRow.evidence).join(
        TaskReportRow, TaskReportRow.task == TaskRow.key
    )
    led: dict[str, bool] = {}
    for row in await tx.session.execute(query.where(named)):
        task: TaskRow = row.TaskRow
        scope = task.unit or task.scope
        parties = {task.owner, *(each["who"] for each in task.helpers)}
        is_known = by.is_everywhere or bool(parties & by.names)
        if not is_known and scope not in led:
            led[scope] = await leads(tx, scope, by.member)
        if is_known or led[scope]:
            name: str = next(each["name"] for each in row.evidence if each["digest"] == digest)
            return name
    own = await store.uploaded_by(tx, [digest], by.subject)
    return digest[:12] if own else None


async def check_task(tx: Transaction, key: str) -> None:
    """Refuse a task that is not there for the reader.

    Raises:
        NotFoundError: it is so.
    """
    row = await tx.session.get(TaskRow, key)
    if row is None or not await _is_seen(tx, row):
        raise not_found("任务", "task", key)


async def _is_seen(tx: Transaction, row: TaskRow) -> bool:
    helpers = (each["who"] for each in row.helpers)
    return await is_seen(tx, Kind.TASK, row.scope, row.unit, row.owner, *helpers)


def _number_of(after: list[Any]) -> int:
    match after:
        case [int(number)]:
            return number
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )


async def _filtered(tx: Transaction, only: TaskFilter) -> AnySelect:
    query: AnySelect = select(TaskRow).where(*await narrowed(tx, Kind.TASK, *_ABOUT))
    columns = ("scope", "unit", "owner", "kind", "system", "state")
    for name in columns:
        value = getattr(only, name)
        if value is not None:
            query = query.where(getattr(TaskRow, name) == value)
    if only.goal is not None:
        query = query.where(TaskRow.goals.contains([only.goal]))
    if only.sheet is not None:
        query = query.where(sheets.stands_on(await sheets.subject_of(tx, only.sheet)))
    if only.overdue is not None:
        late = TaskRow.overdue_since.is_not(None)
        query = query.where(late if only.overdue else ~late)
    return query


def _no_states() -> dict[str, int]:
    return {each.value: 0 for each in TaskState}


async def _reports(tx: Transaction, key: str) -> list[TaskReportRow]:
    query = select(TaskReportRow).where(TaskReportRow.task == key)
    rows = await tx.session.scalars(query.order_by(TaskReportRow.number.desc()).limit(_SHOWN))
    return list(rows)


async def _notes(tx: Transaction, key: str) -> list[NoteView]:
    query = select(TaskNoteRow).where(TaskNoteRow.task == key)
    rows = await tx.session.scalars(query.order_by(TaskNoteRow.version.desc()).limit(_SHOWN))
    return [NoteView.model_validate(each) for each in rows]


async def _conflicts(tx: Transaction, row: TaskRow) -> dict[str, list[str]]:
    after = await store.neighbours(tx, row.after)
    goals = await store.goals_served(tx, row.goals)
    found: dict[str, list[str]] = {}
    for path, told in conflicts_of(row.starts_on, row.ends_on, after, goals):
        found.setdefault(path, []).append(told)
    return found


def _lacks(row: TaskRow) -> list[str]:
    if row.state != TaskState.DRAFT:
        return []
    return [f"{path.removeprefix('$.')}: {told}" for path, told in unready(store.plan_of(row))]


def _shortages(row: TaskRow) -> list[Resource]:
    needed = [Resource.model_validate(each) for each in row.resources]
    return [each for each in needed if each.available < each.needed]


async def _may(
    tx: Transaction, row: TaskRow, by: Actor, waiting: TaskReportRow | None
) -> dict[str, bool]:
    state = TaskState(row.state)
    is_unit = row.owner.startswith("unit/")
    leads_owner = is_unit and await leads(tx, row.owner, by.member)
    owns = by.is_everywhere or row.owner in by.names or leads_owner
    decides = by.is_everywhere or await leads(tx, row.unit or row.scope, by.member)
    may_decide = decides and waiting is not None and waiting.by != by.subject
    told: dict[str, Any] = {
        "edit": may("edit", state),
        "issue": may("issue", state) and not unready(store.plan_of(row)),
        "accept": owns and may("accept", state),
        "report": owns and may("report", state),
        "approve": may_decide and may("decide", state),
        "cancel": may("cancel", state),
    }
    return told
