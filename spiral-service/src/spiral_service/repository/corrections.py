"""Load and save corrections."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import CrossedLine, Worst
from shared.kit.database import Transaction
from spiral_service.domain.correction import Correction
from spiral_service.tables import CorrectionHistoryRow, CorrectionRow

PAGE: Final = 500
"""Corrections in one transaction."""


_FIRST: Final = "00000000-0000-0000-0000-000000000000"


_CORRECTION: Final = [column.name for column in CorrectionRow.__table__.columns]


_CROSSED: Final = TypeAdapter(CrossedLine | None)


_WORST: Final = TypeAdapter(Worst | None)


async def corrections_of(tx: Transaction, alerts: Iterable[str]) -> dict[str, Correction]:
    """Return the corrections of these alerts, by alert."""
    rows = await tx.session.scalars(
        select(CorrectionRow).where(CorrectionRow.alert.in_(set(alerts)))
    )
    return {row.alert: _correction(row) for row in rows}


async def next_corrections(tx: Transaction, after: str) -> list[Correction]:
    """Return, and lock, the corrections that follow an id, a page of them."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.id > UUID(after or _FIRST))
        .order_by(CorrectionRow.id)
        .limit(PAGE)
        .with_for_update()
    )
    return [_correction(row) for row in rows]


async def waiting_corrections(tx: Transaction, scope: str) -> list[Correction]:
    """Return the open corrections of a scope that have no cycle, the oldest first."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(
            CorrectionRow.scope == scope,
            CorrectionRow.cycle.is_(None),
            CorrectionRow.state == "open",
        )
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
    )
    return [_correction(row) for row in rows]


async def open_corrections(tx: Transaction, cycle: str) -> list[Correction]:
    """Return the open corrections of a cycle, the oldest first."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.cycle == cycle, CorrectionRow.state == "open")
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
    )
    return [_correction(row) for row in rows]


async def save_corrections(
    tx: Transaction, corrections: Sequence[Correction], history: Sequence[dict[str, Any]]
) -> None:
    """Insert or replace corrections, and append what happened to them.

    Args:
        history: entries made by `history_entry`.
    """
    if corrections:
        new = insert(CorrectionRow)
        await tx.session.execute(
            new.on_conflict_do_update(
                index_elements=["id"],
                set_={name: new.excluded[name] for name in _CORRECTION if name != "id"},
            ),
            [
                asdict(each) | {"worst": _WORST.dump_python(each.worst, mode="json")}
                for each in corrections
            ],
        )
        await tx.session.execute(insert(CorrectionHistoryRow), list(history))


def history_entry(correction: Correction, what: str, at: datetime) -> dict[str, Any]:
    """Return the history entry of the present version of a correction."""
    return {
        "correction": correction.id,
        "version": correction.version,
        "what": what,
        "severity": correction.severity,
        "value": correction.value_after if what == "settled" else correction.value,
        "cycle": correction.cycle,
        "at": at,
    }


def _correction(row: CorrectionRow) -> Correction:
    stored = {name: getattr(row, name) for name in _CORRECTION}
    read = {
        "crossed": _CROSSED.validate_python(row.crossed),
        "worst": _WORST.validate_python(row.worst),
    }
    return Correction(**stored | read)
