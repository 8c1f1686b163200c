"""Corrections that wait too long: the ladder of their cycle's definition reminds and calls (督办).

Of one without a cycle it is the ladder of the definition that a cycle of its scope would have by
default. Whom a rung reaches whose role is the one that corrects is who has the correction, not who
holds the role in the cycle.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.calendar import CAMPUS, Calendar
from shared.calendar.table import read_calendar
from shared.contracts.spiral_work import WorkItemState
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from spiral_service.domain.correction import Correction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.deadlines import Deadline, look, next_look, still_told
from spiral_service.domain.definitions.model import Definition
from spiral_service.repository import steps as repository
from spiral_service.repository.corrections import firsts_of, open_corrections
from spiral_service.repository.cycles import cycles_of
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.steps import CORRECTION_STEP
from spiral_service.repository.work import leaders_of
from spiral_service.schemas.cycles import DEFAULT_DEFINITION
from spiral_service.tables import ToldStepRow
from spiral_service.usecases.corrections.telling import link_of, step_id, subject_of, titles
from spiral_service.usecases.owning import owners_at
from spiral_service.usecases.work_items import Told, tell_rungs

Owners = Mapping[str, Sequence[str]]
"""By role who holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ladders:
    """Whose ladder reminds of the corrections of a batch, and whom it reaches."""

    cycles: Mapping[str, Cycle]
    default: Definition
    owners: Mapping[str, Owners]
    """By scope, of corrections without a cycle."""

    leaders: Mapping[str, Sequence[str]]


async def look_at_steps(tx: Transaction) -> bool:
    """Look at the steps of corrections whose time has come; return whether there were any timers.

    However late the look is, no rung is left out, and each is told once.
    """
    due = await take_due(tx, CORRECTION_STEP)
    if due is None:
        return False
    calendar = await read_calendar(tx)
    rows = await repository.to_look_at(tx, due.keys)
    firsts = await firsts_of(tx, [UUID(row.subject) for row in rows])
    waiting = [(row, firsts[UUID(row.subject)]) for row in rows if UUID(row.subject) in firsts]
    ladders = await _ladders(tx, waiting, due.at)
    told: list[Told] = []
    looks: dict[str, datetime | None] = {}
    for row, first in waiting:
        found, looks[row.subject] = await _look(tx, row, first, ladders, calendar, due.at)
        told += found
    await set_timers(tx, CORRECTION_STEP, looks)
    await tell_rungs(tx, told, due.at)
    return True


async def change_ladder(
    tx: Transaction, cycle: str, left: Definition, definition: Definition, at: datetime
) -> None:
    """Have it looked at the steps of the corrections of a cycle that went over to a definition."""
    subjects = {subject_of(each) for each in await open_corrections(tx, cycle)}
    # Timers first: whoever fires one holds it before what was told.
    known = await repository.told_steps(tx, subjects)
    await set_timers(
        tx, CORRECTION_STEP, {each.subject: at for each in known.values() if each.is_open}
    )
    for row in await repository.to_look_at(tx, subjects):
        row.told = still_told(row.told, left, definition)


async def _ladders(
    tx: Transaction, waiting: Sequence[tuple[ToldStepRow, Correction]], at: datetime
) -> _Ladders:
    default = await find_definition(tx, DEFAULT_DEFINITION, None)
    scopes = sorted({each.scope for _, each in waiting})
    free = sorted({each.scope for _, each in waiting if each.cycle is None})
    return _Ladders(
        cycles=await cycles_of(tx, {each.cycle for _, each in waiting if each.cycle}),
        default=default,
        owners=await owners_at(tx, default, free, at) if free else {},
        leaders=await leaders_of(tx, scopes, at.astimezone(CAMPUS).date()),
    )


async def _look(
    tx: Transaction,
    row: ToldStepRow,
    first: Correction,
    ladders: _Ladders,
    calendar: Calendar,
    at: datetime,
) -> tuple[list[Told], datetime | None]:
    """Return what is told of a step, and when it is looked at next."""
    assert row.due_at is not None
    cycle = ladders.cycles.get(first.cycle or "")
    definition, owners = ladders.default, ladders.owners.get(first.scope, {})
    if cycle:
        definition = await find_definition(tx, cycle.definition, cycle.definition_version)
        owners = cycle.owners
    deadline = Deadline(
        cycle=row.subject,
        clock=row.kind,
        step=row.kind,
        planned_at=row.due_at,
        due_at=row.due_at,
        told=row.told,
        # That it is overdue the work list tells by itself.
        overdue_since=row.due_at,
    )
    after, rungs = look(definition, deadline, calendar, at)
    by_role = defaultdict(list, {role: list(persons) for role, persons in owners.items()})
    by_role |= dict.fromkeys(_correcting(definition), _holders(row, ladders))
    item = _item(row, first, at)
    told = [
        (
            rung,
            item.model_copy(
                update={"persons": tuple(by_role[rung.role]), "role": rung.role, "rung": number}
            ),
        )
        for number, rung in enumerate(rungs, start=row.told + 1)
    ]
    row.told = after.told
    return told, next_look(definition, after, calendar)


def _correcting(definition: Definition) -> Sequence[str]:
    """Return the roles that correct: those of the last step of the routine loop."""
    steps = definition.routine_loop.steps
    return steps[-1].roles if steps else ()


def _holders(row: ToldStepRow, ladders: _Ladders) -> list[str]:
    """Return whose step it is; never who may not do it."""
    barred = row.not_by.partition("/")[2]
    named = row.owners or ladders.leaders.get(row.scope, ())
    return [each for each in named if not barred or each.partition("/")[2] != barred]


def _item(row: ToldStepRow, first: Correction, at: datetime) -> WorkItemState:
    assert row.due_at is not None
    zh, en = titles(row.kind, first)  # type: ignore[arg-type]
    return WorkItemState.model_validate(
        {
            "step": step_id(row.subject, row.number),
            "kind": row.kind,
            "title_zh": zh,
            "title_en": en,
            "scope": row.scope,
            "period": first.period,
            "link": link_of(row.scope),
            "persons": (),
            "due_at": row.due_at,
            "overdue_since": row.due_at if row.due_at <= at else None,
        }
    )
