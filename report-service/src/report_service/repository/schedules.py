"""Keep the schedules of reports."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from report_service.tables import CycleRow, ScheduleRow
from shared.kit.database import Transaction


async def read_schedule(tx: Transaction, key: str, *, lock: bool = False) -> ScheduleRow | None:
    """Return a schedule."""
    return await tx.session.get(ScheduleRow, key, with_for_update=lock or None)


async def list_schedules(tx: Transaction, *, enabled: bool | None = None) -> list[ScheduleRow]:
    """Return the schedules, by key."""
    query = select(ScheduleRow).order_by(ScheduleRow.key)
    if enabled is not None:
        query = query.where(ScheduleRow.enabled.is_(enabled))
    return list(await tx.session.scalars(query))


async def add_schedule(tx: Transaction, row: dict[str, Any]) -> bool:
    """Store a schedule where there is none of its key; return whether it is new."""
    added = await tx.session.scalar(
        insert(ScheduleRow).values(row).on_conflict_do_nothing().returning(ScheduleRow.key)
    )
    return added is not None


async def note_failure(tx: Transaction, key: str | None, failure: str | None) -> None:
    """Note why what a schedule ordered was not made; None: it was, in the end."""
    await tx.session.execute(
        update(ScheduleRow).where(ScheduleRow.key == key).values(failure=failure)
    )


async def cycles_of(tx: Transaction, keys: list[str]) -> list[CycleRow]:
    """Return cycles as they stand, by key."""
    rows = await tx.session.scalars(
        select(CycleRow).where(CycleRow.cycle.in_(keys)).order_by(CycleRow.cycle)
    )
    return list(rows)
