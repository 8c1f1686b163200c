"""Indicator definitions (质控点): what is counted, over which records, for which scopes.

A definition is data, checked against the dictionary as a whole before it takes effect. There is
no text to evaluate: conditions are triples, fields are names or one step along a reference.
Source: design "Indicators" 1–4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from shared.errors import DomainError, ErrorKind

Direction = Literal["higher", "lower", "band"]
Aggregate = Literal["count", "count_distinct", "sum"]
AGGREGATES: Final[tuple[Aggregate, ...]] = ("count", "count_distinct", "sum")
COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
NULL_TESTS: Final = frozenset({"is_null", "not_null"})
PERIODS: Final = frozenset({"term", "month", "year", "day", "ayear"})
SCOPE_KINDS: Final = frozenset(
    ["school", "unit", "major", "course", "class", "group", "teacher", "student"]
)
NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})


class IndicatorInvalidError(DomainError):
    """A definition that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "indicator-invalid"
    title_zh: ClassVar = "指标定义有误"
    title_en: ClassVar = "The definition is wrong"


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
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.denominator is not None


def parse_indicator(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Indicator:
    """Build an indicator from its document.

    Raises:
        IndicatorInvalidError: with every fault, by its place in the document.
    """
    return _Reader(document, dictionary).indicator(version)


class _Reader:
    """Reads a definition and collects every fault on the way."""

    _REQUIRED: Final = ("indicator", "zh", "en", "unit", "direction", "entity", "numerator")
    _KEYS: Final = frozenset(
        {*_REQUIRED, "type", "level", "basis", "denominator", "minimum_sample", "scopes"}
    )

    def __init__(self, document: Mapping[str, Any], dictionary: Dictionary) -> None:
        self._document = document
        self._dictionary = dictionary
        self._faults: dict[str, list[str]] = {}

    def indicator(self, version: int) -> Indicator:
        document = self._document
        self._check_keys()
        numerator = self._leg("$.numerator", document["numerator"], str(document["entity"]))
        denominator = self._denominator()
        if numerator is None or ("denominator" in document and denominator is None):
            raise self._error()
        grains = self._grains(numerator, denominator)
        if document["direction"] not in {"higher", "lower", "band"}:
            self._fault("$.direction", "higher | lower | band")
        if self._faults:
            raise self._error()
        return Indicator(
            id=str(document["indicator"]),
            version=version,
            zh=str(document["zh"]),
            en=str(document["en"]),
            unit=str(document["unit"]),
            direction=document["direction"],
            type=str(document.get("type", "ratio" if denominator else "decimal")),
            level=str(document.get("level", "school")),
            basis=str(document.get("basis", "")),
            minimum_sample=int(document.get("minimum_sample", 1)),
            numerator=numerator,
            denominator=denominator,
            grains=grains,
        )

    def _check_keys(self) -> None:
        for name in sorted(set(self._document) - self._KEYS):
            self._fault(f"$.{name}", "未知的键 (unknown key)")
        for name in self._REQUIRED:
            if not self._document.get(name):
                self._fault(f"$.{name}", "必填 (required)")
        if self._faults:
            raise self._error()

    def _denominator(self) -> Leg | None:
        spec = self._document.get("denominator")
        if spec is None:
            return None
        return self._leg("$.denominator", spec, str(self._document["entity"]))

    def _leg(self, place: str, spec: Mapping[str, Any], entity_name: str) -> Leg | None:
        entity = self._dictionary.entities.get(str(spec.get("entity", entity_name)))
        if entity is None:
            self._fault(f"{place}.entity", "未知实体 (unknown entity)")
            return None
        chosen = [name for name in AGGREGATES if name in spec]
        if len(chosen) != 1:
            self._fault(place, "count、count_distinct、sum 取其一 (exactly one of them)")
            return None
        [aggregate] = chosen
        path = None
        if aggregate != "count":
            path = self._path(f"{place}.{aggregate}", entity, str(spec[aggregate]))
            if aggregate == "sum" and path and path.field.type not in NUMERIC:
                self._fault(f"{place}.sum", f"{path.field.name} 不是数值 (not a number)")
        where = [
            condition
            for number, each in enumerate(spec.get("where", ()))
            if (condition := self._condition(f"{place}.where[{number}]", entity, each))
        ]
        return Leg(entity=entity, aggregate=aggregate, path=path, where=tuple(where))

    def _condition(self, place: str, entity: Entity, spec: Sequence[Any]) -> Condition | None:
        name, op, *rest = [*spec, None][:3] if len(spec) >= 2 else [None, None]
        path = self._path(place, entity, str(name))
        value = rest[0] if rest else None
        if op not in COMPARISONS | NULL_TESTS:
            self._fault(place, f"比较符 {op!r} 未知 (unknown operator)")
            return None
        if isinstance(value, Mapping):
            value = self._path(place, entity, str(value.get("field")))
        elif op in COMPARISONS and value is None:
            self._fault(place, "缺少比较的值 (needs a value)")
        elif op == "in" and not isinstance(value, list):
            self._fault(place, "in 需要一个列表 (needs a list)")
        if path is None:
            return None
        self._check_words(place, path.field, value)
        return Condition(path, str(op), value)

    def _check_words(self, place: str, target: Field, value: object) -> None:
        if target.type is not FieldType.ENUM or value is None or isinstance(value, Path):
            return
        words = value if isinstance(value, list) else [value]
        for word in words:
            if word not in target.values:
                self._fault(place, f"{target.name} 没有取值 {word!r} (not one of its values)")

    def _grains(self, numerator: Leg, denominator: Leg | None) -> tuple[tuple[Grain, Grain], ...]:
        grains = []
        for number, spec in enumerate(self._document.get("scopes", ())):
            place = f"$.scopes[{number}]"
            kind = str(spec.get("kind"))
            if kind not in SCOPE_KINDS:
                self._fault(f"{place}.kind", f"未知的对象种类 {kind!r} (unknown kind)")
            first = self._grain(place, kind, numerator.entity, spec, "")
            other = denominator is not None and denominator.entity != numerator.entity
            second = (
                self._grain(place, kind, denominator.entity, spec, "denominator_")
                if other and denominator
                else first
            )
            if first and second:
                grains.append((first, second))
        if not grains and not self._faults:
            self._fault("$.scopes", "至少一个 (at least one)")
        return tuple(grains)

    def _grain(
        self, place: str, kind: str, entity: Entity, spec: Mapping[str, Any], prefix: str
    ) -> Grain | None:
        key = self._place(f"{place}.{prefix}key", entity, spec.get(f"{prefix}key", spec.get("key")))
        period = dict(spec.get(f"{prefix}period", spec.get("period")) or {})
        if period.get("kind") not in PERIODS:
            self._fault(f"{place}.period.kind", f"只能是 {sorted(PERIODS)} (one of these)")
        source = self._place(f"{place}.period.from", entity, period.get("from"))
        if key is None or source is None:
            return None
        return Grain(kind=kind, key=key, period_kind=str(period["kind"]), period=source)

    def _place(self, place: str, entity: Entity, spec: object) -> Place | None:
        match spec:
            case {"constant": value}:
                return Constant(str(value))
            case str():
                return self._path(place, entity, spec)
            case _:
                self._fault(place, "须为字段路径或 {constant} (a field path or {constant})")
                return None

    def _path(self, place: str, entity: Entity, name: str) -> Path | None:
        head, _, rest = name.partition(".")
        if not rest:
            target = entity.fields.get(name)
            if target is None:
                self._fault(place, f"{entity.name} 没有字段 {name} (no such field)")
                return None
            return Path(target, None, entity.name)
        via = next((each for each in entity.fields.values() if each.ref == head), None)
        referred = self._dictionary.entities.get(head)
        if via is None or referred is None or rest not in referred.fields:
            self._fault(place, f"{entity.name} 到不了 {name} (no such path)")
            return None
        return Path(referred.fields[rest], via.name, head)

    def _fault(self, place: str, reason: str) -> None:
        self._faults.setdefault(place, []).append(reason)

    def _error(self) -> IndicatorInvalidError:
        places = "、".join(self._faults)
        return IndicatorInvalidError(
            f"指标定义有误：{places}", f"the definition is wrong at {places}", fields=self._faults
        )
