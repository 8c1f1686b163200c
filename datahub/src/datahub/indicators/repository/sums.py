"""What was counted, kept: what changed rows add and take away is added to it.

The cost of a change is that of the rows that changed, however many there are besides. The change
log says what they were, so that what they took with them is taken away exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from datahub.dictionary.domain.entity import Entity
from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.row import Path
from datahub.indicators.repository import different
from datahub.indicators.repository.counting import (
    Sets,
    Spots,
    columns_of,
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
    for each in apart:
        await different.build(tx, each, later)
        await tx.session.execute(text(_TELL + different.TOLD), {"id": each.id})
        await _keep(tx, [each.id])
        await tx.session.execute(text("DROP TABLE h8_one"))
    await tx.session.execute(text(_NOTE), {"ids": ids})


async def _keep(tx: Transaction, ids: Sequence[str]) -> None:
    """Keep what was told of some measures, where it differs from what is kept."""
    await tx.session.execute(text(_BUILD), {"ids": ids})
    await tx.session.execute(text("DROP TABLE h8_told"))


async def _build(tx: Transaction, measures: Sequence[Measure], later: Sets) -> None:
    by_shape = _by_shape(measures)
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
    await tx.session.execute(text(_ROOM))
    statement = _TELL + sql.begin() + " UNION ALL ".join(told)
    await tx.session.execute(text(statement), {**sql.values, **_named(ordered)})
    await _keep(tx, [each.id for each in ordered])


async def apply(
    tx: Transaction, measures: Sequence[Measure], rows: Sequence[str], states: tuple[Sets, Sets]
) -> dict[str, Spots]:
    """Take away what records counted before a round, add what they count after it.

    Args:
        measures: of one entity.
        rows: keys of the records that count otherwise.
        states: what does not count yet before the round, and after it.

    Returns:
        The groups that count otherwise now, by the ids of measures.
    """
    statement, values = _applied(measures, rows, states)
    told = await tx.session.execute(text(statement), values)
    return {name: set(zip(keys, periods, strict=True)) for name, keys, periods in told}


def _applied(
    measures: Sequence[Measure], rows: Sequence[str], states: tuple[Sets, Sets]
) -> tuple[str, dict[str, object]]:
    """Return the statement that brings what is kept up to date, with its values.

    What the records were and are is looked up once; every shape makes its groups of that.
    """
    together, apart = _split(measures)
    by_shape = _by_shape(together)
    ordered = [each for some in by_shape.values() for each in some] + apart
    paths = dict.fromkeys(path for each in ordered for path in [*each.leg.paths, *each.shape.paths])
    names = {path: f'"field{number}?"' for number, path in enumerate(paths)}
    scan, values = _scan(measures[0].shape.entity, names, rows, states)
    sql = RowSql(measures[0].shape.entity)
    sql.begin_with(scan)
    told: list[str] = []
    moved: list[str] = []
    for shape, some in by_shape.items():
        sql.next_part(names)
        columns = columns_of(sql, [each.leg for each in some], _ROWS, f"e.{_SIGN} * ")
        each_of = _each(len(some), ordered.index(some[0]))
        told.append(_TOLD.format(select=_grouped(sql, shape, columns), each=each_of) + _IS_MORE)
    for number, measure in enumerate(apart, len(together)):
        sql.next_part(names)
        columns = different.columns_of_value(sql, measure, _ROWS)
        moved.append(different.moved(f"{_grouped(sql, measure.shape, columns)}, 4", number))
        part = _TOLD.format(select=f"SELECT * FROM moved{number}", each=_each(1, number))
        told.append(part + _IS_MORE)
    parts = [*moved, _ADD.format(told=" UNION ALL ".join(told))]
    return sql.begin() + ", " + ", ".join(parts), {**values, **sql.values, **_named(ordered)}


def _scan(
    entity: Entity, names: Mapping[Path, str], rows: Sequence[str], states: tuple[Sets, Sets]
) -> tuple[str, dict[str, object]]:
    """Return a select of what records were before a round, and are after it, with its values."""
    selects: list[str] = []
    values: dict[str, object] = {}
    for (side, sign), later in zip((("before_", -1), ("after_", 1)), states, strict=True):
        sql = RowSql(entity, later, side)
        fields = "".join(f", {sql.path(path)} AS {name}" for path, name in names.items())
        only = f"e.key = ANY(CAST({sql.value(list(rows))} AS text[]))"
        select = f"SELECT {sign} AS {_SIGN}{fields} FROM {sql.source()}"
        selects.append(f"({sql.begin()}{select} WHERE e.deleted_at IS NULL AND {only})")
        values |= sql.values
    return " UNION ALL ".join(selects), values


def _grouped(sql: RowSql, shape: Shape, columns: str) -> str:
    key, period = sql.place(shape.key), sql.period(*shape.span)
    return (
        f"SELECT {key} AS key, {period} AS period, sum(e.{_SIGN})::bigint AS base, {columns}"
        f" FROM {sql.source()} WHERE {key} IS NOT NULL AND {period} IS NOT NULL GROUP BY 1, 2"
    )


_SIGN: Final = '"sign?"'
"""-1 for what a record was, 1 for what it is; no field has such a name, nor ``"field0?"``."""

_ROWS: Final = f"coalesce(sum(e.{_SIGN}) {{}}, 0)::bigint"

_NOTE: Final = """
    INSERT INTO indicator_measure (id) SELECT unnest(CAST(:ids AS text[])) ON CONFLICT DO NOTHING
"""
_TOLD: Final = """
    SELECT m.id, g.key, g.period, g.base, m.rows, m.present, m.value
      FROM ({select}) g CROSS JOIN LATERAL (VALUES {each}) AS m (id, rows, present, value)
"""
_TELL: Final = "CREATE TEMP TABLE h8_told ON COMMIT DROP AS "
"""PostgreSQL counts by several processes for a table of its own, and by one for what it writes to
another."""

_ROOM: Final = "SET LOCAL work_mem = '64MB'"
"""It expects many more groups than there are, and would sort millions of records for them."""

_BUILD: Final = f"""
    WITH gone AS (
      DELETE FROM indicator_sum t WHERE t.measure = ANY(CAST(:ids AS text[])) AND NOT EXISTS (
        SELECT FROM h8_told s WHERE s.id = t.measure AND s.key = t.key AND s.period = t.period)
    )
    MERGE INTO indicator_sum t USING h8_told s
       ON t.measure = ANY(CAST(:ids AS text[]))
      AND t.measure = s.id AND t.key = s.key AND t.period = s.period
     WHEN MATCHED AND (t.base, t.rows, t.present, t.value)
          IS DISTINCT FROM (s.base, s.rows, s.present, s.value)
          THEN UPDATE SET base = s.base, rows = s.rows, present = s.present, value = s.value
     WHEN NOT MATCHED THEN INSERT (measure, key, period, {_SUMS})
          VALUES (s.id, s.key, s.period, s.base, s.rows, s.present, s.value)
"""
"""Most of what is counted anew is as it was, and stays where it is."""

_IS_MORE: Final = " WHERE (g.base, m.rows, m.present, m.value) IS DISTINCT FROM (0, 0, 0, 0)"
_ADD: Final = f"""
    told AS MATERIALIZED ({{told}}), kept AS (
      MERGE INTO indicator_sum t USING told s
         ON t.measure = s.id AND t.key = s.key AND t.period = s.period
       WHEN MATCHED AND t.base + s.base = 0 THEN DELETE
       WHEN MATCHED THEN UPDATE SET base = t.base + s.base, rows = t.rows + s.rows,
            present = t.present + s.present, value = t.value + s.value
       WHEN NOT MATCHED THEN INSERT (measure, key, period, {_SUMS})
            VALUES (s.id, s.key, s.period, s.base, s.rows, s.present, s.value)
      RETURNING 1
    )
    SELECT id, array_agg(key), array_agg(period) FROM told GROUP BY id
"""


def _split(measures: Sequence[Measure]) -> tuple[list[Measure], list[Measure]]:
    """Return the measures that are counted together, and those of different values."""
    apart = [each for each in measures if each.leg.aggregate == "count_distinct"]
    return [each for each in measures if each not in apart], apart


def _by_shape(measures: Sequence[Measure]) -> dict[Shape, list[Measure]]:
    found: dict[Shape, list[Measure]] = {}
    for each in measures:
        found.setdefault(each.shape, []).append(each)
    return found


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
        found[measure][key, period] = Counted(value, count, base, present)
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
