"""Read model of the cycles that imported plans propose."""

from datetime import datetime

from sqlalchemy import select

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from spiral_service.domain.cycle_proposals import RHYTHMS, covers, faults_of
from spiral_service.domain.programmes import Selector, period_to_open
from spiral_service.repository.cycle_proposals import definition_of
from spiral_service.repository.openings import count_free
from spiral_service.schemas.cycle_proposals import CycleProposal
from spiral_service.tables import CycleProposalRow


async def list_cycle_proposals(
    tx: Transaction, plan: str | None, now: datetime, *, decides: bool
) -> list[CycleProposal]:
    """Return what plans propose, in the order in which they say it.

    Args:
        decides: the caller may decide on them.
    """
    query = select(CycleProposalRow).order_by(CycleProposalRow.plan, CycleProposalRow.id)
    if plan is not None:
        query = query.where(CycleProposalRow.plan == plan)
    calendar = await read_calendar(tx)
    rows = list(await tx.session.scalars(query))
    return [await view_cycle_proposal(tx, row, now, calendar, decides=decides) for row in rows]


async def view_cycle_proposal(
    tx: Transaction, row: CycleProposalRow, now: datetime, calendar: Calendar, *, decides: bool
) -> CycleProposal:
    """Return a proposal, how many cycles are missing, and what may be done with it."""
    rhythm = RHYTHMS.get(row.rhythm)
    faults = faults_of(row.rhythm, warning_only=row.warning_only)
    running = period_to_open(rhythm, 0, now, calendar, row.period) if rhythm else None
    kind, scopes = covers(row.level, row.scope)
    selector = Selector(kind=kind, tags=(), within=(), scopes=tuple(scopes), excluded=())
    missing = await count_free(tx, selector, running, "") if running and faults is None else 0
    counted = {"running", "definition", "missing", "may", "blocked_by"}
    is_open = row.state == "proposed" and decides
    return CycleProposal(
        **{name: getattr(row, name) for name in CycleProposal.model_fields.keys() - counted},
        running=running,
        definition=definition_of(row),
        missing=missing,
        may={"accept": is_open and faults is None, "refuse": is_open},
        blocked_by=[f"{faults[0]} ({faults[1]})"] if faults else [],
    )
