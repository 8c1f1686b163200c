"""The audit, searched."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from gateway.audit.schemas import AuditBlock, AuditEntry
from gateway.tables import AuditBlockRow, AuditEntryRow
from shared.kit.database import Transaction

_EQUAL = {
    "actor": AuditEntryRow.actor,
    "about": AuditEntryRow.about,
    "kind": AuditEntryRow.kind,
    "trace": AuditEntryRow.trace,
    "request": AuditEntryRow.request,
    "address": AuditEntryRow.address,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are asked for."""

    equal: dict[str, str | None]
    """Value by field; ``about`` that ends in ``*`` is a beginning."""

    since: datetime | None
    until: datetime | None
    """The first instant that counts no more."""


async def search(
    tx: Transaction, wanted: Wanted, *, before: int | None, limit: int, offset: int
) -> list[AuditEntry]:
    """Return entries, the newest first.

    Args:
        before: number of the last entry of the page before.
    """
    query = _filtered(select(AuditEntryRow), wanted)
    if before is not None:
        query = query.where(AuditEntryRow.seq < before)
    rows = await tx.session.scalars(
        query.order_by(AuditEntryRow.seq.desc()).limit(limit).offset(offset)
    )
    return [AuditEntry.model_validate(row, from_attributes=True) for row in rows]


async def count(tx: Transaction, wanted: Wanted) -> int:
    """Return how many entries there are."""
    query = _filtered(select(func.count()).select_from(AuditEntryRow), wanted)
    return await tx.session.scalar(query) or 0


async def list_blocks(
    tx: Transaction, *, before: int | None, limit: int, offset: int
) -> list[AuditBlock]:
    """Return sealed blocks, the newest first."""
    query = select(AuditBlockRow).order_by(AuditBlockRow.number.desc())
    if before is not None:
        query = query.where(AuditBlockRow.number < before)
    rows = await tx.session.scalars(query.limit(limit).offset(offset))
    return [
        AuditBlock(
            number=row.number,
            first_seq=row.first_seq,
            last_seq=row.last_seq,
            entries=row.entries,
            digest=row.digest.hex(),
            sealed_at=row.sealed_at,
        )
        for row in rows
    ]


def _filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    for name, value in wanted.equal.items():
        if value is None:
            continue
        column = _EQUAL[name]
        if name == "about" and value.endswith("*"):
            query = query.where(column.startswith(value[:-1], autoescape=True))
        else:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEntryRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntryRow.at < wanted.until)
    return query
