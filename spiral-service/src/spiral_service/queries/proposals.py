"""Read model of the cycles that imported plans propose."""

from datetime import datetime

from sqlalchemy import select

from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from spiral_service.domain.proposal import covers, running_period
from spiral_service.repository.proposals import scopes_without_cycle
from spiral_service.schemas.proposals import CycleProposal
from spiral_service.tables import CycleProposalRow


async def list_proposals(tx: Transaction, plan: str | None, now: datetime) -> list[CycleProposal]:
    """Return what plans propose, in the order in which they say it."""
    query = select(CycleProposalRow).order_by(CycleProposalRow.plan, CycleProposalRow.id)
    if plan is not None:
        query = query.where(CycleProposalRow.plan == plan)
    day, calendar = now.astimezone(CAMPUS).date(), await read_calendar(tx)
    found: list[CycleProposal] = []
    for row in await tx.session.scalars(query):
        known = {
            name: getattr(row, name) for name in CycleProposal.model_fields if hasattr(row, name)
        }
        running = running_period(row.rhythm, row.period, day, calendar)
        missing = 0
        if running and not row.warning_only:
            which = covers(row.level, row.scope)
            _, missing = await scopes_without_cycle(tx, which, running, 0)
        found.append(CycleProposal(**known, running=running, missing=missing))
    return found
