"""Load and save what was told of the human steps of alerts."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from alert_service.repository.alerts import is_one_of, upsert
from alert_service.tables import ToldStepRow
from shared.kit.database import Transaction


async def told_steps(tx: Transaction, alerts: Collection[str]) -> dict[str, ToldStepRow]:
    """Return what was told last, by alert."""
    rows = await tx.session.scalars(
        select(ToldStepRow)
        .where(is_one_of(ToldStepRow.alert, sorted(alerts)))
        .execution_options(populate_existing=True)
    )
    return {row.alert: row for row in rows}


async def save_told(tx: Transaction, told: Sequence[dict[str, Any]]) -> None:
    """Keep what was told now: columns of the table, one entry an alert."""
    if told:
        await upsert(tx, ToldStepRow, ["alert"], told)
