"""What a one-page sheet is about: its tasks, its goals, and what people wrote on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, or_, select, text

from shared.contracts.vocabulary import is_scope
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from target_service.domain.sheets.document import Objective
from target_service.domain.tasks import TaskState
from target_service.repository.chain import find_goal_in_force
from target_service.tables import GoalRow, ScopeRow, SheetRow, TaskReportRow, TaskRow

GOAL: Final = "goal/"

_BENEATH: Final = """
WITH RECURSIVE beneath (key, top) AS (
    SELECT key, key FROM goal WHERE parent = :goal AND withdrawn_at IS NULL
    UNION ALL
    SELECT g.key, b.top FROM goal g JOIN beneath b ON g.parent = b.key
     WHERE g.withdrawn_at IS NULL)
SELECT key, top FROM beneath
"""


class NoSheetError(DomainError):
    """There is no such goal or scope."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "no-sheet"
    title_zh: ClassVar = "没有这张一页纸"
    title_en: ClassVar = "No such sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a sheet is about, before people write on it."""

    key: str
    """``goal/<key>``, or a scope."""

    title: str
    leader: str
    objective: str
    tops: dict[str, str]
    """Goals of the sheet, by each goal that its tasks may serve: the objective it belongs to. Empty
    for a scope: there every goal is an objective of its own."""


async def subject_of(tx: Transaction, named: str) -> Subject:
    """Return what a sheet is about: a scope, ``goal/<key>``, or the key of a goal.

    Raises:
        NoSheetError: there is no such goal or scope.
    """
    if is_scope(named):
        scope = await tx.session.get(ScopeRow, named)
        if scope is not None:
            leader = scope.owners[0]["person"] if scope.owners else ""
            return Subject(key=named, title=scope.name_zh, leader=leader, objective="", tops={})
    goal = await find_goal_in_force(tx, named.removeprefix(GOAL))
    if goal is None:
        raise NoSheetError(
            f"没有诊改对象或目标 {named}",
            f"there is no scope or goal {named}",
            fixes=["写作 unit/JWC、school/…、goal/<目标编号> (a scope, or goal/ and its key)"],
        )
    rows = await tx.session.execute(text(_BENEATH), {"goal": goal.key})
    tops = {row.key: row.top for row in rows} | {goal.key: goal.key}
    return Subject(
        key=f"{GOAL}{goal.key}",
        title=goal.title,
        leader=goal.owner,
        objective=goal.title,
        tops=tops,
    )


async def tasks_of(tx: Transaction, subject: Subject) -> Sequence[TaskRow]:
    """Return the tasks of a sheet, those that start first before the others."""
    about: ColumnElement[bool] = TaskRow.goals.overlap(sorted(subject.tops))
    if not subject.tops:
        columns = (TaskRow.scope, TaskRow.unit, TaskRow.owner)
        about = or_(*(column == subject.key for column in columns))
    query = select(TaskRow).where(about, TaskRow.state != TaskState.CANCELLED)
    order = (TaskRow.starts_on.asc().nulls_last(), TaskRow.key)
    return (await tx.session.scalars(query.order_by(*order))).all()


async def objectives_of(tx: Transaction, keys: Collection[str]) -> list[Objective]:
    """Return goals as objectives, in the order of their keys."""
    query = select(GoalRow.key, GoalRow.title).where(GoalRow.key.in_(keys))
    rows = await tx.session.execute(query.order_by(GoalRow.key))
    return [Objective(row.key, row.title) for row in rows]


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
