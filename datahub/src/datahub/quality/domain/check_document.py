"""Read what a rule checks, for each kind. Source: contract "Errors" (all faults at once)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast, get_args

from datahub.dictionary.domain.entity import Field, FieldType
from datahub.quality.domain.check import (
    Aggregate,
    Check,
    CodeSet,
    CrossField,
    CrossTable,
    Freshness,
    Matches,
    NoOverlap,
    NotNull,
    Outlier,
    Range,
    Reference,
    RowCount,
    SameTermLastYear,
    Sum,
    Total,
    Unique,
)
from datahub.quality.domain.check_reader import (
    ANY,
    COMPARABLE,
    DATED,
    NUMERIC,
    TEXTUAL,
    CheckReader,
)
from datahub.quality.domain.duration import read_duration
from datahub.quality.domain.expression import (
    Arithmetic,
    Side,
    Sides,
    Value,
    read_comparison,
    read_missing,
)
from datahub.quality.domain.pattern import PatternError, compile_pattern

CROSSED: Final = "不能小于 min：没有一行满足得了 (not below min: no row could pass)"
AGGREGATES: Final[tuple[Aggregate, ...]] = get_args(Aggregate)


def _not_null(read: CheckReader) -> Check | None:
    field = read.own(ANY)
    return NotNull(field=field) if field else None


def _range(read: CheckReader) -> Check | None:
    field = read.own(NUMERIC | DATED)
    if field is None:
        return None
    bounds = {
        name: read.value(f"$.{name}", field, read.spec[name])
        for name in ("min", "max")
        if name in read.spec
    }
    if not bounds:
        read.faults.add("$.min", "min 与 max 至少给一个 (needs min or max)")
    low, high = bounds.get("min"), bounds.get("max")
    if low and high and _are_crossed(field, low, high):
        read.faults.add("$.max", CROSSED)
    return Range(field=field, low=low, high=high)


def _are_crossed(field: Field, low: str, high: str) -> bool:
    if field.type in NUMERIC:
        return Decimal(low) > Decimal(high)
    return datetime.fromisoformat(low) > datetime.fromisoformat(high)


def _pattern(read: CheckReader) -> Check | None:
    field = read.own(TEXTUAL)
    try:
        expression = compile_pattern(str(read.spec.get("pattern", "")))
    except PatternError as error:
        read.faults.add("$.pattern", str(error))
        return None
    return Matches(field=field, expression=expression) if field else None


def _code_set(read: CheckReader) -> Check | None:
    field = read.own(TEXTUAL | {FieldType.LIST})
    codes = frozenset(read.faults.words("$.codes", read.spec.get("codes")))
    if name := read.spec.get("set"):
        codes |= _codes_of(read, str(name))
    elif field and not codes:
        codes = _codes_of(read, field.code_set) if field.code_set else frozenset(field.values)
    if not codes:
        read.faults.add("$.codes", "需要 set 或 codes (needs set or codes)")
    return CodeSet(field=field, codes=tuple(sorted(codes))) if field else None


def _codes_of(read: CheckReader, name: str) -> frozenset[str]:
    """Return every code of a set: a record may hold one that was retired since."""
    code_set = read.dictionary.code_sets.get(name)
    if code_set is None:
        read.faults.add("$.set", f"没有代码集 {name} (there is no code set {name})")
        return frozenset()
    return frozenset(code_set.codes)


def _reference(read: CheckReader) -> Check | None:
    field = read.own(TEXTUAL)
    if field and field.ref is None:
        read.faults.add("$.field", f"{field.name} 不引用别的记录 (it refers to no record)")
    return Reference(field=field) if field else None


def _cross_field(read: CheckReader) -> Check | None:
    comparison = read_comparison("$.operator", read.spec.get("operator"), read.faults)
    if comparison is None:
        return None
    sides = Sides(read.entity, read.faults).pair(read.spec, comparison)
    return CrossField(left=sides[0], comparison=comparison, right=sides[1]) if sides else None


def _sum(read: CheckReader) -> Check | None:
    names = read.faults.words("$.parts", read.spec.get("parts"))
    parts = [read.field(f"$.parts[{n}]", name, NUMERIC) for n, name in enumerate(names)]
    whole = read.field("$.whole", read.spec.get("whole"), NUMERIC)
    tolerance = read.faults.number("$.tolerance", read.spec.get("tolerance", 0))
    missing = read_missing("$.missing", read.spec.get("missing"), read.faults)
    if len(names) < 2:
        read.faults.add("$.parts", "至少两项 (at least two)")
    if tolerance is None or tolerance < 0:
        read.faults.add("$.tolerance", "须为不小于 0 的数 (a number from 0)")
        return None
    values = tuple(Value(each) for each in parts if each is not None)
    if whole is None or len(values) < len(names):
        return None
    return Sum(
        parts=Side(Arithmetic("add", values), missing),
        whole=Side(Value(whole), read_missing("$.missing", None, read.faults)),
        tolerance=tolerance,
    )


def _unique(read: CheckReader) -> Check | None:
    over = read.fields("$.fields", read.spec.get("fields"), is_shown=False)
    if over == ():
        read.faults.add("$.fields", "至少一个 (at least one)")
    return Unique(over=over) if over else None


def _no_overlap(read: CheckReader) -> Check | None:
    by = read.fields("$.by", read.spec.get("by"), is_shown=False)
    dates = frozenset({FieldType.DATE})
    begin = read.field("$.from", read.spec.get("from"), dates)
    end = read.field("$.to", read.spec.get("to"), dates)
    if by == ():
        read.faults.add("$.by", "至少一个 (at least one)")
    if not by or begin is None or end is None:
        return None
    return NoOverlap(by=by, begin=begin, end=end)


def _freshness(read: CheckReader) -> Check | None:
    field = read.own(DATED) if "field" in read.spec else None
    if "field" not in read.spec and read.spec.get("where"):
        read.faults.add("$.where", "与 field 一起使用：批次没有字段 (with field: a batch has none)")
    max_age = read_duration(read.spec.get("max_age"))
    if max_age is None:
        read.faults.add("$.max_age", "写作 24h、7d 等 (written 30m, 24h, 7d or 2w)")
        return None
    return Freshness(field=field, max_age=max_age)


def _row_count(read: CheckReader) -> Check | None:
    bounds = {
        name: read.at_least(name, 0, 0) if name in read.spec else None for name in ("min", "max")
    }
    change = read.positive("max_change") if "max_change" in read.spec else None
    if not {"min", "max", "max_change"} & read.spec.keys():
        read.faults.add("$.min", "需要 min、max 或 max_change (needs one of them)")
    if bounds["min"] is not None and bounds["max"] is not None and bounds["min"] > bounds["max"]:
        read.faults.add("$.max", CROSSED)
    return RowCount(
        low=bounds["min"],
        high=bounds["max"],
        max_change=change,
        days=read.at_least("days", 1, 1),
    )


def _cross_table(read: CheckReader) -> Check | None:
    comparison = read_comparison("$.operator", read.spec.get("operator"), read.faults)
    left, right = _total(read, "left"), _total(read, "right")
    if comparison is None or left is None or right is None:
        return None
    if read.spec.get("where"):
        read.faults.add("$.where", "写在 left 或 right 中 (write it in left or right)")
    if left.entity != read.entity:
        read.faults.add("$.left.entity", "左侧须为规则的实体 (the left side is the rule's entity)")
    return CrossTable(left=left, comparison=comparison, right=right)


def _total(read: CheckReader, name: str) -> Total | None:
    place = f"$.{name}"
    spec = read.faults.table(place, read.spec.get(name))
    known = frozenset({"entity", "aggregate", "field", "by", "where", "missing"})
    read.faults.known(place, spec, known)
    entity = read.dictionary.entities.get(str(spec.get("entity", read.entity.name)))
    if entity is None:
        read.faults.add(f"{place}.entity", "未知实体 (unknown entity)")
        return None
    side = CheckReader(entity, read.dictionary, spec, read.faults)
    by = side.field(f"{place}.by", spec.get("by"), COMPARABLE, is_shown=True)
    aggregate, field = _aggregate(side, place, spec)
    where = side.conditions(f"{place}.where", spec.get("where", []))
    missing = read_missing(f"{place}.missing", spec.get("missing"), read.faults)
    if by is None or aggregate is None:
        return None
    return Total(
        entity=entity, aggregate=aggregate, field=field, by=by, where=where, missing=missing
    )


def _aggregate(
    read: CheckReader, place: str, spec: Mapping[str, Any]
) -> tuple[Aggregate | None, Field | None]:
    name = spec.get("aggregate")
    if name not in AGGREGATES:
        read.faults.add(f"{place}.aggregate", " | ".join(AGGREGATES))
        return None, None
    if name == "count":
        if "field" in spec:
            read.faults.add(f"{place}.field", "count 数行，不取字段 (count takes no field)")
        return "count", None
    # The total of one record would show its value; how many values there are does not.
    is_distinct = name == "count_distinct"
    types = COMPARABLE if is_distinct else NUMERIC
    field = read.field(f"{place}.field", spec.get("field"), types, is_shown=not is_distinct)
    return (cast("Aggregate", name), field) if field else (None, None)


def _outlier(read: CheckReader) -> Check | None:
    field = read.own(NUMERIC)
    by = read.fields("$.by", read.spec.get("by"), is_shown=True)
    method = read.spec.get("method", "zscore")
    if method not in ("zscore", "mad"):
        read.faults.add("$.method", "zscore | mad")
        return None
    # Source of the defaults: 3 standard deviations; 3.5 after Iglewicz and Hoaglin.
    threshold = read.positive("threshold", "3" if method == "zscore" else "3.5")
    sample = read.at_least("minimum_sample", 3, 10)
    if field is None or by is None or threshold is None:
        return None
    return Outlier(field=field, by=by, method=method, threshold=threshold, minimum_sample=sample)


def _same_term_last_year(read: CheckReader) -> Check | None:
    aggregate, field = _aggregate(read, "$", read.spec)
    by = read.fields("$.by", read.spec.get("by"), is_shown=True)
    change = read.positive("max_change")
    latest = read.at_least("latest", 1, 1)
    period = read.faults.table("$.period", read.spec.get("period"))
    read.faults.known("$.period", period, frozenset({"kind", "from"}))
    kind = period.get("kind")
    if kind not in ("term", "month"):
        read.faults.add("$.period.kind", "term | month")
        return None
    types = frozenset({FieldType.TEXT}) if kind == "term" else DATED
    source = read.field("$.period.from", period.get("from"), types)
    if aggregate is None or by is None or change is None or source is None:
        return None
    return SameTermLastYear(
        aggregate=aggregate,
        field=field,
        period=source,
        period_kind=kind,
        by=by,
        max_change=change,
        latest=latest,
    )


@dataclass(frozen=True, slots=True)
class KindReader:
    """How the document of one kind is read."""

    read: Callable[[CheckReader], Check | None]
    keys: frozenset[str]


def _kind(read: Callable[[CheckReader], Check | None], *keys: str) -> KindReader:
    return KindReader(read, frozenset(keys))


KINDS: Final[Mapping[str, KindReader]] = {
    "not_null": _kind(_not_null, "field"),
    "range": _kind(_range, "field", "min", "max"),
    "pattern": _kind(_pattern, "field", "pattern"),
    "code_set": _kind(_code_set, "field", "set", "codes"),
    "reference": _kind(_reference, "field"),
    "cross_field": _kind(_cross_field, "left", "operator", "right"),
    "sum": _kind(_sum, "parts", "whole", "tolerance", "missing"),
    "unique": _kind(_unique, "fields"),
    "no_overlap": _kind(_no_overlap, "by", "from", "to"),
    "freshness": _kind(_freshness, "field", "max_age"),
    "row_count": _kind(_row_count, "min", "max", "max_change", "days"),
    "cross_table": _kind(_cross_table, "left", "operator", "right"),
    "outlier": _kind(_outlier, "field", "by", "method", "threshold", "minimum_sample"),
    "same_term_last_year": _kind(
        _same_term_last_year, "aggregate", "field", "period", "by", "max_change", "latest"
    ),
}
