"""Read an indicator's definition from its document: all of it is checked before it takes effect.

A definition is refused with every fault at once, by its place. Whatever one lets through can be
measured: a comparison that PostgreSQL would refuse is a fault here, for one such definition
would hold up the measuring of all. Source: design "Indicators" 1–4.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final

from pydantic import TypeAdapter, ValidationError

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.indicators.domain.definition import (
    AGGREGATES,
    COMPARISONS,
    NULL_TESTS,
    Condition,
    Constant,
    Grain,
    Indicator,
    Leg,
    Path,
    Place,
)
from shared.contracts.vocabulary import PeriodKey
from shared.errors import DomainError, ErrorKind

PERIODS: Final = frozenset({"term", "month", "year", "day", "ayear"})
SCOPE_KINDS: Final = frozenset(
    ["school", "unit", "major", "course", "class", "group", "teacher", "student"]
)
_NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
_TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
_DATED: Final = frozenset({FieldType.DATE, FieldType.TIMESTAMP})
_ALIKE: Final = (_NUMERIC, _TEXTUAL, _DATED, frozenset({FieldType.BOOLEAN}))
_REQUIRED: Final = ("indicator", "zh", "en", "unit", "direction", "entity", "numerator")
_KEYS: Final = frozenset(
    {*_REQUIRED, "type", "level", "basis", "denominator", "minimum_sample", "scopes"}
)
_PERIOD: Final = TypeAdapter[str](PeriodKey)


class IndicatorInvalidError(DomainError):
    """A definition that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "indicator-invalid"
    title_zh: ClassVar = "指标定义有误"
    title_en: ClassVar = "The definition is wrong"


def parse_indicator(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Indicator:
    """Build an indicator from its document.

    Raises:
        IndicatorInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    indicator = _read(document, dictionary, version, faults)
    if indicator is None or faults.found:
        raise IndicatorInvalidError(
            f"指标定义有误：{'、'.join(faults.found)}",
            f"the definition is wrong at {', '.join(faults.found)}",
            fields=faults.found,
            fixes=["按 validationErrors 逐处修改后重新 PUT (mend each place and PUT again)"],
        )
    return indicator


def _read(
    document: Mapping[str, Any], dictionary: Dictionary, version: int, faults: Faults
) -> Indicator | None:
    _check_shape(document, faults)
    legs = _Legs(dictionary, str(document.get("entity")), faults)
    numerator = legs.leg("$.numerator", document.get("numerator"))
    has_denominator = document.get("denominator") is not None
    denominator = legs.leg("$.denominator", document["denominator"]) if has_denominator else None
    sample = faults.whole("$.minimum_sample", document.get("minimum_sample", 1))
    if numerator is None or (has_denominator and denominator is None):
        return None
    return Indicator(
        id=str(document.get("indicator")),
        version=version,
        zh=str(document.get("zh")),
        en=str(document.get("en")),
        unit=str(document.get("unit")),
        direction=document.get("direction", "higher"),
        type=str(document.get("type", "ratio" if denominator else "decimal")),
        level=str(document.get("level", "school")),
        basis=str(document.get("basis", "")),
        minimum_sample=sample if sample is not None else 1,
        numerator=numerator,
        denominator=denominator,
        grains=_Grains(legs, faults).grains(document.get("scopes"), numerator, denominator),
    )


def _check_shape(document: Mapping[str, Any], faults: Faults) -> None:
    faults.known("$", document, _KEYS)
    for name in _REQUIRED:
        if not document.get(name):
            faults.add(f"$.{name}", "必填 (required)")
    for name in ("zh", "en", "unit", "type", "level", "basis"):
        if not isinstance(document.get(name, ""), str):
            faults.add(f"$.{name}", "须为文本 (a text)")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,79}", str(document.get("indicator"))):
        faults.add("$.indicator", "小写字母、数字、_ . -，至多 80 字符 (lower-case, at most 80)")
    if document.get("direction") not in ("higher", "lower", "band"):
        faults.add("$.direction", "只能是 higher、lower、band (one of higher, lower, band)")


class _Legs:
    """Reads what is counted, and the fields that it names."""

    def __init__(self, dictionary: Dictionary, entity: str, faults: Faults) -> None:
        self._dictionary = dictionary
        self._entity = entity
        self._faults = faults

    def leg(self, place: str, value: object) -> Leg | None:
        spec = self._faults.table(place, value)
        self._faults.known(place, spec, frozenset({"entity", "where", *AGGREGATES}))
        entity = self._dictionary.entities.get(str(spec.get("entity", self._entity)))
        if entity is None:
            self._faults.add(f"{place}.entity", "未知实体 (unknown entity)")
            return None
        if entity.is_raw:
            reason = "原始事件不计入指标，请用 learning_daily (raw events: count learning_daily)"
            self._faults.add(f"{place}.entity", reason)
            return None
        chosen = [name for name in AGGREGATES if name in spec]
        if len(chosen) != 1:
            self._faults.add(place, "count、count_distinct、sum 取其一 (exactly one of them)")
            return None
        [aggregate] = chosen
        path = None
        if aggregate == "count":
            if spec["count"] is not True:
                self._faults.add(f"{place}.count", "true")
        else:
            path = self.path(f"{place}.{aggregate}", entity, spec[aggregate])
            if aggregate == "sum" and path and path.field.type not in _NUMERIC:
                self._faults.add(
                    f"{place}.sum", f"{path.field.name} 不是数值 ({path.field.name} is no number)"
                )
        where = self._conditions(f"{place}.where", entity, spec.get("where", []))
        return Leg(entity=entity, aggregate=aggregate, path=path, where=where)

    def _conditions(self, place: str, entity: Entity, where: object) -> tuple[Condition, ...]:
        if not isinstance(where, list):
            self._faults.add(place, "须为列表 (a list)")
            return ()
        found = [
            self._condition(f"{place}[{number}]", entity, each) for number, each in enumerate(where)
        ]
        return tuple(each for each in found if each is not None)

    def _condition(self, place: str, entity: Entity, spec: object) -> Condition | None:
        match spec:
            case [str(name), str(op)] if op in NULL_TESTS:
                path = self.path(place, entity, name)
                return Condition(path, op, None) if path else None
            case [str(name), str(op), value] if op in COMPARISONS:
                path = self.path(place, entity, name)
                return self._comparison(place, entity, path, op, value) if path else None
            case _:
                operators = " ".join(sorted(COMPARISONS))
                self._faults.add(
                    place,
                    f"须为 [字段, 比较符, 值]，比较符：{operators} ([field, operator, value])",
                )
                return None

    def _comparison(
        self, place: str, entity: Entity, path: Path, op: str, value: object
    ) -> Condition | None:
        match value:
            case {"field": other} if op != "in":
                field = self.path(place, entity, other)
                if field is None:
                    return None
                if not any({path.field.type, field.field.type} <= alike for alike in _ALIKE):
                    self._faults.add(place, f"{path.field.name} 与 {other} 不可比 (not comparable)")
                return Condition(path, op, field)
            case list() if op == "in":
                for each in value:
                    self._check_value(place, path.field, each)
            case _:
                if op == "in":
                    self._faults.add(place, "in 需要一个列表 (needs a list)")
                self._check_value(place, path.field, value)
        return Condition(path, op, value)

    def _check_value(self, place: str, target: Field, value: object) -> None:
        text = self._faults.text(place, value)
        if target.type is FieldType.LIST:
            self._faults.add(place, f"{target.name} 是列表，不能比较 (a list cannot be compared)")
        elif text is None:
            self._faults.add(place, "缺少比较的值 (needs a value)")
        elif not target.holds(text) or "\0" in text:
            self._faults.add(
                place, f"{target.name} 没有取值 {value!r} ({value!r} is none of its values)"
            )
        elif target.code_set and text not in self._codes(target.code_set):
            self._faults.add(place, f"{value!r} 不在代码集中 ({value!r} is not in the code set)")

    def _codes(self, code_set: str) -> Collection[str]:
        """Return every code of a set: what was retired is written no more, and still counted."""
        return self._dictionary.code_sets[code_set].codes.keys()

    def path(self, place: str, entity: Entity, name: object) -> Path | None:
        """Return the field that a name stands for, or one step along a reference."""
        head, _, rest = str(name).partition(".")
        if not rest:
            target = entity.fields.get(head)
            if target is None:
                self._faults.add(
                    place, f"{entity.name} 没有字段 {name} ({entity.name} has no field {name})"
                )
                return None
            return Path(target, None, entity.name)
        via = next((each for each in entity.fields.values() if each.ref == head), None)
        referred = self._dictionary.entities.get(head)
        if via is None or referred is None or rest not in referred.fields:
            self._faults.add(
                place, f"{entity.name} 到不了 {name} (no path leads from {entity.name} to {name})"
            )
            return None
        return Path(referred.fields[rest], via.name, head)


class _Grains:
    """Reads for which scopes and periods a value is measured."""

    def __init__(self, legs: _Legs, faults: Faults) -> None:
        self._legs = legs
        self._faults = faults

    def grains(
        self, scopes: object, numerator: Leg, denominator: Leg | None
    ) -> tuple[tuple[Grain, Grain], ...]:
        if not isinstance(scopes, list) or not scopes:
            self._faults.add("$.scopes", "至少一个 (at least one)")
            return ()
        found: dict[tuple[str, str], tuple[Grain, Grain]] = {}
        for number, spec in enumerate(scopes):
            place = f"$.scopes[{number}]"
            pair = self._pair(place, self._faults.table(place, spec), numerator, denominator)
            if pair is None:
                continue
            names = (pair[0].kind, pair[0].period_kind)
            if names in found:
                self._faults.add(
                    place, f"{'、'.join(names)} 重复 (the same kinds of scope and period twice)"
                )
            found[names] = pair
        return tuple(found.values())

    def _pair(
        self, place: str, spec: Mapping[str, Any], numerator: Leg, denominator: Leg | None
    ) -> tuple[Grain, Grain] | None:
        allowed = {"kind", "key", "period", "denominator_key", "denominator_period"}
        self._faults.known(place, spec, frozenset(allowed))
        kind = str(spec.get("kind"))
        if kind not in SCOPE_KINDS:
            self._faults.add(f"{place}.kind", f"未知的对象种类 {kind!r} (unknown kind {kind!r})")
        first = self._grain(place, kind, numerator.entity, spec, "")
        second = first
        if denominator is not None and denominator.entity != numerator.entity:
            second = self._grain(place, kind, denominator.entity, spec, "denominator_")
        if first is None or second is None:
            return None
        if first.period_kind != second.period_kind:
            self._faults.add(f"{place}.denominator_period", "周期种类不同 (another kind of period)")
        return first, second

    def _grain(
        self, place: str, kind: str, entity: Entity, spec: Mapping[str, Any], prefix: str
    ) -> Grain | None:
        key = self._place(f"{place}.{prefix}key", entity, spec.get(f"{prefix}key", spec.get("key")))
        period = self._faults.table(
            f"{place}.{prefix}period", spec.get(f"{prefix}period", spec.get("period"))
        )
        period_kind = str(period.get("kind"))
        if period_kind not in PERIODS:
            self._faults.one_of(f"{place}.period.kind", sorted(PERIODS))
        source = self._place(f"{place}.period.from", entity, period.get("from"))
        if key is None or source is None:
            return None
        self._check_period(f"{place}.period.from", period_kind, source)
        return Grain(kind=kind, key=key, period_kind=period_kind, period=source)

    def _check_period(self, place: str, kind: str, source: Place) -> None:
        if isinstance(source, Constant):
            try:
                _PERIOD.validate_python(f"{kind}:{source.value}")
            except ValidationError:
                self._faults.add(
                    place, f"{kind}:{source.value} 不是周期 ({kind}:{source.value} is no period)"
                )
        elif source.field.type in _DATED and kind not in {"month", "year", "day"}:
            self._faults.add(place, f"日期给不出 {kind} (a date does not give one)")

    def _place(self, place: str, entity: Entity, spec: object) -> Place | None:
        match spec:
            case {"constant": str() | int() as value}:
                return Constant(str(value))
            case str():
                path = self._legs.path(place, entity, spec)
                if path and path.field.type is FieldType.LIST:
                    self._faults.add(place, f"{spec} 是列表 ({spec} is a list)")
                return path
            case _:
                self._faults.add(place, "须为字段路径或 {constant} (a field path or {constant})")
                return None
