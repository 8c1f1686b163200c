"""Read proposals and change requests."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.innovations import Proposal
from spiral_service.domain.standing import Actor, holds
from spiral_service.queries.paging import find_page
from spiral_service.queries.seeing import check_its_cycle
from spiral_service.repository.cycles import find_cycle, there
from spiral_service.repository.records import one_of
from spiral_service.schemas.innovations import ProposalFilter, ProposalView
from spiral_service.tables import ProposalRow


async def list_proposals(
    tx: Transaction, only: ProposalFilter, page: Page, actor: Actor
) -> tuple[list[ProposalView], int | None, list[Any] | None]:
    """Return a page of proposals, the newest first."""
    query = select(ProposalRow)
    for name, value in only.model_dump(exclude_none=True).items():
        query = query.where(getattr(ProposalRow, name) == value)
    query = query.where(*await narrowed(tx, Kind.WORK, ProposalRow.scope))
    order = (ProposalRow.at, ProposalRow.id)
    rows, total, after = await find_page(tx, query, order, UUID, page)
    return [await _view(tx, row.ProposalRow, actor) for row in rows], total, after


async def get_proposal(tx: Transaction, id_: UUID, actor: Actor) -> ProposalView:
    """Return a proposal.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    found = await one_of(tx, ProposalRow, Proposal, id_)
    await check_its_cycle(tx, id_, found.cycle)
    return await _view(tx, found, actor)


async def _view(tx: Transaction, found: Proposal | ProposalRow, actor: Actor) -> ProposalView:
    cycle = there(await find_cycle(tx, found.cycle), found.cycle)
    is_own = found.by == actor.subject
    # Also when its cycle is over by then.
    waits = found.state == "submitted" and holds(actor, cycle.owners)
    names = ProposalView.model_fields.keys() - {"may", "blocked_by"}
    blocked = ["等待他人决定 (another person has to decide)"] if waits and is_own else []
    return ProposalView(
        **{name: getattr(found, name) for name in names},
        may={"decide": waits and not is_own, "withdraw": waits and is_own},
        blocked_by=blocked,
    )
