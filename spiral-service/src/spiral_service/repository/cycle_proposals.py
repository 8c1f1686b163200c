"""Load and save the cycles that imported plans propose."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import delete, func, insert, select

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.domain.cycle_proposals import RHYTHMS, covers, fitting
from spiral_service.repository.definitions import shipped
from spiral_service.schemas.cycles import DEFAULT_DEFINITION
from spiral_service.tables import CycleProposalRow

_SAME: Final = ("level", "rhythm", "warning_only", "words")
"""What makes a proposal of a corrected plan the one that was there."""


class CycleProposalNotFoundError(DomainError):
    """No proposal has that number; a corrected plan has taken its place, perhaps."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-proposal-not-found"
    title_zh: ClassVar = "没有这条周期建议"
    title_en: ClassVar = "No such proposal"


async def save_cycle_proposals(
    tx: Transaction, plan: str, version: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Keep what a version of a plan proposes, instead of what an older one did.

    What was decided on something that the plan still says stays.
    """
    of_plan = CycleProposalRow.plan == plan
    known = await tx.session.scalar(select(func.max(CycleProposalRow.plan_version)).where(of_plan))
    if known is not None and known >= version:
        return
    before = {
        _said(each): each
        # Who decides on one holds it: what he decides meanwhile is read, and stays.
        for each in await tx.session.scalars(
            select(CycleProposalRow).where(of_plan).with_for_update()
        )
    }
    kept = ("state", "programme", "decided_by", "decided_at", "reason")
    new = [dict(each) for each in rows]
    for each in new:
        found = before.get(tuple(each[name] for name in _SAME))
        if found:
            each |= {name: getattr(found, name) for name in kept}
    await tx.session.execute(delete(CycleProposalRow).where(of_plan))
    for each in new:
        await tx.session.execute(insert(CycleProposalRow).values(each))


async def get_cycle_proposal(tx: Transaction, number: int) -> CycleProposalRow:
    """Return a proposal, kept from everybody else until the transaction ends.

    Raises:
        CycleProposalNotFoundError: none has that number.
    """
    row = await tx.session.get(
        CycleProposalRow, number, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise CycleProposalNotFoundError(f"没有周期建议 {number}", f"there is no proposal {number}")
    return row


def definition_of(row: CycleProposalRow) -> str:
    """Return the definition by which the cycles of a proposal run unless one is named."""
    kind, _ = covers(row.level, row.scope)
    rhythm = RHYTHMS.get(row.rhythm)
    period_kind = row.period.partition(":")[0] if rhythm == "once" else rhythm or ""
    return fitting(kind, period_kind, shipped().values()) or DEFAULT_DEFINITION


def _said(row: CycleProposalRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _SAME)
