"""Plans (规划、计划): their kinds, what personal ones are about, and how they are approved.

Source: plan of the college §四(一), M030–M034.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind
from target_service.domain.units import Faults


class PlanKind(StrEnum):
    """What a plan is for."""

    FIVE_YEAR = "five_year"
    """五年规划 (十四五规划)"""

    SPECIAL = "special"
    """专项规划"""

    YEAR = "year"
    """年度计划"""

    CONSTRUCTION = "construction"
    """建设规划: of a major or a course"""

    PERSONAL = "personal"
    """个人发展规划: of a teacher, of staff, or of a student"""


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    """草案"""

    SUBMITTED = "submitted"
    """待批"""

    APPROVED = "approved"
    """已批准"""

    WITHDRAWN = "withdrawn"
    """已撤回"""


class PlanStep(StrEnum):
    """What somebody does to a plan."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"


class Track(StrEnum):
    """What a personal plan is about (发展维度)."""

    TEACHING = "teaching"
    """教学"""

    RESEARCH = "research"
    """科研"""

    PROFESSIONAL_ABILITY = "professional_ability"
    """专业能力"""

    MANAGEMENT_EDUCATION = "management_education"
    """管理育人"""

    SERVICE_EDUCATION = "service_education"
    """服务育人"""

    LEARNING_ABILITY = "learning_ability"
    """学习能力"""

    PROFESSIONAL_LITERACY = "professional_literacy"
    """职业素养"""

    ALL_ROUND_QUALITY = "all_round_quality"
    """综合素质"""


SCOPES: Final = {
    PlanKind.FIVE_YEAR: {"school"},
    PlanKind.SPECIAL: {"school", "unit"},
    PlanKind.YEAR: {"school", "unit", "major", "course"},
    PlanKind.CONSTRUCTION: {"major", "course"},
    PlanKind.PERSONAL: {"teacher", "student"},
}
_TRACKS: Final = {
    "teacher": (
        Track.TEACHING,
        Track.RESEARCH,
        Track.PROFESSIONAL_ABILITY,
        Track.MANAGEMENT_EDUCATION,
        Track.SERVICE_EDUCATION,
    ),
    "student": (Track.LEARNING_ABILITY, Track.PROFESSIONAL_LITERACY, Track.ALL_ROUND_QUALITY),
}
"""By the kind of scope. The hub has staff among its teachers: both kinds of track are theirs."""

_MOVES: Final = {
    (PlanState.DRAFT, PlanStep.SUBMIT): PlanState.SUBMITTED,
    (PlanState.SUBMITTED, PlanStep.APPROVE): PlanState.APPROVED,
    (PlanState.SUBMITTED, PlanStep.REJECT): PlanState.DRAFT,
}


class PlanError(DomainError):
    """A plan contradicts itself or its parent."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "plan-rules"
    title_zh: ClassVar = "规划不合规则"
    title_en: ClassVar = "The plan breaks a rule"


class PlanStateError(DomainError):
    """The plan is not where that step is taken."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "plan-state"
    title_zh: ClassVar = "当前状态不能这样做"
    title_en: ClassVar = "Not in this state"


def move(state: PlanState, step: PlanStep) -> PlanState:
    """Return the state after a step.

    Raises:
        PlanStateError: the step is not taken in that state.
    """
    following = _MOVES.get((state, step))
    if following is None:
        can = [each.value for each in steps_from(state)]
        raise PlanStateError(
            f"状态 {state.value} 不能 {step.value}",
            f"a plan that is {state.value} cannot {step.value}",
            fields={"$.state": [f"现可 (what can be done now)：{'、'.join(can) or '—'}"]},
            fixes=[f"POST /api/target/v1/plans/<key>/{each}" for each in can],
        )
    return following


def steps_from(state: PlanState) -> list[PlanStep]:
    """Return the steps that can be taken in a state."""
    return [step for step in PlanStep if (state, step) in _MOVES]


def faults_of_kind(kind: PlanKind, scope: str, tracks: Sequence[Track]) -> Faults:
    """Return what does not go together: the kind with the scope, the tracks with either."""
    found: Faults = []
    of = scope.partition("/")[0]
    if of not in SCOPES[kind]:
        allowed = "、".join(sorted(SCOPES[kind]))
        found.append(("$.scope", f"{kind.value} 规划的对象须为 {allowed} (one of these kinds)"))
    can = _TRACKS.get(of, ()) if kind is PlanKind.PERSONAL else ()
    wrong = [track.value for track in tracks if track not in can]
    if wrong:
        allowed = "、".join(track.value for track in can) or "—"
        found.append(("$.tracks", f"没有 {'、'.join(wrong)}，只有 {allowed} (only these here)"))
    return found
