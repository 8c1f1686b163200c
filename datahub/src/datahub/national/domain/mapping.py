"""Where the elements of a national table come from: the outbound mapping.

Source: 职业院校数字基座高职数据标准及接口规范（试行）V3.0.2; our default for its form.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeAlias

from typing_extensions import override

from datahub.dictionary.domain.entity import Entity, Field, FieldType
from datahub.dictionary.domain.national import Element, NationalTable
from datahub.dictionary.domain.privacy import Privacy

SCHOOL: Final = "school"
"""First word of a path that leads to the college itself, of which the hub holds one record."""

ABSENT: Final = ""
"""Stands in a condition for having no value."""

PAST: Final = "@past"
"""Stands in a condition for a date that is today or before."""

COMMON: Final = "common"
"""Section of the elements that every table has."""


@dataclass(frozen=True, slots=True)
class Route:
    """A field of the row, or of a record to which references lead from it."""

    fields: tuple[Field, ...]
    is_of_school: bool = False

    @property
    def last(self) -> Field:
        """The field whose value is taken."""
        return self.fields[-1]

    @property
    def is_closed(self) -> bool:
        """Whether the value, or who it is about, leaves the hub only for a named purpose."""
        return any(each.is_closed for each in self.fields)

    @override
    def __str__(self) -> str:
        names = [SCHOOL] * self.is_of_school + [each.name for each in self.fields]
        return ".".join(names)


@dataclass(frozen=True, slots=True)
class Condition:
    """A field held against values; None stands for any value at all."""

    route: Route
    values: tuple[str, ...] | None

    @override
    def __str__(self) -> str:
        return f"{self.route}={'*' if self.values is None else '|'.join(self.values)}"


Where: TypeAlias = tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The value of a field, as it is or translated."""

    route: Route
    codes: Mapping[str, str] | None = None
    """Code that is reported for each value; an empty one reports nothing."""

    label: bool = False
    """The label of the code, instead of the code."""

    region: str = ""
    """``province``, ``city`` or ``county`` of a region code."""

    scale: Fraction = Fraction(1)

    @override
    def __str__(self) -> str:
        more = [self.region] * bool(self.region) + ["label"] * self.label
        more += ["codes"] * (self.codes is not None)
        more += [f"×{self.scale}"] * (self.scale != 1)
        return " ".join([str(self.route), *more])


@dataclass(frozen=True, slots=True)
class Constant:
    """The same text in every row."""

    text: str

    @override
    def __str__(self) -> str:
        return f"“{self.text}”"


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts one behind the other; nothing where one of them is missing."""

    parts: tuple["Value", ...]

    @override
    def __str__(self) -> str:
        return " + ".join(str(each) for each in self.parts)


@dataclass(frozen=True, slots=True)
class First:
    """The first of several that has a value."""

    parts: tuple["Value", ...]

    @override
    def __str__(self) -> str:
        return " ?? ".join(str(each) for each in self.parts)


@dataclass(frozen=True, slots=True)
class Holds:
    """Whether conditions hold: yes or no."""

    where: Where

    @override
    def __str__(self) -> str:
        return " & ".join(str(each) for each in self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the rows of a group come to."""

    function: str
    """``count distinct sum avg min max``."""

    route: Route | None = None
    where: Where = ()
    scale: Fraction = Fraction(1)

    @override
    def __str__(self) -> str:
        inner = " ".join(str(each) for each in (self.route or "*", *self.where))
        return f"{self.function}({inner})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """How many records of another entity there are, all of them or those that refer to the row."""

    entity: Entity
    where: Where = ()
    by: Field | None = None
    """Field of theirs that holds the key of the row."""

    @override
    def __str__(self) -> str:
        inner = " ".join(str(each) for each in (*self.where, *([self.by.name] if self.by else [])))
        return f"count({self.entity.name} {inner})".replace(" )", ")")


@dataclass(frozen=True, slots=True)
class Identity:
    """主键数据唯一性标识: 32 characters that follow from the table, the entity and the key."""

    @override
    def __str__(self) -> str:
        return "id"


@dataclass(frozen=True, slots=True)
class Observed:
    """数据采集时间: when a source last spoke of the record."""

    @override
    def __str__(self) -> str:
        return "observed"


Value: TypeAlias = Taken | Constant | Joined | First | Holds | Tally | Others | Identity | Observed

_COUNTS: Final = frozenset({"count", "distinct"})
_NUMBERS: Final = frozenset({"sum", "avg"})


def kind_of(value: Value) -> FieldType:
    """Return the type of a value; parts that are joined or tried in turn are text."""
    match value:
        case Taken() if value.codes is None and not value.label and not value.region:
            kind = FieldType.DECIMAL if value.scale != 1 else value.route.last.type
        case Holds():
            kind = FieldType.BOOLEAN
        case Tally(route=Route() as route) if value.function not in _COUNTS:
            kind = FieldType.DECIMAL if value.function in _NUMBERS else route.last.type
        case Tally() | Others():
            kind = FieldType.INTEGER
        case Observed():
            kind = FieldType.TIMESTAMP
        case _:
            kind = FieldType.TEXT
    return kind


def leaves(value: Value) -> Iterator[Value]:
    """Return what is taken or counted, without what only puts it together."""
    if isinstance(value, Joined | First):
        for each in value.parts:
            yield from leaves(each)
    else:
        yield value


def routes_of(leaf: Value) -> Sequence[Route]:
    """Return the ways that one value goes."""
    match leaf:
        case Taken(route=route):
            return [route]
        case Holds(where=where):
            return [each.route for each in where]
        case Tally(route=route, where=where):
            return [*([route] if route else []), *(each.route for each in where)]
        case _:
            return []


def is_closed(value: Value) -> bool:
    """Return whether a value tells what leaves the hub only for a named purpose.

    A count, a sum and a mean do not: they are the aggregates that may leave.
    """
    return _tells(value, lambda route: route.is_closed)


def is_personal(value: Value) -> bool:
    """Return whether a value tells a personal field of somebody."""
    return _tells(
        value, lambda route: any(each.privacy is Privacy.PERSONAL for each in route.fields)
    )


def _tells(value: Value, is_so: Callable[[Route], bool]) -> bool:
    match value:
        case Taken(route=route):
            return is_so(route)
        case Tally(function="min" | "max", route=Route() as route):
            return is_so(route)
        case Joined(parts=parts) | First(parts=parts):
            return any(_tells(each, is_so) for each in parts)
        case Holds(where=where):
            return any(is_so(each.route) for each in where)
        case _:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """How one national table is built."""

    table: NationalTable
    entity: Entity
    """What a row is made of; one of the hub's own relations where it is about the hub."""

    is_own: bool = False
    """The relation is the hub's own, and not an entity of the dictionary."""

    where: Where = ()
    group: tuple[str, ...] = ()
    """Elements by which records are gathered into one row; empty for one row a record."""

    values: Mapping[str, Value]
    reasons: Mapping[str, str] = field(default_factory=dict)
    """What an element that is not mapped would need, where it is not a field of the entity."""

    @property
    def is_closed(self) -> bool:
        """Whether the rows themselves leave the hub as aggregates only."""
        return self.entity.is_closed and not self.group

    def is_hidden(self, element: Element) -> bool:
        """Return whether an element is closed here: by the standard's class or by its source's.

        What rows are gathered by is part of an aggregate, as long as it names no person.
        """
        value = self.values.get(element.field)
        if element.privacy.is_closed:
            return True
        if element.field in self.group:
            return any(_names_somebody(each) for each in leaves(value)) if value else False
        return value is not None and is_closed(value)

    @property
    def personal(self) -> frozenset[str]:
        """Elements that tell personal fields."""
        return frozenset(name for name, value in self.values.items() if is_personal(value))

    @property
    def entities(self) -> frozenset[str]:
        """Every entity on whose records the rows rest."""
        routes = [each.route for each in self.where]
        found = {self.entity.name}
        for value in self.values.values():
            for leaf in leaves(value):
                routes += routes_of(leaf)
                found |= {leaf.entity.name} if isinstance(leaf, Others) else set()
        for route in routes:
            found |= {SCHOOL} if route.is_of_school else set()
            found |= {str(via.ref) for via in route.fields[:-1]}
        return frozenset(found)

    @property
    def open_values(self) -> dict[str, Value]:
        """What is reported, by element, in the order of the standard."""
        return {
            name: self.values[name]
            for name, element in self.table.elements.items()
            if name in self.values and not self.is_hidden(element)
        }


def _names_somebody(value: Value) -> bool:
    return isinstance(value, Taken) and any(
        each.is_closed and each.ref is not None for each in value.route.fields
    )


@dataclass(frozen=True, slots=True)
class Mappings:
    """Every national table that is built, and what the others would need."""

    tables: Mapping[str, TableMapping]
    needs: Mapping[str, str]
    """Entity that a table would need, with its Chinese name, by table."""
