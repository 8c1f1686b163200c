"""What counting the legs of a formula whole would cost, as PostgreSQL expects it.

A plan is asked for, nothing is counted.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from datahub.indicators.domain.measure import Measure
from datahub.indicators.repository.counting import columns_of, grouped
from datahub.indicators.repository.row_sql import RowSql
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What PostgreSQL expects of counting one measure."""

    measure: Measure
    cost: float
    """In its own unit: one page read from disk in turn."""

    rows: int
    """That it reads."""


async def expect(tx: Transaction, measures: Iterable[Measure]) -> list[Expected]:
    """Return what counting each measure whole is expected to cost."""
    return [await _expect(tx, each) for each in dict.fromkeys(measures)]


async def _expect(tx: Transaction, measure: Measure) -> Expected:
    sql = RowSql(measure.shape.entity, {})
    select = grouped(sql, measure.shape, columns_of(sql, [measure.leg]))
    told = await tx.session.scalar(text(f"EXPLAIN (FORMAT JSON) {sql.begin()}{select}"), sql.values)
    [answer] = json.loads(told) if isinstance(told, str) else told
    plan = answer["Plan"]
    return Expected(measure=measure, cost=plan["Total Cost"], rows=_rows(plan))


def _rows(plan: dict[str, object]) -> int:
    """Return the rows that the largest part of a plan reads."""
    parts = plan.get("Plans", [])
    assert isinstance(parts, list)
    return max([int(str(plan["Plan Rows"])), *map(_rows, parts)])
