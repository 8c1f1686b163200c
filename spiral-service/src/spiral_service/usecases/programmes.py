"""Programmes (诊改计划): put one, and open by the calendar what they ask for."""

from datetime import datetime
from typing import Final

from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from shared.kit.timers import set_timers, take_due
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.moving import Act
from spiral_service.domain.opening import check_suits
from spiral_service.domain.programmes import next_sweep
from spiral_service.repository import programmes as repository
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.locks import lock
from spiral_service.repository.programmes import PROGRAMME, selector_of
from spiral_service.schemas.programmes import ProgrammeBody
from spiral_service.tables import ProgrammeRow
from spiral_service.usecases.opening import open_free

AT_ONCE: Final = 500
"""Cycles that one transaction opens; what is left is due at once again."""


async def put_programme(
    tx: Transaction, body: ProgrammeBody, expect: Precondition, by: str, at: datetime
) -> tuple[ProgrammeRow, bool, bool]:
    """Put a programme; unless it is paused it opens at once what is due.

    Returns:
        The programme, whether it is new, and whether anything changed.

    Raises:
        UnknownDefinitionError: there is no such definition.
        UnsuitedError: the definition is for other scopes or periods.
        VersionConflictError: it is another version by now.
    """
    await lock(tx, [f"programme:{body.key}"])
    definition = await find_named(tx, body.definition)
    check_suits(definition, f"{body.kind}/", body.period_kind)
    before = await repository.find_programme(tx, body.key, to_change=True)
    expect(before.version if before else None)
    said = body.model_dump()
    if before and all(getattr(before, name) == value for name, value in said.items()):
        return before, False, False
    row = before or ProgrammeRow(version=0)
    for name, value in said.items():
        setattr(row, name, value)
    row.version, row.updated_by, row.updated_at = row.version + 1, by, at
    tx.session.add(row)
    await tx.session.flush()
    await set_timers(tx, PROGRAMME, {row.key: None if row.paused else at})
    return row, before is None, True


async def look_again(tx: Transaction) -> None:
    """Have every programme looked at now: another school calendar may tell its period."""
    await repository.look_again(tx)


async def sweep_due(tx: Transaction) -> bool:
    """Open the next cycles of a programme that is due; return whether there was any.

    As long as there are more it is due again at once: whoever is killed loses the cycles of one
    transaction, and they are opened by the next one.
    """
    due = await take_due(tx, PROGRAMME, limit=1)
    if due is None:
        return False
    row = await repository.get_programme(tx, due.keys[0])
    if row.paused:
        # Whoever paused it while it swept found no timer to drop: this one was set after that.
        return True
    calendar = await read_calendar(tx)
    period = repository.period_of(row, due.at, calendar)
    tried = 0
    if period:
        definition = await find_named(tx, row.definition)
        act = Act(by="system/calendar", at=due.at, reason=f"诊改计划 {row.key} (programme)")
        tried, opened = await open_free(tx, selector_of(row), definition, period, AT_ONCE, act)
        ended = tried < AT_ONCE
        await repository.note_sweep(tx, row.key, period, opened, due.at, ended=ended)
    again = due.at if tried == AT_ONCE else next_sweep(due.at)
    await set_timers(tx, PROGRAMME, {row.key: again})
    return True


async def find_named(tx: Transaction, name: str) -> Definition:
    """Return the definition that a programme names, the newest version where it names none.

    Raises:
        UnknownDefinitionError: there is none.
    """
    known, _, version = name.partition("@")
    return await find_definition(tx, known, int(version) if version else None)
