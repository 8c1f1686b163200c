"""Cycles (诊改周期): open one."""

from datetime import datetime

from shared.contracts.spiral import (
    CycleOpened,
)
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle, check_free, check_same
from spiral_service.repository import cycles as repository
from spiral_service.repository.definitions import UnknownDefinitionError, find_definition
from spiral_service.repository.locks import lock
from spiral_service.schemas.cycles import DEFAULT_DEFINITION, OpenCycle
from spiral_service.usecases.corrections import take_in_waiting
from spiral_service.usecases.scopes import unknown_scope


async def open_cycle(tx: Transaction, wanted: OpenCycle, now: datetime) -> tuple[Cycle, bool]:
    """Open the cycle of a scope, and take in the corrections that waited for it.

    Returns:
        The cycle, and whether it was opened just now; a repeat changes nothing.

    Raises:
        CyclePinnedError: it is there, with something else.
        UnknownReferenceError: there is no such scope.
        UnknownDefinitionError: there is no such definition; an unknown scope is told as well.
        CycleTakenError: another one of the scope and period is open.
    """
    await lock(tx, [f"cycle:{wanted.key}", wanted.scope])
    present = await repository.find_cycle(tx, wanted.key)
    name, version = wanted.named_definition()
    if present is not None:
        check_same(
            present, scope=wanted.scope, period=wanted.period, definition=name, version=version
        )
        return present, False
    unknown = await unknown_scope(tx, wanted.scope)
    try:
        definition = find_definition(name or DEFAULT_DEFINITION, version)
    except UnknownDefinitionError as error:
        error.fields |= unknown.fields if unknown else {}
        raise
    if unknown:
        raise unknown
    rivals = await repository.open_cycles(tx, [wanted.scope])
    check_free(next((each for each in rivals if each.period == wanted.period), None))
    cycle = Cycle(
        key=wanted.key,
        version=1,
        scope=wanted.scope,
        period=wanted.period,
        definition=definition.definition,
        definition_version=definition.version,
        step=definition.start,
        state="open",
        opened_at=now,
    )
    await repository.add_cycle(tx, cycle)
    tx.publish(_cycle_opened(cycle), key=cycle.key, subject=cycle.scope)
    await take_in_waiting(tx, cycle, now)
    return cycle, True


def _cycle_opened(cycle: Cycle) -> CycleOpened:
    return CycleOpened(
        cycle=cycle.key,
        version=cycle.version,
        scope=cycle.scope,
        period=cycle.period,
        definition=f"{cycle.definition}@{cycle.definition_version}",
        step=cycle.step,
        at=cycle.opened_at,
    )
