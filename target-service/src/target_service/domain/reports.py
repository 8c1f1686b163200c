"""Reports of progress (进展报告): what they must say, and who decides on them.

What is reported counts when another person has approved it. Source: design "Goals and standards";
progress that shrinks needs no rule: it is what somebody reports and another one approves.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from shared.errors import DomainError, ErrorKind
from target_service.domain.tasks import Faults, TaskStateError

ReportState = Literal["waiting", "approved", "returned", "replaced"]
"""待审、已批准、已退回、已被新报告取代."""


class OwnReportError(DomainError):
    """Nobody decides on what he reported himself."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-report"
    title_zh: ClassVar = "不能审批自己的报告"
    title_en: ClassVar = "It is your own report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a report says, beside the task that it is about."""

    progress: Decimal
    as_of: date
    evidence: int
    """Number of files."""

    has_light: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The task that a report is about."""

    issued_on: date
    is_qualitative: bool
    deliverables: int
    """Number of kinds of output that it owes."""


def faults_of_report(said: Said, task: Reported, today: date) -> Faults:
    """Return what a report cannot mean, or lacks."""
    found: Faults = []
    if said.as_of > today:
        found.append(("$.as_of", f"晚于今天 {today} (it lies in the future)"))
    if said.as_of < task.issued_on:
        found.append(("$.as_of", f"早于下达日 {task.issued_on} (before the task was issued)"))
    if said.progress == 1 and task.deliverables and not said.evidence:
        reason = "报告完成须附成果文件，先 POST /evidence (attach what was made)"
        found.append(("$.evidence", reason))
    if task.is_qualitative and not said.has_light:
        found.append(("$.light", "定性任务须给出绿、黄或红 (a qualitative task takes a light)"))
    return found


def check_decision(state: ReportState, number: int, by: str, reported_by: str) -> None:
    """Refuse a decision on what does not wait, or by who reported it.

    Raises:
        TaskStateError: it is decided on, or replaced.
        OwnReportError: he reported it himself.
    """
    if state != "waiting":
        raise TaskStateError(
            f"报告 {number} 的状态是 {state}，须为 waiting",
            f"report {number} is {state}, and must be waiting",
        )
    if by == reported_by:
        raise OwnReportError(
            "报告须由另一人审批",
            "another person decides on a report",
            fixes=["请该任务所属对象的负责人审批 (ask whoever leads its scope)"],
        )
