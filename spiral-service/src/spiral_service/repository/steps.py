"""Load and save what was told of the human steps of this service."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared.kit.database import Transaction
from spiral_service.tables import ToldStepRow

CORRECTION_STEP: Final = "correction-step"
"""Kind of the timers by which the human steps of corrections are looked at."""


async def told_steps(tx: Transaction, subjects: Collection[str]) -> dict[str, ToldStepRow]:
    """Return what was told last, by subject."""
    rows = await tx.session.scalars(
        select(ToldStepRow)
        .where(ToldStepRow.subject.in_(subjects))
        .execution_options(populate_existing=True)
    )
    return {row.subject: row for row in rows}


async def save_told(tx: Transaction, told: Sequence[dict[str, Any]]) -> None:
    """Keep what was told now: columns of the table, one entry a subject."""
    if not told:
        return
    new = insert(ToldStepRow)
    names = (
        "number", "kind", "scope", "owners", "not_by", "due_on", "is_open", "due_at", "told",
    )  # fmt: skip
    statement = new.on_conflict_do_update(
        index_elements=["subject"], set_={name: new.excluded[name] for name in names}
    )
    await tx.session.execute(statement, list(told))


async def to_look_at(tx: Transaction, subjects: Collection[str]) -> list[ToldStepRow]:
    """Return, and lock, the open steps of these subjects that have a deadline."""
    rows = await tx.session.scalars(
        select(ToldStepRow)
        .where(
            ToldStepRow.subject.in_(subjects), ToldStepRow.is_open, ToldStepRow.due_at.is_not(None)
        )
        .order_by(ToldStepRow.subject)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)
