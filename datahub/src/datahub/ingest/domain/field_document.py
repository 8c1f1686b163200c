"""Read the fields of a feed contract: what each takes from the source, and how.

Source: design "Data hub" 2; every key is explained in ``datahub/FEEDS.md``.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import EXT, Dictionary, Entity, Field, FieldType
from datahub.ingest.domain.feed import TODAY, FieldMapping, Lookup, Pad, Split
from datahub.ingest.domain.parser_options import ParserOptions
from datahub.ingest.domain.parsing import DATE_ORDERS

_NATURAL: Final = {FieldType.CODE: "text", FieldType.ENUM: "text"}
_NUMBERS: Final = frozenset({"integer", "decimal", "percent", "ratio", "money"})
_DAYS: Final = frozenset({"date", "month", "timestamp", "days_after"})
PARSERS: Final[Mapping[FieldType, frozenset[str]]] = {
    FieldType.TEXT: frozenset(
        {"text", "digits", "name", "boolean", "term", "id_number", "uscc", "weeks", "sections"}
    )
    | _NUMBERS
    | _DAYS,
    FieldType.CODE: frozenset({"text", "integer", "digits", "term"}),
    FieldType.ENUM: frozenset({"text", "integer"}),
    FieldType.INTEGER: frozenset({"integer"}),
    FieldType.DECIMAL: _NUMBERS,
    FieldType.BOOLEAN: frozenset({"boolean"}),
    FieldType.DATE: frozenset({"date", "days_after"}),
    FieldType.TIMESTAMP: frozenset({"timestamp"}),
    FieldType.LIST: frozenset({"list", "weeks", "sections"}),
}
"""What a source's text may be parsed as, by the type of the field."""

LABELS: Final = "labels"
"""Stands for the labels and short forms of the field's own code set."""

UNDECIDED: Final = "?"
"""Stands for the code that somebody has yet to choose: a proposal is no feed before."""

_FIELD_KEYS: Final = frozenset(
    {
        *("from", "join", "constant", "default", "split", "unwrap", "html", "lower"),
        *("strip_prefix", "strip_suffix", "strip_remark", "pad", "null_words", "codes"),
        *("unmapped", "extra", "parse", "formats", "date_order", "null_dates", "not_before"),
        *("not_after", "scale", "day0", "lookup", "term", "id"),
    }
)
MAX_PART: Final = 100
"""Parts of a cell that may be named, from either side."""

MARKS: Final = frozenset({".", ","})
"""Between the ones and the tenths of a number."""

_DATED: Final = frozenset({"date", "timestamp"})


class FieldReader:
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
        shape = document.get("format")
        order = shape.get("date_order") if isinstance(shape, Mapping) else None
        self._order = faults.choice("$.format.date_order", order, DATE_ORDERS)
        mark = shape.get("decimal_mark") if isinstance(shape, Mapping) else None
        self._mark = faults.choice("$.format.decimal_mark", mark, MARKS)
        self._null_dates = faults.words("$.null_dates", document.get("null_dates"))
        self._faults = faults
        self._options = ParserOptions(entity, dictionary, faults)

    def mappings(self) -> tuple[FieldMapping, ...]:
        """Return the mapping of every field."""
        found = []
        for name, spec in self._fields.items():
            place = f"$.fields.{name}"
            target = self._target(name)
            if target is None:
                known = name in self._entity.ext
                hint = f"，校本字段写作 {EXT}.{name} (of the college)" if known else ""
                owner = self._entity.name
                reason = f"{owner} 没有字段 {name}{hint} ({owner} has no field {name})"
                self._faults.add(place, reason)
            else:
                found.append(self._mapping(place, target, self._faults.table(place, spec)))
        return tuple(found)

    def _target(self, name: str) -> Field | None:
        """Return a field of the entity, or one of the college's: ``ext.hobby``."""
        prefix, _, own = name.partition(".")
        if prefix == EXT and own in self._entity.ext:
            return replace(self._entity.ext[own], name=name)
        return self._entity.fields.get(name)

    def _mapping(self, place: str, target: Field, spec: Mapping[str, Any]) -> FieldMapping:
        faults = self._faults
        faults.known(place, spec, _FIELD_KEYS)
        columns = faults.words(f"{place}.from", spec.get("from"))
        if not columns and "constant" not in spec and "lookup" not in spec:
            faults.add(place, "需要 from、constant 或 lookup (needs one of them)")
        nothing = faults.words(f"{place}.null_words", spec.get("null_words"))
        default, default_warns = self._default(f"{place}.default", target, spec.get("default"))
        mapping = FieldMapping(
            target=target,
            columns=columns,
            join=str(spec.get("join", "")),
            constant=faults.text(f"{place}.constant", spec.get("constant")),
            default=default,
            default_warns=default_warns,
            split=self._split(f"{place}.split", spec.get("split")),
            unwrap=faults.flag(f"{place}.unwrap", spec.get("unwrap")),
            html=faults.flag(f"{place}.html", spec.get("html")),
            lower=faults.flag(f"{place}.lower", spec.get("lower")),
            strip_prefix=faults.words(f"{place}.strip_prefix", spec.get("strip_prefix")),
            strip_suffix=faults.words(f"{place}.strip_suffix", spec.get("strip_suffix")),
            strip_remark=faults.flag(f"{place}.strip_remark", spec.get("strip_remark")),
            pad=self._pad(f"{place}.pad", columns, spec.get("pad")),
            null_words=frozenset(nothing) | {""} if "null_words" in spec else None,
            parse=self._parser(place, target, spec),
            decimal_comma=self._mark == ",",
            scale=faults.number(f"{place}.scale", spec.get("scale")),
            day0=self._options.day0(f"{place}.day0", spec.get("day0")),
            lookup=self._options.lookup(f"{place}.lookup", target, spec.get("lookup")),
            allowed=self._values_of(target),
            tell_word=partial(self._dictionary.tell_word, target.code_set),
        )
        mapping = self._with_codes(place, mapping, spec)
        mapping = self._with_dates(place, mapping, spec)
        return self._with_kind(place, mapping, spec)

    def _with_codes(
        self, place: str, mapping: FieldMapping, spec: Mapping[str, Any]
    ) -> FieldMapping:
        unmapped = self._faults.choice(f"{place}.unmapped", spec.get("unmapped"), {"keep", "null"})
        extra = frozenset(self._faults.words(f"{place}.extra", spec.get("extra")))
        if extra and mapping.allowed is None:
            self._faults.add(f"{place}.extra", "只用于代码字段 (only for fields with codes)")
        codes = self._codes(f"{place}.codes", mapping.target, spec.get("codes"), extra)
        labelled = LABELS in _parts(spec.get("codes")) and LABELS not in self._tables
        return replace(mapping, codes=codes, reads_labels=labelled, unmapped=unmapped, extra=extra)

    def _with_dates(
        self, place: str, mapping: FieldMapping, spec: Mapping[str, Any]
    ) -> FieldMapping:
        faults = self._faults
        formats = self._options.formats(f"{place}.formats", spec.get("formats"))
        order = faults.choice(f"{place}.date_order", spec.get("date_order"), DATE_ORDERS)
        if order is not None and formats:
            faults.add(f"{place}.date_order", "不与 formats 并用 (not together with formats)")
        if mapping.parse == "date" and not formats:
            formats = DATE_ORDERS.get(order or self._order or "", ())
        nulls = faults.words(f"{place}.null_dates", spec.get("null_dates")) or self._null_dates
        return replace(
            mapping,
            formats=formats,
            null_dates=frozenset(nulls if mapping.parse in _DATED else ()),
            not_before=self._limit(f"{place}.not_before", mapping, spec.get("not_before")),
            not_after=self._limit(f"{place}.not_after", mapping, spec.get("not_after")),
        )

    def _limit(self, place: str, mapping: FieldMapping, value: object) -> str | None:
        if value is None:
            return None
        if mapping.target.type is not FieldType.DATE:
            self._faults.add(place, "只用于日期字段 (only for dates)")
        return TODAY if value == TODAY else self._faults.day(place, value)

    def _with_kind(
        self, place: str, mapping: FieldMapping, spec: Mapping[str, Any]
    ) -> FieldMapping:
        """Read what only one parser needs, and refuse it elsewhere."""
        for name, parser in (("term", "term"), ("id", "id_number"), ("day0", "days_after")):
            if name in spec and mapping.parse != parser:
                self._faults.add(
                    f"{place}.{name}", f"只用于 parse = {parser!r} (only for parse = {parser!r})"
                )
        match mapping.parse:
            case "term":
                return replace(mapping, term=self._options.term(f"{place}.term", spec.get("term")))
            case "id_number":
                rules = self._options.id_rules(f"{place}.id", spec.get("id"))
                return replace(mapping, id_rules=rules)
            case _:
                return mapping

    def _split(self, place: str, value: object) -> Split | None:
        if value is None:
            return None
        spec = self._faults.table(place, value)
        self._faults.known(place, spec, frozenset({"sep", "part", "warn", "each"}))
        separators = self._faults.words(f"{place}.sep", spec.get("sep"))
        if not separators or "" in separators:
            self._faults.add(f"{place}.sep", "至少一个分隔符，且不为空 (one or more, not empty)")
        part = self._faults.whole(f"{place}.part", spec.get("part"))
        if part is not None and abs(part) > MAX_PART:
            reason = f"从 0 起数，-1 是最后一段 (counts from 0; -1 is the last): ±{MAX_PART}"
            self._faults.add(f"{place}.part", reason)
        each = self._split(f"{place}.each", spec.get("each"))
        if each is not None and each.part is None:
            self._faults.add(f"{place}.each.part", "必填 (required)")
        warns = self._faults.flag(f"{place}.warn", spec.get("warn"))
        return Split(separators=separators or (",",), part=part, warns=warns, each=each)

    def _pad(self, place: str, columns: tuple[str, ...], value: object) -> Pad | None:
        if value is None:
            return None
        spec = self._faults.table(place, value)
        self._faults.known(place, spec, frozenset({"width", "with", "exists_in"}))
        width = self._faults.whole(f"{place}.width", spec.get("width"))
        if width is None or not 0 < width <= 100:
            self._faults.add(f"{place}.width", "1–100")
        fill = spec.get("with", "0")
        if not (isinstance(fill, str) and len(fill) == 1):
            self._faults.add(f"{place}.with", "须为一个字符 (one character)")
            fill = "0"
        registry = self._registry(f"{place}.exists_in", columns, spec.get("exists_in"))
        return Pad(width=width or 1, fill=fill, registry=registry)

    def _registry(self, place: str, columns: tuple[str, ...], name: object) -> Lookup | None:
        if name is None:
            return None
        entity = self._dictionary.entities.get(str(name))
        if entity is None or len(entity.key) != 1:
            self._faults.add(place, "须为单字段主键的实体 (an entity with a key of one field)")
            return None
        return Lookup(entity=entity.name, key=columns, take=entity.key[0])

    def _default(self, place: str, target: Field, value: object) -> tuple[str | None, bool]:
        warns = False
        if isinstance(value, Mapping):
            self._faults.known(place, value, frozenset({"value", "warn"}))
            warns = self._faults.flag(f"{place}.warn", value.get("warn"))
            value = value.get("value")
        text = self._faults.text(place, value)
        allowed = self._values_of(target)
        if text is not None and not (target.holds(text) and text in (allowed or {text})):
            self._faults.add(
                place, f"{text!r} 不是 {target.name} 的值 ({text!r} is no value of {target.name})"
            )
        return text, warns

    def _parser(self, place: str, target: Field, spec: Mapping[str, Any]) -> str:
        parser = str(spec.get("parse", _NATURAL.get(target.type, target.type.value)))
        if parser not in PARSERS[target.type]:
            allowed = sorted(PARSERS[target.type])
            self._faults.one_of(f"{place}.parse", allowed)
        if parser == "days_after" and "day0" not in spec:
            self._faults.add(place, "days_after 需要 day0 (needs day0)")
        return parser

    def _codes(
        self, place: str, target: Field, codes: object, extra: frozenset[str]
    ) -> Mapping[str, str] | None:
        if codes is None:
            return None
        parts = _parts(codes)
        mapped: dict[str, str] = {}
        for part in parts:
            mapped |= self._code_table(place, target, part)
        allowed = self._values_of(target)
        known = None if allowed is None else allowed | extra | {"", UNDECIDED}
        for value in sorted(set(mapped.values()) - (known or set(mapped.values()))):
            zh, en = self._dictionary.tell_retired(target.code_set, value) or (
                f"{value!r} 不在目标代码中",
                f"{value!r} is no code of the field",
            )
            self._faults.add(place, f"{zh} ({en})")
        if LABELS in parts:
            mapped = {each: each for each in extra} | mapped
        return mapped

    def _code_table(self, place: str, target: Field, codes: object) -> Mapping[str, str]:
        if codes == LABELS and LABELS not in self._tables:
            if target.code_set is None:
                self._faults.add(place, "labels 只用于代码字段 (only for fields with a code set)")
                return {}
            return self._dictionary.labels(target.code_set)
        if isinstance(codes, str):
            if codes not in self._tables:
                self._faults.add(place, f"没有代码映射 {codes} (there is no code mapping {codes})")
                return {}
            codes = self._tables[codes]
        table = self._faults.table(place, codes)
        if open_ := [raw for raw, value in table.items() if value == UNDECIDED]:
            listed = "、".join(open_[:20])
            self._faults.add(place, f"还没有决定对应什么：{listed} (what do these stand for?)")
        return {raw: self._faults.text(place, value) or "" for raw, value in table.items()}

    def _values_of(self, target: Field) -> frozenset[str] | None:
        if target.type is FieldType.CODE and target.code_set is not None:
            return self._dictionary.writable(target.code_set)
        return frozenset(target.values) if target.type is FieldType.ENUM else None


def _parts(codes: object) -> list[Any]:
    """Return the code mappings that a field names, one or several."""
    return codes if isinstance(codes, list) else [codes]
