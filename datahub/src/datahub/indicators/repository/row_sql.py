"""One row's expression as SQL: identifiers come from the dictionary, values are bound.

Nothing here can fail on whatever the rows hold: a quotient by zero is null, arithmetic is that of
``numeric``, whose powers are bounded where the formula is read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from datahub.dictionary.domain.entity import Entity, FieldType
from datahub.dictionary.domain.kind import Kind
from datahub.dictionary.tables import table_name
from datahub.indicators.domain.definition import Constant, Operation, Path, Place, Row, Value

CAMPUS: Final = "'Asia/Shanghai'"
CASTS: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "numeric",
    Kind.DAY: "date",
    Kind.INSTANT: "timestamptz",
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
}
_TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
_PERIOD_FORMS: Final = {"month": "YYYY-MM", "year": "YYYY", "day": "YYYY-MM-DD"}
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})

_NUMERIC: Final[Mapping[str, Callable[[Sequence[str]], str]]] = {
    "+": lambda of: f"({of[0]} + {of[1]})",
    "-": lambda of: f"({of[0]} - {of[1]})",
    "*": lambda of: f"({of[0]} * {of[1]})",
    "/": lambda of: f"({of[0]} / nullif({of[1]}, 0))",
    "%": lambda of: f"({of[0]} % nullif({of[1]}, 0))",
    "^": lambda of: f"power({of[0]}, {of[1]})",
    "neg": lambda of: f"(-{of[0]})",
    "abs": lambda of: f"abs({of[0]})",
    "greatest": lambda of: f"greatest({', '.join(of)})",
    "least": lambda of: f"least({', '.join(of)})",
}

_LOGICAL: Final[Mapping[str, Callable[[Sequence[str]], str]]] = {
    "and": lambda of: f"({of[0]} AND {of[1]})",
    "or": lambda of: f"({of[0]} OR {of[1]})",
    "not": lambda of: f"(NOT {of[0]})",
    "is_null": lambda of: f"({of[0]} IS NULL)",
    "in": lambda of: f"({of[0]} IN ({', '.join(of[1:])}))",
    "if": lambda of: f"(CASE WHEN {of[0]} THEN {of[1]} ELSE {of[2]} END)",
}


class RowSql:
    """Builds a statement over the records ``e`` of an entity: joins as they are needed."""

    def __init__(self, entity: Entity, source: str | None = None) -> None:
        self._source = source or f'"{table_name(entity.name)}"'
        self._joins: dict[str, str] = {}
        self.values: dict[str, object] = {}

    def source(self) -> str:
        """Return what the statement reads; asked for last, when the joins are known."""
        return f"{self._source} e {' '.join(self._joins.values())}"

    def value(self, value: object) -> str:
        """Bind a value; return its place."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def path(self, path: Path) -> str:
        """Return a field of the record, or of the one that it refers to."""
        if path.via is None:
            return f'e."{path.field.name}"'
        self._joins[path.via] = (
            f'LEFT JOIN "{table_name(path.entity)}" "r_{path.via}"'
            f' ON "r_{path.via}".key = e."{path.via}" AND "r_{path.via}".deleted_at IS NULL'
        )
        return f'"r_{path.via}"."{path.field.name}"'

    def place(self, place: Place) -> str:
        """Return a scope's key, as text."""
        if isinstance(place, Constant):
            return f"CAST({self.value(place.value)} AS text)"
        path = self.path(place)
        return path if place.field.type in _TEXTUAL else f"{path}::text"

    def period(self, kind: str, place: Place) -> str:
        """Return a period's key, as text; a date gives its day, month or year."""
        form = _PERIOD_FORMS.get(kind)
        if form is None or isinstance(place, Constant):
            return self.place(place)
        match place.kind:
            case Kind.DAY:
                return f"to_char({self.path(place)}, '{form}')"
            case Kind.INSTANT:
                return f"to_char({self.path(place)} AT TIME ZONE {CAMPUS}, '{form}')"
            case _:
                return self.place(place)

    def row(self, row: Row) -> str:
        """Return an expression."""
        match row:
            case Path():
                return self.path(row)
            case Value(kind, text):
                return f"CAST(CAST({self.value(text)} AS text) AS {CASTS[kind]})"
            case Operation(op) if op in _NUMERIC:
                return _NUMERIC[op]([f"{self.row(each)}::numeric" for each in row.operands])
            case Operation():
                return self._operation(row)

    def _operation(self, row: Operation) -> str:
        if row.op in _COMPARISONS:
            left, right = self._alike(*row.operands)
            return f"({left} {'<>' if row.op == '!=' else row.op} {right})"
        if row.op == "days":
            later, earlier = row.operands
            return f"({self._day(later)} - {self._day(earlier)})"
        if row.op == "weight":
            return self._weight(row.operands[0], row.operands[1:])
        return _LOGICAL[row.op]([self.row(each) for each in row.operands])

    def _weight(self, of: Row, pairs: Sequence[Row]) -> str:
        weighed = self.row(of)
        cases = " ".join(
            f"WHEN {weighed} = {self.row(value)} THEN {self.row(weight)}"
            for value, weight in zip(pairs[::2], pairs[1::2], strict=True)
        )
        return f"(CASE WHEN {weighed} IS NULL THEN NULL {cases} ELSE 0::numeric END)"

    def _alike(self, *sides: Row) -> list[str]:
        """Return sides that are held against each other; a day and an instant are both days."""
        if {each.kind for each in sides} == {Kind.DAY, Kind.INSTANT}:
            return [self._day(each) for each in sides]
        return [self.row(each) for each in sides]

    def _day(self, row: Row) -> str:
        if row.kind is Kind.INSTANT:
            return f"({self.row(row)} AT TIME ZONE {CAMPUS})::date"
        return self.row(row)
