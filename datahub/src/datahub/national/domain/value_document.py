"""Read where one element comes from.

A text is a field, or a path along references: ``major_code.name``, ``school.national_id``;
``@id`` and ``@observed`` are what the hub knows by itself. A table has one of ``path`` (with
``codes``, ``label``, ``region``, ``scale``), ``const``, ``join``, ``first``, ``holds``,
``count``, ``distinct``, ``sum``, ``avg``, ``min``, ``max`` (with ``where``, ``scale``) and
``count_of`` (with ``where``, ``by``). A condition is a word or words for a path: values, ``*`` any,
an empty one none, ``@past`` a date that has come. Source: our default.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Entity, Field, FieldType
from datahub.national.domain.mapping import (
    ABSENT,
    PAST,
    SCHOOL,
    Condition,
    Constant,
    First,
    Holds,
    Identity,
    Joined,
    Observed,
    Others,
    Route,
    Taken,
    Tally,
    Value,
    Where,
)

ANY: Final = "*"
_WORDS: Final = frozenset({ANY, ABSENT, PAST})
REGIONS: Final = ("province", "city", "county")
TALLIES: Final = ("count", "distinct", "sum", "avg", "min", "max")
_OWN: Final[Mapping[str, Value]] = {"@id": Identity(), "@observed": Observed()}
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "path": frozenset({"codes", "label", "region", "scale"}),
    "const": frozenset(),
    "join": frozenset(),
    "first": frozenset(),
    "holds": frozenset(),
    "count_of": frozenset({"where", "by"}),
    **dict.fromkeys(TALLIES, frozenset({"where", "scale"})),
}


class ValueReader:
    """Reads the values of one table."""

    def __init__(self, entities: Mapping[str, Entity], entity: Entity, faults: Faults) -> None:
        self.entities = entities
        self.entity = entity
        self.faults = faults
        self._reads: Mapping[str, Callable[[str, Mapping[str, Any]], Value | None]] = {
            "path": self._taken,
            "const": self._constant,
            "join": self._joined,
            "first": self._first,
            "holds": self._holds,
            "count_of": self._others,
        }

    def read(self, place: str, spec: object) -> Value | None:
        """Return a value; None where it cannot be read, which is noted."""
        if isinstance(spec, str):
            return _OWN.get(spec) or self._taken(place, {"path": spec})
        table = self.faults.table(place, spec)
        said = table.keys() & _KEYS.keys()
        if len(said) != 1:
            self.faults.add(place, f"恰好一个 (exactly one): {', '.join(_KEYS)}")
            return None
        [kind] = said
        self.faults.known(place, table, _KEYS[kind] | {kind})
        if kind in TALLIES:
            return self._tally(place, kind, table)
        return self._reads[kind](place, table)

    def where(self, place: str, spec: object) -> Where:
        """Return conditions: a word or words for each path, ``*`` for any value."""
        found = []
        for path, words in self.faults.table(place, spec).items():
            route = self.route(f"{place}.{path}", path)
            values = self.faults.words(f"{place}.{path}", words)
            if route is None:
                continue
            found.append(Condition(route, None if values == (ANY,) else values))
            self._check_words(f"{place}.{path}", route, values)
        return tuple(found)

    def _check_words(self, place: str, route: Route, values: tuple[str, ...]) -> None:
        if route.is_of_school:
            self.faults.add(place, "须为行自己的字段或引用 (a field of the row)")
        if PAST in values and route.last.type is not FieldType.DATE:
            self.faults.add(place, f"{PAST} 只用于日期 (for a date only)")
        wrong = [each for each in values if each not in _WORDS and not route.last.holds(each)]
        if wrong:
            self.faults.add(place, f"{wrong[0]} 不是它的值 (not a value of it)")

    def route(self, place: str, path: object) -> Route | None:
        """Return the way to a field; None where there is none, which is noted."""
        names = str(path).split(".")
        is_of_school = names[0] == SCHOOL and len(names) > 1
        at: Entity | None = self.entities[SCHOOL] if is_of_school else self.entity
        fields: list[Field] = []
        for name in names[1:] if is_of_school else names:
            field = at.fields.get(name) if at else None
            if field is None:
                where = at.name if at else fields[-1].name
                self.faults.add(place, f"{where} 没有字段 {name} (has no such field)")
                return None
            fields.append(field)
            at = self.entities.get(field.ref) if field.ref else None
        return Route(tuple(fields), is_of_school)

    def _taken(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        route = self.route(place, spec["path"])
        codes = self.faults.table(f"{place}.codes", spec.get("codes"))
        region = self.faults.choice(f"{place}.region", spec.get("region"), REGIONS)
        label = self.faults.flag(f"{place}.label", spec.get("label"))
        scale = self._scale(place, spec.get("scale"))
        if route is None:
            return None
        return Taken(
            route=route,
            codes={str(key): str(code) for key, code in codes.items()} if codes else None,
            label=label,
            region=region or "",
            scale=scale,
        )

    def _scale(self, place: str, spec: object) -> Fraction:
        try:
            scale = Fraction(str(spec)) if spec is not None else Fraction(1)
        except (ValueError, ZeroDivisionError):
            scale = Fraction(0)
        if scale <= 0:
            self.faults.add(f"{place}.scale", "须为 100 或 1/60 这样的正数 (a positive number)")
        return scale

    def _constant(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        text = self.faults.text(f"{place}.const", spec["const"])
        return None if text is None else Constant(text)

    def _joined(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        return Joined(self._parts(f"{place}.join", spec["join"]))

    def _first(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        return First(self._parts(f"{place}.first", spec["first"]))

    def _parts(self, place: str, spec: object) -> tuple[Value, ...]:
        if not isinstance(spec, list) or not spec:
            self.faults.add(place, "须为非空列表 (a list that is not empty)")
            return ()
        read = [self.read(f"{place}[{no}]", each) for no, each in enumerate(spec)]
        return tuple(each for each in read if each is not None)

    def _holds(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        return Holds(self.where(f"{place}.holds", spec["holds"]))

    def _tally(self, place: str, function: str, spec: Mapping[str, Any]) -> Value | None:
        where = self.where(f"{place}.where", spec.get("where"))
        scale = self._scale(place, spec.get("scale"))
        if function == "count":
            return Tally(function=function, where=where)
        route = self.route(place, spec[function])
        if route is None:
            return None
        return Tally(function=function, route=route, where=where, scale=scale)

    def _others(self, place: str, spec: Mapping[str, Any]) -> Value | None:
        entity = self.entities.get(str(spec["count_of"]))
        if entity is None:
            self.faults.add(place, f"没有实体 {spec['count_of']} (no such entity)")
            return None
        where = ValueReader(self.entities, entity, self.faults).where(
            f"{place}.where", spec.get("where")
        )
        if any(len(each.route.fields) > 1 or each.route.is_of_school for each in where):
            self.faults.add(f"{place}.where", "只能用它自己的字段 (fields of its own only)")
        by = entity.fields.get(str(spec.get("by")))
        if "by" in spec and (by is None or by.ref != self.entity.name):
            self.faults.add(
                f"{place}.by", f"须为引用 {self.entity.name} 的字段 (a reference to it)"
            )
        return Others(entity=entity, where=where, by=by)
