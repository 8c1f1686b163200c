"""Many cycles that open at once, in a few statements; and what follows when any cycle opens."""

from collections.abc import Sequence
from datetime import datetime

from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.moving import Act, Done
from spiral_service.domain.nesting import around_of, nearest_around
from spiral_service.domain.programmes import Selector, key_of
from spiral_service.repository import openings
from spiral_service.repository.cycles import open_cycles
from spiral_service.repository.locks import keep_calendar, lock
from spiral_service.usecases.corrections import take_in_waiting
from spiral_service.usecases.lighting import light
from spiral_service.usecases.measures import carry_into
from spiral_service.usecases.owning import owners_at
from spiral_service.usecases.telling import fact_of


async def welcome(tx: Transaction, cycles: Sequence[Cycle], act: Act) -> None:
    """Do what follows when cycles open, one or many.

    Corrections that waited are taken in, and accepted measures of earlier cycles are handed on.
    """
    for cycle in await openings.awaited(tx, cycles):
        await take_in_waiting(tx, cycle, act.at)
    await carry_into(tx, cycles, act)


async def open_free(
    tx: Transaction, selector: Selector, definition: Definition, period: str, most: int, act: Act
) -> tuple[int, int]:
    """Open cycles for scopes of a selector that have none of a period.

    Whoever opens one of them meanwhile is waited for: it is looked again who is free then.

    Returns:
        For how many it was tried, ``most`` where there may be others, and how many opened.
    """
    track = definition.track
    wanted = await openings.free_scopes(tx, selector, period, track, most)
    await lock(tx, wanted)
    only = Selector(kind=selector.kind, tags=(), within=(), scopes=tuple(wanted), excluded=())
    scopes = await openings.free_scopes(tx, only, period, track, most) if wanted else []
    cycles = await plan(tx, scopes, definition, period, act.at)
    if cycles:
        await _store(tx, cycles, definition, act)
        await light(tx, cycles, definition, act.at)
        await welcome(tx, cycles, act)
    return len(wanted), len(cycles)


async def plan(
    tx: Transaction, scopes: Sequence[str], definition: Definition, period: str, at: datetime
) -> list[Cycle]:
    """Return the cycles that are to open for these scopes, each inside the nearest around it."""
    owners = await owners_at(tx, definition, scopes, at)
    above = await openings.scopes_above(tx, scopes)
    every = sorted({scope for each in above.values() for scope in each})
    window = (await keep_calendar(tx)).bounds(period)
    around: dict[str, list[Cycle]] = {}
    for cycle in await open_cycles(tx, every):
        around.setdefault(cycle.scope, []).append(cycle)
    near = {
        scope: around_of(definition, up, [one for each in up for one in around.get(each, ())])
        for scope, (_, *up) in above.items()
    }
    return [
        Cycle(
            key=key_of(period, scope, definition.track),
            version=1,
            scope=scope,
            period=period,
            definition=definition.definition,
            definition_version=definition.version,
            step=definition.start,
            state="open",
            opened_at=at,
            entered_at=at,
            in_routine=definition.start == definition.routine_loop.inside,
            parent=nearest_around(window, near[scope]),
            starts_on=window and window[0],
            ends_on=window and window[1],
            owners=owners[scope],
            track=definition.track,
        )
        for scope in scopes
    ]


async def _store(
    tx: Transaction, cycles: Sequence[Cycle], definition: Definition, act: Act
) -> None:
    documents = []
    for cycle in cycles:
        fact = fact_of(Done(what="opened", cycle=cycle, left=None, act=act), definition, {})
        documents.append(fact.model_dump_json())
        tx.publish(fact, key=cycle.key, subject=cycle.scope)
    await openings.save_opened(tx, cycles, documents)
