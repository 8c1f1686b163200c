"""Read a feed contract from its document: the whole of it is checked before it takes effect.

A document is refused with every fault at once, by its place. Whatever a feed lets through the
database can store: a parser that does not fit its field is a fault here, not an error there.
Source: design "Data hub" 2 and 3.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.ingest.domain.feed import DayZero, Feed, FieldMapping, Lookup, Measure
from shared.errors import DomainError, ErrorKind

_TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
_NATURAL: Final = {FieldType.CODE: "text", FieldType.ENUM: "text"}
PARSERS: Final[Mapping[FieldType, frozenset[str]]] = {
    FieldType.TEXT: frozenset(
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
        }
    ),
    FieldType.CODE: frozenset({"text", "integer"}),
    FieldType.ENUM: frozenset({"text", "integer"}),
    FieldType.INTEGER: frozenset({"integer"}),
    FieldType.DECIMAL: frozenset({"decimal", "integer", "percent", "money"}),
    FieldType.BOOLEAN: frozenset({"boolean"}),
    FieldType.DATE: frozenset({"date", "days_after"}),
    FieldType.TIMESTAMP: frozenset({"timestamp"}),
    FieldType.LIST: frozenset({"list"}),
}
"""What a source's text may be parsed as, by the type of the field."""

POLICIES: Final = frozenset({"reject", "quarantine", "ignore"})
ENCODINGS: Final = frozenset({"utf-8", "utf-8-sig", "gb18030"})
_KEYS: Final = frozenset(
    {
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
    }
)
_FIELD_KEYS: Final = frozenset(
    {
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
    }
)


class FeedInvalidError(DomainError):
    """A feed contract that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "feed-invalid"
    title_zh: ClassVar = "数据源约定有误"
    title_en: ClassVar = "The feed contract is wrong"


def parse_feed(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Feed:
    """Build a feed from its document.

    Raises:
        FeedInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    feed = _read(document, dictionary, version, faults)
    if feed is None or faults.found:
        places = "、".join(faults.found)
        raise FeedInvalidError(
            f"数据源约定有误：{places}",
            f"the feed contract is wrong at {places}",
            fields=faults.found,
        )
    return feed


def _read(
    document: Mapping[str, Any], dictionary: Dictionary, version: int, faults: Faults
) -> Feed | None:
    faults.known("$", document, _KEYS)
    for name in ("feed", "source", "entity", "fields"):
        if not document.get(name):
            faults.add(f"$.{name}", "必填 (required)")
    entity = dictionary.entities.get(str(document.get("entity")))
    if entity is None:
        faults.add("$.entity", f"未知实体 {document.get('entity')!r} (unknown entity)")
        return None
    reader = _Fields(entity, dictionary, document, faults)
    shape = faults.table("$.format", document.get("format"))
    feed = Feed(
        id=str(document.get("feed")),
        version=version,
        source=str(document.get("source")),
        entity=entity,
        is_default=document.get("default") is True,
        unknown_fields=str(document.get("unknown_fields", "reject")),
        ignore=frozenset(faults.words("$.ignore", document.get("ignore"))),
        null_words=frozenset(faults.words("$.null_words", document.get("null_words"))) | {""},
        encoding=str(shape.get("encoding", "utf-8")),
        delimiter=str(shape.get("delimiter", ",")),
        mappings=reader.mappings(),
        measures=_measures(entity, document, faults),
    )
    _check_shape(feed, document, faults)
    _check_fields(feed, faults)
    return feed


def _check_shape(feed: Feed, document: Mapping[str, Any], faults: Faults) -> None:
    if feed.unknown_fields not in POLICIES:
        faults.add("$.unknown_fields", f"只能是 {sorted(POLICIES)} (one of these)")
    if feed.encoding not in ENCODINGS:
        faults.add("$.format.encoding", f"只能是 {sorted(ENCODINGS)} (one of these)")
    if len(feed.delimiter) != 1 or feed.delimiter in '"\r\n':
        faults.add("$.format.delimiter", "须为一个字符，不能是引号或换行 (one character)")
    if document.get("mode", "upsert") != "upsert":
        faults.add("$.mode", "此处只能是 upsert (only upsert here)")
    if not isinstance(document.get("default", False), bool):
        faults.add("$.default", "true | false")


def _check_fields(feed: Feed, faults: Faults) -> None:
    mapped = {each.target.name for each in feed.mappings}
    for name in sorted(set(feed.entity.key) - mapped):
        faults.add("$.fields", f"缺少主键字段 {name} (key field is not mapped)")
    for name in sorted(mapped & {each.target for each in feed.measures}):
        faults.add(f"$.fields.{name}", "同时是汇总项 (it is a measure too)")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,79}", feed.id):
        faults.add("$.feed", "小写字母、数字、_ . -，至多 80 字符 (lower-case, at most 80)")
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", feed.source):
        faults.add("$.source", "小写字母、数字、_ -，至多 32 字符 (lower-case, at most 32)")


def _measures(entity: Entity, document: Mapping[str, Any], faults: Faults) -> tuple[Measure, ...]:
    if "aggregate" not in document:
        return ()
    aggregate = faults.table("$.aggregate", document["aggregate"])
    if aggregate.get("identity") != "document":
        faults.add("$.aggregate.identity", "只能是 document (only document)")
    measures = faults.table("$.aggregate.measures", aggregate.get("measures"))
    if not measures:
        faults.add("$.aggregate.measures", "至少一个 (at least one)")
    found = []
    for name, spec in measures.items():
        place = f"$.aggregate.measures.{name}"
        target = entity.fields.get(name)
        if target is None or target.type not in {FieldType.INTEGER, FieldType.DECIMAL}:
            faults.add(place, "没有这个数值字段 (no such field of numbers)")
        match spec:
            case {"sum": str(column), **rest} if not rest:
                found.append(Measure(target=name, column=column))
            case {"count": True, **rest} if not rest:
                found.append(Measure(target=name, column=None))
            case _:
                faults.add(place, "{sum = 列} 或 {count = true} (one of them)")
    return tuple(found)


class _Fields:
    """Reads the mappings of a feed's fields."""

    def __init__(
        self,
        entity: Entity,
        dictionary: Dictionary,
        document: Mapping[str, Any],
        faults: Faults,
    ) -> None:
        self._entity = entity
        self._dictionary = dictionary
        self._fields = faults.table("$.fields", document.get("fields"))
        self._tables = faults.table("$.codes", document.get("codes"))
        self._faults = faults

    def mappings(self) -> tuple[FieldMapping, ...]:
        found = []
        for name, spec in self._fields.items():
            place = f"$.fields.{name}"
            target = self._entity.fields.get(name)
            if target is None:
                reason = f"{self._entity.name} 没有字段 {name} (no such field)"
                self._faults.add(place, reason)
            else:
                found.append(self._mapping(place, target, self._faults.table(place, spec)))
        return tuple(found)

    def _mapping(self, place: str, target: Field, spec: Mapping[str, Any]) -> FieldMapping:
        faults = self._faults
        faults.known(place, spec, _FIELD_KEYS)
        columns = faults.words(f"{place}.from", spec.get("from"))
        if not columns and "constant" not in spec and "lookup" not in spec:
            faults.add(place, "需要 from、constant 或 lookup (needs one of them)")
        split = faults.table(f"{place}.split", spec.get("split"))
        pad = faults.table(f"{place}.pad", spec.get("pad"))
        nothing = faults.words(f"{place}.null_words", spec.get("null_words"))
        return FieldMapping(
            target=target,
            columns=columns,
            join=str(spec.get("join", "")),
            constant=faults.text(f"{place}.constant", spec.get("constant")),
            default=self._default(f"{place}.default", target, spec.get("default")),
            split=faults.text(f"{place}.split.sep", split.get("sep")),
            part=faults.whole(f"{place}.split.part", split.get("part")),
            unwrap=spec.get("unwrap") is True,
            lower=spec.get("lower") is True,
            strip_prefix=faults.words(f"{place}.strip_prefix", spec.get("strip_prefix")),
            strip_suffix=faults.words(f"{place}.strip_suffix", spec.get("strip_suffix")),
            pad_width=faults.whole(f"{place}.pad.width", pad.get("width")),
            pad_with=self._one_letter(f"{place}.pad.with", pad.get("with", "0")),
            null_words=frozenset(nothing) | {""} if "null_words" in spec else None,
            codes=self._codes(f"{place}.codes", target, spec.get("codes")),
            keep_unmapped=self._keeps_unmapped(place, spec),
            parse=self._parser(place, target, spec),
            formats=faults.words(f"{place}.formats", spec.get("formats")),
            scale=faults.number(f"{place}.scale", spec.get("scale")),
            day0=self._day0(f"{place}.day0", spec.get("day0")),
            lookup=self._lookup(f"{place}.lookup", target, spec.get("lookup")),
            allowed=self._values_of(target),
        )

    def _one_letter(self, place: str, value: object) -> str:
        if isinstance(value, str) and len(value) == 1:
            return value
        self._faults.add(place, "须为一个字符 (one character)")
        return "0"

    def _keeps_unmapped(self, place: str, spec: Mapping[str, Any]) -> bool:
        if spec.get("unmapped", "keep") != "keep":
            self._faults.add(f"{place}.unmapped", "只能是 keep (only keep)")
        return spec.get("unmapped") == "keep"

    def _default(self, place: str, target: Field, value: object) -> str | None:
        text = self._faults.text(place, value)
        allowed = self._values_of(target)
        if text is not None and not (target.holds(text) and text in (allowed or {text})):
            self._faults.add(place, f"{text!r} 不是 {target.name} 的值 (not a value of the field)")
        return text

    def _parser(self, place: str, target: Field, spec: Mapping[str, Any]) -> str:
        parser = str(spec.get("parse", _NATURAL.get(target.type, target.type.value)))
        if parser not in PARSERS[target.type]:
            allowed = sorted(PARSERS[target.type])
            self._faults.add(f"{place}.parse", f"只能是 {allowed} (one of these)")
        if parser == "days_after" and "day0" not in spec:
            self._faults.add(place, "days_after 需要 day0 (needs day0)")
        return parser

    def _codes(self, place: str, target: Field, codes: object) -> Mapping[str, str] | None:
        if codes is None:
            return None
        if isinstance(codes, str):
            if codes not in self._tables:
                self._faults.add(place, f"没有代码映射 {codes} (no such code mapping)")
                return {}
            codes = self._tables[codes]
        table = self._faults.table(place, codes)
        mapped = {raw: self._faults.text(place, value) or "" for raw, value in table.items()}
        allowed = self._values_of(target)
        for value in sorted(set(mapped.values()) - (allowed or set(mapped.values()))):
            self._faults.add(place, f"{value!r} 不在目标代码中 (not a value of the field)")
        return mapped

    def _values_of(self, target: Field) -> frozenset[str] | None:
        if target.type is FieldType.CODE and target.code_set is not None:
            return self._dictionary.writable(target.code_set)
        return frozenset(target.values) if target.type is FieldType.ENUM else None

    def _day0(self, place: str, day0: object) -> DayZero | None:
        match day0:
            case None:
                return None
            case str() | date():
                return DayZero(constant=self._faults.day(place, day0))
            case {"from": str(column), "codes": dict(codes)}:
                days = {raw: self._faults.day(place, day) for raw, day in codes.items()}
                return DayZero(column=column, codes=days)
            case {"lookup": entity, "key": key, "take": take}:
                spec = {"entity": entity, "key": key, "take": take}
                return DayZero(lookup=self._lookup(place, None, spec))
            case _:
                self._faults.add(place, "须为日期、{from, codes} 或 {lookup, key, take}")
                return None

    def _lookup(self, place: str, target: Field | None, value: object) -> Lookup | None:
        """Read a lookup whose value goes into ``target``; None wants a date, a day 0."""
        if value is None:
            return None
        spec = self._faults.table(place, value)
        entity = self._dictionary.entities.get(str(spec.get("entity")))
        taken = entity.fields.get(str(spec.get("take"))) if entity else None
        if entity is None or taken is None:
            self._faults.add(place, "entity 或 take 未知 (unknown entity or field)")
            return None
        wanted = target.type if target else FieldType.DATE
        if taken.type is not wanted and not {taken.type, wanted} <= _TEXTUAL:
            self._faults.add(place, f"{taken.name} 的类型不符 (its type does not fit the field)")
        key = self._faults.words(f"{place}.key", spec.get("key"))
        if len(key) != len(entity.key):
            self._faults.add(f"{place}.key", f"须有 {len(entity.key)} 列 (as many columns)")
        return Lookup(entity=entity.name, key=key, take=taken.name)
