"""Different values, kept with how many records hold each: so that their number adds up.

A student who fails in two courses is one who failed. When the last record that says so goes, so
does the value; the cost of a change is that of the rows that changed, here too.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.measure import Measure
from datahub.indicators.repository.counting import Sets, columns_of, grouped
from datahub.indicators.repository.row_sql import RowSql
from shared.kit.database import Transaction
from shared.kit.sql import text

_BUILD: Final = """
    WITH one AS MATERIALIZED ({select}), held AS (
      INSERT INTO indicator_value (measure, key, period, value, rows)
      SELECT :id, key, period, value, rows0 FROM one WHERE rows0 > 0 AND value IS NOT NULL
    )
    INSERT INTO indicator_sum (measure, key, period, base, rows, present, value)
    SELECT :id, key, period, sum(base), sum(rows0), sum(present0),
           count(value) FILTER (WHERE rows0 > 0)
      FROM one GROUP BY key, period
"""
MOVED: Final = """
    one AS (
      SELECT key, period, value, sum(base)::bigint AS base, sum(rows)::bigint AS rows,
             sum(present)::bigint AS present
        FROM (SELECT key, period, value, -base AS base, -rows0 AS rows, -present0 AS present
                FROM before_
               UNION ALL SELECT key, period, value, base, rows0, present0 FROM after_) b
       GROUP BY 1, 2, 3
    ), held AS (
      MERGE INTO indicator_value t
      USING (SELECT * FROM one WHERE value IS NOT NULL AND rows <> 0) s
         ON t.measure = :m0 AND t.key = s.key AND t.period = s.period AND t.value = s.value
       WHEN MATCHED AND t.rows + s.rows = 0 THEN DELETE
       WHEN MATCHED THEN UPDATE SET rows = t.rows + s.rows
       WHEN NOT MATCHED THEN INSERT (measure, key, period, value, rows)
            VALUES (:m0, s.key, s.period, s.value, s.rows)
      RETURNING s.key, s.period,
                CASE merge_action() WHEN 'INSERT' THEN 1 WHEN 'DELETE' THEN -1 ELSE 0 END AS more
    ), moved AS (
      SELECT key, period, sum(base)::bigint AS base, sum(rows)::bigint AS rows0,
             sum(present)::bigint AS present0, sum(more)::numeric AS value0
        FROM (SELECT key, period, base, rows, present, 0 AS more FROM one
               UNION ALL SELECT key, period, 0, 0, 0, more FROM held) c
       GROUP BY 1, 2
    )
"""
"""Comes behind ``before_`` and ``after_``, what records held before a round and hold after it;
``:m0`` is the measure."""


async def drop(tx: Transaction, measures: Collection[str]) -> None:
    """Forget what some measures counted, and every value."""
    for table in ("indicator_sum", "indicator_value") if measures else ():
        await tx.session.execute(
            text(f"DELETE FROM {table} WHERE measure = ANY(:ids)"), {"ids": list(measures)}
        )


async def build(tx: Transaction, measure: Measure, later: Sets) -> None:
    """Count a measure whole, and keep what was counted with each different value."""
    sql = RowSql(measure.shape.entity, later)
    select = by_value(sql, measure)
    statement = _BUILD.format(select=sql.begin() + select)
    await tx.session.execute(text(statement), {**sql.values, "id": measure.id})


def by_value(sql: RowSql, measure: Measure, only: str = "") -> str:
    """Return a select that groups the rows of a measure by scope key, period and value."""
    leg = measure.leg
    assert leg.value is not None, "different values are values"
    value = sql.row(leg.value)
    # 1.0 and 1.00 are the same number.
    said = f"trim_scale({value}::numeric)" if leg.value.kind is Kind.NUMBER else value
    columns = columns_of(sql, [replace(leg, aggregate="count")])
    return grouped(sql, measure.shape, f"({said})::text AS value, {columns}", only) + ", 4"
