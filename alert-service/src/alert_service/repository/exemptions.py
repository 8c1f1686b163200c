"""Load and save what was dismissed, and does not warn again for now."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select

from alert_service.domain.acting import Exemption
from alert_service.domain.life import How
from alert_service.repository.alerts import is_one_of, upsert
from alert_service.tables import ExemptionRow
from shared.contracts.vocabulary import Severity
from shared.kit.database import Transaction


async def load_exemptions(tx: Transaction, cells: Sequence[str]) -> dict[str, Exemption]:
    """Return what was dismissed in cells."""
    rows = await tx.session.scalars(select(ExemptionRow).where(is_one_of(ExemptionRow.cell, cells)))
    return {
        row.cell: Exemption(
            cell=row.cell,
            alert=row.alert,
            how=How(row.how),
            severity=Severity(row.severity),
            by=row.by,
            reason=row.reason,
            until=row.until,
        )
        for row in rows
    }


async def save_exemption(tx: Transaction, exemption: Exemption, at: datetime) -> None:
    """Store what was dismissed, in place of what was before."""
    row = asdict(exemption) | {"at": at, "how": exemption.how.value}
    row["severity"] = exemption.severity.value
    await upsert(tx, ExemptionRow, ["cell"], [row])


async def drop_over(tx: Transaction, cells: Collection[str], at: datetime) -> None:
    """End what was accepted in cells until an instant."""
    await tx.session.execute(
        delete(ExemptionRow).where(
            is_one_of(ExemptionRow.cell, sorted(cells)), ExemptionRow.until <= at
        )
    )


async def drop_exemptions(tx: Transaction, cells: Collection[str]) -> None:
    """End what was dismissed in cells."""
    if cells:
        await tx.session.execute(
            delete(ExemptionRow).where(is_one_of(ExemptionRow.cell, sorted(cells)))
        )
