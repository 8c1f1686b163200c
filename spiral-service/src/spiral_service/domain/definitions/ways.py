"""Which steps may follow, and how a move goes.

Forward along the stage loop; inside the routine loop back to the steps that it shares with it, and
never to a goal or a standard (crossing rule).
Source: design "The spiral" 1; plan figure 2.
"""

from typing import ClassVar, Literal

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.crossing import CrossingRuleError
from spiral_service.domain.definitions.model import Definition, Step

Way = Literal["forward", "back"]


class UnknownStepError(DomainError):
    """The definition has no such step."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "step-unknown"
    title_zh: ClassVar = "没有这个环节"
    title_en: ClassVar = "No such step"


class IllegalMoveError(DomainError):
    """No way leads from the one step to the other."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "move-illegal"
    title_zh: ClassVar = "不能这样流转"
    title_en: ClassVar = "No such move"


def step_of(definition: Definition, step: str) -> Step:
    """Return a step of the stage loop.

    Raises:
        UnknownStepError: the definition has no such step.
    """
    found = definition.find(step)
    if found is None:
        raise UnknownStepError(
            f"{definition.reference} 没有环节 {step}",
            f"{definition.reference} has no step {step}",
            fields={"$.to": [f"{' '.join(each.step for each in definition.steps)} 之一 (one of)"]},
        )
    return found


def next_steps(definition: Definition, step: str) -> tuple[Step, ...]:
    """Return the steps of the stage loop that may follow; none after the last one."""
    return tuple(step_of(definition, name) for name in step_of(definition, step).next)


def steps_back(definition: Definition, step: str, *, in_routine: bool) -> tuple[str, ...]:
    """Return the steps that work may be sent back to from ``step``; none outside the routine loop.

    Args:
        in_routine: the routine loop runs: since its step was first entered, until it is left.
    """
    loop = definition.routine_loop
    order = [each.step for each in definition.steps]
    if not in_routine or step not in {loop.inside, *loop.back_to}:
        return ()
    return tuple(each for each in loop.back_to if order.index(each) < order.index(step))


def way_of(definition: Definition, left: str, entered: str, *, in_routine: bool) -> Way:
    """Return how a move goes; its gates are another question.

    Raises:
        UnknownStepError: one of them is no step of the stage loop.
        CrossingRuleError: the routine loop runs, and it would go to a goal or a standard.
        IllegalMoveError: no way leads there.
    """
    wanted = step_of(definition, entered)
    forward = [each.step for each in next_steps(definition, left)]
    back = steps_back(definition, left, in_routine=in_routine)
    if entered in forward:
        return "forward"
    if entered in back:
        return "back"
    order = [each.step for each in definition.steps]
    if back and order.index(entered) < order.index(left):
        raise CrossingRuleError.to_step(wanted.zh, wanted.en)
    raise IllegalMoveError(
        f"环节 {left} 之后不能进入 {entered}",
        f"{entered} does not follow {left}",
        fixes=[f"可进入 {step} (move to {step})" for step in (*forward, *back)],
    )


def runs_routine(definition: Definition, entered: str, *, in_routine: bool) -> bool:
    """Return whether the routine loop runs after a step was entered."""
    loop = definition.routine_loop
    return entered == loop.inside or (in_routine and entered in loop.back_to)


def routine_step(open_corrections: int, open_alerts: int = 0) -> str:
    """Return where the routine loop stands.

    It corrects while a correction is open, else it warns while an alert is.
    """
    if open_corrections:
        return "correct"
    return "warn" if open_alerts else "monitor"
