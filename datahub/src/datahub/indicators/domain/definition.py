"""Indicator definitions (质控点): what is counted, over which records, for which scopes.

A definition is data: `document` reads and checks it, its formula is a tree that
`datahub.indicators.domain.formula` made of a text. There is no text to evaluate. Source: design
"Indicators" 1–4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.domain.kind import Kind
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.periods import Terms, last_day
from datahub.indicators.domain.row import (
    Constant,
    Path,
    Place,
    Present,
    Row,
    School,
    needed_paths,
    read_paths,
    reads_today,
    tested_paths,
)

Direction = Literal["higher", "lower", "band"]
AggregateName = Literal["count", "count_distinct", "sum", "min", "max", "percentile"]
ShiftName = Literal["same", "back", "year_before", "year_to_date"]
Aggregation = Literal["sum", "pooled_ratio", "weighted_mean", "minimum", "maximum", "last"]
"""How the values of several periods come together. Source: design "Indicators" 1."""

PartName = Literal["value", "numerator", "denominator"]
Missing = Literal["skip-any", "skip-all", "never-skip"]
"""What becomes of a value of which something is missing: no value where anything is, no value where
all of it is, or what is missing counts 0. DHIS2's."""

SCOPE_KINDS: Final = frozenset(
    ["school", "unit", "major", "course", "class", "group", "teacher", "student"]
)
SKIP_ANY: Final = "skip-any"
NEVER_SKIP: Final = "never-skip"


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

    by: Literal["parts", "minimum", "maximum", "last"] = "parts"
    """Of several periods: kept parts are added up, or one of the values is taken."""


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
    aggregation: Aggregation | None = None
    """None where the values of several periods come to nothing."""

    manual: bool = False
    """People hand values in: all of them where there is no formula, else those it does not give."""

    core: bool = False
    """It is measured before those that are not, and told before them."""

    privacy: Privacy = Privacy.INTERNAL
    """As private as the most private field that it is made of, or more."""

    effective_from: date | None = None
    """The first day of this version; None where it holds for every period."""

    until: date | None = None
    """The first day of the version after this one; None of the newest."""

    before: "Indicator | None" = None
    """The version that measures the periods which end before this one takes effect."""

    retired_on: date | None = None
    """Since then it is measured no more; its values stay."""

    @cached_property
    def editions(self) -> "tuple[Indicator, ...]":
        """The versions in force, each for periods of its own, the newest first."""
        return (self, *(self.before.editions if self.before else ()))

    def follow(self, before: "Indicator | None") -> "Indicator":
        """Return this version with those before it that stay in force for earlier periods."""
        if self.effective_from is None or before is None:
            return self
        if before.effective_from is not None and before.effective_from >= self.effective_from:
            return self.follow(before.before)
        return replace(self, before=replace(before, until=self.effective_from))

    def is_for(self, period: str, terms: Terms) -> bool:
        """Whether this version measures a period: it ends on the first day or after it."""
        if self.effective_from is None and self.until is None:
            return True
        last = last_day(period, terms)
        return (self.effective_from is None or last >= self.effective_from) and (
            self.until is None or last < self.until
        )

    @cached_property
    def entities(self) -> frozenset[str]:
        """Names of the entities that it counts, in any version in force."""
        return frozenset(leg.entity.name for each in self.editions for leg in each.legs)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What it is reckoned with."""
        both = (*items_of(self.numerator), *items_of(self.denominator))
        return tuple(dict.fromkeys(both))

    @cached_property
    def rests_on(self) -> tuple[frozenset[int], frozenset[int]]:
        """Places of the legs that are divided by; of one leg of each entity that is looked through.

        Legs of one entity look through the same rows.
        """
        looked = {leg.entity.name: place for place, leg in enumerate(self.legs)}
        return frozenset(legs_of(self.denominator)), frozenset(looked.values())

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What it takes from other indicators, for its own scope or those beneath it."""
        return tuple(dict.fromkeys(each for item in self.items for each in inputs_of(item)))

    @cached_property
    def others(self) -> frozenset[str]:
        """Ids of the indicators that it takes, in any version in force."""
        return frozenset(item.indicator for each in self.editions for item in each.inputs)

    @property
    def reads_today(self) -> bool:
        """Whether its values change from day to day by themselves."""
        return any(reads_today(leg.value) or reads_today(leg.where) for leg in self.legs)

    @property
    def reads(self) -> frozenset[str]:
        """Names of the entities on whose records a value depends."""
        own = {leg.entity.name for leg in self.legs}
        return frozenset(own | {step.entity for path in self.paths for step in path.steps})

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every field that decides what is counted, and for which scope and period."""
        spots = (spot for grain in self.grains for spot in grain.spots)
        places = [place for spot in spots for place in (spot.key, spot.period)]
        own = [path for leg in self.legs for path in leg.paths]
        return tuple(dict.fromkeys([*own, *(each for each in places if isinstance(each, Path))]))

    @property
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.denominator is not None
