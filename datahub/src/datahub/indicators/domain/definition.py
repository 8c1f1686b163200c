"""Indicator definitions (质控点): what is counted, over which records, for which scopes.

A definition is data: `document` reads and checks it, its formula is a tree that
`datahub.indicators.domain.formula` made of a text. There is no text to evaluate. Source: design
"Indicators" 1–4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from datahub.dictionary.domain.entity import Entity, Field
from datahub.dictionary.domain.kind import KINDS, Kind

Direction = Literal["higher", "lower", "band"]
AggregateName = Literal["count", "count_distinct", "sum", "min", "max", "percentile"]

NULL_TEST: Final = "is_null"
"""The one operation that does not need its field."""


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the counted entity, or of a record that it refers to."""

    field: Field
    via: str | None = None
    """Field of the counted entity whose reference is followed."""

    entity: str = ""
    """Entity that holds ``field``."""

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return KINDS[self.field.type]


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed key or period."""

    value: str


Place = Path | Constant


@dataclass(frozen=True, slots=True)
class Value:
    """A fixed value of a row's expression, in the form in which a field of its kind keeps it."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Something made of values of one row: a sum, a comparison, a condition."""

    op: str
    kind: Kind
    operands: "tuple[Row, ...]"


Row = Path | Value | Operation
"""What is said of one row of the counted entity."""


def needed_paths(row: Row | None) -> Iterator[Path]:
    """Yield the fields without which a row says nothing; a null test does not need its field."""
    match row:
        case Path():
            yield row
        case Operation(op, _, operands) if op != NULL_TEST:
            for each in operands:
                yield from needed_paths(each)
        case _:
            return


def read_paths(row: Row | None) -> Iterator[Path]:
    """Yield every field that is read."""
    match row:
        case Path():
            yield row
        case Operation(_, _, operands):
            for each in operands:
                yield from read_paths(each)
        case _:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """An aggregate over the records of one entity."""

    entity: Entity
    aggregate: AggregateName
    value: Row | None
    """What is added up or compared; None where rows are counted."""

    where: Row | None
    """Which rows; None for all."""

    share: Decimal | None = None
    """Of a percentile, 0 to 1."""

    @property
    def is_none_of_nothing(self) -> bool:
        """Whether nothing is known where there are no rows: least, greatest, percentiles."""
        return self.aggregate in {"min", "max", "percentile"}

    @property
    def needed(self) -> tuple[Path, ...]:
        """Fields without which a row says nothing."""
        return tuple(dict.fromkeys([*needed_paths(self.value), *needed_paths(self.where)]))

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every field that the leg reads."""
        return tuple(dict.fromkeys([*read_paths(self.value), *read_paths(self.where)]))


@dataclass(frozen=True, slots=True)
class Number:
    """A fixed number among the counts."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Count:
    """What a leg found, by its place among the legs."""

    leg: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Something made of what was counted."""

    op: str
    operands: "tuple[Result, ...]"


Result = Number | Count | Reckoning


def legs_of(result: Result | None) -> Iterator[int]:
    """Yield the places of the legs that a result is made of."""
    match result:
        case Count(leg):
            yield leg
        case Reckoning(_, operands):
            for each in operands:
                yield from legs_of(each)
        case _:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where the rows of one leg say to which scope and period they belong."""

    key: Place
    period: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """For which scopes and periods an indicator is measured."""

    kind: str
    period_kind: str
    spots: tuple[Spot, ...]
    """One for each leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator, one definition."""

    id: str
    version: int
    zh: str
    en: str
    unit: str
    direction: Direction
    type: str
    level: str
    basis: str
    formula: str
    minimum_sample: int
    legs: tuple[Leg, ...]
    numerator: Result
    denominator: Result | None
    grains: tuple[Grain, ...]

    @property
    def entities(self) -> frozenset[str]:
        """Names of the entities that it counts."""
        return frozenset(leg.entity.name for leg in self.legs)

    @property
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.denominator is not None
