"""Cycles (诊改周期): open one, and give it its window when the school calendar tells it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.scopes import MOST_STEPS
from spiral_service.domain.cycle import Cycle, check_free, check_same
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.moving import Act, Done
from spiral_service.domain.nesting import Window, around_of, check_parent, nearest_around
from spiral_service.domain.opening import check_suits
from spiral_service.repository import cycles as repository
from spiral_service.repository.deadlines import unlit_cycles
from spiral_service.repository.definitions import UnknownDefinitionError, find_definition
from spiral_service.repository.locks import follow_calendar, keep_calendar, lock
from spiral_service.schemas.cycles import DEFAULT_DEFINITION, OpenCycle
from spiral_service.usecases.lighting import follow
from spiral_service.usecases.opening import welcome
from spiral_service.usecases.owning import owners_at
from spiral_service.usecases.scopes import unknown_scope
from spiral_service.usecases.telling import save

CALENDAR: Final = "system/calendar"
"""Who gives cycles the days that the school calendar tells."""


async def open_cycle(tx: Transaction, wanted: OpenCycle, act: Act) -> tuple[Cycle, bool]:
    """Open the cycle of a scope, and take in the corrections that waited for it.

    Returns:
        The cycle, and whether it was opened just now; a repeat changes nothing.

    Raises:
        CyclePinnedError: it is there, with something else.
        UnknownReferenceError: there is no such scope, or no such parent.
        UnknownDefinitionError: there is no such definition; an unknown scope is told as well.
        UnsuitedError: the definition is for other scopes or periods.
        CycleTakenError: another one of the scope, period and track is open.
        NoParentError: the parent is closed, or none.
        OutsideParentError: it does not lie in the window of its parent.
    """
    await lock(tx, [f"cycle:{wanted.key}", wanted.scope])
    present = await repository.find_cycle(tx, wanted.key)
    name, version = wanted.named_definition()
    if present is not None:
        check_same(
            present, scope=wanted.scope, period=wanted.period, definition=name, version=version
        )
        return present, False
    definition = await _find_all(tx, wanted)
    check_suits(definition, wanted.scope, wanted.period)
    cycle = await _plan(tx, wanted, definition, act.at)
    rivals = await repository.open_cycles(tx, [wanted.scope])
    same = (cycle.period, cycle.track)
    check_free(next((each for each in rivals if (each.period, each.track) == same), None))
    await save(tx, Done(what="opened", cycle=cycle, left=None, act=act))
    await welcome(tx, [cycle], act)
    return cycle, True


async def place_cycles(tx: Transaction, at: datetime) -> None:
    """Give their window to the cycles that had none: the school calendar tells it now."""
    calendar = await follow_calendar(tx)
    for cycle in await repository.windowless(tx):
        if window := calendar.bounds(cycle.period):
            await _place(tx, cycle, window, at)


async def light_missing(tx: Transaction, at: datetime, limit: int) -> bool:
    """Set the deadlines that were not reckoned by the present school calendar, or not at all.

    Where the calendar tells other days of its period, a cycle has them from now on. What somebody
    planned anew stays. Returns whether there were any.
    """
    calendar = await keep_calendar(tx)
    cycles = await unlit_cycles(tx, calendar.told.seq, limit)
    for cycle in cycles:
        window = calendar.bounds(cycle.period)
        if window in {None, (cycle.starts_on, cycle.ends_on)}:
            await follow(tx, cycle, "replanned", CALENDAR, at)
        else:
            await _place(tx, cycle, window, at)
    return bool(cycles)


async def _place(tx: Transaction, cycle: Cycle, window: Window, at: datetime) -> None:
    act = Act(by=CALENDAR, at=at, reason="校历 (school calendar)")
    placed = replace(cycle, version=cycle.version + 1, starts_on=window[0], ends_on=window[1])
    await save(tx, Done(what="replanned", cycle=placed, left=cycle.step, act=act))


async def _find_all(tx: Transaction, wanted: OpenCycle) -> Definition:
    """Return the definition of a cycle that is to be opened, unless it or the scope is unknown."""
    name, version = wanted.named_definition()
    unknown = await unknown_scope(tx, wanted.scope)
    try:
        definition = await find_definition(tx, name or DEFAULT_DEFINITION, version)
    except UnknownDefinitionError as error:
        error.fields |= unknown.fields if unknown else {}
        raise
    if unknown:
        raise unknown
    return definition


async def _plan(tx: Transaction, wanted: OpenCycle, definition: Definition, at: datetime) -> Cycle:
    above = await repository.scopes_above(tx, wanted.scope, MOST_STEPS)
    window = (await keep_calendar(tx)).bounds(wanted.period)
    owners = await owners_at(tx, definition, [wanted.scope], at)
    return Cycle(
        key=wanted.key,
        version=1,
        scope=wanted.scope,
        period=wanted.period,
        definition=definition.definition,
        definition_version=definition.version,
        step=definition.start,
        state="open",
        opened_at=at,
        entered_at=at,
        in_routine=definition.start == definition.routine_loop.inside,
        parent=await _parent_of(tx, wanted.parent, definition, above, window),
        track=definition.track,
        starts_on=window and window[0],
        ends_on=window and window[1],
        owners=owners[wanted.scope],
    )


async def _parent_of(
    tx: Transaction,
    named: str | None,
    definition: Definition,
    above: list[str],
    window: Window | None,
) -> str | None:
    """Return the cycle that a new one lies in: the named one, else the nearest around it."""
    if named is None:
        around = await repository.open_cycles(tx, above[1:])
        return nearest_around(window, around_of(definition, above[1:], around))
    parent = await repository.find_cycle(tx, named)
    if parent is None:
        raise UnknownReferenceError(
            f"没有上级周期 {named}",
            f"there is no cycle {named}",
            fields={"$.parent": ["没有这个周期 (no such cycle)"]},
        )
    check_parent(window, parent, above[1:])
    return parent.key
