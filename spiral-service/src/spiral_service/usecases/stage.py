"""What the subjects of the stage loop share: the cycle is locked, open, and somebody takes part."""

from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened, StepHow, StepKind
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.moving import Act, check_open
from spiral_service.domain.standing import TAKE_PART
from spiral_service.repository.cycles import find_cycle, find_to_change, there
from spiral_service.repository.locks import lock
from spiral_service.repository.records import one_of
from spiral_service.tables import Base

TIME: Final = timedelta(days=7)
"""Until a decision should be taken. Source: our default."""

T = TypeVar("T")


async def open_for(tx: Transaction, key: str) -> Cycle:
    """Return an open cycle, kept from everybody else.

    Its scope first, as whoever opens the next one does.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
    """
    await lock(tx, [there(await find_cycle(tx, key), key).scope])
    cycle = there(await find_to_change(tx, key), key)
    check_open(cycle)
    return cycle


async def found_in(
    tx: Transaction, row: type[Base], kind: type[T], id_: UUID, cycle: str = "cycle"
) -> tuple[T, Cycle]:
    """Return an object and its open cycle, both kept from everybody else.

    Args:
        cycle: the field that names its cycle.

    Raises:
        RecordNotFoundError: there is no such object.
        CycleClosedError: its cycle is closed.
    """
    place = getattr(await one_of(tx, row, kind, id_), cycle)
    where = await open_for(tx, place)
    return await one_of(tx, row, kind, id_), where


def open_step(
    tx: Transaction, step: str, kind: StepKind, titles: tuple[str, str], cycle: Cycle, act: Act
) -> None:
    """Tell the work list that another person has to decide."""
    opened = SpiralStepOpened(
        step=step,
        kind=kind,
        title_zh=titles[0],
        title_en=titles[1],
        scope=cycle.scope,
        period=cycle.period,
        role="leader",
        permission=TAKE_PART,
        not_by=act.by,
        opened_at=act.at,
        due_at=act.at + TIME,
        link=_link(cycle),
    )
    tx.publish(opened, key=step, subject=cycle.scope)


def close_step(
    tx: Transaction, step: str, kind: StepKind, how: StepHow, cycle: Cycle, act: Act
) -> None:
    """Tell the work list that somebody has decided."""
    closed = SpiralStepClosed(
        step=step, kind=kind, scope=cycle.scope, link=_link(cycle), how=how, by=act.by
    )
    tx.publish(closed, key=step, subject=cycle.scope)


def _link(cycle: Cycle) -> str:
    return f"/cycles?scope={cycle.scope}"
