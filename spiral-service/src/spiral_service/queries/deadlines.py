"""Read the deadlines of a cycle: those that run, those that ran, and those ahead."""

from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.deadlines import Deadline
from spiral_service.domain.definitions.model import Clock, Definition
from spiral_service.domain.reckoning import due_of
from spiral_service.repository.deadlines import deadlines_of
from spiral_service.schemas.deadlines import DeadlineView


async def list_deadlines(
    tx: Transaction, cycle: Cycle, definition: Definition
) -> list[DeadlineView]:
    """Return a deadline for each clock of the definition of a cycle."""
    stored = (await deadlines_of(tx, [cycle.key])).get(cycle.key, {})
    calendar = await read_calendar(tx)
    found = []
    for clock in definition.clocks:
        named = {
            "clock": clock.id,
            "zh": clock.zh,
            "en": clock.en,
            "step": clock.step,
            "role": clock.role,
            "persons": list(cycle.owners.get(clock.role, ())),
        }
        known = stored.get(clock.id)
        due = due_of(clock, cycle, calendar)
        ahead: dict[str, object] = {"due_at": due, "planned_at": due, "state": "ahead"}
        told = ahead | _told(known, clock, cycle) if known else ahead
        if due is None and not (known and known.met_at):
            told["planned_at"] = None
        found.append(DeadlineView.model_validate(named | told))
    return found


def _told(deadline: Deadline, clock: Clock, cycle: Cycle) -> dict[str, object]:
    if deadline.met_at:
        state = "missed" if deadline.overdue_since else "met"
    elif clock.step != cycle.step:
        state = "ahead"
    else:
        state = "overdue" if deadline.overdue_since else "running"
    return {
        "due_at": deadline.due_at,
        "planned_at": deadline.planned_at,
        "state": state,
        "overdue_since": deadline.overdue_since,
        "met_at": deadline.met_at,
        "reason": deadline.reason,
        "told": deadline.told,
    }
