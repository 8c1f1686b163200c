"""Measure by SQL, and keep what was measured.

A *shape* is what several indicators share: the counted entity and the place of the scope's key
and of its period. All legs of one shape are counted in one scan, each with its own filter.
Constants never stand in the text of a statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text

from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.tables import table_name
from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Grain, Leg, Path, Place, Spot, Steps
from datahub.indicators.repository.row_sql import RowSql
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True)
class Shape:
    """What is counted together: one entity, one place of the key, one place of the period."""

    entity: Entity = field(compare=False)
    name: str
    key: Place
    period_kind: str
    period: Place

    @property
    def paths(self) -> list[Path]:
        """Fields that decide to which group a row belongs."""
        return [each for each in (self.key, self.period) if isinstance(each, Path)]


def shape_of(leg: Leg, grain: Grain, spot: Spot) -> Shape:
    """Return the shape by which a leg is counted."""
    return Shape(leg.entity, leg.entity.name, spot.key, grain.period_kind, spot.period)


def _aggregate(sql: RowSql, leg: Leg) -> str:
    value = sql.row(leg.value) if leg.value is not None else ""
    match leg.aggregate:
        case "count":
            return "count(*)"
        case "count_distinct":
            return f"count(DISTINCT {value})"
        case "percentile":
            share = f"CAST({sql.value(str(leg.share))} AS double precision)"
            return f"percentile_cont({share}) WITHIN GROUP (ORDER BY {value})"
        case name:
            return f"{name}({value})"


async def count_legs(
    tx: Transaction, shape: Shape, legs: Sequence[Leg], keys: Sequence[str] | None
) -> dict[tuple[str, str], list[Counted]]:
    """Count legs of one shape in one scan; return, by (key, period), one `Counted` a leg.

    Args:
        keys: scope keys to count for; None counts for all.
    """
    sql = RowSql(shape.entity)
    key = sql.place(shape.key)
    period = sql.period(shape.period_kind, shape.period)
    columns = []
    for number, leg in enumerate(legs):
        met = sql.row(leg.where) if leg.where is not None else "true"
        needed = [f"{sql.path(path)} IS NOT NULL" for path in leg.needed]
        present = " AND ".join(needed) or "true"
        columns += [
            f"({_aggregate(sql, leg)} FILTER (WHERE {met}))::numeric AS value{number}",
            f"count(*) FILTER (WHERE {met}) AS rows{number}",
            f"count(*) FILTER (WHERE {present}) AS present{number}",
        ]
    only = ""
    if keys is not None:
        only = f"AND {key} = ANY(CAST({sql.value(list(keys))} AS text[]))"
    statement = (
        f"SELECT {key} AS scope_key, {period} AS period, count(*) AS base, {', '.join(columns)}"
        f" FROM {sql.source()} WHERE e.deleted_at IS NULL {only}"
        f" AND {key} IS NOT NULL AND {period} IS NOT NULL GROUP BY 1, 2"
    )
    rows = await tx.session.execute(text(statement), sql.values)
    return {
        (str(row["scope_key"]), str(row["period"])): [
            Counted(
                value=row[f"value{number}"],
                rows=row[f"rows{number}"],
                base=row["base"],
                present=row[f"present{number}"],
            )
            for number in range(len(legs))
        ]
        for row in rows.mappings()
    }


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


async def touched_keys(
    tx: Transaction, shape: Shape, legs: Sequence[Leg], change_sets: Mapping[str, Sequence[int]]
) -> set[str]:
    """Return the scope keys whose cells the changes may have moved.

    A changed row touches the group it is in and the one it was in; a changed record that rows
    refer to touches the groups of those rows.

    Args:
        change_sets: change sets by entity.
    """
    used = {path for leg in legs for path in leg.paths} | set(shape.paths)
    found: set[str] = set()
    if own := change_sets.get(shape.name):
        fields = sorted({path.names[0] for path in used})
        found |= await _keys_of_changed_rows(tx, shape, own, fields)
    reached = {path.steps[:depth] for path in used for depth in range(1, len(path.names))}
    for steps in sorted(reached, key=lambda each: [step.field for step in each]):
        if sets := change_sets.get(steps[-1].entity):
            through = [path for path in used if path.steps[: len(steps)] == steps]
            fields = sorted({path.names[len(steps)] for path in through})
            found |= await _keys_by_reference(tx, shape, steps, sets, fields)
    return found


_RELEVANT: Final = (
    "c.change_set = ANY(CAST(:sets AS bigint[]))"
    " AND (c.before IS NULL OR c.op = 'delete' OR c.fields && CAST(:fields AS text[])"
    " OR c.version = 1)"
)


async def _keys_of_changed_rows(
    tx: Transaction, shape: Shape, sets: Sequence[int], fields: Sequence[str]
) -> set[str]:
    table = table_name(shape.entity.name)
    now = f'(SELECT r.* FROM "{table}" r JOIN change c ON c.key = r.key WHERE {_RELEVANT})'
    was = (
        f'(SELECT (jsonb_populate_record(r, c.before)).* FROM "{table}" r'
        f" JOIN change c ON c.key = r.key WHERE {_RELEVANT} AND c.before IS NOT NULL)"
    )
    found: set[str] = set()
    for source in (now, was):
        sql = RowSql(shape.entity, source)
        key = sql.place(shape.key)
        rows = await tx.session.scalars(
            text(f"SELECT DISTINCT {key} FROM {sql.source()} WHERE {key} IS NOT NULL"),
            {**sql.values, "sets": list(sets), "fields": list(fields)},
        )
        found |= {str(each) for each in rows}
    return found


async def _keys_by_reference(
    tx: Transaction, shape: Shape, steps: Steps, sets: Sequence[int], fields: Sequence[str]
) -> set[str]:
    """Return the keys of rows whose references lead to changed records, and led to them before."""
    sql = RowSql(shape.entity)
    key = sql.place(shape.key)
    last = f'{sql.record(steps[:-1])}."{steps[-1].field}"'
    changed = {"sets": list(sets), "fields": list(fields)}
    rows = await tx.session.scalars(
        text(
            f"SELECT DISTINCT {key} FROM {sql.source()} WHERE {key} IS NOT NULL"
            f" AND {last} IN (SELECT c.key FROM change c WHERE {_RELEVANT})"
        ),
        {**sql.values, **changed},
    )
    found = {str(each) for each in rows}
    if isinstance(shape.key, Path) and shape.key.steps[: len(steps)] == steps:
        before = await tx.session.scalars(text(_keys_before(shape.key, len(steps))), changed)
        found |= {str(each) for each in before}
    return found


def _keys_before(path: Path, depth: int) -> str:
    """Return a select of the keys to which changed records led until they changed.

    Args:
        depth: steps of the path that lead to the changed records.
    """
    here, joins = f"c.before ->> '{path.names[depth]}'", ""
    for step, name in zip(path.steps[depth:], path.names[depth + 1 :], strict=True):
        joins += f' JOIN "{table_name(step.entity)}" "{step.field}" ON "{step.field}".key = {here}'
        here = f'"{step.field}"."{name}"'
    return (
        f"SELECT DISTINCT {here} FROM change c{joins}"
        f" WHERE {_RELEVANT} AND c.before ? '{path.names[depth]}' AND {here} IS NOT NULL"
    )
