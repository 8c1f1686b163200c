"""Of what unit a formula is: what is unlike is neither added nor compared.

A field without a unit, an indicator with a unit of the college's own, and whatever is made of them,
are of unknown unit and fit everything. Source: design "Indicators" 4.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.indicators.domain.formula import syntax
from datahub.indicators.domain.formula.others import Known
from datahub.indicators.domain.formula.rows import path_of
from datahub.indicators.domain.formula.syntax import Expression, FormulaError
from datahub.indicators.domain.reckoning import fold
from datahub.indicators.domain.units import COUNTED, DAYS, RATIO, Unit, unit_of

Said = Unit | Decimal | None
"""A unit, a fixed number that takes any, or nothing that is known."""

_ALIKE: Final = frozenset({"+", "-", "=", "!=", "<", "<=", ">", ">="})
_LOGIC: Final = frozenset({"and", "or", "=", "!=", "<", "<=", ">", ">="})


class Units:
    """Reads of what unit the parts of a formula are.

    Args:
        entity: of whose rows is spoken; None outside of an aggregate.
    """

    def __init__(self, dictionary: Dictionary, known: Known, entity: Entity | None = None) -> None:
        self._dictionary = dictionary
        self._known = known
        self._entity = entity

    def of(self, tree: Expression) -> Said:
        """Return the unit of an expression that has been found to have sense.

        Raises:
            FormulaError: it adds or compares what is unlike.
        """
        match tree:
            case syntax.Name(value=name):
                return self._field(name)
            case syntax.Binary():
                return self._binary(tree)
            case syntax.Call():
                return self._call(tree)
            case syntax.Aggregate():
                return self._aggregate(tree)
            case _:
                return self._single(tree)

    def _single(self, tree: Expression) -> Said:
        match tree:
            case syntax.Number(value=value):
                return value
            case syntax.Other() | syntax.Shifted(operand=syntax.Other()):
                [other] = syntax.others_in(tree)
                return unit_of(self._known[other.indicator].unit)
            case syntax.Unary(op="-", operand=operand):
                found = self.of(operand)
                return -found if isinstance(found, Decimal) else found
            case syntax.Unary(operand=operand) | syntax.In(operand=operand):
                self.of(operand)
                return None
            case _:
                return None

    def _field(self, name: str) -> Said:
        assert self._entity is not None, "a field stands inside of an aggregate"
        path = path_of(self._dictionary, self._entity, name)
        return None if isinstance(path, str) else unit_of(path.field.unit)

    def _binary(self, tree: syntax.Binary) -> Said:
        left, right = self.of(tree.left), self.of(tree.right)
        if isinstance(left, Decimal) and isinstance(right, Decimal) and tree.op not in _LOGIC:
            return fold(tree.op, [left, right])
        joined = self._joined(tree, [left, right]) if tree.op in _ALIKE else None
        made = _MADE.get(tree.op)
        if made is not None:
            return made(left, right)
        return None if tree.op in _LOGIC else joined

    def _call(self, tree: syntax.Call) -> Said:
        found = [self.of(each) for each in tree.args]
        match tree.name:
            case "days":
                return DAYS
            case "weight":
                return None
            case "if":
                return self._joined(tree, found[1:])
            case _:
                return self._joined(tree, found)

    def _aggregate(self, tree: syntax.Aggregate) -> Said:
        inside = Units(self._dictionary, self._known, self._dictionary.entities.get(tree.entity))
        if tree.where is not None:
            inside.of(tree.where)
        value = None if tree.value is None else inside.of(tree.value)
        match tree.name:
            case "count" | "count_distinct":
                return COUNTED
            case "rate":
                return RATIO
            case "sum" if isinstance(value, Decimal):
                return COUNTED
            case _:
                return None if isinstance(value, Decimal) else value

    def _joined(self, tree: Expression, sides: Sequence[Said]) -> Said:
        """Return the one unit of things that are put side by side.

        Raises:
            FormulaError: they are unlike.
        """
        units = [each for each in sides if isinstance(each, Unit)]
        for each in units[1:]:
            if not units[0].is_like(each):
                one, other = units[0].words, each.words
                raise FormulaError(
                    tree.at,
                    f"{one} 与 {other} 单位不同，不能相加或比较；先换算成同一单位",
                    f"{one} and {other} are unlike: neither added nor compared;"
                    " bring them to one unit",
                )
        if None in sides:
            return None
        if not units:
            return Decimal(1)
        is_one = all(each == units[0] for each in units)
        return units[0] if is_one else Unit(units[0].told, None)


def _product(left: Said, right: Said) -> Said:
    match left, right:
        case Unit(), Unit():
            return left.times(right)
        case (Unit() as unit, Decimal() as number) | (Decimal() as number, Unit() as unit):
            return unit.scaled(number)
        case _:
            return None


def _quotient(left: Said, right: Said) -> Said:
    match left, right:
        case Unit(), Unit():
            return left.times(right, -1)
        case Unit(), Decimal():
            return left.scaled(1 / right)
        case Decimal(), Unit():
            return RATIO.times(right, -1).scaled(left)
        case _:
            return None


def _power(left: Said, right: Said) -> Said:
    if isinstance(left, Unit) and isinstance(right, Decimal) and right == int(right):
        scale = None if left.scale is None else left.scale * int(right)
        return Unit({name: each * int(right) for name, each in left.dims.items()}, scale)
    return None


_MADE: Final[Mapping[str, Callable[[Said, Said], Said]]] = {
    "*": _product,
    "/": _quotient,
    "^": _power,
    "%": lambda left, _: left,
}
