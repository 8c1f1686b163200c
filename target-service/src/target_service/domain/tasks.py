"""Tasks (任务): their states, what may become of them, and what must hold before they are issued.

draft → issued → accepted → in progress → done, or cancelled before that. A task is done when a
report of the whole is approved by another person than who reported. Source: design "Goals and
standards", "The spiral" (gates of 设计 and 组织); what a plan or key task needs is our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final, Literal

from shared.errors import DomainError, ErrorKind

Kind = Literal["plan", "key", "ad_hoc", "routine"]
"""规划、重点、临时、日常."""

System = Literal["decision", "generation", "resources", "support", "supervision"]
"""五纵系统: 决策指挥、质量生成、资源建设、支持服务、监督控制."""

Faults = list[tuple[str, str]]
"""JSON path and reason."""


class TaskState(StrEnum):
    """Where a task stands."""

    DRAFT = "draft"
    """草稿"""

    ISSUED = "issued"
    """已下达"""

    ACCEPTED = "accepted"
    """已接受"""

    IN_PROGRESS = "in_progress"
    """进行中"""

    DONE = "done"
    """已完成"""

    CANCELLED = "cancelled"
    """已取消"""


Move = Literal["edit", "issue", "accept", "report", "decide", "cancel"]

RUNNING: Final = frozenset({TaskState.ISSUED, TaskState.ACCEPTED, TaskState.IN_PROGRESS})
"""States of a task whose deadline counts."""

_FROM: Final[Mapping[Move, frozenset[TaskState]]] = {
    "edit": RUNNING | {TaskState.DRAFT},
    "issue": frozenset({TaskState.DRAFT}),
    "accept": frozenset({TaskState.ISSUED}),
    "report": frozenset({TaskState.ACCEPTED, TaskState.IN_PROGRESS}),
    "decide": frozenset({TaskState.IN_PROGRESS}),
    "cancel": RUNNING | {TaskState.DRAFT},
}
_GOALS: Final = frozenset({"plan", "key"})
"""Kinds of task that serve a goal."""


class TaskStateError(DomainError):
    """The state of a task, or of a report, does not allow it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "task-state"
    title_zh: ClassVar = "当前状态不允许"
    title_en: ClassVar = "Its state does not allow it"


class TaskInvalidError(DomainError):
    """A task, or a report, cannot be as it is said."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "task-invalid"
    title_zh: ClassVar = "任务有误"
    title_en: ClassVar = "The task cannot be so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a task says of people and time; what is not said is empty or None."""

    key: str
    kind: Kind
    owner: str
    helpers: tuple[str, ...]
    named: tuple[str, ...] = ()
    goals: tuple[str, ...]
    after: tuple[str, ...]
    starts_on: date | None
    ends_on: date | None
    sla_hours: int | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A task on which another one depends, or a goal that it serves, and its last day."""

    key: str
    title: str
    ends_on: date | None


def may(move: Move, state: TaskState) -> bool:
    """Return whether a state allows a move."""
    return state in _FROM[move]


def check_move(move: Move, key: str, state: TaskState) -> None:
    """Refuse a move that the state of a task does not allow.

    Raises:
        TaskStateError: it is so.
    """
    if not may(move, state):
        allowed = [each.value for each in TaskState if each in _FROM[move]]
        raise TaskStateError(
            f"任务 {key} 的状态是 {state}，须为 {'、'.join(allowed)}",
            f"task {key} is {state}, and must be {' or '.join(allowed)}",
            fixes=[f"GET /tasks/{key}"],
        )


def faults_of(plan: Plan) -> Faults:
    """Return what a task cannot mean, whatever else is there."""
    found: Faults = []
    if plan.starts_on and plan.ends_on and plan.ends_on < plan.starts_on:
        found.append(("$.ends_on", f"早于开始 {plan.starts_on} (it ends before it starts)"))
    if plan.sla_hours and plan.ends_on:
        reason = "有 sla_hours 的服务任务在下达时推算截止，不填 ends_on (it follows from sla_hours)"
        found.append(("$.ends_on", reason))
    if plan.key in plan.after:
        found.append(("$.after", "任务不能依赖自己 (a task does not depend on itself)"))
    for name in ("goals", "after", "helpers", "named"):
        values: tuple[str, ...] = getattr(plan, name)
        twice = sorted({each for each in values if values.count(each) > 1})
        found += [(f"$.{name}", f"{each} 出现两次 (it is there twice)") for each in twice]
    if plan.owner and plan.owner in plan.helpers:
        found.append(("$.helpers", f"{plan.owner} 已是责任人 (he is the owner)"))
    return found


def unready(plan: Plan) -> Faults:
    """Return what a task lacks before it can be issued."""
    found: Faults = []
    if not plan.owner:
        found.append(("$.owner", "下达前须有责任人 (name an owner before it is issued)"))
    if plan.sla_hours is None:
        if plan.starts_on is None:
            found.append(("$.starts_on", "下达前须有开始日期 (say when it starts)"))
        if plan.ends_on is None:
            reason = "下达前须有截止日期，服务任务可填 sla_hours (say when it ends, or its SLA)"
            found.append(("$.ends_on", reason))
    if plan.kind in _GOALS and not plan.goals:
        found.append(("$.goals", "规划与重点任务须服务于目标 (plan and key tasks serve a goal)"))
    return found


def refuse(faults: Iterable[tuple[str, str]]) -> None:
    """Refuse a task or a report with everything that is wrong.

    Raises:
        TaskInvalidError: something is.
    """
    fields: dict[str, list[str]] = {}
    for path, reason in faults:
        fields.setdefault(path, []).append(reason)
    if fields:
        count = sum(map(len, fields.values()))
        raise TaskInvalidError(
            f"有 {count} 处须改正",
            f"{count} things are to be mended",
            fields=fields,
            fixes=["按 validationErrors 逐项改正后再提交 (mend each of them, then send it again)"],
        )


def ring_of(key: str, after: Sequence[str], edges: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the way by which a task would depend on itself, from it to it; empty where none.

    Args:
        after: on what it is to depend.
        edges: on what each other task depends.
    """
    ways = [[key, each] for each in sorted(after)]
    seen = set(after)
    while ways:
        way = ways.pop(0)
        if way[-1] == key:
            return way
        following = [each for each in sorted(edges.get(way[-1], ())) if each not in seen]
        seen |= set(following) - {key}
        ways += [[*way, each] for each in following]
    return []


def conflicts_of(
    starts_on: date | None,
    ends_on: date | None,
    after: Iterable[Neighbour],
    goals: Sequence[Neighbour],
) -> Faults:
    """Return what a careful reader would ask: told, not refused.

    Args:
        after: tasks on which it depends.
        goals: that it serves, with their last days; another calendar may have moved those.
    """
    found: Faults = []
    for each in after:
        if starts_on and each.ends_on and starts_on <= each.ends_on:
            told = (
                f"开始于 {starts_on}，而所依赖的“{each.title}”（{each.key}）{each.ends_on} 才结束"
            )
            told += f" (it starts before {each.key}, on which it depends, ends)"
            found.append(("$.starts_on", told))
        if each.ends_on is None:
            told = f"所依赖的“{each.title}”（{each.key}）没有截止日期"
            found.append(("$.after", f"{told} ({each.key} has no end)"))
    return [*found, *faults_beyond(starts_on, ends_on, goals)]


def faults_beyond(
    starts_on: date | None, ends_on: date | None, goals: Sequence[Neighbour]
) -> Faults:
    """Return that a task lies beyond the last day of a goal that it serves.

    Source: design "Goals and standards" 3, a child's deadline lies inside its parent's.
    """
    found: Faults = []
    days = (("$.starts_on", "开始", "starts", starts_on), ("$.ends_on", "结束", "ends", ends_on))
    for path, zh, en, day in days:
        for each in goals:
            if day and each.ends_on and day > each.ends_on:
                told = f"{day} {zh}，晚于目标“{each.title}”（{each.key}）的止日 {each.ends_on}"
                found.append((path, f"{told} (it {en} after {each.ends_on}, where its goal ends)"))
    return found
