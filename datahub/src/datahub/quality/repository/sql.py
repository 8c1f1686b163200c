"""The parts of which statements about records are made: identifiers, bound values, sides.

Table and column names come from the dictionary alone; whatever a document holds is bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from datahub.dictionary.domain.entity import EXT, Entity, Field, FieldType, is_ext
from datahub.dictionary.domain.kind import KINDS, Kind
from datahub.dictionary.tables import SQL_TYPES, table_name
from datahub.quality.domain.check import Condition
from datahub.quality.domain.expression import (
    Arithmetic,
    Comparison,
    Constant,
    Days,
    Expression,
    Missing,
    Side,
    Value,
    kind_of,
)

CAMPUS: Final = "'Asia/Shanghai'"
CASTS: Final = {
    Kind.NUMBER: "numeric",
    Kind.DAY: "date",
    Kind.INSTANT: "timestamptz",
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
}
_SIGNS: Final = {"add": "+", "subtract": "-", "multiply": "*"}
_OPERATORS: Final = {
    Comparison.EQUAL_TO: "=",
    Comparison.NOT_EQUAL_TO: "<>",
    Comparison.GREATER_THAN: ">",
    Comparison.GREATER_THAN_OR_EQUAL_TO: ">=",
    Comparison.LESS_THAN: "<",
    Comparison.LESS_THAN_OR_EQUAL_TO: "<=",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Where rows are read from: the records of an entity, or the staged rows of a batch."""

    table: str
    key: str
    live: str
    """Condition that a row counts."""

    seen: str
    """Which feeds wrote the row."""

    joins: str = ""
    ext: str = f"r.{EXT}"
    """What the row holds in fields of the college."""


def records_of(entity: Entity) -> Rows:
    """Return the records of an entity."""
    return Rows(f'"{table_name(entity.name)}"', "key", "r.deleted_at IS NULL", "r.seen")


def staged_rows(stage: str, entity: Entity) -> Rows:
    """Return the rows of a batch before they take effect, on the records that they change."""
    before = (
        f'LEFT JOIN "{table_name(entity.name)}" h8_before'
        " ON h8_before.key = r.h8_key AND h8_before.deleted_at IS NULL"
    )
    # What a row leaves out of the college's fields stays as it is; columns are filled in already.
    ext = f"(coalesce(h8_before.{EXT}, '{{}}') || coalesce(r.{EXT}, '{{}}'))"
    return Rows(f'"{stage}"', "h8_key", "true", "NULL::jsonb", before, ext)


def unit_of(entity: Entity) -> str:
    """Return what a record is called where it is listed.

    The key of a closed entity says of a person what may not leave the hub: its place in the batch
    stands for it.
    """
    return "'#' || r.batch || '/' || r.line" if entity.is_closed else "r.key"


def column_of(field: Field, ext: str = f"r.{EXT}") -> str:
    """Return the value of a field in its type."""
    if not is_ext(field.name):
        return f'r."{field.name}"'
    own = f"'{field.name.removeprefix(f'{EXT}.')}'"
    if field.type is FieldType.LIST:
        return (
            f"(CASE WHEN jsonb_typeof({ext} -> {own}) = 'array'"
            f" THEN ARRAY(SELECT jsonb_array_elements_text({ext} -> {own})) END)"
        )
    return f"({ext} ->> {own})::{SQL_TYPES[field.type]}"


class Sql:
    """Builds one statement over rows ``r``: joins as they are needed, values as parameters."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.values: dict[str, object] = {}
        self._joins: dict[str, str] = {}

    def column(self, field: Field) -> str:
        """Return the value of a field in its type."""
        if is_ext(field.name) and self.rows.joins:
            self._joins[EXT] = self.rows.joins
        return column_of(field, self.rows.ext)

    def value(self, value: object) -> str:
        """Bind a value; return its place."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def text(self, text: str, cast: str) -> str:
        """Bind a text, to be read as a type; return its place."""
        return f"CAST(CAST({self.value(text)} AS text) AS {cast})"

    def texts(self, texts: Iterable[str]) -> str:
        """Bind several texts; return their place."""
        return f"CAST({self.value(list(texts))} AS text[])"

    def is_orphan(self, field: Field) -> str:
        """Return the condition that the record is not there which a field names."""
        parent = table_name(str(field.ref))
        alias = f"p_{field.name}"
        self._joins[alias] = (
            f'LEFT JOIN "{parent}" "{alias}" ON "{alias}".key = {self.column(field)}'
            f' AND "{alias}".deleted_at IS NULL'
        )
        if self.rows.table == f'"stage_{field.ref}"':
            # A parent that comes in the same batch is there too.
            self._joins[f"{alias}_too"] = (
                f'LEFT JOIN {self.rows.table} "{alias}_too"'
                f' ON "{alias}_too".h8_key = {self.column(field)}'
            )
            return f'("{alias}".key IS NULL AND "{alias}_too".h8_key IS NULL)'
        return f'"{alias}".key IS NULL'

    def source(self) -> str:
        """Return what the statement reads; asked for last, when the joins are known."""
        return " ".join([f"{self.rows.table} r", *self._joins.values()])

    def where(self, conditions: Iterable[Condition]) -> str:
        """Return the condition that a row counts, and that a rule is about it."""
        met = [self._condition(each) for each in conditions]
        return " AND ".join([self.rows.live, *met])

    def about(self, conditions: Iterable[Condition]) -> str:
        """Return the condition that a rule is about a row that counts."""
        return " AND ".join(self._condition(each) for each in conditions) or "true"

    def _condition(self, condition: Condition) -> str:
        column = self.column(condition.field)
        cast = self._cast(condition.field)
        collate = ' COLLATE "C"' if cast == "text" else ""
        match condition.op:
            case "is_null":
                return f"{column} IS NULL"
            case "not_null":
                return f"{column} IS NOT NULL"
            case "in":
                return f"{column} = ANY(CAST({self.texts(condition.values)} AS {cast}[]))"
            case op:
                sign = "<>" if op == "!=" else op
                return f"{column} {sign} {self.text(condition.values[0], cast)}{collate}"

    def _cast(self, field: Field) -> str:
        return "text[]" if field.type is FieldType.LIST else CASTS[KINDS[field.type]]

    def bound(self, field: Field, text: str) -> str:
        """Bind a value in the type of a field."""
        return self.text(text, self._cast(field))

    def compared(self, left: Side, comparison: Comparison, right: Side) -> str:
        """Return whether two sides stand otherwise than they should; null where one is skipped."""
        if comparison.is_pair:
            present = [self._is_present(left), self._is_present(right)]
            return outcome(comparison, *present)
        kinds = {kind_of(left.expression), kind_of(right.expression)}
        as_day = kinds == {Kind.DAY, Kind.INSTANT}
        sides = [self.side(side, as_day=as_day) for side in (left, right)]
        collate = ' COLLATE "C"' if kinds == {Kind.TEXT} else ""
        return outcome(comparison, *sides, collate=collate)

    def side(self, side: Side, *, as_day: bool = False) -> str:
        """Return the value of a side; null where its strategy skips the row."""
        zeros = side.missing is not Missing.SKIP_IF_ANY and bool(side.terms)
        value = self._expression(side.expression, zeros=zeros)
        if as_day and kind_of(side.expression) is Kind.INSTANT:
            value = f"({value} AT TIME ZONE {CAMPUS})::date"
        if not zeros or kind_of(side.expression) is not Kind.NUMBER:
            return value
        if side.missing is Missing.NEVER_SKIP:
            return f"coalesce({value}, 0)"
        return f"CASE WHEN {self._any_present(side)} THEN {value} END"

    def _is_present(self, side: Side) -> str:
        """Return whether a side has a value, by its strategy."""
        if not side.terms or side.missing is Missing.NEVER_SKIP:
            return "true"
        if side.missing is Missing.SKIP_IF_ALL:
            return f"({self._any_present(side)})"
        return "(" + " AND ".join(f"{self._term(each)} IS NOT NULL" for each in side.terms) + ")"

    def _any_present(self, side: Side) -> str:
        return " OR ".join(f"{self._term(each)} IS NOT NULL" for each in side.terms)

    def _expression(self, expression: Expression, *, zeros: bool) -> str:
        match expression:
            case Constant(kind, text):
                return self.text(text, CASTS[kind or Kind.TEXT])
            case Arithmetic(op, parts):
                return self._arithmetic(op, [self._expression(each, zeros=zeros) for each in parts])
            case Value() | Days():
                term = self._term(expression)
                is_number = kind_of(expression) is Kind.NUMBER
                return f"coalesce({term}, 0)" if zeros and is_number else term

    def _arithmetic(self, op: str, parts: list[str]) -> str:
        if op == "divide":
            first, *rest = parts
            return "(" + " / ".join([first, *(f"nullif({each}, 0)" for each in rest)]) + ")"
        return "(" + f" {_SIGNS[op]} ".join(parts) + ")"

    def _term(self, term: Value | Days) -> str:
        if isinstance(term, Days):
            return f"({self._day(term.later)} - {self._day(term.earlier)})::numeric"
        column = self.column(term.field)
        return f"{column}::numeric" if KINDS[term.field.type] is Kind.NUMBER else column

    def _day(self, field: Field) -> str:
        column = self.column(field)
        is_instant = field.type is FieldType.TIMESTAMP
        return f"({column} AT TIME ZONE {CAMPUS})::date" if is_instant else column


def outcome(comparison: Comparison, left: str, right: str, *, collate: str = "") -> str:
    """Return whether two values, or the presence of two, stand otherwise than they should."""
    match comparison:
        case Comparison.COMPULSORY_PAIR:
            return f"({left}) <> ({right})"
        case Comparison.EXCLUSIVE_PAIR:
            return f"({left}) AND ({right})"
        case _:
            return f"NOT (({left}) {_OPERATORS[comparison]} ({right}){collate})"
