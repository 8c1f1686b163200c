"""What was counted, kept: what changed rows add and take away is added to it.

The cost of a change is that of the rows that changed, however many there are besides. The change
log says what they were, so that what they took with them is taken away exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.repository import different
from datahub.indicators.repository.counting import (
    Sets,
    Spots,
    columns_of,
    grouped,
    grouped_by_codes,
)
from datahub.indicators.repository.row_sql import RowSql
from datahub.indicators.repository.scanning import grouped_together
from shared.kit.database import Transaction
from shared.kit.sql import text

Sums = dict[tuple[str, str], Counted]
"""What a measure counted, by the keys of scope and period."""

_SUMS: Final = "base, rows, present, value"


async def list_kept(tx: Transaction) -> set[str]:
    """Return the ids of the measures that are kept."""
    return set(await tx.session.scalars(text("SELECT id FROM indicator_measure")))


async def drop(tx: Transaction, measures: Iterable[str]) -> None:
    """Forget measures that no definition in force has."""
    ids = {"ids": sorted(measures)}
    await different.drop(tx, ids["ids"])
    await tx.session.execute(text("DELETE FROM indicator_measure WHERE id = ANY(:ids)"), ids)


async def build(tx: Transaction, measures: Sequence[Measure], later: Sets) -> None:
    """Count measures that one scan counts whole, and keep what was counted.

    Args:
        measures: of shapes with one start.
        later: changes that do not count yet.
    """
    ids = [measure.id for measure in measures]
    together, apart = _split(measures)
    if together:
        await _build(tx, together, later)
    await different.drop(tx, [each.id for each in apart])
    for each in apart:
        await different.build(tx, each, later)
    await tx.session.execute(text(_NOTE), {"ids": ids})


async def _build(tx: Transaction, measures: Sequence[Measure], later: Sets) -> None:
    by_shape: dict[Shape, list[Measure]] = {}
    for each in measures:
        by_shape.setdefault(each.shape, []).append(each)
    legs = {shape: [each.leg for each in some] for shape, some in by_shape.items()}
    sql = RowSql(measures[0].shape.entity, later)
    if len(legs) == 1:
        selects = [grouped_by_codes(sql, *only) for only in legs.items()]
    else:
        selects = grouped_together(sql, legs)
    ordered = [each for some in by_shape.values() for each in some]
    told, first = [], 0
    for select, some in zip(selects, legs.values(), strict=True):
        told.append(_TOLD.format(select=select, each=_each(len(some), first)))
        first += len(some)
    statement = _BUILD.format(told=sql.begin() + " UNION ALL ".join(told))
    values = {**sql.values, **_named(ordered), "ids": [each.id for each in ordered]}
    await tx.session.execute(text(statement), values)


async def apply(
    tx: Transaction,
    shape: Shape,
    measures: Sequence[Measure],
    rows: Sequence[str],
    states: tuple[Sets, Sets],
) -> dict[str, Spots]:
    """Take away what records counted before a round, add what they count after it.

    Args:
        rows: keys of the records that count otherwise.
        states: what does not count yet before the round, and after it.

    Returns:
        The groups that count otherwise now, by the ids of measures.
    """
    together, apart = _split(measures)
    found: dict[str, Spots] = {}
    for some in ([together] if together else []) + [[each] for each in apart]:
        selects, values = _sides(shape, some, rows, states, is_apart=some[0] in apart)
        moved = different.MOVED if some[0] in apart else _moved(len(some))
        told = await tx.session.execute(
            text(f"WITH {selects}, {moved}, {_ADD.format(each=_each(len(some)))}"),
            {**values, **_named(some)},
        )
        for row in told:
            found.setdefault(row.id, set()).add((row.key, row.period))
    return found


def _sides(
    shape: Shape,
    measures: Sequence[Measure],
    rows: Sequence[str],
    states: tuple[Sets, Sets],
    *,
    is_apart: bool,
) -> tuple[str, dict[str, object]]:
    """Return what records counted before a round, and count after it; with the bound values."""
    selects: list[str] = []
    values: dict[str, object] = {}
    for side, later in zip(("before_", "after_"), states, strict=True):
        sql = RowSql(shape.entity, later, side)
        only = f"AND e.key = ANY(CAST({sql.value(list(rows))} AS text[]))"
        if is_apart:
            select = different.by_value(sql, measures[0], only)
        else:
            select = grouped(sql, shape, columns_of(sql, [each.leg for each in measures]), only)
        selects.append(f"{side} AS ({sql.begin()}{select})")
        values |= sql.values
    return ", ".join(selects), values


_NOTE: Final = """
    INSERT INTO indicator_measure (id) SELECT unnest(CAST(:ids AS text[])) ON CONFLICT DO NOTHING
"""
_TOLD: Final = """
    SELECT m.id, g.key, g.period, g.base, m.rows, m.present, m.value
      FROM ({select}) g CROSS JOIN LATERAL (VALUES {each}) AS m (id, rows, present, value)
"""
_BUILD: Final = f"""
    WITH told AS MATERIALIZED ({{told}}), gone AS (
      DELETE FROM indicator_sum t WHERE t.measure = ANY(CAST(:ids AS text[])) AND NOT EXISTS (
        SELECT FROM told s WHERE s.id = t.measure AND s.key = t.key AND s.period = t.period)
    )
    MERGE INTO indicator_sum t USING told s
       ON t.measure = ANY(CAST(:ids AS text[]))
      AND t.measure = s.id AND t.key = s.key AND t.period = s.period
     WHEN MATCHED AND (t.base, t.rows, t.present, t.value)
          IS DISTINCT FROM (s.base, s.rows, s.present, s.value)
          THEN UPDATE SET base = s.base, rows = s.rows, present = s.present, value = s.value
     WHEN NOT MATCHED THEN INSERT (measure, key, period, {_SUMS})
          VALUES (s.id, s.key, s.period, s.base, s.rows, s.present, s.value)
"""
"""Most of what is counted anew is as it was, and stays where it is."""

_ADD: Final = f"""
    told AS (
      SELECT m.id, g.key, g.period, g.base, m.rows, m.present, m.value
        FROM moved g CROSS JOIN LATERAL (VALUES {{each}}) AS m (id, rows, present, value)
       WHERE (g.base, m.rows, m.present, m.value) IS DISTINCT FROM (0, 0, 0, 0)
    ), kept AS (
      MERGE INTO indicator_sum t USING told s
         ON t.measure = s.id AND t.key = s.key AND t.period = s.period
       WHEN MATCHED AND t.base + s.base = 0 THEN DELETE
       WHEN MATCHED THEN UPDATE SET base = t.base + s.base, rows = t.rows + s.rows,
            present = t.present + s.present, value = t.value + s.value
       WHEN NOT MATCHED THEN INSERT (measure, key, period, {_SUMS})
            VALUES (s.id, s.key, s.period, s.base, s.rows, s.present, s.value)
      RETURNING 1
    )
    SELECT id, key, period FROM told
"""


def _split(measures: Sequence[Measure]) -> tuple[list[Measure], list[Measure]]:
    """Return the measures that are counted together, and those of different values."""
    apart = [each for each in measures if each.leg.aggregate == "count_distinct"]
    return [each for each in measures if each not in apart], apart


def _named(measures: Sequence[Measure]) -> dict[str, object]:
    return {f"m{number}": each.id for number, each in enumerate(measures)}


async def read(
    tx: Transaction, measures: Iterable[Measure], spots: Mapping[str, Spots] | None
) -> Mapping[str, Sums]:
    """Return what measures counted, by their ids.

    Args:
        spots: the groups of each measure, by its id; None for all.
    """
    ids = sorted({measure.id for measure in measures})
    found: dict[str, Sums] = {each: {} for each in ids}
    driver = await tx.driver()
    if spots is None:
        rows = await driver.fetch(_READ_ALL, ids)
    else:
        places = sorted((each, *spot) for each in ids for spot in spots.get(each, ()))
        rows = await driver.fetch(_READ, *map(list, zip(*places, strict=True))) if places else []
    for measure, key, period, base, count, present, value in rows:
        found[measure][key, period] = Counted(value=value, rows=count, base=base, present=present)
    return found


_READ_ALL: Final = (
    f"SELECT measure, key, period, {_SUMS} FROM indicator_sum WHERE measure = ANY($1)"
)
_READ: Final = (
    f"SELECT measure, key, period, {_SUMS}"
    " FROM unnest($1::text[], $2::text[], $3::text[]) AS w(measure, key, period)"
    " JOIN indicator_sum USING (measure, key, period)"
)


def _each(count: int, first: int = 0) -> str:
    return ", ".join(
        f"(CAST(:m{first + n} AS text), g.rows{n}, g.present{n}, coalesce(g.value{n}, 0))"
        for n in range(count)
    )


def _moved(count: int) -> str:
    """Return what records count more after a round than before it."""
    names = [f"{name}{n}" for n in range(count) for name in ("rows", "present", "value")]
    less = ", ".join(f"-coalesce({name}, 0) AS {name}" for name in names)
    more = ", ".join(f"coalesce({name}, 0) AS {name}" for name in names)
    whole = ", ".join(
        f"sum({name}){'' if name.startswith('value') else '::bigint'} AS {name}" for name in names
    )
    return (
        f"moved AS (SELECT key, period, sum(base)::bigint AS base, {whole} FROM ("
        f"SELECT key, period, -base AS base, {less} FROM before_"
        f" UNION ALL SELECT key, period, base, {more} FROM after_) b GROUP BY 1, 2)"
    )
