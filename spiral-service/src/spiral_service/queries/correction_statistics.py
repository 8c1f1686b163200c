"""How corrections came out, counted."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, extract, func, literal, select
from sqlalchemy.orm import aliased

from shared.calendar import CAMPUS
from shared.contracts.causes import CAUSE_ZH, Cause
from shared.contracts.vocabulary import LEVEL_ZH, Level, kinds_of, ratio
from shared.kit.database import Transaction
from spiral_service.queries.corrections import seen_corrections
from spiral_service.schemas.corrections import CorrectionCount, StatisticsFilter
from spiral_service.tables import CorrectionRow, ScopeRow

MOST: Final = 500
"""Keys in one answer."""

_DAY: Final = 86_400
_KIND: Final = func.split_part(CorrectionRow.scope, "/", 1)
_KEYS: Final[dict[str, Any]] = {
    "cause": CorrectionRow.cause,
    "scope": CorrectionRow.scope,
    "level": case(
        *((_KIND.in_(kinds_of(level)), literal(level.value)) for level in Level), else_=None
    ),
    "indicator": CorrectionRow.indicator,
}
_CLOSED: Final = CorrectionRow.state == "closed"


async def count(tx: Transaction, only: StatisticsFilter) -> list[CorrectionCount]:
    """Return the counts by what is asked for, the most frequent first."""
    key = _KEYS[only.by].label("key")
    query = _counts(key).where(*_conditions(only), *await seen_corrections(tx)).group_by(key)
    query = query.order_by(func.count().desc(), key).limit(MOST)
    rows = list(await tx.session.execute(query))
    names = await _names(tx, only.by, [row.key for row in rows if row.key])
    return [_count(row, names.get(row.key)) for row in rows]


def _counts(key: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    took = extract("epoch", CorrectionRow.closed_at - CorrectionRow.opened_at) / _DAY
    return select(
        key,
        func.count().label("opened"),
        func.count().filter(_CLOSED).label("closed"),
        func.count().filter(CorrectionRow.how.in_(["recovered", "verified"])).label("effective"),
        func.count().filter(CorrectionRow.reopened > 0).label("reopened"),
        func.avg(took).label("days"),
        func.count().filter(_CLOSED & _came_again()).label("recurred"),
    )


def _came_again() -> ColumnElement[bool]:
    later = aliased(CorrectionRow)
    return (
        select(later.id)
        .where(
            later.scope == CorrectionRow.scope,
            later.indicator == CorrectionRow.indicator,
            later.opened_at >= CorrectionRow.closed_at,
            later.id != CorrectionRow.id,
        )
        .exists()
    )


def _conditions(only: StatisticsFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if only.scope is not None:
        found.append(CorrectionRow.scope == only.scope)
    if only.level is not None:
        found.append(_KIND.in_(kinds_of(only.level)))
    if only.cycle is not None:
        found.append(CorrectionRow.cycle == only.cycle)
    if only.since is not None:
        found.append(CorrectionRow.opened_at >= datetime.combine(only.since, time(), CAMPUS))
    if only.until is not None:
        end = datetime.combine(only.until, time(), CAMPUS) + timedelta(days=1)
        found.append(CorrectionRow.opened_at < end)
    return [and_(*found)] if found else []


async def _names(tx: Transaction, by: str, keys: list[str]) -> dict[str, str]:
    match by:
        case "cause":
            return {key: CAUSE_ZH[Cause(key)] for key in keys}
        case "level":
            return {key: LEVEL_ZH[Level(key)] for key in keys}
        case "scope":
            query = select(ScopeRow.scope, ScopeRow.name_zh).where(ScopeRow.scope.in_(keys))
            return {row.scope: row.name_zh for row in await tx.session.execute(query)}
        case _:
            return {}


def _count(row: Row[*tuple[Any, ...]], name: str | None) -> CorrectionCount:
    return CorrectionCount(
        key=row.key,
        name_zh=name,
        opened=row.opened,
        closed=row.closed,
        effective=row.effective,
        effect_rate=_share(row.effective, row.closed),
        reopened=row.reopened,
        days_to_close=None if row.days is None else f"{round(Decimal(row.days), 2):f}",
        recurred=row.recurred,
        recurrence_rate=_share(row.recurred, row.closed),
    )


def _share(part: int, of: int) -> str | None:
    return f"{ratio(Decimal(part), Decimal(of)):f}" if of else None
