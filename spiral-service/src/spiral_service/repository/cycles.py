"""Load and save cycles."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

from sqlalchemy import select

from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.tables import CycleRow

_CYCLE: Final = [column.name for column in CycleRow.__table__.columns]


async def find_cycle(tx: Transaction, key: str) -> Cycle | None:
    """Return a cycle by its key."""
    row = await tx.session.get(CycleRow, key)
    return None if row is None else _cycle(row)


async def open_cycles(tx: Transaction, scopes: Iterable[str]) -> list[Cycle]:
    """Return the open cycles of these scopes."""
    rows = await tx.session.scalars(
        select(CycleRow).where(CycleRow.scope.in_(set(scopes)), CycleRow.state == "open")
    )
    return [_cycle(row) for row in rows]


async def add_cycle(tx: Transaction, cycle: Cycle) -> None:
    """Store a new cycle."""
    tx.session.add(CycleRow(**asdict(cycle)))
    await tx.session.flush()


def _cycle(row: CycleRow) -> Cycle:
    return Cycle(**{name: getattr(row, name) for name in _CYCLE})
