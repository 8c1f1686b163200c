"""Load and save entries of registers."""

from collections.abc import Collection

from sqlalchemy import select

from shared.kit.database import Transaction
from target_service.tables import RegisterEntryRow


async def find_entry(tx: Transaction, register: str, key: str) -> RegisterEntryRow | None:
    """Return the newest version of an entry, withdrawn or not."""
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == register,
        RegisterEntryRow.key == key,
        RegisterEntryRow.newest,
    )
    return await tx.session.scalar(query)


async def clauses_of(tx: Transaction, documents: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the clauses of basis documents, by their keys; one that is not there is left out."""
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == "basis-documents",
        RegisterEntryRow.key.in_(documents),
        RegisterEntryRow.newest,
        RegisterEntryRow.withdrawn_at.is_(None),
    )
    return {
        row.key: {each["key"]: each["text"] for each in row.document["clauses"]}
        for row in await tx.session.scalars(query)
    }


async def save_version(
    tx: Transaction, before: RegisterEntryRow | None, row: RegisterEntryRow
) -> None:
    """Store the next version of an entry."""
    if before:
        before.newest = False
        await tx.session.flush()
    tx.session.add(row)
    await tx.session.flush()
