"""Cycles that a plan proposes (诊改周期建议): by which programme they open, for whom.

Not to be confused with what a cycle proposes (创新建议), which is in ``innovations``.
Source: design "The spiral" 2; which definition fits which level is our default.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal

from shared.contracts.vocabulary import Level
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.moving import Act, ReasonMissingError
from spiral_service.domain.programmes import Rhythm

ProposalState = Literal["proposed", "accepted", "refused"]

RHYTHMS: Final[Mapping[str, Rhythm]] = {
    "year": "year",
    "ayear": "ayear",
    "term": "term",
    "month": "month",
    "construction": "once",
}
"""By the word of plans the rhythm of programmes; an appointment follows the contract of each."""

_FITTING: Final = (
    "school_year",
    "department_year",
    "major_construction",
    "course_timely_diagnosis",
    "course_construction",
    "teacher_realtime_diagnosis",
    "student_year",
    "student_term",
)
"""Definitions, the first that fits is taken; else the figure eight itself."""


class CycleProposalUnfitError(DomainError):
    """No cycles follow from the proposal."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-proposal-unfit"
    title_zh: ClassVar = "不能按此建议开启周期"
    title_en: ClassVar = "No cycles follow from it"


class CycleProposalDecidedError(DomainError):
    """It was accepted or refused before."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-proposal-decided"
    title_zh: ClassVar = "周期建议已有结论"
    title_en: ClassVar = "It was decided on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a proposal."""

    state: ProposalState
    programme: str | None
    """The programme that opens its cycles."""

    decided_by: str
    decided_at: datetime
    reason: str


def faults_of(rhythm: str, *, warning_only: bool) -> tuple[str, str] | None:
    """Return why no cycles follow from a rhythm; None: they do."""
    if warning_only:
        return "该周期仅用于预警，不开启诊改周期", "this rhythm only warns: it opens no cycles"
    if rhythm not in RHYTHMS:
        return (
            "聘期因人而异，按各人合同逐个开启周期",
            f"a rhythm {rhythm} follows the contract of each person",
        )
    return None


def check_fit(rhythm: str, *, warning_only: bool) -> None:
    """Refuse to make a programme of what opens no cycles.

    Raises:
        CycleProposalUnfitError: the rhythm only warns, or differs from person to person.
    """
    faults = faults_of(rhythm, warning_only=warning_only)
    if faults:
        fix = (
            "写明理由不采纳，或 POST /api/spiral/v1/cycles 逐个开启 (refuse it, or open one by one)"
        )
        raise CycleProposalUnfitError(*faults, fixes=[fix])


def check_undecided(state: str, programme: str | None) -> None:
    """Refuse to decide twice.

    Raises:
        CycleProposalDecidedError: it was accepted or refused.
    """
    if state != "proposed":
        raise CycleProposalDecidedError(
            "已采纳" if state == "accepted" else "已不采纳",
            f"it was {state}",
            fixes=[f"修改诊改计划 {programme} (change that programme)"] if programme else [],
        )


def check_refusal(act: Act) -> None:
    """Refuse a refusal that does not say why.

    Raises:
        ReasonMissingError: it is so.
    """
    if len(act.reason.strip()) < 2:
        raise ReasonMissingError(
            "不采纳须说明理由",
            "say why it is refused",
            fields={"$.reason": ["写明理由 (say why)"]},
        )


def covers(level: str, of_plan: str) -> tuple[str, list[str]]:
    """Return for whom a proposal is, a kind and its scopes; none: all of the kind.

    At the level of the school it is the plan's own scope.
    """
    if level == Level.SCHOOL:
        return of_plan.partition("/")[0], [of_plan]
    return level, []


def fitting(kind: str, period_kind: str, known: Iterable[Definition]) -> str | None:
    """Return the name of the definition that is made for a kind of scope and period."""
    by_name = {each.definition: each for each in known}
    fits = (
        name
        for name in _FITTING
        if name in by_name and kind in by_name[name].kinds and period_kind in by_name[name].periods
    )
    return next(fits, None)


def key_of_programme(plan: str, level: str, rhythm: str) -> str:
    """Return the key of the programme that a proposal of a plan becomes."""
    name = re.sub(r"[^\w.-]", "-", plan)[:50]
    return f"{name}-{level}-{rhythm}"
