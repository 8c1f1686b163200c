"""Load and save the work list."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from shared.kit.database import Transaction
from spiral_service.tables import WorkItemRow


async def add_work(tx: Transaction, item: dict[str, Any]) -> None:
    """Add a human step, unless it is there."""
    await tx.session.execute(insert(WorkItemRow).values(item).on_conflict_do_nothing())


async def close_work(tx: Transaction, step: str, *, how: str, by: str, at: datetime) -> None:
    """Close a human step that is open."""
    await tx.session.execute(
        update(WorkItemRow)
        .where(WorkItemRow.step == step, WorkItemRow.state == "open")
        .values(state="closed", how=how, closed_by=by, closed_at=at)
    )
