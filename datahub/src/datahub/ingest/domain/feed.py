"""Feed contract (数据源约定): how one source writes one entity, and how its fields map.

A feed is data; `datahub.ingest.domain.feed_document` reads and checks its document. Source:
design "Data hub" 2 and 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from datahub.dictionary.domain.entity import Entity, Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Take a field of another record, found by source columns that form its key."""

    entity: str
    key: tuple[str, ...]
    take: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayZero:
    """The day that a count of days starts from."""

    constant: str | None = None
    column: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How one canonical field comes out of source columns."""

    target: Field
    columns: tuple[str, ...] = ()
    join: str = ""
    constant: str | None = None
    default: str | None = None
    split: str | None = None
    part: int | None = None
    unwrap: bool = False
    lower: bool = False
    strip_prefix: tuple[str, ...] = ()
    strip_suffix: tuple[str, ...] = ()
    pad_width: int | None = None
    pad_with: str = "0"
    null_words: frozenset[str] | None = None
    codes: Mapping[str, str] | None = None
    keep_unmapped: bool = False
    parse: str = "text"
    formats: tuple[str, ...] = ()
    scale: Decimal | None = None
    day0: DayZero | None = None
    lookup: Lookup | None = None
    allowed: frozenset[str] | None = None
    """Values that the field may hold, where the dictionary lists them."""

    @property
    def sources(self) -> frozenset[str]:
        """Every source column that the field needs."""
        needed = set(self.columns)
        if self.lookup:
            needed |= set(self.lookup.key)
        if self.day0:
            needed |= {self.day0.column} if self.day0.column else set()
            needed |= set(self.day0.lookup.key) if self.day0.lookup else set()
        return frozenset(needed)

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Every lookup that the field makes."""
        found = [self.lookup, self.day0.lookup if self.day0 else None]
        return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A total that an aggregating feed keeps per record: the sum of a column, or the lines."""

    target: str
    column: str | None
    """None counts lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One source's contract for one entity."""

    id: str
    version: int
    source: str
    entity: Entity
    is_default: bool
    unknown_fields: str
    ignore: frozenset[str]
    null_words: frozenset[str]
    encoding: str
    delimiter: str
    mappings: tuple[FieldMapping, ...]
    measures: tuple[Measure, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Source columns that the feed reads."""
        mapped = frozenset[str]().union(*(each.sources for each in self.mappings))
        return mapped | {each.column for each in self.measures if each.column}

    @property
    def key_mappings(self) -> tuple[FieldMapping, ...]:
        """Mappings of the natural key, in the order of the key."""
        by_name = {each.target.name: each for each in self.mappings}
        return tuple(by_name[name] for name in self.entity.key)

    @property
    def is_aggregating(self) -> bool:
        """Whether lines are summed into records."""
        return bool(self.measures)

    @property
    def targets(self) -> tuple[str, ...]:
        """Canonical fields that the feed writes; it leaves the others as they are."""
        return (
            *(each.target.name for each in self.mappings),
            *(each.target for each in self.measures),
        )
