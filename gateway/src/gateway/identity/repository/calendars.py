"""Storage of the addresses by which calendar programs read people's deadlines."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from gateway.tables import CalendarAddressRow
from shared.kit.database import Transaction


async def keep_address(tx: Transaction, subject: str, token_hash: bytes) -> None:
    """Store somebody's address in place of the one before."""
    made = insert(CalendarAddressRow).values(subject=subject, token_hash=token_hash)
    values = {"token_hash": token_hash, "made_at": func.now()}
    await tx.session.execute(made.on_conflict_do_update(index_elements=["subject"], set_=values))


async def end_address(tx: Transaction, subject: str) -> bool:
    """End somebody's address; return False when there is none."""
    gone = delete(CalendarAddressRow).where(CalendarAddressRow.subject == subject)
    done = await tx.session.execute(gone.returning(CalendarAddressRow.subject))
    return done.first() is not None


async def subject_of(tx: Transaction, token_hash: bytes) -> str | None:
    """Return whose address it is; None where it is nobody's, or no more."""
    query = select(CalendarAddressRow.subject).where(CalendarAddressRow.token_hash == token_hash)
    return (await tx.session.scalars(query)).one_or_none()


async def made_at(tx: Transaction, subject: str) -> datetime | None:
    """Return when somebody's address was made; None where there is none."""
    query = select(CalendarAddressRow.made_at).where(CalendarAddressRow.subject == subject)
    return (await tx.session.scalars(query)).one_or_none()
