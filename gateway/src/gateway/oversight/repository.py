"""Erasures, and what the services answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gateway.tables import ErasureAnswerRow, ErasureRow
from shared.kit.database import Transaction


async def find(tx: Transaction, id_: UUID) -> ErasureRow | None:
    """Return an erasure."""
    return await tx.session.get(ErasureRow, id_)


async def answers_to(tx: Transaction, id_: UUID) -> Sequence[ErasureAnswerRow]:
    """Return what the services answered."""
    found = await tx.session.scalars(
        select(ErasureAnswerRow)
        .where(ErasureAnswerRow.erasure == id_)
        .order_by(ErasureAnswerRow.service)
    )
    return found.all()


async def keep_answer(
    tx: Transaction, id_: UUID, service: str, at: datetime, tables: list[dict[str, Any]]
) -> None:
    """Keep what a service answered; the first answer stands."""
    await tx.session.execute(
        insert(ErasureAnswerRow)
        .values(erasure=id_, service=service, at=at, tables=tables)
        .on_conflict_do_nothing()
    )
