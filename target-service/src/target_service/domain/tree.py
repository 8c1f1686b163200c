"""A goal and its place in the tree: no circle, and no deadline after its parent's.

Source: design "Goals and standards" 3.
"""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from target_service.domain.units import Faults


class GoalError(DomainError):
    """A goal contradicts itself, its parent or its children."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "goal-rules"
    title_zh: ClassVar = "目标不合规则"
    title_en: ClassVar = "The goal breaks a rule"


class GoalCycleError(DomainError):
    """A goal would lie beneath itself."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "goal-cycle"
    title_zh: ClassVar = "目标不能归到自己之下"
    title_en: ClassVar = "A goal cannot lie beneath itself"


def refuse_cycle(key: str, line: Sequence[str]) -> None:
    """Refuse a parent that lies beneath the goal.

    Args:
        key: of the goal that gets a parent.
        line: keys from the parent up to its root.

    Raises:
        GoalCycleError: it names the path from the goal down to the parent, and back to it.
    """
    if key not in line:
        return
    path = path_beneath(key, line)
    raise GoalCycleError(
        f"{line[0]} 在 {key} 之下，不能作它的上级：{path}",
        f"{line[0]} lies beneath {key} and cannot be its parent: {path}",
        fields={"$.parent": [path]},
        fixes=["把 parent 改为不在它之下的目标 (name a parent that is not beneath it)"],
    )


def path_beneath(key: str, line: Sequence[str]) -> str:
    """Return the path from a goal down to one beneath it, and back to it."""
    return " → ".join([*reversed(line[: line.index(key) + 1]), key])


def faults_of_deadline(end: date, parent: date, key: str) -> Faults:
    """Return that a goal ends after its parent.

    Args:
        end: last day of the goal: its deadline, else the last of its period.
        parent: last day of its parent, alike.
        key: of its parent.
    """
    if end <= parent:
        return []
    zh = f"须不晚于上级目标 {key} 的 {parent.isoformat()}"
    return [("$.deadline", f"{zh} (on or before {parent.isoformat()}, the last day of {key})")]


def faults_of_children(last: date, children: Sequence[tuple[str, date]]) -> Faults:
    """Return which children would end after the goal; what ends first is changed first.

    Args:
        last: day of the goal: its deadline, else the last of its period.
        children: key and last day of each.
    """
    late = [key for key, end in children if end > last]
    if not late:
        return []
    named = "、".join(late[:20])
    zh = f"{len(late)} 个下级目标晚于它：{named}；先改它们的 deadline"
    return [("$.deadline", f"{zh} ({len(late)} children end later: change theirs first)")]


def faults_of_tasks(late: Sequence[tuple[str, date]]) -> Faults:
    """Return that tasks would end after the goal that they serve; what ends first changes first.

    Args:
        late: key and last day of each such task.
    """
    if not late:
        return []
    named = "、".join(f"{key}（{end}）" for key, end in late[:20])
    zh = f"{len(late)} 项任务晚于它：{named}；先改它们的 ends_on"
    return [("$.deadline", f"{zh} ({len(late)} tasks end later: change theirs first)")]
