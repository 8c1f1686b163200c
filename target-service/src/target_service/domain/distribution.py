"""How a goal is handed on (层层分解和压力传导): distribute, accept or negotiate, sign, publish.

A state and the step that is taken give the next state. A goal without a parent is handed on by
nobody and is published as it is; one with a parent is published once it was signed. Whoever
revises a goal that was handed on has to hear from its owner again; a root that was published is a
draft again. Source: design "Goals and standards" 8.
"""

from enum import StrEnum
from typing import ClassVar, Final, Literal

from shared.errors import DomainError, ErrorKind


class GoalState(StrEnum):
    """Where a goal stands on its way to whoever answers for it (分解状态)."""

    DRAFT = "draft"
    """草案"""

    DISTRIBUTED = "distributed"
    """已下达: its owner has to accept it, or negotiate"""

    NEGOTIATING = "negotiating"
    """协商中: its owner asked for something else"""

    ACCEPTED = "accepted"
    """已接受: whoever handed it on has to sign"""

    SIGNED = "signed"
    """已签订"""

    PUBLISHED = "published"
    """已发布"""


class Step(StrEnum):
    """What somebody does to a goal on its way."""

    DISTRIBUTE = "distribute"
    ACCEPT = "accept"
    NEGOTIATE = "negotiate"
    SIGN = "sign"
    PUBLISH = "publish"


Who = Literal["owner", "leader"]
"""Whose step it is: that of the goal's owners, or of who leads its scope or one above it."""

_MOVES: Final = {
    (GoalState.DRAFT, Step.DISTRIBUTE): GoalState.DISTRIBUTED,
    (GoalState.NEGOTIATING, Step.DISTRIBUTE): GoalState.DISTRIBUTED,
    (GoalState.DISTRIBUTED, Step.ACCEPT): GoalState.ACCEPTED,
    (GoalState.DISTRIBUTED, Step.NEGOTIATE): GoalState.NEGOTIATING,
    (GoalState.ACCEPTED, Step.SIGN): GoalState.SIGNED,
    (GoalState.SIGNED, Step.PUBLISH): GoalState.PUBLISHED,
}
WHO: Final[dict[Step, Who]] = {
    Step.DISTRIBUTE: "leader",
    Step.ACCEPT: "owner",
    Step.NEGOTIATE: "owner",
    Step.SIGN: "leader",
    Step.PUBLISH: "leader",
}
TAKEN: Final = frozenset({GoalState.ACCEPTED, GoalState.SIGNED, GoalState.PUBLISHED})
"""States in which the owner has taken a goal over."""

_WAITS: Final[dict[GoalState, tuple[Step, str, str]]] = {
    GoalState.DISTRIBUTED: (Step.ACCEPT, "接受或协商目标", "Accept a goal, or negotiate"),
    GoalState.NEGOTIATING: (Step.DISTRIBUTE, "答复目标协商", "Answer what was asked of a goal"),
    GoalState.ACCEPTED: (Step.SIGN, "签订目标", "Sign a goal"),
}


class WrongStateError(DomainError):
    """The goal is not where that step is taken."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "wrong-state"
    title_zh: ClassVar = "当前状态不能这样做"
    title_en: ClassVar = "Not in this state"


def move(state: GoalState, step: Step, *, is_root: bool) -> GoalState:
    """Return the state after a step.

    Raises:
        WrongStateError: the step is not taken in that state; it names those that are.
    """
    following = _next(state, step, is_root=is_root)
    if following is None:
        can = [each.value for each in steps_from(state, is_root=is_root)]
        raise WrongStateError(
            f"状态 {state.value} 不能 {step.value}",
            f"a goal that is {state.value} cannot {step.value}",
            fields={"$.state": [f"现可 (what can be done now)：{'、'.join(can) or '—'}"]},
            fixes=[f"POST /api/target/v1/goals/<key>/{each}" for each in can],
        )
    return following


def steps_from(state: GoalState, *, is_root: bool) -> list[Step]:
    """Return the steps that can be taken in a state."""
    return [step for step in Step if _next(state, step, is_root=is_root)]


def after_revision(state: GoalState, *, is_root: bool) -> GoalState:
    """Return the state of a goal whose content was changed."""
    if state is GoalState.DRAFT or is_root:
        return GoalState.DRAFT
    return GoalState.NEGOTIATING if state is GoalState.NEGOTIATING else GoalState.DISTRIBUTED


def waits_for(state: GoalState) -> tuple[Step, str, str] | None:
    """Return the step that a goal waits for, in Chinese and in English; None where for none."""
    return _WAITS.get(state)


def _next(state: GoalState, step: Step, *, is_root: bool) -> GoalState | None:
    if is_root:
        is_published = (state, step) == (GoalState.DRAFT, Step.PUBLISH)
        return GoalState.PUBLISHED if is_published else None
    return _MOVES.get((state, step))
