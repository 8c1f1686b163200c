"""What a rule checks: one class for each kind.

Some look at one row alone, and can be asked of the rows of a batch before they take effect; the
others look at a set of rows. A row that a check says nothing about (its value is not there) is
not checked, and is no failure. Source: design "Data hub"; kinds and operators of DHIS2.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from datahub.dictionary.domain.entity import Entity, Field
from datahub.quality.domain.expression import Comparison, Missing, Side, fields_of


@dataclass(frozen=True, slots=True)
class Condition:
    """``field op value``: which rows a rule is about. A comparison with null is false."""

    field: Field
    op: str
    values: tuple[str, ...]
    """Texts in the form in which the field keeps them; several only for ``in``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """The field has a value."""

    kind: ClassVar = "not_null"
    field: Field

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The value lies between two bounds, which belong to it."""

    kind: ClassVar = "range"
    field: Field
    low: str | None
    high: str | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The text has a form; see `datahub.quality.domain.pattern`."""

    kind: ClassVar = "pattern"
    field: Field
    expression: str
    """Regular expression of PostgreSQL, written by us."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet:
    """The value, or each of a list, is one of these."""

    kind: ClassVar = "code_set"
    field: Field
    codes: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The record that the field names is there."""

    kind: ClassVar = "reference"
    field: Field

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossField:
    """Two expressions over one row stand to each other as they should."""

    kind: ClassVar = "cross_field"
    left: Side
    comparison: Comparison
    right: Side

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return fields_of(self.left, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The parts add up to the whole, within a tolerance in its unit."""

    kind: ClassVar = "sum"
    parts: Side
    whole: Side
    tolerance: Decimal

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return fields_of(self.parts, self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """No two records have the same values in these fields; where one is null it says nothing."""

    kind: ClassVar = "unique"
    over: tuple[Field, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return tuple(each.name for each in self.over)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOverlap:
    """Of one thing, no two records are in force on the same day.

    Periods are half-open; one without a beginning or an end is open there, and one that is empty
    says nothing.
    """

    kind: ClassVar = "no_overlap"
    by: tuple[Field, ...]
    begin: Field
    end: Field

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (*(each.name for each in self.by), self.begin.name, self.end.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The newest value of a date, or else the newest batch, is not older than this."""

    kind: ClassVar = "freshness"
    field: Field | None
    max_age: timedelta

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name,) if self.field else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount:
    """There are so many records; or about as many as some days ago."""

    kind: ClassVar = "row_count"
    low: int | None
    high: int | None
    max_change: Decimal | None
    """Ratio of the older count by which the present one may differ."""

    days: int
    """Age, in days, of the count that is compared with; without one nothing is compared."""

    fields: ClassVar[tuple[str, ...]] = ()


Aggregate = Literal["count", "count_distinct", "sum", "min", "max", "avg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One side of a comparison of tables: a number for each group of records."""

    entity: Entity
    aggregate: Aggregate
    field: Field | None
    """None for a plain count."""

    by: Field
    where: tuple[Condition, ...]
    missing: Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossTable:
    """The totals of two tables stand to each other as they should, group by group."""

    kind: ClassVar = "cross_table"
    left: Total
    comparison: Comparison
    right: Total

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads of the rule's own entity, the left one."""
        own = [self.left.by, *([self.left.field] if self.left.field else [])]
        return tuple(dict.fromkeys(each.name for each in own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """The value lies near those of its group.

    ``zscore``: standard deviations from the mean; ``mad``: 0.6745 times the distance from the
    median over the median absolute deviation. A small group, or one without any spread, says
    nothing.
    """

    kind: ClassVar = "outlier"
    field: Field
    by: tuple[Field, ...]
    method: Literal["zscore", "mad"]
    threshold: Decimal
    minimum_sample: int

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field.name, *(each.name for each in self.by))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTermLastYear:
    """A total is near that of the same period of the academic year before.

    A group that is not in both, or was 0, says nothing.
    """

    kind: ClassVar = "same_term_last_year"
    aggregate: Aggregate
    field: Field | None
    period: Field
    period_kind: Literal["term", "month"]
    by: tuple[Field, ...]
    max_change: Decimal
    """Ratio of the older total by which the present one may differ."""

    latest: int
    """How many of the newest periods are looked at."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        used = [*([self.field] if self.field else []), self.period, *self.by]
        return tuple(dict.fromkeys(each.name for each in used))


RowCheck = NotNull | Range | Matches | CodeSet | Reference | CrossField | Sum
SetCheck = Unique | NoOverlap | Freshness | RowCount | CrossTable | Outlier | SameTermLastYear
Check = RowCheck | SetCheck
