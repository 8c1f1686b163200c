"""Load and save corrections."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Text, and_, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from shared.contracts.vocabulary import CrossedLine, Worst
from shared.kit.database import Transaction
from spiral_service.domain.correction import (
    Correction,
    Evidence,
    Plan,
    Remeasured,
    Verdict,
)
from spiral_service.tables import CorrectionHistoryRow, CorrectionRow

PAGE: Final = 500
"""Corrections in one transaction."""


_FIRST: Final = "00000000-0000-0000-0000-000000000000"


_CORRECTION: Final = [column.name for column in CorrectionRow.__table__.columns]

_DOCUMENTS: Final[dict[str, TypeAdapter[Any]]] = {
    "crossed": TypeAdapter(CrossedLine | None),
    "worst": TypeAdapter(Worst | None),
    "plan": TypeAdapter(Plan | None),
    "evidence": TypeAdapter(Evidence | None),
    "remeasured": TypeAdapter(Remeasured | None),
    "verdict": TypeAdapter(Verdict | None),
}
_FRESH: Final = {"populate_existing": True}
"""What was read before the lock is read again behind it."""

_OLDEST: Final = (CorrectionRow.opened_at, CorrectionRow.id)


async def corrections_of(tx: Transaction, alerts: Iterable[str]) -> dict[str, Correction]:
    """Return the corrections of these alerts, by alert."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.alert.in_(set(alerts)))
        .execution_options(**_FRESH)
    )
    return {row.alert: read_correction(row) for row in rows}


async def find_correction(tx: Transaction, id_: UUID) -> Correction | None:
    """Return a correction by its id."""
    row = await tx.session.get(CorrectionRow, id_, populate_existing=True)
    return None if row is None else read_correction(row)


async def open_groups(tx: Transaction, joined: Iterable[UUID]) -> dict[UUID, list[Correction]]:
    """Return the open corrections of these causes, the oldest first."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.joined.in_(set(joined)), CorrectionRow.state == "open")
        .order_by(*_OLDEST)
        .execution_options(**_FRESH)
    )
    found: dict[UUID, list[Correction]] = {each: [] for each in joined}
    for row in rows:
        if row.joined:
            found[row.joined].append(read_correction(row))
    return found


async def planned_of(
    tx: Transaction, scopes: Iterable[str], indicators: Iterable[str]
) -> list[Correction]:
    """Return the open corrections with a measure, of these scopes and indicators."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(
            CorrectionRow.scope == any_(literal(sorted(set(scopes)), ARRAY(Text))),
            CorrectionRow.indicator == any_(literal(sorted(set(indicators)), ARRAY(Text))),
            CorrectionRow.plan.is_not(None),
            CorrectionRow.state == "open",
        )
        .execution_options(**_FRESH)
    )
    return [read_correction(row) for row in rows]


async def next_corrections(tx: Transaction, after: str) -> list[Correction]:
    """Return, and lock, the corrections that follow an id, a page of them."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.id > UUID(after or _FIRST))
        .order_by(CorrectionRow.id)
        .limit(PAGE)
        .with_for_update()
    )
    return [read_correction(row) for row in rows]


async def firsts_of(tx: Transaction, subjects: Collection[UUID]) -> dict[UUID, Correction]:
    """Return by correction or cause the oldest open correction that is dealt with under it."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(
            or_(
                CorrectionRow.joined.in_(subjects),
                and_(CorrectionRow.id.in_(subjects), CorrectionRow.joined.is_(None)),
            ),
            CorrectionRow.state == "open",
        )
        .order_by(*_OLDEST)
        .execution_options(**_FRESH)
    )
    found: dict[UUID, Correction] = {}
    for row in rows:
        found.setdefault(row.joined or row.id, read_correction(row))
    return found


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
    return [read_correction(row) for row in rows]


async def open_corrections(tx: Transaction, cycle: str) -> list[Correction]:
    """Return the open corrections of a cycle, the oldest first."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.cycle == cycle, CorrectionRow.state == "open")
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
    )
    return [read_correction(row) for row in rows]


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
            [_row(each) for each in corrections],
        )
        await tx.session.execute(insert(CorrectionHistoryRow), list(history))


def history_entry(
    correction: Correction,
    what: str,
    at: datetime,
    *,
    by: str | None = None,
    said: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the history entry of the present version of a correction.

    Args:
        by: who did it; None of what was heard.
        said: what he said, as a document.
    """
    return {
        "correction": correction.id,
        "version": correction.version,
        "what": what,
        "severity": correction.severity,
        "value": correction.value_after if what == "settled" else correction.value,
        "cycle": correction.cycle,
        "by": by,
        "said": said,
        "at": at,
    }


def _row(correction: Correction) -> dict[str, Any]:
    plain = {name: getattr(correction, name) for name in _CORRECTION}
    documents = {
        name: kind.dump_python(plain[name], mode="json") for name, kind in _DOCUMENTS.items()
    }
    return plain | documents


def read_correction(row: CorrectionRow) -> Correction:
    """Return a row as the rules see it."""
    stored = {name: getattr(row, name) for name in _CORRECTION if name != "stage"}
    read = {name: kind.validate_python(stored[name]) for name, kind in _DOCUMENTS.items()}
    return Correction(**stored | read)
