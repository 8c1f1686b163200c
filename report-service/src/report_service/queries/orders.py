"""Batches and schedules as their screens show them."""

from collections.abc import Sequence
from datetime import datetime

from report_service.domain.schedules import next_at
from report_service.repository import orders
from report_service.schemas.orders import BatchOut, ScheduleOut
from report_service.tables import BatchRow, ScheduleRow
from shared.kit.database import Transaction


async def told(tx: Transaction, batches: Sequence[BatchRow]) -> list[BatchOut]:
    """Return batches with how far each has come."""
    counts = await orders.counts_of(tx, [each.id for each in batches])
    return [_told(each, counts[each.id]) for each in batches]


def _told(batch: BatchRow, counts: dict[str, int]) -> BatchOut:
    states = {name: counts.get(name, 0) for name in ("waiting", "done", "failed", "cancelled")}
    is_over = batch.finished_at is not None or states["waiting"] == 0
    state = "cancelled" if batch.cancelled_at else "done" if is_over else "running"
    columns = {name: getattr(batch, name) for name in BatchOut.model_fields if hasattr(batch, name)}
    return BatchOut.model_validate(columns | states | {"state": state})


def schedule_told(row: ScheduleRow, at: datetime) -> ScheduleOut:
    """Return a schedule with when it orders next."""
    columns = {name: getattr(row, name) for name in ScheduleOut.model_fields if hasattr(row, name)}
    return ScheduleOut(**columns, next_at=next_at(row.document, at) if row.enabled else None)
