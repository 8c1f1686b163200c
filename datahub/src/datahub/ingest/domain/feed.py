"""Feed contract (数据源约定): how one source writes one entity, and how its fields map.

A feed is data; `datahub.ingest.domain.feed_document` reads and checks its document. Source:
design "Data hub" 2 and 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.entity import EXT, Entity, Field, is_ext
from shared.errors import DomainError, ErrorKind
from shared.workbooks.sheet import Layout

TODAY: Final = "today"
"""Stands for the campus's present day in the limits of a date."""

_OPENED: Final = "opened"

KEEP: Final = EXT
"""Policy of keeping unknown columns beside the record."""


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
class Split:
    """Cut a cell that holds several values."""

    separators: tuple[str, ...]
    part: int | None = None
    """Counted from 0; None keeps all, for a list."""

    warns: bool = False
    """Whether parts that are left out are worth a warning."""

    each: "Split | None" = None
    """How each value of a list is cut again: ``张三/10001``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """Give digits back the zeros that a spreadsheet took."""

    width: int
    fill: str = "0"
    registry: Lookup | None = None
    """Where the padded number must stand; None pads whatever comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermStyle:
    """How a source writes an academic year and a term."""

    patterns: tuple[str, ...]
    terms: Mapping[str, str]
    """Number of the term within its academic year, by the source's word for it."""

    previous_year: frozenset[str] = frozenset()
    """Words whose year is the second one of the academic year: 2013B lies in 2012-2013."""

    gives: str = "term"
    """``term`` 2026-2027-1, ``academic_year`` 2026-2027 or ``term_code`` 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRules:
    """What an identity number is checked against."""

    regions: frozenset[str] = field(repr=False)
    """Regions of GB/T 2260 that are or once were."""

    type_column: str | None = None
    types: frozenset[str] = frozenset()
    """Words of that column that mean a resident's card; other documents are not checked."""

    sex: str | None = None
    birth_date: str | None = None
    """Canonical fields that the number should agree with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How one canonical field comes out of source columns."""

    target: Field
    columns: tuple[str, ...] = ()
    join: str = ""
    constant: str | None = None
    default: str | None = None
    default_warns: bool = False
    split: Split | None = None
    unwrap: bool = False
    html: bool = False
    lower: bool = False
    strip_prefix: tuple[str, ...] = ()
    strip_suffix: tuple[str, ...] = ()
    strip_remark: bool = False
    """Whether a remark in brackets at the end goes, with a warning: ``副教授（兼）``."""

    pad: Pad | None = None
    null_words: frozenset[str] | None = None
    codes: Mapping[str, str] | None = None
    """Canonical value by the source's text; an empty one says nothing."""

    reads_labels: bool = False
    """Whether the labels of the code set are among them."""

    unmapped: str | None = None
    """What a text without a code is: ``keep`` parses it, ``null`` drops it, None is a fault."""

    extra: frozenset[str] = frozenset()
    """Values outside the code set that are taken, with a warning."""

    parse: str = "text"
    formats: tuple[str, ...] = ()
    null_dates: frozenset[str] = frozenset()
    """Dates that stand for none; they become null, with a warning."""

    not_before: str | None = None
    not_after: str | None = None
    """ISO dates, or ``today``."""

    decimal_comma: bool = False
    """Whether numbers are written ``1.049,50``."""

    scale: Decimal | None = None
    day0: DayZero | None = None
    lookup: Lookup | None = None
    term: TermStyle | None = None
    id_rules: IdRules | None = None
    allowed: frozenset[str] | None = None
    """Values that the field may hold, where the dictionary lists them."""

    tell_word: Callable[[str], tuple[str, str] | None] = field(
        default=lambda _: None, repr=False, compare=False
    )
    """Says, in two languages, that a text names a retired code or several codes; else None."""

    @property
    def sources(self) -> frozenset[str]:
        """Every source column that the field needs."""
        needed = set(self.columns)
        if self.lookup:
            needed |= set(self.lookup.key)
        if self.day0:
            needed |= {self.day0.column} if self.day0.column else set()
            needed |= set(self.day0.lookup.key) if self.day0.lookup else set()
        if self.id_rules and self.id_rules.type_column:
            needed.add(self.id_rules.type_column)
        return frozenset(needed)

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Every lookup that a row waits for."""
        found = [self.lookup, self.day0.lookup if self.day0 else None]
        return tuple(each for each in found if each is not None)

    @property
    def registry(self) -> Lookup | None:
        """Where a padded number must stand; a row does not wait for it."""
        return self.pad.registry if self.pad else None

    @property
    def needs_today(self) -> bool:
        """Whether a value is held against the present day."""
        return self.id_rules is not None or TODAY in {self.not_before, self.not_after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A total that an aggregating feed keeps per record: the sum of a column, or the lines."""

    target: str
    column: str | None
    """None counts lines."""

    decimal_comma: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a source is expected to deliver."""

    content: str = "delta"
    """``delta``, or ``full``: a delivery holds every record, so that what is absent is gone."""

    every: str | None = None
    """``daily``, ``weekly``, ``monthly``, ``term`` or a span such as ``24h``; None: nothing."""

    grace: str | None = None
    """How much later it may be: a span."""

    max_vanish_ratio: Decimal | None = None
    """Share of the records, 0 to 1, above which a full delivery is refused."""


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
    """One character, or ``detect``."""

    dictionary_version: int
    """Version of the dictionary that the feed was read by."""

    mappings: tuple[FieldMapping, ...]
    measures: tuple[Measure, ...] = ()
    fill_down: tuple[str, ...] = ()
    """Columns of merged cells: an empty one repeats the one above."""

    footer: tuple[str, ...] = ()
    """How lines begin that are no rows: ``合计``."""

    layout: Layout = field(default_factory=Layout)
    """Where the table stands in a spreadsheet, and in a CSV with lines above its header."""

    widths: tuple[int, ...] = ()
    """Of the cells, where every line has them at the same places."""

    expects: Expected = Expected()
    never_waits_for: frozenset[str] = frozenset()
    """Parent fields whose record the source's college never delivers: rows do not wait."""

    compiled: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was made of the feed by those who use it, kept for as long as they keep the feed."""

    @property
    def columns(self) -> frozenset[str]:
        """Source columns that the feed reads."""
        mapped = frozenset[str]().union(*(each.sources for each in self.mappings))
        return mapped | {each.column for each in self.measures if each.column}

    @property
    def opened(self) -> Mapping[str, Sequence[str]]:
        """Objects of JSON whose members the feed names, with these: ``a`` of ``a.b``."""
        if _OPENED not in self.compiled:
            found: dict[str, list[str]] = {}
            for column in sorted(self.columns | self.ignore):
                for at in (at for at, sign in enumerate(column) if sign == "." and at):
                    found.setdefault(column[:at], []).append(column)
            self.compiled[_OPENED] = found
        opened: Mapping[str, Sequence[str]] = self.compiled[_OPENED]
        return opened

    @property
    def key_mappings(self) -> tuple[FieldMapping, ...]:
        """Mappings of the natural key, in the order of the key."""
        by_name = {each.target.name: each for each in self.mappings}
        return tuple(by_name[name] for name in self.entity.key)

    @property
    def parents(self) -> tuple[FieldMapping, ...]:
        """Mappings of the fields whose record must exist first."""
        return tuple(
            each
            for each in self.mappings
            if each.target.parent and each.target.name not in self.never_waits_for
        )

    @property
    def is_aggregating(self) -> bool:
        """Whether lines are summed into records."""
        return bool(self.measures)

    @property
    def keeps_unknown(self) -> bool:
        """Whether columns that the feed does not know are kept beside the record."""
        return self.unknown_fields == KEEP

    @property
    def needs_lookup(self) -> bool:
        """Whether other records must be asked for."""
        return any(each.lookups or each.registry for each in self.mappings)

    @property
    def needs_today(self) -> bool:
        """Whether a value is held against the present day."""
        return any(each.needs_today for each in self.mappings)

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the fields that the feed writes; those of the college as ``ext.hobby``."""
        return (
            *(each.target.name for each in self.mappings),
            *(each.target for each in self.measures),
        )

    @property
    def ext(self) -> tuple[Field, ...]:
        """Fields of the college that the feed writes."""
        return tuple(each.target for each in self.mappings if is_ext(each.target.name))

    @property
    def targets(self) -> tuple[str, ...]:
        """Columns of the records that the feed writes; it leaves the others as they are."""
        keeps = self.keeps_unknown or self.ext
        return (
            *(name for name in self.written if not is_ext(name)),
            *((EXT,) if keeps else ()),
        )


class OtherFeedError(DomainError):
    """A request names a feed, and a source or an entity that the feed is not of."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "other-feed"
    title_zh: ClassVar = "数据源约定与请求所说的不符"
    title_en: ClassVar = "The feed is not what the request says"


def check_named(feed: Feed, *, source: str | None, entity: str | None) -> None:
    """Refuse a feed that is not of the source or the entity named beside it.

    Raises:
        OtherFeedError: naming what contradicts.
    """
    if source in {None, feed.source} and entity in {None, feed.entity.name}:
        return
    raise OtherFeedError(
        f"数据源约定 {feed.id} 由 {feed.source} 写 {feed.entity.name}，"
        f"请求说的是 {source or feed.source} 写 {entity or feed.entity.name}",
        f"feed {feed.id} is of {feed.source} and writes {feed.entity.name},"
        f" not of {source or feed.source} writing {entity or feed.entity.name}",
        fields={"query.feed": [f"属于 {feed.source}/{feed.entity.name} (is of another)"]},
        fixes=["只给 feed，或改用相符的 feed (name the feed alone, or the one that is meant)"],
    )
