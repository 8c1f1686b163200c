"""Count by SQL. Constants never stand in the text of a statement.

All legs of one shape are counted in one scan, each with its own filter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import RowMapping

from datahub.dictionary.domain.entity import Entity, FieldType
from datahub.dictionary.tables import table_name
from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Leg
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.row import Path, Steps
from datahub.indicators.repository.row_sql import RowSql
from shared.kit.database import Transaction
from shared.kit.sql import text

Sets = Mapping[str, Sequence[int]]
"""Change sets by entity."""

LARGE_FROM: Final = 2_000
LARGE_PART: Final = 30
ROW_BYTES: Final = 250
"""From so many records on, and where one of so many changed, all are counted; a record takes about
so many bytes of its table."""

MANY_LEGS: Final = 4
"""From so many on, records are grouped by their codes before legs choose among them."""

Spots = set[tuple[str, str]]
"""Keys of a scope and of a period."""


def columns_of(
    sql: RowSql, legs: Sequence[Leg], rows: str = "count(*) {}", factor: str = ""
) -> str:
    """Return the select list of legs: ``value0, rows0, present0, value1, …``.

    Args:
        rows: how rows are counted, with a place for the condition.
        factor: what a number of a row is multiplied by before it is added up, with its sign.
    """
    columns = []
    for number, leg in enumerate(legs):
        met = f"FILTER (WHERE {sql.row(leg.where) if leg.where is not None else 'true'})"
        needed = [f"{sql.path(path)} IS NOT NULL" for path in leg.needed]
        present = f"FILTER (WHERE {' AND '.join(needed) or 'true'})"
        counts = leg.aggregate == "count"
        value = rows.format(met) if counts else f"{_aggregate(sql, leg, factor)} {met}"
        columns += [
            f"({value})::numeric AS value{number}",
            f"{rows.format(met)} AS rows{number}",
            f"{rows.format(present)} AS present{number}",
        ]
    return ", ".join(columns)


def _aggregate(sql: RowSql, leg: Leg, factor: str) -> str:
    assert leg.value is not None, "whatever is no count is made of values"
    value = sql.row(leg.value)
    match leg.aggregate:
        case "count_distinct":
            return f"count(DISTINCT {value})"
        case "percentile":
            share = f"CAST(CAST({sql.value(str(leg.share))} AS text) AS double precision)"
            return f"percentile_cont({share}) WITHIN GROUP (ORDER BY {value})"
        case name:
            return f"{name}({factor}{value})"


def grouped(sql: RowSql, shape: Shape, columns: str, only: str = "") -> str:
    """Return a select that groups the live rows of a shape by scope key and period."""
    key, period = sql.place(shape.key), sql.period(shape.period_kind, shape.period)
    return (
        f"SELECT {key} AS key, {period} AS period, count(*) AS base, {columns} FROM {sql.source()}"
        f" WHERE e.deleted_at IS NULL AND {key} IS NOT NULL AND {period} IS NOT NULL {only}"
        " GROUP BY 1, 2"
    )


def grouped_by_codes(sql: RowSql, shape: Shape, legs: Sequence[Leg]) -> str:
    """Return a select as `grouped` does; many legs that ask for codes look at each code but once.

    Records are grouped by their codes first: there are few different ones, and each leg chooses
    among them instead of among the records.
    """
    if not is_chosen_by_codes(legs):
        return grouped(sql, shape, columns_of(sql, legs))
    codes = dict.fromkeys(path for leg in legs for path in leg.paths)
    names = {path: f"code{number}" for number, path in enumerate(codes)}
    key, period = sql.place(shape.key), sql.period(shape.period_kind, shape.period)
    told = "".join(f", {sql.path(path)} AS {name}" for path, name in names.items())
    inner = (
        f"SELECT {key} AS key, {period} AS period{told}, count(*) AS many FROM {sql.source()}"
        f" WHERE e.deleted_at IS NULL AND {key} IS NOT NULL AND {period} IS NOT NULL"
        f" GROUP BY {', '.join(map(str, range(1, len(codes) + 3)))}"
    )
    sql.names = names
    columns = columns_of(sql, legs, "coalesce(sum(e.many) {}, 0)::bigint")
    return (
        f"SELECT key, period, sum(e.many)::bigint AS base, {columns} FROM ({inner}) e GROUP BY 1, 2"
    )


def is_chosen_by_codes(legs: Sequence[Leg]) -> bool:
    """Return whether legs are many, and all of them choose records by their codes."""
    counts = all(leg.value is None and leg.aggregate == "count" for leg in legs)
    return len(legs) >= MANY_LEGS and counts and all(_is_code(p) for leg in legs for p in leg.paths)


def _is_code(path: Path) -> bool:
    return path.field.type in {FieldType.CODE, FieldType.ENUM, FieldType.BOOLEAN}


async def count_legs(
    tx: Transaction, shape: Shape, legs: Sequence[Leg], keys: Sequence[str] | None, later: Sets
) -> dict[tuple[str, str], list[Counted]]:
    """Count legs of one shape in one scan; return, by (key, period), one `Counted` a leg.

    Args:
        keys: scope keys to count for; None counts for all.
        later: changes that do not count yet.
    """
    sql = RowSql(shape.entity, later)
    columns, only = columns_of(sql, legs), ""
    if keys is not None:
        only = f"AND {sql.place(shape.key)} = ANY(CAST({sql.value(list(keys))} AS text[]))"
    select = grouped(sql, shape, columns, only)
    rows = await tx.session.execute(text(sql.begin() + select), sql.values)
    return {
        (str(row["key"]), str(row["period"])): counted_of(row, len(legs)) for row in rows.mappings()
    }


def counted_of(row: RowMapping, legs: int) -> list[Counted]:
    """Return what a row of `columns_of` says of each leg."""
    return [
        Counted(
            value=row[f"value{number}"],
            rows=row[f"rows{number}"],
            base=row["base"],
            present=row[f"present{number}"],
        )
        for number in range(legs)
    ]


async def list_delivered(tx: Transaction, entities: Iterable[str]) -> set[str]:
    """Return the entities of which a record has ever come: a deleted one leaves its tombstone."""
    asked = sorted(set(entities))
    if not asked:
        return set()
    parts = [
        f"SELECT '{entity}' AS entity WHERE EXISTS (SELECT FROM \"{table_name(entity)}\")"
        for entity in asked
    ]
    return set(await tx.session.scalars(text(" UNION ALL ".join(parts))))


async def is_large_part(tx: Transaction, entity: Entity, rows: int) -> bool:
    """Return whether so many records are better counted anew with all others of their entity.

    A first load is the common case: what each record counted before and counts after is asked of
    the change log, which takes some thirty times as long as counting it.
    """
    if rows < LARGE_FROM:
        return False
    size = await tx.session.scalar(
        text("SELECT pg_relation_size(CAST(:table AS regclass))"),
        {"table": f'"{table_name(entity.name)}"'},
    )
    return rows * LARGE_PART > int(size or 0) / ROW_BYTES


_RELEVANT: Final = (
    "c.change_set = ANY(CAST(:sets AS bigint[]))"
    " AND (c.before IS NULL OR c.op = 'delete' OR c.fields && CAST(:fields AS text[])"
    " OR c.version = 1)"
)


async def touched_rows(
    tx: Transaction, entity: Entity, measures: Iterable[Measure], sets: Sets, later: Sets
) -> list[str]:
    """Return the keys of the records of an entity that changes may let count otherwise.

    They changed themselves in a field that is read, or a record did to which their references
    lead.

    Args:
        sets: the changes.
        later: those that do not count yet.
    """
    used = {path for measure in measures for path in measure.paths}
    found: set[str] = set()
    if entity.name in sets:
        own = {"sets": list(sets[entity.name]), "fields": sorted({path.names[0] for path in used})}
        select = f"SELECT DISTINCT c.key FROM change c WHERE {_RELEVANT}"
        found |= set(await tx.session.scalars(text(select), own))
    reached = {path.steps[:depth] for path in used for depth in range(1, len(path.names))}
    for steps in sorted(reached, key=lambda each: [step.field for step in each]):
        if steps[-1].entity in sets:
            found |= await _rows_by_reference(tx, RowSql(entity, later), steps, sets, used)
    return sorted(found)


async def _rows_by_reference(
    tx: Transaction, sql: RowSql, steps: Steps, sets: Sets, used: Iterable[Path]
) -> set[str]:
    through = [path for path in used if path.steps[: len(steps)] == steps]
    fields = sorted({path.names[len(steps)] for path in through})
    last = sql.field(steps[:-1], steps[-1].field)
    rows = await tx.session.scalars(
        text(
            f"{sql.begin()}SELECT e.key FROM {sql.source()}"
            f" WHERE {last} IN (SELECT c.key FROM change c WHERE {_RELEVANT})"
        ),
        {**sql.values, "sets": list(sets[steps[-1].entity]), "fields": fields},
    )
    return set(rows)


async def spots_of(
    tx: Transaction, shape: Shape, rows: Sequence[str], states: Sequence[Sets]
) -> Spots:
    """Return the groups to which records belong, or belonged: one look for each state."""
    found: Spots = set()
    for later in states:
        sql = RowSql(shape.entity, later)
        key, period = sql.place(shape.key), sql.period(shape.period_kind, shape.period)
        some = f"e.key = ANY(CAST({sql.value(list(rows))} AS text[]))"
        select = (
            f"SELECT DISTINCT {key} AS key, {period} AS period FROM {sql.source()}"
            f" WHERE {some} AND {key} IS NOT NULL AND {period} IS NOT NULL"
        )
        answer = await tx.session.execute(text(sql.begin() + select), sql.values)
        found |= {(str(row.key), str(row.period)) for row in answer}
    return found
