"""Load and save tasks, their reports, notes and evidence."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import func, select

from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from target_service.domain.periods import last_day_of
from target_service.domain.tasks import RUNNING, Neighbour, Plan, TaskState
from target_service.repository.chain import not_found
from target_service.tables import GoalRow, TaskNoteRow, TaskReportRow, TaskRow

LOCK: Final = 5_525
"""Advisory lock: what tasks depend on changes one by one, or two could close a ring together."""

_EDGES: Final = """
WITH RECURSIVE reached (key, after) AS (
    SELECT key, after FROM task WHERE key = ANY(:keys)
    UNION
    SELECT t.key, t.after FROM reached r JOIN task t ON t.key = ANY(r.after))
SELECT key, after FROM reached
"""


def plan_of(row: TaskRow) -> Plan:
    """Return what a task says of people and time."""
    return Plan(
        key=row.key,
        kind=row.kind,  # type: ignore[arg-type]
        owner=row.owner,
        helpers=tuple(each["who"] for each in row.helpers),
        goals=tuple(row.goals),
        after=tuple(row.after),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        sla_hours=row.sla_hours,
    )


async def lock_tasks(tx: Transaction) -> None:
    """Change what tasks depend on alone, until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def find(tx: Transaction, key: str) -> TaskRow | None:
    """Return a task, locked; None where there is none."""
    query = select(TaskRow).where(TaskRow.key == key).with_for_update()
    found: TaskRow | None = await tx.session.scalar(query)
    return found


async def get(tx: Transaction, key: str) -> TaskRow:
    """Return a task, locked.

    Raises:
        NotFoundError: there is none.
    """
    row = await find(tx, key)
    if row is None:
        raise not_found("任务", "task", key)
    return row


async def serving(tx: Transaction, stem: str) -> list[TaskRow]:
    """Return the tasks that have served a duty: its stem, or that with a number."""
    query = select(TaskRow).where(
        (TaskRow.key == stem) | TaskRow.key.startswith(f"{stem}@", autoescape=True)
    )
    return list(await tx.session.scalars(query))


async def get_report(tx: Transaction, task: str, number: int) -> TaskReportRow:
    """Return a report.

    Raises:
        NotFoundError: there is none.
    """
    row = await tx.session.get(TaskReportRow, (task, number))
    if row is None:
        raise not_found("报告", "report", f"{task}/{number}")
    return row


async def waiting_report(tx: Transaction, task: str) -> TaskReportRow | None:
    """Return the report of a task that waits for a decision; there is at most one."""
    query = select(TaskReportRow).where(
        TaskReportRow.task == task, TaskReportRow.state == "waiting"
    )
    found: TaskReportRow | None = await tx.session.scalar(query)
    return found


async def next_number(tx: Transaction, task: str) -> int:
    """Return the number of the next report of a task."""
    query = select(func.coalesce(func.max(TaskReportRow.number), 0) + 1)
    return int(await tx.session.scalar(query.where(TaskReportRow.task == task)) or 1)


def add(tx: Transaction, row: TaskRow | TaskReportRow | TaskNoteRow) -> None:
    """Save something with the transaction."""
    tx.session.add(row)


async def flush(tx: Transaction) -> None:
    """Write what was changed."""
    await tx.session.flush()


async def edges_from(tx: Transaction, keys: Collection[str]) -> dict[str, list[str]]:
    """Return on what tasks depend: some of them, and all on which those depend."""
    rows = await tx.session.execute(text(_EDGES), {"keys": list(keys)})
    return {row.key: list(row.after) for row in rows}


async def neighbours(tx: Transaction, keys: Collection[str]) -> list[Neighbour]:
    """Return tasks as others see them, in the order of their keys."""
    query = select(TaskRow.key, TaskRow.title, TaskRow.ends_on).where(TaskRow.key.in_(keys))
    rows = await tx.session.execute(query.order_by(TaskRow.key))
    return [Neighbour(row.key, row.title, row.ends_on) for row in rows]


async def goals_served(tx: Transaction, keys: Collection[str]) -> list[Neighbour]:
    """Return goals in force, with their last days, in the order of their keys."""
    query = select(GoalRow.key, GoalRow.title, GoalRow.period, GoalRow.deadline).where(
        GoalRow.key.in_(keys), GoalRow.withdrawn_at.is_(None)
    )
    rows = (await tx.session.execute(query.order_by(GoalRow.key))).all()
    calendar = await read_calendar(tx)
    return [
        Neighbour(row.key, row.title, last_day_of(row.period, row.deadline, calendar))
        for row in rows
    ]


async def list_between(
    tx: Transaction, goal: str, last: date, before: date
) -> list[tuple[str, date]]:
    """Return the tasks under way that serve a goal and would be late, the latest first.

    Args:
        last: day of the goal as it will be.
        before: as it was; what ends after that was planned anew beyond its goal.
    """
    query = select(TaskRow.key, TaskRow.ends_on).where(
        TaskRow.goals.contains([goal]),
        TaskRow.ends_on > last,
        TaskRow.ends_on <= before,
        TaskRow.state.in_(sorted(RUNNING | {TaskState.DRAFT})),
    )
    rows = await tx.session.execute(query.order_by(TaskRow.ends_on.desc(), TaskRow.key))
    return [(row.key, row.ends_on) for row in rows]


async def tasks_like(tx: Transaction, key: str) -> list[str]:
    """Return tasks that somebody may have meant."""
    return await names_like(tx, (TaskRow.key, TaskRow.title), key, among=TaskRow.state != "")


async def running(tx: Transaction, keys: Collection[str]) -> Sequence[TaskRow]:
    """Return those of some tasks whose deadline counts, locked, in the order of their keys."""
    query = select(TaskRow).where(TaskRow.key.in_(keys), TaskRow.state.in_(sorted(RUNNING)))
    return (await tx.session.scalars(query.order_by(TaskRow.key).with_for_update())).all()


async def by_working_hours(tx: Transaction) -> Sequence[TaskRow]:
    """Return the running service tasks, locked: their deadlines follow the school calendar."""
    query = select(TaskRow).where(
        TaskRow.sla_hours.is_not(None), TaskRow.state.in_(sorted(RUNNING))
    )
    return (await tx.session.scalars(query.order_by(TaskRow.key).with_for_update())).all()


async def uploaded_by(tx: Transaction, digests: Collection[str], by: str) -> set[str]:
    """Return those of some files that somebody has uploaded."""
    rows = await tx.session.scalars(
        text('SELECT digest FROM evidence_upload WHERE digest = ANY(:digests) AND "by" = :by'),
        {"digests": list(digests), "by": by},
    )
    return set(rows)
