"""Indicator definitions (质控点): what is counted, over which records, for which scopes.

A definition is data; `datahub.indicators.domain.document` reads and checks it. There is no text
to evaluate: conditions are triples, fields are names or one step along a reference. Source:
design "Indicators" 1–4.
"""

from dataclasses import dataclass
from typing import Final, Literal

from datahub.dictionary.domain.entity import Entity, Field

Direction = Literal["higher", "lower", "band"]
Aggregate = Literal["count", "count_distinct", "sum"]
AGGREGATES: Final[tuple[Aggregate, ...]] = ("count", "count_distinct", "sum")
COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
NULL_TESTS: Final = frozenset({"is_null", "not_null"})


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the counted entity, or of a record that it refers to."""

    field: Field
    via: str | None = None
    """Field of the counted entity whose reference is followed."""

    entity: str = ""
    """Entity that holds ``field``."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed key or period."""

    value: str


Place = Path | Constant


@dataclass(frozen=True, slots=True)
class Condition:
    """``field op value``; a comparison with null is false."""

    path: Path
    op: str
    value: object
    """A scalar, a list for ``in``, a `Path`, or None for a null test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One side of an indicator: an aggregate over the records of one entity."""

    entity: Entity
    aggregate: Aggregate
    path: Path | None
    where: tuple[Condition, ...]

    @property
    def needed(self) -> tuple[Path, ...]:
        """Fields without which a row says nothing; a null test does not need its field."""
        paths = [self.path] if self.path else []
        for each in self.where:
            if each.op in COMPARISONS:
                paths.append(each.path)
                paths += [each.value] if isinstance(each.value, Path) else []
        return tuple(paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every field that the leg reads."""
        return (*self.needed, *(each.path for each in self.where))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """For which scopes and periods a leg is measured."""

    kind: str
    key: Place
    period_kind: str
    period: Place


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
    minimum_sample: int
    numerator: Leg
    denominator: Leg | None
    grains: tuple[tuple[Grain, Grain], ...]
    """For each scope: the grain of the numerator and that of the denominator."""

    @property
    def entities(self) -> frozenset[str]:
        """Names of the entities that it counts."""
        legs = (self.numerator, self.denominator)
        return frozenset(leg.entity.name for leg in legs if leg is not None)

    @property
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.denominator is not None
