"""What was counted, kept: what changed rows add and take away is added to it.

The cost of a change is that of the rows that changed, however many there are besides. The change
log says what they were, so that what they took with them is taken away exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import text

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.repository.counting import Sets, Spots, columns_of, grouped
from datahub.indicators.repository.row_sql import RowSql
from shared.kit.database import Transaction

Sums = dict[tuple[str, str], Counted]
"""What a measure counted, by the keys of scope and period."""

_SUMS: Final = "base, rows, present, value"


async def list_kept(tx: Transaction) -> set[str]:
    """Return the ids of the measures that are kept."""
    return set(await tx.session.scalars(text("SELECT id FROM indicator_measure")))


async def drop(tx: Transaction, measures: Iterable[str]) -> None:
    """Forget measures that no definition in force has."""
    ids = {"ids": sorted(measures)}
    await tx.session.execute(text("DELETE FROM indicator_sum WHERE measure = ANY(:ids)"), ids)
    await tx.session.execute(text("DELETE FROM indicator_measure WHERE id = ANY(:ids)"), ids)


async def build(tx: Transaction, shape: Shape, measures: Sequence[Measure], later: Sets) -> None:
    """Count measures of one shape whole, and keep what was counted."""
    ids = [measure.id for measure in measures]
    await drop(tx, ids)
    sql = RowSql(shape.entity, later)
    select = grouped(sql, shape, columns_of(sql, [measure.leg for measure in measures]))
    await tx.session.execute(
        text(
            f"INSERT INTO indicator_sum (measure, key, period, {_SUMS}) {sql.begin()}"
            f"SELECT m.id, g.key, g.period, g.base, m.rows, m.present, m.value FROM ({select}) g"
            f" CROSS JOIN LATERAL (VALUES {_each(len(ids))}) AS m (id, rows, present, value)"
        ),
        {**sql.values, **{f"m{number}": each for number, each in enumerate(ids)}},
    )
    await tx.session.execute(
        text("INSERT INTO indicator_measure (id) SELECT unnest(CAST(:ids AS text[]))"), {"ids": ids}
    )


async def apply(
    tx: Transaction,
    shape: Shape,
    measures: Sequence[Measure],
    rows: Sequence[str],
    states: tuple[Sets, Sets],
) -> Spots:
    """Take away what records counted before a round, add what they count after it.

    Args:
        rows: keys of the records that count otherwise.
        states: what does not count yet before the round, and after it.

    Returns:
        The groups that count otherwise now.
    """
    legs = [measure.leg for measure in measures]
    values: dict[str, object] = {f"m{n}": each.id for n, each in enumerate(measures)}
    heads, selects = [], []
    for side, sign, later in zip(("before_", "after_"), (-1, 1), states, strict=True):
        sql = RowSql(shape.entity, later, side)
        columns = columns_of(sql, legs)
        only = f"AND e.key = ANY(CAST({sql.value(list(rows))} AS text[]))"
        select = grouped(sql, shape, columns, only)
        heads.append(f"{side} AS ({sql.begin()}{select})")
        selects.append(f"SELECT key, period, {_signed(sign, len(legs))} FROM {side}")
        values |= sql.values
    found = await tx.session.execute(
        text(
            f"WITH {', '.join(heads)}, moved AS (SELECT key, period, sum(base)::bigint AS base,"
            f" {_summed(len(legs))} FROM ({' UNION ALL '.join(selects)}) b GROUP BY 1, 2),"
            " told AS (SELECT m.id, g.key, g.period, g.base, m.rows, m.present, m.value"
            f"  FROM moved g CROSS JOIN LATERAL (VALUES {_each(len(legs))})"
            "  AS m (id, rows, present, value)"
            "  WHERE (g.base, m.rows, m.present, m.value) IS DISTINCT FROM (0, 0, 0, 0)),"
            " kept AS (MERGE INTO indicator_sum t USING told s"
            "  ON t.measure = s.id AND t.key = s.key AND t.period = s.period"
            "  WHEN MATCHED AND t.base + s.base = 0 THEN DELETE"
            "  WHEN MATCHED THEN UPDATE SET base = t.base + s.base, rows = t.rows + s.rows,"
            "    present = t.present + s.present, value = t.value + s.value"
            f"  WHEN NOT MATCHED THEN INSERT (measure, key, period, {_SUMS})"
            "    VALUES (s.id, s.key, s.period, s.base, s.rows, s.present, s.value)"
            "  RETURNING 1) SELECT DISTINCT key, period FROM told"
        ),
        values,
    )
    return {(row.key, row.period) for row in found}


async def read(
    tx: Transaction, measures: Iterable[Measure], spots: Spots | None
) -> Mapping[str, Sums]:
    """Return what measures counted, by their ids, in some groups or in all."""
    ids = sorted({measure.id for measure in measures})
    only, values = "", {"ids": ids}
    if spots is not None:
        keys, periods = zip(*sorted(spots), strict=True) if spots else ((), ())
        only = (
            " AND (key, period) IN (SELECT * FROM"
            " unnest(CAST(:keys AS text[]), CAST(:periods AS text[])))"
        )
        values |= {"keys": list(keys), "periods": list(periods)}
    select = f"SELECT measure, key, period, {_SUMS} FROM indicator_sum WHERE measure = ANY(:ids)"
    rows = await tx.session.execute(text(select + only), values)
    found: dict[str, Sums] = {each: {} for each in ids}
    for row in rows:
        found[row.measure][row.key, row.period] = Counted(
            value=row.value, rows=row.rows, base=row.base, present=row.present
        )
    return found


def _each(count: int) -> str:
    return ", ".join(
        f"(CAST(:m{n} AS text), g.rows{n}, g.present{n}, coalesce(g.value{n}, 0))"
        for n in range(count)
    )


def _signed(sign: int, count: int) -> str:
    columns = ["base", *(f"{name}{n}" for n in range(count) for name in ("rows", "present"))]
    signed = [f"{sign} * {name} AS {name}" for name in columns]
    return ", ".join(
        [*signed, *(f"{sign} * coalesce(value{n}, 0) AS value{n}" for n in range(count))]
    )


def _summed(count: int) -> str:
    whole = [
        f"sum({name}{n})::bigint AS {name}{n}" for n in range(count) for name in ("rows", "present")
    ]
    return ", ".join([*whole, *(f"sum(value{n}) AS value{n}" for n in range(count))])
