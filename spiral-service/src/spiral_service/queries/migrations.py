"""What would become of a running cycle under another version of a definition."""

from datetime import datetime

from shared.calendar import CAMPUS
from shared.kit.database import Transaction
from spiral_service.domain.definitions.comparing import compare
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.gates.judge import judge
from spiral_service.domain.migrating import becomes
from spiral_service.domain.moving import check_open
from spiral_service.queries.cycles import view_gate
from spiral_service.queries.seeing import seen_cycle
from spiral_service.repository.definitions import (
    find_definition,
    find_document,
    find_reference,
)
from spiral_service.repository.facts import load_facts
from spiral_service.repository.owners import owners_on
from spiral_service.schemas.cycles import MigrationView
from spiral_service.schemas.definitions import DifferenceView


async def preview(
    tx: Transaction, key: str, reference: str, step: str | None, at: datetime
) -> MigrationView:
    """Return what would become of a cycle now; nothing is changed.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        UnknownDefinitionError: there is no such version.
        SameDefinitionError: it is on that version.
        NoSuchPlaceError: that version does not have its step.
    """
    cycle = await seen_cycle(tx, key)
    check_open(cycle)
    other = await find_reference(tx, reference)
    place = becomes(cycle, other, step)
    own = await find_definition(tx, cycle.definition, cycle.definition_version)
    facts = await load_facts(tx, cycle)
    day = at.astimezone(CAMPUS).date()
    owners = (await owners_on(tx, other, [cycle.scope], day))[cycle.scope]
    now = judge(step_of(own, cycle.step), facts, cycle.owners)
    then = judge(step_of(other, place), facts, owners)
    blocked = {each.gate.id for each in now if not each.holds}
    before, _ = await find_document(tx, cycle.definition, cycle.definition_version)
    after, _ = await find_document(tx, other.definition, other.version)
    return MigrationView(
        cycle=key,
        definition=cycle.reference,
        becomes=other.reference,
        step=cycle.step,
        step_becomes=place,
        owners=owners,
        differences=[
            DifferenceView(path=each.path, before=each.before, after=each.after)
            for each in compare(before, after)
        ],
        blocking=[
            view_gate(each) for each in then if not each.holds and each.gate.id not in blocked
        ],
    )
