"""Do a step of the work list: what the spiral's own cycles wait for is done here."""

from typing import ClassVar

from shared.contracts.steps import CYCLE_STEP
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.ways import next_steps
from spiral_service.repository.cycles import find_cycle, there
from spiral_service.repository.deadlines import lit_step
from spiral_service.repository.definitions import find_definition
from spiral_service.usecases.moving import Turn, close_cycle, move_cycle


class StepDoneError(DomainError):
    """The step waits no more."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "step-done"
    title_zh: ClassVar = "事项已办结"
    title_en: ClassVar = "The step waits no more"


class ManyWaysError(DomainError):
    """More than one step may follow: somebody has to say which."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "step-many-ways"
    title_zh: ClassVar = "其后有多个环节"
    title_en: ClassVar = "More than one step may follow"


def cycle_of(step: str) -> str:
    """Return the key of the cycle that a step of the work list is a step of."""
    return step.removeprefix(CYCLE_STEP).rpartition("/")[0]


async def leave_step(tx: Transaction, step: str, turn: Turn) -> Cycle:
    """Leave the step of a cycle that the work list names: to the one that follows, or to its end.

    Raises:
        CycleNotFoundError: there is no such cycle.
        StepDoneError: the cycle has left that step.
        ManyWaysError: more than one step may follow.
        DomainError: whatever `move_cycle` and `close_cycle` refuse.
    """
    key = cycle_of(step)
    cycle = there(await find_cycle(tx, key), key)
    lit = await lit_step(tx, key)
    if lit is None or lit.id != step:
        raise StepDoneError(f"{step} 已办结", f"{step} waits no more")
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    following = [each.step for each in next_steps(definition, lit.step)]
    if len(following) > 1:
        raise ManyWaysError(
            f"{lit.step} 之后可进入 {'、'.join(following)}",
            f"{lit.step} may be followed by {', '.join(following)}",
            fixes=["在周期页面选择 (choose on the page of the cycle)"],
        )
    if not following:
        return await close_cycle(tx, key, {}, turn)
    return await move_cycle(tx, key, following[0], turn, force=False)
