"""The files that plans came from, and what of it is there already."""

from sqlalchemy import select

from shared.kit.database import Transaction
from target_service.tables import PlanImportRow, RegisterEntryRow


async def find_import(tx: Transaction, plan: str) -> PlanImportRow | None:
    """Return the last file of a plan."""
    return await tx.session.get(PlanImportRow, plan)


def add_import(tx: Transaction, row: PlanImportRow) -> None:
    """Store the first file of a plan."""
    tx.session.add(row)


async def list_entries(tx: Transaction, register: str) -> list[RegisterEntryRow]:
    """Return every entry of a register that is in force."""
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == register,
        RegisterEntryRow.newest,
        RegisterEntryRow.withdrawn_at.is_(None),
    )
    return list(await tx.session.scalars(query.order_by(RegisterEntryRow.key)))
