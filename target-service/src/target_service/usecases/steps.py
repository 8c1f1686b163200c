"""A draft that waits for approval is a human step: it opens, and it closes."""

from datetime import datetime, timedelta
from typing import Final, Literal

from shared.contracts.steps import TargetStepClosed, TargetStepOpened
from shared.kit.database import Transaction
from target_service.tables import StandardRow

APPROVE: Final = "target:approve"
"""Permission to decide on drafts."""

TIME: Final = timedelta(days=14)
"""Until a draft should be decided on. Source: our default."""


def open_step(tx: Transaction, row: StandardRow, at: datetime) -> None:
    """Tell that a draft waits."""
    step = _step_of(row)
    opened = TargetStepOpened(
        step=step,
        kind="approval",
        title_zh=f"批准标准：{row.title}",
        title_en=f"Approve a standard: {row.title}",
        scope=row.scope or "",
        period=None,
        role="leader",
        permission=APPROVE,
        not_by=row.author,
        opened_at=at,
        due_at=at + TIME,
        link=f"/standards/{row.key}",
    )
    tx.publish(opened, key=step, subject=row.scope)


def close_step(
    tx: Transaction,
    row: StandardRow,
    how: Literal["approved", "rejected", "withdrawn", "replaced"],
    by: str,
) -> None:
    """Tell what became of a draft that waited."""
    step = _step_of(row)
    closed = TargetStepClosed(
        step=step,
        kind="approval",
        scope=row.scope or "",
        link=f"/standards/{row.key}",
        how=how,
        by=by,
    )
    tx.publish(closed, key=step, subject=row.scope)


def _step_of(row: StandardRow) -> str:
    return f"target/standard/{row.key}@{row.version}"
