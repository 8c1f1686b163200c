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

_TELL: Final = "CREATE TEMP TABLE h8_one ON COMMIT DROP AS "
_HELD: Final = "(SELECT * FROM h8_one WHERE rows0 > 0 AND value IS NOT NULL)"
_BUILD: Final = f"""
    WITH gone AS (
      DELETE FROM indicator_value t WHERE t.measure = :id AND NOT EXISTS (
        SELECT FROM {_HELD} s WHERE s.key = t.key AND s.period = t.period AND s.value = t.value)
    )
    MERGE INTO indicator_value t USING {_HELD} s
       ON t.measure = :id AND t.key = s.key AND t.period = s.period AND t.value = s.value
     WHEN MATCHED AND t.rows <> s.rows0 THEN UPDATE SET rows = s.rows0
     WHEN NOT MATCHED THEN INSERT (measure, key, period, value, rows)
          VALUES (:id, s.key, s.period, s.value, s.rows0)
"""
TOLD: Final = """
    SELECT CAST(:id AS text) AS id, key, period, sum(base)::bigint AS base,
           sum(rows0)::bigint AS rows, sum(present0)::bigint AS present,
           (count(value) FILTER (WHERE rows0 > 0))::numeric AS value
      FROM h8_one GROUP BY key, period
"""
"""What `build` counted, by group."""

_MOVED: Final = """
    one{n} AS (
      SELECT key, period, value, base, rows0 AS rows, present0 AS present FROM ({select}) b
    ), held{n} AS (
      MERGE INTO indicator_value t
      USING (SELECT * FROM one{n} WHERE value IS NOT NULL AND rows <> 0) s
         ON t.measure = {id} AND t.key = s.key AND t.period = s.period AND t.value = s.value
       WHEN MATCHED AND t.rows + s.rows = 0 THEN DELETE
       WHEN MATCHED THEN UPDATE SET rows = t.rows + s.rows
       WHEN NOT MATCHED THEN INSERT (measure, key, period, value, rows)
            VALUES ({id}, s.key, s.period, s.value, s.rows)
      RETURNING s.key, s.period,
                CASE merge_action() WHEN 'INSERT' THEN 1 WHEN 'DELETE' THEN -1 ELSE 0 END AS more
    ), moved{n} AS (
      SELECT key, period, sum(base)::bigint AS base, sum(rows)::bigint AS rows0,
             sum(present)::bigint AS present0, sum(more)::numeric AS value0
        FROM (SELECT key, period, base, rows, present, 0 AS more FROM one{n}
               UNION ALL SELECT key, period, 0, 0, 0, more FROM held{n}) c
       GROUP BY 1, 2
    )
"""


def moved(select: str, number: int) -> str:
    """Return what adds and takes away values; ``moved<number>`` are the groups that differ.

    Args:
        select: how many more records hold each value than before, by group.
        number: of the measure, whose id is bound as ``:m<number>``.
    """
    return _MOVED.format(select=select, n=number, id=f":m{number}")


async def drop(tx: Transaction, measures: Collection[str]) -> None:
    """Forget what some measures counted, and every value."""
    for table in ("indicator_sum", "indicator_value") if measures else ():
        await tx.session.execute(
            text(f"DELETE FROM {table} WHERE measure = ANY(:ids)"), {"ids": list(measures)}
        )


async def build(tx: Transaction, measure: Measure, later: Sets) -> None:
    """Count a measure whole: keep the different values, and leave what there is of each told."""
    sql = RowSql(measure.shape.entity, later)
    select = f"{grouped(sql, measure.shape, columns_of_value(sql, measure))}, 4"
    await tx.session.execute(text(_TELL + sql.begin() + select), sql.values)
    await tx.session.execute(text(_BUILD), {"id": measure.id})


def columns_of_value(sql: RowSql, measure: Measure, rows: str = "count(*) {}") -> str:
    """Return the select list of a measure by its values: ``value, value0, rows0, present0``.

    Args:
        rows: how rows are counted, with a place for the condition.
    """
    value = measure.leg.value
    assert value is not None, "different values are values"
    said = sql.row(value)
    # 1.0 and 1.00 are the same number.
    text_of = f"trim_scale({said}::numeric)" if value.kind is Kind.NUMBER else said
    counts = columns_of(sql, [replace(measure.leg, aggregate="count")], rows)
    return f"({text_of})::text AS value, {counts}"
