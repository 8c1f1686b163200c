"""Load and save the cycles that imported plans propose."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import delete, exists, func, insert, select

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.tables import CycleProposalRow, CycleRow, ScopeRow


class ProposalNotFoundError(DomainError):
    """No proposal has that number; a corrected plan has taken its place, perhaps."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-proposal-not-found"
    title_zh: ClassVar = "没有这条周期建议"
    title_en: ClassVar = "No such proposal"


async def save_proposals(
    tx: Transaction, plan: str, version: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Keep what a version of a plan proposes, instead of what an older one did."""
    of_plan = CycleProposalRow.plan == plan
    known = await tx.session.scalar(select(func.max(CycleProposalRow.plan_version)).where(of_plan))
    if known is not None and known >= version:
        return
    await tx.session.execute(delete(CycleProposalRow).where(of_plan))
    if rows:
        await tx.session.execute(insert(CycleProposalRow), list(rows))


async def get_proposal(tx: Transaction, number: int) -> CycleProposalRow:
    """Return a proposal.

    Raises:
        ProposalNotFoundError: none has that number.
    """
    row = await tx.session.get(CycleProposalRow, number)
    if row is None:
        raise ProposalNotFoundError(f"没有周期建议 {number}", f"there is no proposal {number}")
    return row


async def scopes_without_cycle(
    tx: Transaction, like: str, period: str, at_most: int
) -> tuple[list[str], int]:
    """Return scopes that have no open cycle of a period, and how many there are.

    Args:
        like: a scope, or a kind with its slash: all of that kind.
    """
    taken = exists().where(
        CycleRow.scope == ScopeRow.scope, CycleRow.period == period, CycleRow.state == "open"
    )
    which = ScopeRow.scope.startswith(like) if like.endswith("/") else ScopeRow.scope == like
    query = select(ScopeRow.scope).where(which, ~ScopeRow.gone, ~taken)
    count = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await tx.session.scalars(query.order_by(ScopeRow.scope).limit(at_most))
    return list(rows), count or 0
