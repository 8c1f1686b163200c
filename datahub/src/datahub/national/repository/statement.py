"""The one statement that a mapping becomes: every element of the standard's table as text.

Values that are bound come from mapping files; names of tables and columns from the dictionary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from datahub.dictionary.domain.code_set import CodeSet
from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.dictionary.domain.national import Element
from datahub.dictionary.tables import table_name
from datahub.national.domain.checks import REGIONS
from datahub.national.domain.form import decimals, is_number, pattern
from datahub.national.domain.mapping import (
    ABSENT,
    PAST,
    Condition,
    Constant,
    First,
    Holds,
    Identity,
    Joined,
    Others,
    Route,
    TableMapping,
    Taken,
    Tally,
    Value,
    Where,
    kind_of,
)

CAMPUS: Final = "Asia/Shanghai"
NOTHING: Final = "NULL::text"
_ONE_SCHOOL: Final = (
    "LEFT JOIN (SELECT * FROM record_school WHERE deleted_at IS NULL AND"
    " (SELECT count(*) FROM record_school WHERE deleted_at IS NULL) = 1) school ON true"
)
"""The college: where the hub holds two, nobody knows which one reports."""

_CUTS: Final = {
    "province": "left({0}, 2) || '0000'",
    "city": "CASE WHEN {0} !~ '0000$' THEN left({0}, 4) || '00' END",
    "county": "CASE WHEN {0} !~ '00$' THEN {0} END",
}
_CLOCK: Final = (
    "CASE WHEN {0} ~ '^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'"
    " THEN to_char({0}::time, 'HH24MISS') END"
)
"""A time of day that is kept as text; what is none reports nothing."""

_FUNCTIONS: Final = {
    ("distinct", False): "count(DISTINCT {})",
    ("min", True): "bool_and({})",
    ("max", True): "bool_or({})",
}


@dataclass(slots=True)
class Statement:
    """A SELECT of ``key`` and every element, and the values bound to it."""

    mapping: TableMapping
    dictionary: Dictionary
    """As shipped: the labels of the standard, not those of the college."""

    own: str | None = None
    """The relation where it is the hub's own."""

    values: list[Any] = field(default_factory=list)
    _joins: dict[tuple[bool, tuple[str, ...]], tuple[str, str]] = field(default_factory=dict)
    _has_school: bool = False

    def sql(self) -> str:
        """Return the statement; binds its values."""
        reported = self.mapping.open_values
        columns = {
            name: self._text(reported[name], element)
            for name, element in self.mapping.table.elements.items()
            if name in reported and not isinstance(reported[name], Identity)
        }
        # The expression of a group element must be the same wherever it stands.
        parts = [columns[name] for name in self.mapping.group]
        key = _joined_key(parts) or "r.key"
        identity = key if parts or self.own else "coalesce(r.identity, r.key)"
        columns |= {
            name: self._identity(identity)
            for name, value in reported.items()
            if isinstance(value, Identity)
        }
        selected = "".join(
            f', {columns.get(name, NOTHING)} AS "{name}"' for name in self.mapping.table.elements
        )
        conditions = self._conditions(self.mapping.where)
        gathered = f" GROUP BY {', '.join(parts)}" if parts else ""
        return f"SELECT {key} AS key{selected} FROM {self._from()}{conditions}{gathered}"

    def bind(self, value: object, kind: str) -> str:
        """Bind a value; return its place."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def _from(self) -> str:
        entity = self.mapping.entity
        relation = f"({self.own})" if self.own else f'"{table_name(entity.name)}"'
        school = f" {_ONE_SCHOOL}" if self._has_school else ""
        return f"{relation} r{school}{''.join(join for _, join in self._joins.values())}"

    def _conditions(self, where: Where) -> str:
        found = [] if self.own else ["r.deleted_at IS NULL"]
        found += [self._condition(each) for each in where]
        return f" WHERE {' AND '.join(found)}" if found else ""

    def _condition(self, condition: Condition) -> str:
        return self._held(self._column(condition.route), condition)

    def _held(self, column: str, condition: Condition) -> str:
        if condition.values is None:
            return f"{column} IS NOT NULL"
        if condition.values == (PAST,):
            return f"{column} <= (now() AT TIME ZONE '{CAMPUS}')::date"
        value = f"coalesce({column}::text, '')" if ABSENT in condition.values else f"{column}::text"
        return f"{value} = ANY({self.bind(list(condition.values), 'text[]')})"

    def _column(self, route: Route) -> str:
        column = f'{self._alias(route)}."{route.last.name}"'
        # Of the college there is one record: what it says holds for every row of a group.
        return f"max({column})" if route.is_of_school and self.mapping.group else column

    def _alias(self, route: Route) -> str:
        """Return the name under which the record that holds a field is joined."""
        self._has_school |= route.is_of_school
        alias = "school" if route.is_of_school else "r"
        for depth, via in enumerate(route.fields[:-1], 1):
            place = (route.is_of_school, tuple(each.name for each in route.fields[:depth]))
            if place not in self._joins:
                name = f"j{len(self._joins)}"
                join = (
                    f' LEFT JOIN "{table_name(str(via.ref))}" {name}'
                    f' ON {name}.key = {alias}."{via.name}" AND {name}.deleted_at IS NULL'
                )
                self._joins[place] = (name, join)
            alias = self._joins[place][0]
        return alias

    def _text(self, value: Value, element: Element) -> str:
        """Return a value as the text that the standard wants; null where there is none."""
        match value:
            case Constant(text=text):
                written = self.bind(text, "text")
            case Joined(parts=parts):
                written = "(" + " || ".join(self._text(each, element) for each in parts) + ")"
            case First(parts=parts):
                written = f"coalesce({', '.join(self._text(each, element) for each in parts)})"
            case Taken():
                written = self._taken(value, element)
            case _:
                written = _shaped(self._expression(value), kind_of(value), element)
        return written

    def _expression(self, value: Value) -> str:
        """Return what is counted, compared or observed, in its own type."""
        match value:
            case Holds(where=where):
                return f"({' AND '.join(self._condition(each) for each in where)})"
            case Tally():
                return self._tally(value)
            case Others():
                return f"({self._others(value)})"
            case _:
                observed = "max(r.observed)" if self.mapping.group else "r.observed"
                return f"to_timestamp({observed} / 1000000.0)"

    def _identity(self, key: str) -> str:
        """Return 32 letters and digits: unique over tables, the same for ever."""
        source = f"{self.mapping.table.name}/{self.mapping.entity.name}/"
        return f"upper(md5({self.bind(source, 'text')} || {key}))"

    def _taken(self, value: Taken, element: Element) -> str:
        column = self._column(value.route)
        if value.codes is not None:
            spoken = {key: code for key, code in value.codes.items() if code}
            return self._looked_up(f"{column}::text", spoken)
        if value.region:
            column = _CUTS[value.region].format(column)
        if value.label:
            code_set = self.dictionary.code_sets[str(value.route.last.code_set)]
            return self._looked_up(f"({column})", _labels(code_set, value.region))
        if value.scale != 1:
            column = f"({column} * {value.scale.numerator} / {value.scale.denominator}.0)"
        return _shaped(f"({column})", kind_of(value), element)

    def _looked_up(self, key: str, words: Mapping[str, str]) -> str:
        document = self.bind(msgspec.json.encode(words).decode(), "text")
        return f"({document}::jsonb ->> {key})"

    def _tally(self, value: Tally) -> str:
        where = [self._condition(each) for each in value.where]
        only = f" FILTER (WHERE {' AND '.join(where)})" if where else ""
        if value.route is None:
            return f"count(*){only}"
        column = self._column(value.route)
        is_flag = value.route.last.type is FieldType.BOOLEAN
        named = _FUNCTIONS.get((value.function, is_flag), f"{value.function}({{}})")
        call = named.format(column)
        total = f"{call}{only}"
        if value.function == "sum":
            # Of no rows the sum is 0; of rows without a value it is not known.
            total = f"CASE WHEN count(*){only} = 0 THEN 0 ELSE {total} END"
        if value.scale != 1:
            total = f"({total}) * {value.scale.numerator} / {value.scale.denominator}.0"
        return f"({total})"

    def _others(self, value: Others) -> str:
        where = [self._held(f'o."{each.route.last.name}"', each) for each in value.where]
        where += [f'o."{value.by.name}" = r.key'] if value.by else []
        there = f'FROM "{table_name(value.entity.name)}" o WHERE o.deleted_at IS NULL'
        only = "".join(f" AND {each}" for each in where)
        # While nothing of the kind was delivered, their number is not 0 but unknown.
        return f"CASE WHEN EXISTS (SELECT {there}) THEN (SELECT count(*) {there}{only}) END"


def _joined_key(parts: Sequence[str]) -> str:
    """Return the key of a group; as in records, a ``/`` or ``%`` inside a part is escaped."""
    if len(parts) == 1:
        return f"coalesce({parts[0]}, '')"
    escaped = "replace(replace(coalesce({}, ''), '%', '%25'), '/', '%2F')"
    return " || '/' || ".join(escaped.format(each) for each in parts)


def _labels(code_set: CodeSet, region: str) -> Mapping[str, str]:
    """Return labels by code; of regions only those of the level that is asked for."""
    endings = {"province": "0000", "city": "00"}
    ending = endings.get(region, "") if code_set.id == REGIONS else ""
    return {each.code: each.zh for each in code_set.codes.values() if each.code.endswith(ending)}


def _shaped(expression: str, kind: FieldType, element: Element) -> str:
    """Return a value of a type as the text that the standard wants."""
    wanted = pattern(element)
    match kind:
        case FieldType.TIMESTAMP:
            written = f"to_char({expression} AT TIME ZONE '{CAMPUS}', '{wanted}')"
        case FieldType.DATE:
            written = f"to_char({expression}, '{wanted}')"
        case FieldType.BOOLEAN:
            written = f"CASE {expression} WHEN true THEN '1' WHEN false THEN '0' END"
        case FieldType.DECIMAL if is_number(element):
            written = f"trim_scale(round({expression}, {decimals(element)}))::text"
        case FieldType.DECIMAL:
            written = f"trim_scale({expression})::text"
        case FieldType.LIST:
            written = f"nullif(array_to_string({expression}, ','), '')"
        case _ if wanted == "HH24MISS":
            written = _CLOCK.format(expression)
        case _:
            written = f"nullif({expression}::text, '')"
    return written
