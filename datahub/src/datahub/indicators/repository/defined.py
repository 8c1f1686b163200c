"""Definitions as they are stored: published, parked, retired."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.repository.following import INDICATORS
from datahub.indicators.repository.shipped import Document, Origin
from datahub.indicators.tables import IndicatorRow
from shared.kit.database import Transaction


async def add_indicator(
    tx: Transaction,
    indicator: Indicator,
    document: Mapping[str, Any],
    origin: Origin,
    departs_from: Document | None,
) -> IndicatorRow:
    """Insert a version of a definition; return it."""
    row = IndicatorRow(
        id=indicator.id,
        version=indicator.version,
        document=dict(document),
        origin=origin,
        departs_from=None if departs_from is None else dict(departs_from),
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.announce(INDICATORS)
    return row


async def take_up(tx: Transaction, row: IndicatorRow) -> None:
    """Measure a definition again that was parked or retired."""
    row.parked = row.retired_on = row.retired_why = row.measured_at = None
    await tx.session.flush()
    tx.announce(INDICATORS)


async def depart(tx: Transaction, row: IndicatorRow, departs_from: Document | None) -> None:
    """Note which shipped definition the college leaves aside for its own."""
    row.departs_from = None if departs_from is None else dict(departs_from)
    await tx.session.flush()


async def first_published(tx: Transaction, indicator: str) -> datetime:
    """Return when the first version of a definition was published."""
    found = await tx.session.scalar(
        select(func.min(IndicatorRow.published_at)).where(IndicatorRow.id == indicator)
    )
    assert found is not None, "there is a version"
    return found


async def retire(tx: Transaction, row: IndicatorRow, on: date, why: str) -> None:
    """Measure a definition no more."""
    row.retired_on, row.retired_why = on, why
    await tx.session.flush()
    tx.announce(INDICATORS)


async def park_indicator(
    tx: Transaction, indicator: Indicator, *, reason: str, detail: str
) -> None:
    """Put a definition aside, with every version in force: it is measured no more."""
    newest = select(func.max(IndicatorRow.version)).where(IndicatorRow.id == indicator.id)
    await tx.session.execute(
        update(IndicatorRow)
        .where(IndicatorRow.id == indicator.id, IndicatorRow.version == newest.scalar_subquery())
        .values(parked={"reason": reason, "detail": detail}, measured_at=None)
    )
