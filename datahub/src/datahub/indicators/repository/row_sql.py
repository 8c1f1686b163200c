"""One row's expression as SQL: identifiers come from the dictionary, values are bound.

Nothing here can fail on whatever the rows hold: a quotient by zero is null, arithmetic is that of
``numeric``, whose powers are bounded where the formula is read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from datahub.dictionary.domain.entity import Entity, FieldType
from datahub.dictionary.domain.kind import Kind
from datahub.dictionary.tables import table_name
from datahub.indicators.domain.periods import PLAN_YEARS
from datahub.indicators.domain.row import (
    TODAY,
    Constant,
    Operation,
    Path,
    Place,
    Row,
    Steps,
    Value,
)

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
_PREFIXES: Final = {"ayear": 9, "year": 4}
"""Characters of a term that are its academic year, and of a month that are its year."""

REST_DAYS: Final = 70
"""So long after its last day a term still holds the days until the next. Source: our default."""

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
    "today": lambda _: f"(clock_timestamp() AT TIME ZONE {CAMPUS})::date",
    "if": lambda of: f"(CASE WHEN {of[0]} THEN {of[1]} ELSE {of[2]} END)",
}


def of_term(kind: str, day: str) -> str:
    """Return the term of a day, its academic year, or the teaching week with its term."""
    week = f"(({day} - date_trunc('week', t.starts_on)::date) / 7 + 1)"
    last = "t.ends_on" if kind == "week" else f"t.ends_on + {REST_DAYS}"
    key = {"week": f"t.key || '/' || {week}", "ayear": "left(t.key, 9)"}.get(kind, "t.key")
    return (
        f'(SELECT {key} FROM "{table_name("term")}" t WHERE t.deleted_at IS NULL'
        f" AND t.starts_on <= {day} AND {day} <= {last} ORDER BY t.starts_on DESC LIMIT 1)"
    )


def _plan(year: str) -> str:
    """Return the five-year plan of a year."""
    first = f"({year} - ({year} - 1) % {PLAN_YEARS})"
    return f"({first} || '-' || ({first} + {PLAN_YEARS - 1}))"


class RowSql:
    """Builds a statement over the records ``e`` of an entity: joins as they are needed.

    Args:
        later: by entity, change sets that do not count yet: their records are read as they were
            before.
        side: how the names of bound values begin, where two are put into one statement.
        today: what the present day was; None where it is the day of the clock.
    """

    def __init__(
        self,
        entity: Entity,
        later: Mapping[str, Sequence[int]] | None = None,
        side: str = "v",
        *,
        today: date | None = None,
    ) -> None:
        self._later = later or {}
        self._side = side
        self._today = today
        self._joins: dict[str, str] = {}
        self._then: dict[str, str] = {}
        self.values: dict[str, object] = {}
        self.names: Mapping[Path, str] = {}
        """Fields that stand under other names in what is read."""
        self._own = self._records(entity.name)

    def source(self) -> str:
        """Return what the statement reads; asked for last, when the joins are known."""
        return f"{self._own} e {' '.join(self._joins.values())}"

    def begin(self) -> str:
        """Return the head of the statement; asked for last."""
        return f"WITH {', '.join(self._then.values())} " if self._then else ""

    def begin_with(self, select: str) -> None:
        """Let the statement begin with groups of the records: its parts read them instead."""
        self._then["scanned"] = f"scanned AS MATERIALIZED ({select})"
        self._own = "scanned"

    def next_part(self, names: Mapping[Path, str]) -> None:
        """Begin another part of the statement, which joins by itself what it needs.

        Args:
            names: fields that stand under other names in what is read.
        """
        self._joins, self.names = {}, names

    def _records(self, entity: str) -> str:
        """Return the records of an entity, with changed ones as they were before."""
        table = f'"{table_name(entity)}"'
        if entity not in self._later:
            return table
        changed = self._as_before(entity)
        return (
            f"(SELECT r.* FROM {table} r WHERE NOT EXISTS (SELECT FROM {changed} c"
            f" WHERE c.key = r.key) UNION ALL SELECT * FROM before_{entity})"
        )

    def _as_before(self, entity: str) -> str:
        """Let the statement know changed records as they were; return the name of what changed."""
        if entity in self._then:
            return f"changed_{entity}"
        # Bound: the statement is the same in every round, and is parsed and planned but once.
        sets = f"CAST({self.value(list(self._later[entity]))} AS bigint[])"
        # Of several changes of a record the first one says what was; a new record was not there.
        self._then[entity] = (
            f"changed_{entity} AS MATERIALIZED (SELECT c.key,"
            " (array_agg(c.before IS NULL ORDER BY c.place))[1] AS was_new,"
            " coalesce(jsonb_object_agg(f.key, f.value ORDER BY c.place DESC)"
            "   FILTER (WHERE f.key IS NOT NULL), '{}') AS before"
            " FROM (SELECT c.key, c.before, row_number() OVER"
            "   (ORDER BY s.first_seq NULLS LAST, s.id, c.ordinal) AS place FROM change c"
            f"  JOIN change_set s ON s.id = c.change_set WHERE c.change_set = ANY({sets})) c"
            " LEFT JOIN LATERAL jsonb_each(c.before) f ON true GROUP BY c.key),"
            f' before_{entity} AS MATERIALIZED (SELECT p.* FROM "{table_name(entity)}" r'
            f" JOIN changed_{entity} c ON c.key = r.key AND NOT c.was_new,"
            " LATERAL jsonb_populate_record("
            "   r, c.before || jsonb_build_object('deleted_at', NULL)) p)"
        )
        return f"changed_{entity}"

    def value(self, value: object) -> str:
        """Bind a value; return its place."""
        name = f"{self._side}{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def path(self, path: Path) -> str:
        """Return a field of the record, or of the one that its references lead to."""
        return (
            f"e.{self.names[path]}"
            if path in self.names
            else self.field(path.steps, path.field.name)
        )

    def field(self, steps: Steps, name: str) -> str:
        """Return a field of the record that references lead to; of the row itself without any."""
        if not steps:
            return f'e."{name}"'
        there = ".".join(step.field for step in steps)
        entity = steps[-1].entity
        table, via = f'"{table_name(entity)}"', self.field(steps[:-1], steps[-1].field)
        if entity not in self._later:
            self._joins[there] = (
                f'LEFT JOIN {table} "{there}" ON "{there}".key = {via}'
                f' AND "{there}".deleted_at IS NULL'
            )
            return f'"{there}"."{name}"'
        # Two joins, so that records which did not change are still found by their key.
        changed = self._as_before(entity)
        self._joins[there] = (
            f'LEFT JOIN {table} "{there}" ON "{there}".key = {via} AND "{there}".deleted_at IS NULL'
            f" AND NOT EXISTS (SELECT FROM {changed} c WHERE c.key = {via})"
            f' LEFT JOIN before_{entity} "{there}?" ON "{there}?".key = {via}'
        )
        was = f'"{there}?"'
        return f'(CASE WHEN {was}.key IS NOT NULL THEN {was}."{name}" ELSE "{there}"."{name}" END)'

    def place(self, place: Place) -> str:
        """Return a scope's key, as text. What is of the present was settled before."""
        assert isinstance(place, Path | Constant), place
        if isinstance(place, Constant):
            return f"CAST({self.value(place.value)} AS text)"
        path = self.path(place)
        return path if place.field.type in _TEXTUAL else f"{path}::text"

    def period(self, kind: str, place: Place) -> str:
        """Return a period's key, as text.

        A date gives its day, month, year or five-year plan, and by the terms its term, academic
        year or week; a term gives its academic year, a month its year and plan, a year its plan.
        """
        if not isinstance(place, Path):
            return self.place(place)
        if place.kind in {Kind.DAY, Kind.INSTANT}:
            day = self._day(place)
            if kind == "plan":
                return _plan(f"extract(year FROM {day})::int")
            form = _PERIOD_FORMS.get(kind)
            return f"to_char({day}::timestamp, '{form}')" if form else self._term(kind, day)
        if kind == "plan":
            return _plan(f"substring({self.place(place)} FROM '^[0-9]{{4}}')::int")
        width = _PREFIXES.get(kind)
        return f"left({self.place(place)}, {width})" if width else self.place(place)

    def _term(self, kind: str, day: str) -> str:
        """Return the term of a day by a join, of which PostgreSQL remembers what each day gave."""
        self._joins[f"{kind}?"] = (
            f'LEFT JOIN LATERAL {of_term(kind, day)} AS "{kind}?"(key) ON true'
        )
        return f'"{kind}?".key'

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
        if row.op == TODAY and self._today is not None:
            return f"CAST({self.value(self._today)} AS date)"
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
