"""The steps of an assessment run (考核轮次), and the objections to what it shows.

``open`` → ``collecting`` → ``computed`` → ``reviewed`` (公示: objections are taken) →
``published``; ``cancelled`` from any step before. What is published is frozen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind


class RunState(StrEnum):
    """Where a run stands."""

    OPEN = "open"
    """已建立"""

    COLLECTING = "collecting"
    """采集中: marks and tallies come in"""

    COMPUTED = "computed"
    """已计算: results follow the values"""

    REVIEWED = "reviewed"
    """公示中: objections are taken; results still follow the values"""

    PUBLISHED = "published"
    """已公布: frozen"""

    CANCELLED = "cancelled"
    """已取消"""


class Step(StrEnum):
    """What somebody does with a run."""

    COLLECT = "collect"
    COMPUTE = "compute"
    REVIEW = "review"
    PUBLISH = "publish"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A step that somebody takes."""

    step: Step
    by: str
    at: datetime
    reason: str = ""


_STEPS: Final[Mapping[Step, tuple[frozenset[RunState], RunState]]] = {
    Step.COLLECT: (frozenset({RunState.OPEN, RunState.COMPUTED}), RunState.COLLECTING),
    Step.COMPUTE: (frozenset({RunState.OPEN, RunState.COLLECTING}), RunState.COMPUTED),
    Step.REVIEW: (frozenset({RunState.COMPUTED}), RunState.REVIEWED),
    Step.PUBLISH: (frozenset({RunState.REVIEWED}), RunState.PUBLISHED),
    Step.CANCEL: (
        frozenset(RunState) - {RunState.PUBLISHED, RunState.CANCELLED},
        RunState.CANCELLED,
    ),
}

FOLLOWING: Final = frozenset({RunState.COMPUTED, RunState.REVIEWED})
"""Results follow the values in these states."""

TAKING: Final = frozenset({RunState.COLLECTING, RunState.REVIEWED})
"""Marks and tallies are taken in these: after an objection was upheld they are mended."""


class RunStateError(DomainError):
    """The run stands where this cannot be done."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "assessment-state"
    title_zh: ClassVar = "考核轮次的状态不允许"
    title_en: ClassVar = "The state of the run refuses it"


class OtherHandError(DomainError):
    """Another person must do it, or one of the office."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "assessment-hand"
    title_zh: ClassVar = "须由另一人办理"
    title_en: ClassVar = "Another person does this"


def after(state: RunState, step: Step) -> RunState:
    """Return where a run stands after a step.

    Raises:
        RunStateError: the step does not begin there; it names those that do.
    """
    begins, ends = _STEPS[step]
    if state in begins:
        return ends
    can = [each.value for each, (where, _) in _STEPS.items() if state in where]
    possible = "、".join(can) or "—"
    raise RunStateError(
        f"处于 {state} 的轮次不能 {step}，可以：{possible}",
        f"a run that is {state} cannot {step}",
        fixes=[f"step: {each}" for each in can],
    )


def check_state(state: RunState, allowed: frozenset[RunState], zh: str, en: str) -> None:
    """Refuse what cannot be done in a state.

    Raises:
        RunStateError: it is so.
    """
    if state not in allowed:
        names = "、".join(sorted(allowed))
        raise RunStateError(
            f"轮次处于 {state}，{zh}须在 {names}", f"a run that is {state} takes no {en}"
        )


def last_objection_day(day: date, days: int) -> date:
    """Return the last day on which objections are taken; the day announced is the first."""
    return day + timedelta(days=days - 1)


def blocks_publishing(day: date, last_day: date, unanswered: int, undecided: int) -> list[str]:
    """Return why results cannot be published yet."""
    reasons = {
        f"公示至 {last_day} (objections are taken until {last_day})": day <= last_day,
        f"{unanswered} 条异议未答复 (objections without an answer)": unanswered > 0,
        f"{undecided} 个并列或提名未决定 (ties or nominations to be decided)": undecided > 0,
    }
    return [reason for reason, holds in reasons.items() if holds]


def check_other_hand(subject: str, before: str, zh: str, en: str) -> None:
    """Refuse who did the step before, and who is no person.

    Raises:
        OtherHandError: it is so.
    """
    if not subject.startswith("person/") or subject == before:
        raise OtherHandError(
            f"{zh}须由 {before} 以外的人办理", f"{en} is done by a person other than {before}"
        )


def check_office(*, is_office: bool) -> None:
    """Refuse who neither is of the quality office or a leader, nor is bound to no scope.

    Raises:
        OtherHandError: it is so.
    """
    if not is_office:
        raise OtherHandError("由质量办或校领导办理", "the quality office or a leader does this")
