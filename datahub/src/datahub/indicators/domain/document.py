"""Read an indicator's definition from its document: all of it is checked before it takes effect.

A definition is refused with every fault at once, by its place. Whatever one lets through can be
measured: a comparison that PostgreSQL would refuse is a fault here, for one such definition
would hold up the measuring of all. Source: design "Indicators" 1–4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final, cast, get_args

from pydantic import TypeAdapter, ValidationError

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, FieldType
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain import aggregating
from datahub.indicators.domain.definition import (
    NEVER_SKIP,
    SCOPE_KINDS,
    SKIP_ANY,
    Grain,
    Indicator,
    Leg,
    Missing,
    Number,
    Spot,
)
from datahub.indicators.domain.depending import cycle_of
from datahub.indicators.domain.formula.others import NOBODY, Known
from datahub.indicators.domain.formula.parts import Parts, take_apart
from datahub.indicators.domain.formula.reading import read_formula
from datahub.indicators.domain.formula.rows import path_of
from datahub.indicators.domain.formula.syntax import Expression, FormulaError, others_in
from datahub.indicators.domain.formula.units import Units
from datahub.indicators.domain.privacy import made_of, most_private
from datahub.indicators.domain.row import Constant, Place, Present, School
from datahub.indicators.domain.taking import unmeasured
from datahub.indicators.domain.units import Unit, is_fit, remedy
from shared.contracts.vocabulary import Level, PeriodKey
from shared.errors import DomainError, ErrorKind

PERIODS: Final = frozenset({"day", "week", "month", "term", "ayear", "year", "plan"})
TYPES: Final = frozenset(
    {"integer", "decimal", "percent", "per_mille", "ratio", "boolean", "enumeration"}
)
"""Source: design "Glossary"."""

_REQUIRED: Final = ("indicator", "zh", "en", "unit", "direction")
_OPTIONAL: Final = (
    "type",
    "level",
    "basis",
    "formula",
    "manual",
    "minimum_sample",
    "missing",
    "scopes",
    "aggregation",
    "catalogue",
    "core",
    "privacy",
    "effective_from",
)
_KEYS: Final = frozenset({*_REQUIRED, *_OPTIONAL})
_TYPED: Final = Parts(
    legs=(), numerator=Number(Decimal(0)), denominator=None, tree=read_formula("0")
)
"""What an indicator is made of that people hand in alone."""

EARLIEST: Final = date(1900, 1, 1)
"""No period before it has a name: a version that holds since ever says no day."""

_PERIOD: Final = TypeAdapter[str](PeriodKey)


class IndicatorNotFoundError(DomainError):
    """No indicator has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "indicator-not-found"
    title_zh: ClassVar = "没有这个指标"
    title_en: ClassVar = "No such indicator"


class IndicatorNeededError(DomainError):
    """Other definitions take this one, and could not be measured any more."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "indicator-needed"
    title_zh: ClassVar = "其他指标用到它，改后无法测量"
    title_en: ClassVar = "Other indicators take it, and could not be measured"


class IndicatorInvalidError(DomainError):
    """A definition that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "indicator-invalid"
    title_zh: ClassVar = "指标定义有误"
    title_en: ClassVar = "The definition is wrong"


def parse_indicator(
    document: Mapping[str, Any], dictionary: Dictionary, version: int, known: Known = NOBODY
) -> Indicator:
    """Build an indicator from its document.

    Args:
        known: the other indicators in force, by their ids.

    Raises:
        IndicatorInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    indicator = _read(document, version, _Context(dictionary, known, faults))
    if indicator is None or faults.found:
        raise IndicatorInvalidError(
            f"指标定义有误：{'、'.join(faults.found)}",
            f"the definition is wrong at {', '.join(faults.found)}",
            fields=faults.found,
            fixes=["按 validationErrors 逐处修改后重新 PUT (mend each place and PUT again)"],
        )
    return indicator


@dataclass(frozen=True, slots=True)
class _Context:
    """By what a definition is read, and what is wrong with it."""

    dictionary: Dictionary
    known: Known
    faults: Faults


def _read(document: Mapping[str, Any], version: int, by: _Context) -> Indicator | None:
    _check_shape(document, by.faults)
    missing = by.faults.choice("$.missing", document.get("missing"), get_args(Missing)) or SKIP_ANY
    # What is missing counts 0: so a value may rest on no row at all.
    least = 0 if missing == NEVER_SKIP else 1
    sample = by.faults.whole("$.minimum_sample", document.get("minimum_sample", least))
    manual = by.faults.flag("$.manual", document.get("manual"))
    parts = _TYPED if manual and document.get("formula") is None else _parts(document, by)
    if parts is None:
        return None
    indicator = Indicator(
        id=str(document.get("indicator")),
        version=version,
        zh=str(document.get("zh")),
        en=str(document.get("en")),
        unit=str(document.get("unit")),
        direction=document.get("direction", "higher"),
        type=str(document.get("type", "ratio" if parts.denominator else "decimal")),
        level=str(document.get("level", "school")),
        basis=str(document.get("basis", "")),
        formula=str(document.get("formula", "")),
        minimum_sample=sample if sample is not None else least,
        legs=parts.legs,
        numerator=parts.numerator,
        denominator=parts.denominator,
        grains=_Grains(by.dictionary, parts.legs, by.faults).grains(document.get("scopes")),
        missing=cast("Missing", missing),
        manual=manual,
        core=by.faults.flag("$.core", document.get("core")),
        effective_from=_day(document.get("effective_from"), by.faults),
    )
    how = aggregating.read(document.get("aggregation"), indicator, by.faults)
    privacy = _privacy(document.get("privacy"), indicator, by)
    indicator = replace(indicator, privacy=privacy, aggregation=how)
    # Both halves of a mean or a rate take the same.
    errors = unmeasured(indicator.items, indicator.grains, by.known, by.dictionary)
    for reason in dict.fromkeys(each.reason for each in errors):
        by.faults.add("$.formula", reason)
    return indicator


def _day(said: object, faults: Faults) -> date | None:
    if said is None:
        return None
    try:
        day = date.fromisoformat(str(said))
    except ValueError:
        day = None
    # As it is written it is compared in SQL.
    if day is None or day.isoformat() != said:
        faults.add("$.effective_from", "须为日期 YYYY-MM-DD (a day, YYYY-MM-DD)")
    elif day < EARLIEST:
        faults.add("$.effective_from", f"不早于 {EARLIEST}，不写即从来如此 (not before {EARLIEST})")
    return day


def _privacy(said: object, indicator: Indicator, by: _Context) -> Privacy:
    """Return the class of an indicator: what it is made of, unless it says to be more private."""
    parts = made_of(indicator, by.known)
    chosen = by.faults.choice("$.privacy", said, set(Privacy))
    if chosen is None:
        return most_private(each.privacy for each in parts)
    stated = Privacy(chosen)
    for each in parts:
        if each.privacy.rank > max(stated.rank, Privacy.INTERNAL.rank):
            by.faults.add(
                "$.privacy",
                f"{each.of} 属 {each.privacy}，指标不能比它公开：改为 {each.privacy}，或不用它"
                f" ({each.of} is {each.privacy}: say {each.privacy}, or do without it)",
            )
    return stated


def _parts(document: Mapping[str, Any], by: _Context) -> Parts | None:
    formula = document.get("formula")
    if not formula:
        by.faults.add("$.formula", "必填，或写明 manual = true (required, or say manual = true)")
    if not isinstance(formula, str) or not formula:
        return None
    try:
        _refuse_cycle(str(document.get("indicator")), read_formula(formula), by.known)
        parts = take_apart(formula, by.dictionary, by.known)
        found = Units(by.dictionary, by.known).of(parts.tree)
    except FormulaError as error:
        by.faults.add("$.formula", error.reason)
        return None
    declared = str(document.get("unit"))
    if isinstance(found, Unit) and not is_fit(declared, found):
        by.faults.add("$.unit", f"公式的单位不是 {declared}：{remedy(declared, found)}")
    return parts


def _refuse_cycle(indicator: str, tree: Expression, known: Known) -> None:
    taken = {each.id: each.others for each in known.values()}
    for other in others_in(tree):
        if way := cycle_of(indicator, [other.indicator], taken):
            path = " → ".join(way)
            raise FormulaError(other.at, f"循环引用：{path}", f"a cycle: {path}")


def _check_shape(document: Mapping[str, Any], faults: Faults) -> None:
    faults.known("$", document, _KEYS)
    for name in _REQUIRED:
        if not document.get(name):
            faults.add(f"$.{name}", "必填 (required)")
    for name in ("zh", "en", "unit", "basis", "formula"):
        if not isinstance(document.get(name, ""), str):
            faults.add(f"$.{name}", "须为文本 (a text)")
    faults.choice("$.type", document.get("type"), TYPES)
    faults.choice("$.level", document.get("level"), set(Level))
    faults.words("$.catalogue", document.get("catalogue"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,79}", str(document.get("indicator"))):
        faults.add("$.indicator", "小写字母、数字、_ . -，至多 80 字符 (lower-case, at most 80)")
    if document.get("direction") not in ("higher", "lower", "band"):
        faults.add("$.direction", "只能是 higher、lower、band (one of higher, lower, band)")


class _Grains:
    """Reads for which scopes and periods a value is measured."""

    def __init__(self, dictionary: Dictionary, legs: tuple[Leg, ...], faults: Faults) -> None:
        self._dictionary = dictionary
        self._entities = list(dict.fromkeys(leg.entity.name for leg in legs))
        self._legs = legs
        self._faults = faults

    def grains(self, scopes: object) -> tuple[Grain, ...]:
        if not isinstance(scopes, list) or not scopes:
            self._faults.add("$.scopes", "至少一个 (at least one)")
            return ()
        found: dict[tuple[str, str], Grain] = {}
        for number, spec in enumerate(scopes):
            place = f"$.scopes[{number}]"
            grain = self._grain(place, self._faults.table(place, spec))
            if grain is None:
                continue
            names = (grain.kind, grain.period_kind)
            if names in found:
                self._faults.add(
                    place, f"{'、'.join(names)} 重复 (the same kinds of scope and period twice)"
                )
            found[names] = grain
        return tuple(found.values())

    def _grain(self, place: str, spec: Mapping[str, Any]) -> Grain | None:
        keys = {"kind", "key", "period", "by"} if self._legs else {"kind", "period"}
        self._faults.known(place, spec, frozenset(keys))
        kind = str(spec.get("kind"))
        if kind not in SCOPE_KINDS:
            self._faults.add(f"{place}.kind", f"未知的对象种类 {kind!r} (unknown kind {kind!r})")
            return None
        period_kind, source = self._period(f"{place}.period", spec.get("period"))
        by = self._faults.table(f"{place}.by", spec.get("by"))
        self._faults.known(f"{place}.by", by, frozenset(self._entities))
        spots: dict[str, Spot | None] = {}
        for name in self._entities:
            at = f"{place}.by.{name}"
            own = self._faults.table(at, by.get(name))
            self._faults.known(at, own, frozenset({"key", "from"}))
            key = _Said(f"{place}.key", spec.get("key")).unless(f"{at}.key", own.get("key"))
            when = _Said(f"{place}.period.from", source).unless(f"{at}.from", own.get("from"))
            entity = self._dictionary.entities[name]
            spots[name] = self._spot(entity, (kind, key), (period_kind, when))
        found = [spots[leg.entity.name] for leg in self._legs]
        whole = [each for each in found if each is not None]
        if len(whole) < len(found):
            return None
        return Grain(kind=kind, period_kind=period_kind, spots=tuple(whole))

    def _period(self, place: str, spec: object) -> tuple[str, object]:
        """Return the kind of period, and where it is read, if that is said."""
        kind, source = spec, None
        if isinstance(spec, Mapping):
            self._faults.known(place, spec, frozenset({"kind", "from"}))
            kind, source, place = spec.get("kind"), spec.get("from"), f"{place}.kind"
        if not isinstance(kind, str) or kind not in PERIODS:
            self._faults.one_of(place, sorted(PERIODS))
        return str(kind), source

    def _spot(
        self, entity: Entity, key: "tuple[str, _Said]", period: "tuple[str, _Said]"
    ) -> Spot | None:
        where = self._key(entity, *key)
        when = self._when(entity, *period)
        return Spot(key=where, period=when) if where and when else None

    def _key(self, entity: Entity, kind: str, said: "_Said") -> Place | None:
        if said.spec is not None:
            return self._place(said.place, entity, said.spec)
        if kind == "school":
            return School()
        path = entity.counts.scopes.get(kind)
        if path is None:
            known = ", ".join(["school", *entity.counts.scopes])
            self._faults.add(
                said.place,
                f"{entity.name} 不按 {kind} 计数，可为 {known}，或写明 key"
                f" ({entity.name} is counted for {known}; else say the key)",
            )
            return None
        return self._place(said.place, entity, path)

    def _when(self, entity: Entity, kind: str, said: "_Said") -> Place | None:
        if said.spec == {"present": True} or (said.spec is None and not entity.counts.periods):
            return Present()
        spec = said.spec if said.spec is not None else _path_to(entity, kind)
        if spec is None:
            reason = f"{entity.name} 给不出 {kind}，请写明 from"
            self._faults.add(said.place, f"{reason} ({entity.name} has no {kind}: say from)")
            return None
        place = self._place(said.place, entity, spec)
        if isinstance(place, Constant) and kind in PERIODS:
            self._check_period(said.place, f"{kind}:{place.value}")
        return place

    def _check_period(self, place: str, period: str) -> None:
        try:
            _PERIOD.validate_python(period)
        except ValidationError:
            self._faults.add(place, f"{period} 不是周期 ({period} is no period)")

    def _place(self, place: str, entity: Entity, spec: object) -> Place | None:
        match spec:
            case {"constant": str() | int() as value}:
                return Constant(str(value))
            case str():
                path = path_of(self._dictionary, entity, spec)
                if isinstance(path, str):
                    self._faults.add(place, path)
                    return None
                if path.field.type is FieldType.LIST:
                    self._faults.add(place, f"{spec} 是列表 ({spec} is a list)")
                return path
            case _:
                self._faults.add(place, "须为字段路径或 {constant} (a field path or {constant})")
                return None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a document says at a place, if anything."""

    place: str
    spec: object

    def unless(self, place: str, spec: object) -> "_Said":
        """Return what is said nearer, if anything is."""
        return self if spec is None else _Said(place, spec)


def _path_to(entity: Entity, kind: str) -> str | None:
    """Return the path to a kind of period: its own, that of one it is made of, or a date."""
    periods = entity.counts.periods
    within = {"ayear": ["term"], "year": ["month"], "plan": ["year", "month"]}.get(kind, [])
    found = (periods.get(each) for each in (kind, *within, "date"))
    return next((each for each in found if each), None)
