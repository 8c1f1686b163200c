"""The one-page sheet, read live: a sheet is composed of what stands when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from target_service.domain.deadlines import end_of_day
from target_service.domain.sheets.composing import compose
from target_service.domain.sheets.document import About, Language, Role, Sheet, Work
from target_service.domain.tasks import TaskState
from target_service.repository import sheets as store
from target_service.repository.sheets import Subject
from target_service.tables import SheetRow, TaskReportRow, TaskRow


async def get_sheet(tx: Transaction, named: str, day: date, language: Language) -> Sheet:
    """Return the sheet of a plan, a goal or a scope as of the end of a day.

    Progress, money, lights and what is done are those that had been approved by then; titles,
    dates, owners and budgets are those of that day. Which tasks belong to it is told as of now.

    Raises:
        NoSheetError: there is no such plan, goal or scope.
    """
    instant = end_of_day(day)
    subject = await store.subject_at(tx, named, instant)
    await _check_seen(tx, subject, named)
    written = await store.find_sheet(tx, subject.key)
    rows = _ordered(await store.tasks_of(tx, subject), written)
    keys = [row.key for row in rows]
    reports = _by_task(await store.approved_reports(tx, keys), day)
    said = await store.said_before(tx, keys, instant)
    works = [
        _work(row, _as_said(row, said.get(row.key, {})), reports.get(row.key, ()), subject, day)
        for row in rows
    ]
    served = list(dict.fromkeys(goal for work in works for goal in work.goals))
    named_parties = {who for work in works for who in work.roles} | _candidates(subject, written)
    names = await store.names_of(tx, named_parties)
    objectives = await store.objectives_of(tx, served, instant)
    return compose(_about(subject, written, names), works, objectives, names, (day, language))


async def get_definition(tx: Transaction, named: str) -> tuple[str, SheetRow | None]:
    """Return the key of a sheet, and what people wrote on it.

    Raises:
        NoSheetError: there is no such plan, goal or scope.
    """
    subject = await store.subject_of(tx, named)
    await _check_seen(tx, subject, named)
    return subject.key, await store.find_sheet(tx, subject.key)


async def check_sheet(tx: Transaction, named: str) -> None:
    """Refuse the sheet of what is not there for the reader.

    Raises:
        NoSheetError: it is so.
    """
    await _check_seen(tx, await store.subject_of(tx, named), named)


async def _check_seen(tx: Transaction, subject: Subject, named: str) -> None:
    """Refuse the sheet of a scope that the reader does not see."""
    if not await is_seen(tx, Kind.TASK, subject.scope, subject.leader):
        raise store.no_sheet(named)


def _ordered(rows: Sequence[TaskRow], written: SheetRow | None) -> list[TaskRow]:
    places = {key: at for at, key in enumerate(written.tasks if written else ())}
    return sorted(rows, key=lambda row: places.get(row.key, len(places)))


def _by_task(reports: Sequence[TaskReportRow], day: date) -> dict[str, list[TaskReportRow]]:
    found: dict[str, list[TaskReportRow]] = {}
    for each in reports:
        assert each.decided_at is not None
        if each.decided_at.astimezone(CAMPUS).date() <= day:
            found.setdefault(each.task, []).append(each)
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """What a task said on the day of the sheet."""

    title: str
    owner: str
    starts_on: date | None
    ends_on: date | None
    budget: Decimal | None


def _as_said(row: TaskRow, before: Mapping[str, Any]) -> _Said:
    """Return what a task said, from what it says now and said before it was changed."""

    def on(name: str) -> date | None:
        told: date | str | None = before.get(name, getattr(row, name))
        return date.fromisoformat(told) if isinstance(told, str) else told

    budget = before.get("budget", row.budget)
    return _Said(
        title=before.get("title", row.title),
        owner=before.get("owner", row.owner),
        starts_on=on("starts_on"),
        ends_on=on("ends_on"),
        budget=None if budget is None else Decimal(budget),
    )


def _work(
    row: TaskRow, said: _Said, reports: Sequence[TaskReportRow], subject: Subject, day: date
) -> Work:
    progress = reports[-1].progress if reports else Decimal(0)
    spent = [each.spent for each in reports if each.spent is not None]
    state = _state(row, progress)
    roles: dict[str, Role] = {each["who"]: each["role"] for each in row.helpers}
    # Whoever owns it leads it; before anybody does, the unit that answers for it.
    leading = said.owner or row.unit
    owned: dict[str, Role] = {leading: "A"} if leading else {}
    # As the plan calls them; who leads in their stead leaves them to help.
    called: dict[str, Role] = {
        each["name"]: "B" if leading and each["role"] == "A" else each["role"] for each in row.named
    }
    tops = subject.tops
    runs = state not in {TaskState.DRAFT, TaskState.DONE}
    goals = (tops.get(goal, "") for goal in row.goals) if tops is not None else row.goals
    return Work(
        key=row.key,
        title=said.title,
        state=state,
        goals=tuple(dict.fromkeys(goal for goal in goals if goal)),
        starts_on=said.starts_on,
        ends_on=said.ends_on,
        done_on=reports[-1].as_of if state == TaskState.DONE else None,
        progress=progress,
        is_overdue=runs and said.ends_on is not None and said.ends_on < day,
        roles=called | roles | owned,
        is_qualitative=row.qualitative,
        lights=tuple((each.as_of, each.light) for each in reports if each.light),  # type: ignore[misc]
        budget=said.budget,
        spent=spent[-1] if spent else Decimal(0),
    )


def _state(row: TaskRow, progress: Decimal) -> TaskState:
    """Return the state of a task on the day of the sheet, as far as its reports tell."""
    if progress == 1:
        return TaskState.DONE
    state = TaskState(row.state)
    return TaskState.IN_PROGRESS if state is TaskState.DONE else state


def _candidates(subject: Subject, written: SheetRow | None) -> set[str]:
    leader = written.leader if written and written.leader else subject.leader
    return {leader, f"teacher/{leader}"}


def _about(subject: Subject, written: SheetRow | None, names: Mapping[str, str]) -> About:
    def told(name: str) -> str:
        own: Any = getattr(written, name) if written else ""
        return str(own or getattr(subject, name, ""))

    leader = told("leader")
    return About(
        key=subject.key,
        title=told("title"),
        leader=names.get(leader) or names.get(f"teacher/{leader}") or leader,
        objective=told("objective"),
        summary=told("summary"),
        forecast=told("forecast"),
        last_day=subject.last_day,
    )
