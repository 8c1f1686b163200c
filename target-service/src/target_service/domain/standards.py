"""Standards as documents: their kinds, what each must have, and who approves them.

A *line* is the standard of one indicator without text, in force when it is sent. Everything else is
a document of the college (标准文本): it begins as a draft, and another person than its author
approves it.

Source: plan §四(一), design "Goals and standards" 7; that a line needs no second person is our
default.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind
from target_service.domain.units import Faults

PERSON: Final = "person/"
EVERYWHERE: Final = frozenset({"quality_office", "leader"})
"""Roles that decide on the standards of every scope. Source: our default."""


class StandardKind(StrEnum):
    """What a standard is about (标准种类)."""

    LINE = "line"
    """指标标准：一个指标的分档"""

    UNIT_WORK = "unit_work"
    """部门工作标准"""

    POST_WORK = "post_work"
    """岗位工作标准"""

    MAJOR = "major"
    """专业标准"""

    MAJOR_TEACHING = "major_teaching"
    """专业教学标准"""

    COURSE_BUILDING = "course_building"
    """课程建设标准"""

    COURSE_TEACHING = "course_teaching"
    """课程教学标准"""

    CLASS_TEACHING = "class_teaching"
    """课堂教学标准"""

    TEACHER_DEVELOPMENT = "teacher_development"
    """教师发展标准：按职称与类别分"""

    STUDENT_DEVELOPMENT = "student_development"
    """学生发展标准"""

    TRAINING_PLAN = "training_plan"
    """人才培养方案"""


class StandardState(StrEnum):
    """Where a version of a standard stands."""

    DRAFT = "draft"
    """待批准"""

    APPROVED = "approved"
    """已批准"""

    REJECTED = "rejected"
    """退回"""

    REPLACED = "replaced"
    """被后一稿取代"""


class NotDecidableError(DomainError):
    """There is no draft that waits."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "standard-not-waiting"
    title_zh: ClassVar = "没有待批准的稿"
    title_en: ClassVar = "No draft waits"


class NotYoursError(DomainError):
    """Who asks may not decide on the draft."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "standard-not-yours"
    title_zh: ClassVar = "不由您批准"
    title_en: ClassVar = "Not yours to approve"


class LintError(DomainError):
    """The training plan does not keep the rules, and no reason was given."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "training-plan-lint"
    title_zh: ClassVar = "人才培养方案不合规定"
    title_en: ClassVar = "The training plan does not keep the rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who decides on a draft."""

    subject: str
    roles: frozenset[str] = frozenset()
    is_everywhere: bool = False
    leads: bool = False
    """He leads the scope of the standard, or one above it."""

    @property
    def owner(self) -> str:
        """Return how scopes name him among their owners."""
        return f"teacher/{self.subject.removeprefix(PERSON)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody says about a draft."""

    approves: bool
    reason: str | None
    decider: Decider


def refuse_decider(decider: Decider, *, author: str, approver: str | None, scope: str) -> None:
    """Refuse whoever may not decide on a draft: never its author, and only whom it names.

    Raises:
        NotYoursError: it is so.
    """
    reason = _why_not(decider, author, approver, scope)
    if reason:
        zh, en = reason
        raise NotYoursError(
            zh,
            en,
            fixes=["请被指定的批准人、该对象的负责人或质量办批准 (ask whoever may approve it)"],
        )


def _why_not(
    decider: Decider, author: str, approver: str | None, scope: str
) -> tuple[str, str] | None:
    if not decider.subject.startswith(PERSON):
        return "标准由人批准，系统不能批准", "a person approves a standard, no system does"
    if decider.subject == author:
        return "起草人不能批准自己的稿", "nobody approves what he drafted"
    if approver and decider.subject != approver:
        return f"这一稿指定由 {approver} 批准", f"the draft names {approver} to approve it"
    may = decider.is_everywhere or decider.leads or decider.roles & EVERYWHERE
    if not approver and not may:
        return f"您不负责 {scope}", f"you do not lead {scope}"
    return None


def faults_of_form(kind: StandardKind, given: Collection[str]) -> Faults:
    """Return which parts a standard of a kind has too much, or lacks.

    Args:
        given: names of the parts that are there.
    """
    if kind is StandardKind.LINE:
        reason = "只有文件有这一项：给出 kind (a part of documents: give `kind`)"
        return [(f"$.{name}", reason) for name in _OF_DOCUMENTS if name in given]
    reason = "只有指标标准有这一项：写入 criteria (a part of lines: put it into `criteria`)"
    found = [(f"$.{name}", reason) for name in ("indicator", "tiers") if name in given]
    if "scope" not in given:
        found.append(("$.scope", "给出这是谁的标准，如 school/19001 (say whose standard it is)"))
    return [*found, *_faults_of_plan(kind, given)]


_OF_DOCUMENTS: Final = ("scope", "applies_to", "sections", "criteria", "plan", "approver")


def _faults_of_plan(kind: StandardKind, given: Collection[str]) -> Faults:
    is_plan = kind is StandardKind.TRAINING_PLAN
    if is_plan and "plan" not in given:
        return [("$.plan", "人才培养方案须有课程表 (a training plan needs its courses)")]
    if not is_plan and "plan" in given:
        return [("$.plan", "只有 training_plan 有课程表 (only a training plan has one)")]
    if not {"sections", "criteria", "plan"} & set(given):
        reason = "标准须有文本或指标项 (give sections or criteria)"
        return [("$.criteria", reason)]
    return []


def faults_of_dates(effective_from: date, before: date | None) -> Faults:
    """Return that a version would take effect before the approved one: it would never hold.

    Args:
        before: first day of the newest approved version.
    """
    if before is None or effective_from >= before:
        return []
    reason = (
        f"早于已批准版本的生效日 {before}：改为当日或更晚"
        f" (before the approved version takes effect: {before} or later)"
    )
    return [("$.effective_from", reason)]
