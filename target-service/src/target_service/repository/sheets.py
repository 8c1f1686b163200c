"""What a one-page sheet is about: its tasks, its goals, and what people wrote on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, and_, or_, select

from shared.calendar.table import read_calendar
from shared.contracts.vocabulary import is_scope
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.periods import last_day_of
from target_service.domain.sheets.document import Objective
from target_service.domain.tasks import TaskState
from target_service.repository.chain import find_goal_in_force
from target_service.tables import (
    GoalRow,
    PlanRow,
    ScopeRow,
    SheetRow,
    TaskNoteRow,
    TaskReportRow,
    TaskRow,
)

GOAL: Final = "goal/"
PLAN: Final = "plan/"

_BENEATH: Final = """
WITH RECURSIVE beneath (key, top) AS (
    SELECT key, key FROM goal WHERE parent = :goal AND withdrawn_at IS NULL
    UNION ALL
    SELECT g.key, b.top FROM goal g JOIN beneath b ON g.parent = b.key
     WHERE g.withdrawn_at IS NULL)
SELECT key, top FROM beneath
"""


_TITLES: Final = """
SELECT DISTINCT ON (key) key, document ->> 'title' AS title FROM kept_version
 WHERE kind = :kind AND key = ANY(:keys) AND replaced_at >= :instant ORDER BY key, version
"""


class NoSheetError(DomainError):
    """There is no such plan, goal or scope."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "no-sheet"
    title_zh: ClassVar = "没有这张一页纸"
    title_en: ClassVar = "No such sheet"


def no_sheet(named: str) -> NoSheetError:
    """Return that there is no sheet of that name."""
    return NoSheetError(
        f"没有诊改对象、规划或目标 {named}",
        f"there is no scope, plan or goal {named}",
        fixes=["写作 unit/JWC、plan/<规划编号>、goal/<目标编号> (a scope, a plan or a goal)"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a sheet is about, before people write on it."""

    key: str
    """``plan/<key>``, ``goal/<key>``, or a scope."""

    scope: str
    """Whoever leads it writes on the sheet."""

    title: str
    leader: str
    objective: str
    tops: dict[str, str] | None
    """Goals that its tasks serve, with the objective that each belongs to. None for a scope: there
    every goal is an objective of its own."""

    last_day: date | None = None
    """Of the plan or goal."""


async def subject_at(tx: Transaction, named: str, instant: datetime) -> Subject:
    """Return what a sheet is about, under the title that it had before an instant.

    Raises:
        NoSheetError: there is no such plan, goal or scope.
    """
    subject = await subject_of(tx, named)
    kind, _, key = subject.key.partition("/")
    if subject.tops is None:
        return subject
    title = (await titles_at(tx, kind, [key], instant)).get(key, subject.title)
    objective = title if subject.objective else ""
    return replace(subject, title=title, objective=objective)


async def subject_of(tx: Transaction, named: str) -> Subject:
    """Return what a sheet is about: a scope, ``plan/<key>``, ``goal/<key>``, or either key alone.

    Raises:
        NoSheetError: there is no such plan, goal or scope.
    """
    if is_scope(named):
        scope = await tx.session.get(ScopeRow, named)
        if scope is not None:
            leader = scope.owners[0]["person"] if scope.owners else ""
            return Subject(
                key=named, scope=named, title=scope.name_zh, leader=leader, objective="", tops=None
            )
    plan = await _plan_named(tx, named)
    if plan is not None:
        return await _of_plan(tx, plan)
    goal = await find_goal_in_force(tx, named.removeprefix(GOAL))
    if goal is None:
        raise no_sheet(named)
    rows = await tx.session.execute(text(_BENEATH), {"goal": goal.key})
    tops = {row.key: row.top for row in rows} | {goal.key: goal.key}
    return Subject(
        key=f"{GOAL}{goal.key}",
        scope=goal.scope,
        last_day=last_day_of(goal.period, goal.deadline, await read_calendar(tx)),
        title=goal.title,
        leader=goal.owner,
        objective=goal.title,
        tops=tops,
    )


async def _plan_named(tx: Transaction, named: str) -> PlanRow | None:
    plan = await tx.session.get(PlanRow, named.removeprefix(PLAN))
    return None if plan is None or plan.withdrawn_at else plan


async def _of_plan(tx: Transaction, plan: PlanRow) -> Subject:
    query = select(GoalRow.key).where(GoalRow.plan == plan.key, GoalRow.withdrawn_at.is_(None))
    goals = await tx.session.scalars(query)
    return Subject(
        key=f"{PLAN}{plan.key}",
        scope=plan.scope,
        last_day=last_day_of(plan.period, None, await read_calendar(tx)),
        title=plan.title,
        leader=plan.owner,
        objective="",
        tops={goal: goal for goal in goals},
    )


async def tasks_of(tx: Transaction, subject: Subject) -> Sequence[TaskRow]:
    """Return the tasks of a sheet, those that start first before the others."""
    order = (TaskRow.starts_on.asc().nulls_last(), TaskRow.key)
    query = select(TaskRow).where(stands_on(subject)).order_by(*order)
    return (await tx.session.scalars(query)).all()


def stands_on(subject: Subject) -> ColumnElement[bool]:
    """Return whether a task belongs to a sheet."""
    columns = (TaskRow.scope, TaskRow.unit, TaskRow.owner)
    about: ColumnElement[bool] = or_(*(column == subject.key for column in columns))
    if subject.tops is not None:
        about = TaskRow.goals.overlap(sorted(subject.tops))
    return and_(about, TaskRow.state != TaskState.CANCELLED)


async def objectives_of(
    tx: Transaction, keys: Collection[str], instant: datetime
) -> list[Objective]:
    """Return goals as objectives, as they were before an instant, in the order of their keys."""
    query = select(GoalRow.key, GoalRow.title).where(GoalRow.key.in_(keys))
    rows = await tx.session.execute(query.order_by(GoalRow.key))
    then = await titles_at(tx, "goal", keys, instant)
    return [Objective(row.key, then.get(row.key, row.title)) for row in rows]


async def titles_at(
    tx: Transaction, kind: str, keys: Collection[str], instant: datetime
) -> dict[str, str]:
    """Return the titles that goals or plans had before an instant and have changed since."""
    rows = await tx.session.execute(
        text(_TITLES), {"kind": kind, "keys": sorted(keys), "instant": instant}
    )
    return {row.key: row.title for row in rows}


async def said_before(
    tx: Transaction, tasks: Collection[str], instant: datetime
) -> dict[str, dict[str, Any]]:
    """Return what tasks said before an instant and say otherwise since, by task and field."""
    query = select(TaskNoteRow).where(TaskNoteRow.task.in_(tasks), TaskNoteRow.at >= instant)
    found: dict[str, dict[str, Any]] = {}
    for note in await tx.session.scalars(query.order_by(TaskNoteRow.version.desc())):
        # The first change after it counts, and comes last.
        said = {name: before for name, (before, _) in note.changes.items()}
        found[note.task] = found.get(note.task, {}) | said
    return found


async def approved_reports(tx: Transaction, tasks: Collection[str]) -> Sequence[TaskReportRow]:
    """Return the approved reports on tasks, in the order in which they were approved."""
    query = select(TaskReportRow).where(
        TaskReportRow.task.in_(tasks), TaskReportRow.state == "approved"
    )
    order = (TaskReportRow.decided_at, TaskReportRow.number)
    return (await tx.session.scalars(query.order_by(*order))).all()


async def names_of(tx: Transaction, scopes: Collection[str]) -> dict[str, str]:
    """Return the names of persons and units."""
    query = select(ScopeRow.scope, ScopeRow.name_zh).where(ScopeRow.scope.in_(scopes))
    return {row.scope: row.name_zh for row in await tx.session.execute(query)}


async def find_sheet(tx: Transaction, key: str, *, lock: bool = False) -> SheetRow | None:
    """Return what people wrote on a sheet; None where nobody did."""
    found: SheetRow | None = await tx.session.get(SheetRow, key, with_for_update=lock or None)
    return found


def add(tx: Transaction, row: SheetRow) -> None:
    """Save what people wrote with the transaction."""
    tx.session.add(row)
