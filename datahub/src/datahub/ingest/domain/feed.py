"""Feed contract (数据源约定): how one source writes one entity, and how its fields map.

A feed is data: it is sent as JSON, checked against the dictionary as a whole, and refused
with every fault at once. Source: design "Data hub" 2 and 3.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from shared.errors import DomainError, ErrorKind

PARSERS: Final = frozenset(
    {
        "text",
        "integer",
        "decimal",
        "percent",
        "money",
        "boolean",
        "date",
        "timestamp",
        "days_after",
        "list",
    }
)
POLICIES: Final = frozenset({"reject", "quarantine", "ext", "ignore"})
ENCODINGS: Final = frozenset({"utf-8", "utf-8-sig", "gb18030"})


class FeedInvalidError(DomainError):
    """A feed contract that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "feed-invalid"
    title_zh: ClassVar = "数据源约定有误"
    title_en: ClassVar = "The feed contract is wrong"


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


def parse_feed(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Feed:
    """Build a feed from its document.

    Raises:
        FeedInvalidError: with every fault, by its place in the document.
    """
    return _Reader(document, dictionary).feed(version)


class _Reader:
    """Reads a feed document and collects every fault on the way."""

    _KEYS: Final = frozenset(
        [
            "feed",
            "source",
            "entity",
            "mode",
            "default",
            "unknown_fields",
            "ignore",
            "null_words",
            "format",
            "fields",
            "codes",
            "aggregate",
            "title",
        ]
    )
    _FIELD_KEYS: Final = frozenset(
        [
            "from",
            "join",
            "constant",
            "default",
            "split",
            "unwrap",
            "lower",
            "strip_prefix",
            "strip_suffix",
            "pad",
            "null_words",
            "codes",
            "unmapped",
            "parse",
            "formats",
            "scale",
            "day0",
            "lookup",
        ]
    )

    def __init__(self, document: Mapping[str, Any], dictionary: Dictionary) -> None:
        self._document = document
        self._dictionary = dictionary
        self._faults: dict[str, list[str]] = {}

    def feed(self, version: int) -> Feed:
        document = self._document
        self._known("$", document, self._KEYS)
        for name in ("feed", "source", "entity", "fields"):
            if not document.get(name):
                self._fault(f"$.{name}", "必填 (required)")
        entity = self._dictionary.entities.get(str(document.get("entity")))
        if entity is None:
            self._fault("$.entity", f"未知实体 {document.get('entity')!r} (unknown entity)")
            raise self._error()
        mappings = tuple(
            mapping
            for name, spec in dict(document.get("fields") or {}).items()
            if (mapping := self._mapping(entity, name, spec)) is not None
        )
        shape = dict(document.get("format") or {})
        feed = Feed(
            id=str(document.get("feed")),
            version=version,
            source=str(document.get("source")),
            entity=entity,
            is_default=bool(document.get("default", False)),
            unknown_fields=self._choice("$.unknown_fields", "unknown_fields", "reject", POLICIES),
            ignore=frozenset(document.get("ignore", ())),
            null_words=frozenset(document.get("null_words", ("",))) | {""},
            encoding=str(shape.get("encoding", "utf-8")),
            delimiter=str(shape.get("delimiter", ",")),
            mappings=mappings,
            measures=self._measures(entity),
        )
        self._check_whole(feed)
        self._check_names(feed)
        if self._faults:
            raise self._error()
        return feed

    def _check_whole(self, feed: Feed) -> None:
        if feed.encoding not in ENCODINGS:
            self._fault("$.format.encoding", f"只能是 {sorted(ENCODINGS)} (one of these)")
        if len(feed.delimiter) != 1:
            self._fault("$.format.delimiter", "须为一个字符 (one character)")
        missing = set(feed.entity.key) - {each.target.name for each in feed.mappings}
        for name in sorted(missing):
            self._fault("$.fields", f"缺少主键字段 {name} (key field is not mapped)")
        if self._document.get("mode", "upsert") != "upsert":
            self._fault("$.mode", "此处只能是 upsert (only upsert here)")

    def _check_names(self, feed: Feed) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,79}", feed.id):
            self._fault("$.feed", "小写字母、数字、_ . -，至多 80 字符 (lower-case, at most 80)")
        if not re.fullmatch(r"[a-z0-9_-]{1,32}", feed.source):
            self._fault("$.source", "小写字母、数字、_ -，至多 32 字符 (lower-case, at most 32)")

    def _mapping(self, entity: Entity, name: str, spec: Mapping[str, Any]) -> FieldMapping | None:
        place = f"$.fields.{name}"
        target = entity.fields.get(name)
        if target is None:
            self._fault(place, f"{entity.name} 没有字段 {name} (no such field)")
            return None
        self._known(place, spec, self._FIELD_KEYS)
        columns = _tuple(spec.get("from"))
        if not columns and "constant" not in spec and "lookup" not in spec:
            self._fault(place, "需要 from、constant 或 lookup (needs one of them)")
        split = spec.get("split") or {}
        pad = spec.get("pad") or {}
        return FieldMapping(
            target=target,
            columns=columns,
            join=str(spec.get("join", "")),
            constant=_text(spec.get("constant")),
            default=_text(spec.get("default")),
            split=split.get("sep"),
            part=split.get("part"),
            unwrap=bool(spec.get("unwrap", False)),
            lower=bool(spec.get("lower", False)),
            strip_prefix=_tuple(spec.get("strip_prefix")),
            strip_suffix=_tuple(spec.get("strip_suffix")),
            pad_width=pad.get("width"),
            pad_with=str(pad.get("with", "0")),
            null_words=frozenset(spec["null_words"]) | {""} if "null_words" in spec else None,
            codes=self._codes(place, target, spec),
            keep_unmapped=spec.get("unmapped") == "keep",
            parse=self._parser(place, target, spec),
            formats=_tuple(spec.get("formats")),
            scale=self._scale(place, spec),
            day0=self._day0(f"{place}.day0", spec),
            lookup=self._lookup(f"{place}.lookup", spec.get("lookup")),
            allowed=self._values_of(target),
        )

    def _parser(self, place: str, target: Field, spec: Mapping[str, Any]) -> str:
        natural = {FieldType.CODE: "text", FieldType.ENUM: "text"}
        parser = str(spec.get("parse", natural.get(target.type, target.type.value)))
        if parser not in PARSERS:
            self._fault(f"{place}.parse", f"只能是 {sorted(PARSERS)} (one of these)")
        if parser == "days_after" and "day0" not in spec:
            self._fault(place, "days_after 需要 day0 (needs day0)")
        return parser

    def _codes(
        self, place: str, target: Field, spec: Mapping[str, Any]
    ) -> Mapping[str, str] | None:
        codes = spec.get("codes")
        if codes is None:
            return None
        if isinstance(codes, str):
            named = dict(self._document.get("codes") or {}).get(codes)
            if named is None:
                self._fault(f"{place}.codes", f"没有代码映射 {codes} (no such code mapping)")
                return {}
            codes = named
        mapped = {str(raw): str(_text(value)) for raw, value in codes.items()}
        allowed = self._values_of(target)
        for value in sorted(set(mapped.values()) - (allowed or set(mapped.values()))):
            self._fault(f"{place}.codes", f"{value!r} 不在目标代码中 (not a value of the field)")
        return mapped

    def _values_of(self, target: Field) -> frozenset[str] | None:
        if target.type is FieldType.CODE and target.code_set is not None:
            return self._dictionary.code_sets[target.code_set]
        return frozenset(target.values) if target.type is FieldType.ENUM else None

    def _scale(self, place: str, spec: Mapping[str, Any]) -> Decimal | None:
        if "scale" not in spec:
            return None
        try:
            return Decimal(str(spec["scale"]))
        except InvalidOperation:
            self._fault(f"{place}.scale", "须为数字 (a number)")
            return None

    def _day0(self, place: str, spec: Mapping[str, Any]) -> DayZero | None:
        day0 = spec.get("day0")
        match day0:
            case None:
                return None
            case str():
                self._check_day(place, day0)
                return DayZero(constant=day0)
            case {"from": column, "codes": codes}:
                for day in codes.values():
                    self._check_day(place, str(day))
                return DayZero(column=str(column), codes={k: str(v) for k, v in codes.items()})
            case {"lookup": _}:
                inner = {"entity": day0["lookup"], "key": day0["key"], "take": day0["take"]}
                return DayZero(lookup=self._lookup(place, inner))
            case _:
                self._fault(place, "须为日期、{from, codes} 或 {lookup, key, take}")
                return None

    def _check_day(self, place: str, day: str) -> None:
        try:
            date.fromisoformat(day)
        except ValueError:
            self._fault(place, f"{day!r} 不是日期 YYYY-MM-DD (not a date)")

    def _lookup(self, place: str, spec: Mapping[str, Any] | None) -> Lookup | None:
        if spec is None:
            return None
        entity = self._dictionary.entities.get(str(spec.get("entity")))
        if entity is None or spec.get("take") not in entity.fields:
            self._fault(place, "entity 或 take 未知 (unknown entity or field)")
            return None
        return Lookup(entity=entity.name, key=_tuple(spec.get("key")), take=str(spec["take"]))

    def _measures(self, entity: Entity) -> tuple[Measure, ...]:
        aggregate = dict(self._document.get("aggregate") or {})
        measures = dict(aggregate.get("measures") or {})
        if aggregate and aggregate.get("identity") != "document":
            self._fault("$.aggregate.identity", "只能是 document (only document)")
        for name in measures:
            if name not in entity.fields:
                self._fault(f"$.aggregate.measures.{name}", "没有这个字段 (no such field)")
        return tuple(
            Measure(target=name, column=spec.get("sum")) for name, spec in measures.items()
        )

    def _choice(self, place: str, name: str, default: str, allowed: frozenset[str]) -> str:
        value = str(self._document.get(name, default))
        if value not in allowed:
            self._fault(place, f"只能是 {sorted(allowed)} (one of these)")
        return value

    def _known(self, place: str, spec: Mapping[str, Any], allowed: frozenset[str]) -> None:
        for name in sorted(set(spec) - allowed):
            self._fault(f"{place}.{name}", "未知的键 (unknown key)")

    def _fault(self, place: str, reason: str) -> None:
        self._faults.setdefault(place, []).append(reason)

    def _error(self) -> FeedInvalidError:
        places = "、".join(self._faults)
        return FeedInvalidError(
            f"数据源约定有误：{places}",
            f"the feed contract is wrong at {places}",
            fields=self._faults,
        )


def _tuple(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _text(value: object) -> str | None:
    """Return a TOML or JSON scalar as the text that a source would have written."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
