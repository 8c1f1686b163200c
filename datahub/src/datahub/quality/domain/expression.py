"""Two expressions held against each other: typed, with a say about values that are missing.

Operators and strategies are those of DHIS2, which college data needs for the same reason: whether
"no value" is nothing, or a zero, is a decision of the rule, on each side. There is no text to
evaluate: an expression is a field, a constant, ``{"days": [later, earlier]}`` or arithmetic
``{"add": […]}``. Source: design "Indicators" 4; the eight operators and three strategies of
DHIS2's validation rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Entity, Field
from datahub.dictionary.domain.kind import KINDS, Kind

MAX_TERMS: Final = 50
ARITHMETIC: Final = ("add", "subtract", "multiply", "divide")


class Comparison(StrEnum):
    """How the left side must stand to the right one."""

    EQUAL_TO = "equal_to"
    NOT_EQUAL_TO = "not_equal_to"
    GREATER_THAN = "greater_than"
    GREATER_THAN_OR_EQUAL_TO = "greater_than_or_equal_to"
    LESS_THAN = "less_than"
    LESS_THAN_OR_EQUAL_TO = "less_than_or_equal_to"
    COMPULSORY_PAIR = "compulsory_pair"
    """Both sides have a value, or neither."""

    EXCLUSIVE_PAIR = "exclusive_pair"
    """Not both sides have a value."""

    @property
    def is_pair(self) -> bool:
        """Whether it asks for presence alone."""
        return self in {Comparison.COMPULSORY_PAIR, Comparison.EXCLUSIVE_PAIR}


_ORDERED: Final = frozenset(
    {
        Comparison.GREATER_THAN,
        Comparison.GREATER_THAN_OR_EQUAL_TO,
        Comparison.LESS_THAN,
        Comparison.LESS_THAN_OR_EQUAL_TO,
    }
)


class Missing(StrEnum):
    """What becomes of a side whose values are not all there."""

    SKIP_IF_ANY = "skip_if_any_value_missing"
    """It has no value as soon as one is missing."""

    SKIP_IF_ALL = "skip_if_all_values_missing"
    """It has no value when all are missing; a single missing one counts as zero."""

    NEVER_SKIP = "never_skip"
    """It always has a value: what is missing counts as zero."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a field."""

    field: Field


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed value, in the form in which a field of its kind keeps it."""

    kind: Kind | None
    """None until the other side says what it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days from one date to a later one; there as soon as both dates are."""

    later: Field
    earlier: Field


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Numbers added, subtracted, multiplied or divided, from left to right.

    A quotient by zero has no value.
    """

    op: str
    parts: tuple["Expression", ...]


Expression = Value | Constant | Days | Arithmetic


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    expression: Expression
    missing: Missing

    @property
    def terms(self) -> tuple[Value | Days, ...]:
        """What may be missing."""
        return tuple(_terms(self.expression))


def _terms(expression: Expression) -> list[Value | Days]:
    match expression:
        case Value() | Days():
            return [expression]
        case Arithmetic(_, parts):
            return [term for part in parts for term in _terms(part)]
        case Constant():
            return []


def fields_of(*sides: Side) -> tuple[str, ...]:
    """Return the names of the fields that sides read."""
    names: dict[str, None] = {}
    for term in (term for side in sides for term in side.terms):
        fields = (term.field,) if isinstance(term, Value) else (term.later, term.earlier)
        names |= dict.fromkeys(each.name for each in fields)
    return tuple(names)


def kind_of(expression: Expression) -> Kind | None:
    """Return what an expression is; None for a text that nothing has given a kind yet."""
    match expression:
        case Value(field):
            return KINDS[field.type]
        case Constant(kind):
            return kind
        case Days() | Arithmetic():
            return Kind.NUMBER


def no_field(entity: Entity, name: object) -> str:
    """Say that an entity has no field of a name, and which it has."""
    return (
        f"{entity.name} 没有字段 {name!r} ({entity.name} has no field {name!r})，"
        f"可用 (there are): {', '.join(entity.names)}"
    )


class Sides:
    """Reads the sides of a comparison of one entity's fields."""

    def __init__(self, entity: Entity, faults: Faults) -> None:
        self._entity = entity
        self._faults = faults

    def pair(self, spec: Mapping[str, Any], comparison: Comparison) -> tuple[Side, Side] | None:
        """Return both sides, typed alike; None where one of them cannot be read."""
        left, right = self._side("$.left", spec), self._side("$.right", spec)
        if left is None or right is None:
            return None
        if comparison.is_pair:
            return left, right
        return self._typed(left, right, comparison)

    def _side(self, place: str, spec: Mapping[str, Any]) -> Side | None:
        value = spec.get(place[2:])
        missing = Missing.SKIP_IF_ANY
        if isinstance(value, Mapping) and "expression" in value:
            self._faults.known(place, value, frozenset({"expression", "missing"}))
            missing = read_missing(f"{place}.missing", value.get("missing"), self._faults)
            place, value = f"{place}.expression", value["expression"]
        expression = self._expression(place, value)
        if expression is None:
            return None
        side = Side(expression, missing)
        if len(side.terms) > MAX_TERMS:
            self._faults.add(place, f"至多 {MAX_TERMS} 项 (at most {MAX_TERMS} terms)")
        return side

    def _expression(self, place: str, value: object) -> Expression | None:
        match value:
            case str():
                field = self._field(place, value)
                return Value(field) if field else None
            case bool():
                return Constant(Kind.BOOLEAN, "true" if value else "false")
            case int() | float():
                number = self._faults.number(place, value)
                return None if number is None else Constant(Kind.NUMBER, f"{number:f}")
            case _:
                return self._made(place, value)

    def _made(self, place: str, value: object) -> Expression | None:
        match value:
            case {"value": str(text), **rest} if not rest:
                return Constant(None, text)
            case {"days": [str(later), str(earlier)], **rest} if not rest:
                return self._days(f"{place}.days", later, earlier)
            case {**only} if len(only) == 1 and next(iter(only)) in ARITHMETIC:
                [(op, parts)] = only.items()
                return self._arithmetic(f"{place}.{op}", str(op), parts)
            case _:
                words = "字段、数字、{value}、{days} 或四则运算"
                self._faults.add(place, f"须为{words} (a field, a number, {{value}}, {{days}}, …)")
                return None

    def _arithmetic(self, place: str, op: str, parts: object) -> Expression | None:
        if not isinstance(parts, list) or len(parts) < 2:
            self._faults.add(place, "至少两项 (at least two)")
            return None
        read = [self._expression(f"{place}[{n}]", part) for n, part in enumerate(parts)]
        found = [each for each in read if each is not None]
        for number, each in enumerate(read):
            if each is not None and kind_of(each) is not Kind.NUMBER:
                self._faults.add(f"{place}[{number}]", "不是数值 (not a number)")
            elif op == "divide" and number and isinstance(each, Constant) and not float(each.text):
                self._faults.add(f"{place}[{number}]", "除数恒为零 (the divisor is always zero)")
        return Arithmetic(op, tuple(found)) if len(found) == len(parts) else None

    def _days(self, place: str, later: str, earlier: str) -> Days | None:
        fields = [self._field(place, name) for name in (later, earlier)]
        for each in fields:
            if each and KINDS.get(each.type) not in {Kind.DAY, Kind.INSTANT}:
                self._faults.add(place, f"{each.name} 不是日期 ({each.name} is no date)")
        return Days(fields[0], fields[1]) if fields[0] and fields[1] else None

    def _field(self, place: str, name: str) -> Field | None:
        field = self._entity.find(name)
        if field is None:
            self._faults.add(place, no_field(self._entity, name))
        elif field.type not in KINDS:
            self._faults.add(place, f"{name} 是列表，不能比较 (a list cannot be compared)")
            return None
        return field

    def _typed(self, left: Side, right: Side, comparison: Comparison) -> tuple[Side, Side] | None:
        kinds = {kind_of(left.expression), kind_of(right.expression)} - {None}
        if not left.terms and not right.terms:
            self._faults.add("$.left", "两侧都是常量 (both sides are constants)")
            return None
        if len(kinds) != 1 and kinds != {Kind.DAY, Kind.INSTANT}:
            names = sorted(str(kind) for kind in kinds)
            zh, en = "、".join(names), ", ".join(names)
            self._faults.add("$.right", f"两侧不可比：{zh} (the sides do not compare: {en})")
            return None
        kind = Kind.DAY if len(kinds) == 2 else next(iter(kinds))
        assert kind is not None
        if kind is Kind.BOOLEAN and comparison in _ORDERED:
            self._faults.add("$.operator", "是否没有大小 (yes and no have no order)")
        sides = [
            self._settled(f"$.{name}", side, kind)
            for name, side in (("left", left), ("right", right))
        ]
        return sides[0], sides[1]

    def _settled(self, place: str, side: Side, kind: Kind) -> Side:
        if side.missing is Missing.NEVER_SKIP and kind is not Kind.NUMBER:
            self._faults.add(
                f"{place}.missing", "只有数值缺失时可当作零 (only a missing number can be zero)"
            )
        constant = side.expression
        if not isinstance(constant, Constant) or constant.kind is not None:
            return side
        if not _holds(kind, constant.text):
            self._faults.add(
                place, f"{constant.text!r} 不是 {kind} ({constant.text!r} is no {kind})"
            )
        return Side(Constant(kind, constant.text), side.missing)


def _holds(kind: Kind, text: str) -> bool:
    try:
        match kind:
            case Kind.DAY:
                return datetime.strptime(text, "%Y-%m-%d").date().isoformat() == text  # noqa: DTZ007
            case Kind.INSTANT:
                return datetime.fromisoformat(text).tzinfo is not None
            case _:
                return kind is Kind.TEXT
    except ValueError:
        return False


def read_missing(place: str, value: object, faults: Faults) -> Missing:
    """Return a strategy; the strictest one where none is given."""
    if value is None:
        return Missing.SKIP_IF_ANY
    if isinstance(value, str) and value in set(Missing):
        return Missing(value)
    faults.one_of(place, Missing)
    return Missing.SKIP_IF_ANY


def read_comparison(place: str, value: object, faults: Faults) -> Comparison | None:
    """Return an operator; None where it is none."""
    if isinstance(value, str) and value in set(Comparison):
        return Comparison(value)
    faults.one_of(place, Comparison)
    return None
