"""Indicator definitions (质控点): what is counted, over which records, for which scopes.

A definition is data: `document` reads and checks it, its formula is a tree that
`datahub.indicators.domain.formula` made of a text. There is no text to evaluate. Source: design
"Indicators" 1–4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

from datahub.dictionary.domain.entity import Entity, Field
from datahub.dictionary.domain.kind import KINDS, Kind
from datahub.dictionary.domain.privacy import Privacy

Direction = Literal["higher", "lower", "band"]
AggregateName = Literal["count", "count_distinct", "sum", "min", "max", "percentile"]
ShiftName = Literal["same", "back", "year_before", "year_to_date"]
PartName = Literal["value", "numerator", "denominator"]
Missing = Literal["skip-any", "skip-all", "never-skip"]
"""What becomes of a value of which something is missing: no value where anything is, no value where
all of it is, or what is missing counts 0. DHIS2's."""

SCOPE_KINDS: Final = frozenset(
    ["school", "unit", "major", "course", "class", "group", "teacher", "student"]
)
SKIP_ANY: Final = "skip-any"
NEVER_SKIP: Final = "never-skip"
TODAY: Final = "today"
"""The present day on the campus."""

NULL_TEST: Final = "is_null"
"""The one operation that does not need its field."""


@dataclass(frozen=True, slots=True)
class Step:
    """A reference that is followed."""

    field: str
    entity: str
    """To which it leads."""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the counted entity, or of a record that references lead to."""

    field: Field
    steps: Steps = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the fields that are read on the way, one in each record."""
        return (*(step.field for step in self.steps), self.field.name)

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return KINDS[self.field.type]


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed key or period."""

    value: str


@dataclass(frozen=True, slots=True)
class School:
    """The college, to which every record belongs."""


@dataclass(frozen=True, slots=True)
class Present:
    """The period that is now: a stock counts for it."""


Place = Path | Constant | School | Present


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


def tested_paths(row: Row | None) -> Iterator[Path]:
    """Yield the fields of which it is asked whether there is a value."""
    match row:
        case Operation(op, _, (Path() as asked,)) if op == NULL_TEST:
            yield asked
        case Operation(_, _, operands):
            for each in operands:
                yield from tested_paths(each)
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


def reads_today(row: Row | None) -> bool:
    """Whether an expression is another one tomorrow."""
    match row:
        case Operation(op, _, operands):
            return op == TODAY or any(reads_today(each) for each in operands)
        case _:
            return False


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

    at: int = field(default=0, compare=False)
    """Where the formula says it: characters before it."""

    @property
    def is_none_of_nothing(self) -> bool:
        """Whether nothing is known where there are no rows: least, greatest, percentiles."""
        return self.aggregate in {"min", "max", "percentile"}

    @property
    def needed(self) -> tuple[Path, ...]:
        """Fields without which a row says nothing: a leg that asks for a value does without."""
        asked = {*tested_paths(self.value), *tested_paths(self.where)}
        found = dict.fromkeys([*needed_paths(self.value), *needed_paths(self.where)])
        return tuple(each for each in found if each not in asked)

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


@dataclass(frozen=True, slots=True)
class When:
    """In which periods another indicator is looked at, seen from that of the cell."""

    name: ShiftName = "same"
    steps: int = 0
    """Periods back."""


SAME: Final = When()


@dataclass(frozen=True, slots=True)
class Input:
    """What was measured of another indicator for the scope of the cell."""

    indicator: str
    when: When = SAME
    part: PartName = "value"
    at: int = field(default=0, compare=False)
    """Where the formula says it: characters before it."""


@dataclass(frozen=True, slots=True)
class Beneath:
    """An aggregate over the scopes of a kind that lie right beneath that of the cell.

    Only those count of which everything is known that is said of them.
    """

    aggregate: AggregateName
    kind: str
    value: "Result | None"
    """What is added up or compared; of a count what must be known; None where scopes count."""

    where: "Result | None"
    share: Decimal | None = None
    at: int = field(default=0, compare=False)


Item = Count | Input | Beneath
"""What a formula reckons with: it may be missing."""

Result = Number | Item | Reckoning


def items_of(result: Result | None) -> Iterator[Item]:
    """Yield what a result is reckoned with."""
    match result:
        case Reckoning(_, operands):
            for each in operands:
                yield from items_of(each)
        case Count() | Input() | Beneath():
            yield result
        case _:
            return


def legs_of(result: Result | None) -> Iterator[int]:
    """Yield the places of the legs that a result is made of."""
    return (item.leg for item in items_of(result) if isinstance(item, Count))


def inputs_of(item: Item) -> Iterator[Input]:
    """Yield what was measured elsewhere that an item is made of."""
    match item:
        case Input():
            yield item
        case Beneath(value=value, where=where):
            for part in (value, where):
                for each in items_of(part):
                    yield from inputs_of(each)
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

    @property
    def fixed_period(self) -> str | None:
        """The one period that it is measured for; None where rows say their period."""
        found = [spot.period.value for spot in self.spots if isinstance(spot.period, Constant)]
        return found[0] if found else None

    @property
    def is_present(self) -> bool:
        """Whether a stock is counted, which is measured for the present period alone."""
        return any(isinstance(spot.period, Present) for spot in self.spots)

    @property
    def needs_terms(self) -> bool:
        """Whether a date is brought to its term, academic year or teaching week."""
        return self.period_kind in {"term", "ayear", "week"} and any(
            isinstance(spot.period, Path) and spot.period.kind in {Kind.DAY, Kind.INSTANT}
            for spot in self.spots
        )

    @property
    def is_of_school(self) -> bool:
        """Whether it is measured for the college as a whole."""
        return any(isinstance(spot.key, School) for spot in self.spots)


@dataclass(frozen=True, kw_only=True)
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
    missing: Missing = SKIP_ANY
    manual: bool = False
    """People hand values in: all of them where there is no formula, else those it does not give."""

    @property
    def entities(self) -> frozenset[str]:
        """Names of the entities that it counts."""
        return frozenset(leg.entity.name for leg in self.legs)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What it is reckoned with."""
        both = (*items_of(self.numerator), *items_of(self.denominator))
        return tuple(dict.fromkeys(both))

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What it takes from other indicators, for its own scope or those beneath it."""
        return tuple(dict.fromkeys(each for item in self.items for each in inputs_of(item)))

    @property
    def others(self) -> frozenset[str]:
        """Ids of the indicators that it takes."""
        return frozenset(each.indicator for each in self.inputs)

    @property
    def reads_today(self) -> bool:
        """Whether its values change from day to day by themselves."""
        return any(reads_today(leg.value) or reads_today(leg.where) for leg in self.legs)

    @property
    def reads(self) -> frozenset[str]:
        """Names of the entities on whose records a value depends."""
        spots = (spot for grain in self.grains for spot in grain.spots)
        places = [place for spot in spots for place in (spot.key, spot.period)]
        paths = [path for leg in self.legs for path in leg.paths]
        paths += [place for place in places if isinstance(place, Path)]
        return self.entities | {step.entity for path in paths for step in path.steps}

    @property
    def is_restricted(self) -> bool:
        """Whether it is made of what is told of groups alone, and to few: psychological tests."""
        paths = (path for leg in self.legs for path in leg.paths)
        return any(path.field.privacy is Privacy.RESTRICTED for path in paths)

    @property
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.denominator is not None
