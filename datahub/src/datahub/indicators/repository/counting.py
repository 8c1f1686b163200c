"""Measure by SQL, and keep what was measured.

A *shape* is what several indicators share: the counted entity and the place of the scope's key
and of its period. All legs of one shape are counted in one scan, each with its own filter.
Constants never stand in the text of a statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text

from datahub.dictionary.domain.entity import Entity, Field, FieldType
from datahub.dictionary.tables import table_name
from datahub.indicators.domain.cell import Counted
from datahub.indicators.domain.definition import Condition, Constant, Grain, Leg, Path, Place
from shared.kit.database import Transaction

_PERIOD_FORMS: Final = {"month": "YYYY-MM", "year": "YYYY", "day": "YYYY-MM-DD"}
_TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
_CASTS: Final = {
    FieldType.INTEGER: "bigint",
    FieldType.DECIMAL: "numeric",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz",
}


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


def shape_of(leg: Leg, grain: Grain) -> Shape:
    """Return the shape by which a leg is counted."""
    return Shape(leg.entity, leg.entity.name, grain.key, grain.period_kind, grain.period)


class _Sql:
    """Builds one statement: joins as they are needed, values as parameters."""

    def __init__(self, shape: Shape, source: str | None = None) -> None:
        self._source = source or f'"{table_name(shape.entity.name)}"'
        self._joins: dict[str, str] = {}
        self._entity = shape.entity
        self.values: dict[str, object] = {}

    def place(self, place: Place) -> str:
        if isinstance(place, Constant):
            return f"CAST({self.value(place.value)} AS text)"
        path = self.path(place)
        return path if place.field.type in _TEXTUAL else f"{path}::text"

    def path(self, path: Path) -> str:
        if path.via is None:
            return f'e."{path.field.name}"'
        self._joins[path.via] = (
            f'LEFT JOIN "{table_name(path.entity)}" "r_{path.via}"'
            f' ON "r_{path.via}".key = e."{path.via}" AND "r_{path.via}".deleted_at IS NULL'
        )
        return f'"r_{path.via}"."{path.field.name}"'

    def value(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def period(self, shape: Shape) -> str:
        form = _PERIOD_FORMS.get(shape.period_kind)
        match shape.period:
            case Path(Field(type=FieldType.DATE)) as path if form:
                return f"to_char({self.path(path)}, '{form}')"
            case Path(Field(type=FieldType.TIMESTAMP)) as path if form:
                return f"to_char({self.path(path)} AT TIME ZONE 'Asia/Shanghai', '{form}')"
            case place:
                return self.place(place)

    def conditions(self, where: Iterable[Condition]) -> str:
        return " AND ".join(self._condition(each) for each in where) or "true"

    def _condition(self, condition: Condition) -> str:
        left = self.path(condition.path)
        cast = _CASTS.get(condition.path.field.type, "text")
        match condition.op, condition.value:
            case "is_null", _:
                return f"{left} IS NULL"
            case "not_null", _:
                return f"{left} IS NOT NULL"
            case op, Path() as other:
                return f"{left} {_op(op)} {self.path(other)}"
            case "in", list() as values:
                texts = [_text(each) for each in values]
                return f"{left} = ANY(CAST(CAST({self.value(texts)} AS text[]) AS {cast}[]))"
            case op, value:
                return f"{left} {_op(op)} CAST(CAST({self.value(_text(value))} AS text) AS {cast})"

    def aggregate(self, leg: Leg) -> str:
        match leg.aggregate, leg.path:
            case "count_distinct", Path() as path:
                return f"count(DISTINCT {self.path(path)})"
            case "sum", Path() as path:
                return f"sum({self.path(path)})"
            case _:
                return "count(*)"

    def source(self) -> str:
        return f"{self._source} e {' '.join(self._joins.values())}"


def _op(op: str) -> str:
    return "<>" if op == "!=" else op


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def count_legs(
    tx: Transaction, shape: Shape, legs: Sequence[Leg], keys: Sequence[str] | None
) -> dict[tuple[str, str], list[Counted]]:
    """Count legs of one shape in one scan; return, by (key, period), one `Counted` a leg.

    Args:
        keys: scope keys to count for; None counts for all.
    """
    sql = _Sql(shape)
    key = sql.place(shape.key)
    period = sql.period(shape)
    columns = []
    for number, leg in enumerate(legs):
        met = sql.conditions(leg.where)
        needed = [f"{sql.path(path)} IS NOT NULL" for path in leg.needed]
        present = " AND ".join(needed) or "true"
        columns += [
            f"({sql.aggregate(leg)} FILTER (WHERE {met}))::numeric AS value{number}",
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
        fields = sorted({path.via or path.field.name for path in used})
        found |= await _keys_of_changed_rows(tx, shape, own, fields)
    for via in sorted({path.via for path in used if path.via is not None}):
        entity = next(path.entity for path in used if path.via == via)
        if sets := change_sets.get(entity):
            fields = sorted({path.field.name for path in used if path.via == via})
            found |= await _keys_by_reference(tx, shape, via, sets, fields)
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
        sql = _Sql(shape, source)
        key = sql.place(shape.key)
        rows = await tx.session.scalars(
            text(f"SELECT DISTINCT {key} FROM {sql.source()} WHERE {key} IS NOT NULL"),
            {**sql.values, "sets": list(sets), "fields": list(fields)},
        )
        found |= {str(each) for each in rows}
    return found


async def _keys_by_reference(
    tx: Transaction, shape: Shape, via: str, sets: Sequence[int], fields: Sequence[str]
) -> set[str]:
    sql = _Sql(shape)
    key = sql.place(shape.key)
    rows = await tx.session.scalars(
        text(
            f"SELECT DISTINCT {key} FROM {sql.source()} WHERE {key} IS NOT NULL"
            f' AND e."{via}" IN (SELECT c.key FROM change c WHERE {_RELEVANT})'
        ),
        {**sql.values, "sets": list(sets), "fields": list(fields)},
    )
    found = {str(each) for each in rows}
    if isinstance(shape.key, Path) and shape.key.via == via:
        before = await tx.session.scalars(
            text(
                "SELECT DISTINCT c.before ->> :field FROM change c"
                f" WHERE {_RELEVANT} AND c.before ? :field"
            ),
            {"sets": list(sets), "fields": list(fields), "field": shape.key.field.name},
        )
        found |= {str(each) for each in before if each is not None}
    return found
