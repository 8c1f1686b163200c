"""What the subjects of the stage loop share: the cycle is locked, open, and somebody takes part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import quote
from uuid import UUID

from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened, StepHow, StepKind
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.moving import Act, check_open
from spiral_service.domain.standing import TAKE_PART
from spiral_service.repository.cycles import find_cycle, find_to_change, there
from spiral_service.repository.locks import lock
from spiral_service.repository.records import one_of, undone_in
from spiral_service.repository.voices import Asked, asked_for
from spiral_service.tables import Base

TIME: Final = timedelta(days=7)
"""Until a decision should be taken. Source: our default."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A human step that is to be told."""

    step: str
    kind: StepKind
    zh: str
    en: str
    not_by: str | None = None
    """Who may not do it; whoever acts now, where not given."""

    due_at: datetime | None = None
    """`TIME` from now, where not given."""

    owners: tuple[str, ...] = ()
    """Whose step it is; none: who leads the scope."""

    link: str = ""
    """Its page, where that is not the one of the cycle."""


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


async def found_of(tx: Transaction, row: type[Base], kind: type[T], id_: UUID) -> tuple[T, Cycle]:
    """Return an object and its cycle, open or closed, both kept from everybody else.

    Raises:
        RecordNotFoundError: there is no such object.
    """
    key = (await one_of(tx, row, kind, id_)).cycle  # type: ignore[attr-defined]
    await lock(tx, [there(await find_cycle(tx, key), key).scope])
    cycle = there(await find_to_change(tx, key), key)
    return await one_of(tx, row, kind, id_), cycle


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


def open_step(tx: Transaction, ask: Ask, cycle: Cycle, act: Act) -> None:
    """Tell the work list that another person has to decide."""
    opened = SpiralStepOpened(
        step=ask.step,
        kind=ask.kind,
        title_zh=ask.zh,
        title_en=ask.en,
        scope=cycle.scope,
        period=cycle.period,
        role="owner" if ask.owners else "leader",
        owners=ask.owners,
        permission=TAKE_PART,
        not_by=act.by if ask.not_by is None else ask.not_by,
        opened_at=act.at,
        due_at=ask.due_at or act.at + TIME,
        link=ask.link or _link(cycle),
    )
    tx.publish(opened, key=ask.step, subject=cycle.scope)


def close_step(
    tx: Transaction, step: str, kind: StepKind, how: StepHow, cycle: Cycle, act: Act
) -> None:
    """Tell the work list that somebody has decided."""
    closed = SpiralStepClosed(
        step=step, kind=kind, scope=cycle.scope, link=_link(cycle), how=how, by=act.by
    )
    tx.publish(closed, key=step, subject=cycle.scope)


async def drop_steps(tx: Transaction, closed: Cycle, act: Act) -> None:
    """Take off the work list what nobody can do any more in a cycle that closed.

    Its drafts are signed no more, and its measures neither decided on nor verified; proposals are
    still decided on.
    """
    undone = await undone_in(tx, closed.key)
    left: tuple[tuple[Callable[[UUID], str], StepKind, Sequence[UUID]], ...] = (
        (diagnosis_step, "signature", undone.drafts),
        (decision_step, "approval", undone.undecided),
        (verification_step, "verification", undone.unverified),
    )
    for name, kind, ids in left:
        for id_ in ids:
            close_step(tx, name(id_), kind, "withdrawn", closed, act)
    await drop_voices(tx, undone.drafts, closed, act)


async def drop_voices(tx: Transaction, diagnoses: Sequence[UUID], cycle: Cycle, act: Act) -> None:
    """Take off the work list that voices were asked for in diagnoses that take none any more."""
    for each in await asked_for(tx, diagnoses):
        if each.spoken_at is None:
            close_step(tx, voice_step(each), "answer", "withdrawn", cycle, act)


def voice_step(asked: Asked) -> str:
    """Return the id of the step by which somebody speaks to a diagnosis."""
    return f"spiral/voice/{asked.diagnosis}/{asked.source}/{asked.person}"


def diagnosis_step(id_: UUID) -> str:
    """Return the id of the step by which a diagnosis is signed."""
    return f"spiral/diagnosis/{id_}"


def decision_step(id_: UUID) -> str:
    """Return the id of the step by which a measure is accepted or rejected."""
    return f"spiral/measure/{id_}"


def verification_step(id_: UUID) -> str:
    """Return the id of the step by which a carried measure is verified."""
    return f"spiral/measure/{id_}/verification"


def _link(cycle: Cycle) -> str:
    return f"/cycles?scope={quote(cycle.scope)}"
