"""Reckon with what was counted: exact decimals, and a reason where there is no number.

Arithmetic is that of DHIS2's expressions: a quotient or a remainder by zero has no value, the
remainder takes the sign of what is divided. What is true counts 1, what is false 0. Source: design
"Indicators" 3–4.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import Final, Protocol

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import (
    SKIP_ANY,
    Beneath,
    Count,
    Input,
    Item,
    Leg,
    Missing,
    Number,
    Reckoning,
    Result,
)
from datahub.indicators.domain.view import MISSING_INPUT, View

EXACT: Final = Context(prec=60, traps=[])
"""Nothing is lost below 60 digits, and nothing raises: what overflows is no number."""

LIMIT: Final = Decimal(10) ** 30
"""What reaches it is no figure of a college. Source: our default."""

ZERO_DENOMINATOR: Final = "zero-denominator"
NO_ROWS: Final = "no-rows"
OUT_OF_RANGE: Final = "out-of-range"
_HALF: Final = Decimal("0.5")
_ONE: Final = Number(Decimal(1))
_TRUE, _FALSE = Decimal(1), Decimal(0)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    """Return a power; a root of the second degree takes a tenth of the time of any other."""
    whole = exponent.to_integral_value(ROUND_FLOOR)
    is_root = bool(base) and exponent - whole == _HALF
    return base**whole * base.sqrt() if is_root else base**exponent


_BINARY: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
    "^": _power,
    "=": lambda a, b: _truth(a == b),
    "!=": lambda a, b: _truth(a != b),
    "<": lambda a, b: _truth(a < b),
    "<=": lambda a, b: _truth(a <= b),
    ">": lambda a, b: _truth(a > b),
    ">=": lambda a, b: _truth(a >= b),
    "and": min,
    "or": max,
}
_UNARY: Final[Mapping[str, Callable[[Decimal], Decimal]]] = {
    "neg": lambda a: -a,
    "not": lambda a: 1 - a,
    "abs": abs,
}


class Items(Protocol):
    """Knows what the items of a formula come to in one cell."""

    def take(self, item: Item) -> Decimal | str:
        """Return a number, or why there is none."""
        ...


class Found:
    """What one cell is reckoned from, and what becomes of what is missing in it.

    Args:
        legs: of the indicator.
        counted: what each of them found in the group.
        view: what other indicators say, for a formula that takes them.
    """

    def __init__(
        self,
        legs: Sequence[Leg],
        counted: Sequence[Counted],
        view: View | None = None,
        missing: Missing = SKIP_ANY,
    ) -> None:
        self._legs = legs
        self._counted = counted
        self._view = view
        self._missing = missing
        self._taken = 0
        self._lacking: list[str] = []

    @property
    def reason(self) -> str | None:
        """Why there is no value although what is missing counts 0: all of it was missing."""
        is_all = self._taken > 0 and len(self._lacking) == self._taken
        return self._lacking[0] if self._missing == "skip-all" and is_all else None

    def take(self, item: Item) -> Decimal | str:
        """Return a number, or why there is none."""
        found = self._of(item)
        self._taken += 1
        if isinstance(found, Decimal):
            return found
        self._lacking.append(found)
        return found if self._missing == SKIP_ANY else Decimal(0)

    def _of(self, item: Item) -> Decimal | str:
        if isinstance(item, Count):
            return self._leg(item.leg)
        if isinstance(item, Input):
            return self._inputs.seen(item).number
        return beneath(item, self._inputs)

    def _leg(self, leg: int) -> Decimal | str:
        """Return what a leg found; nothing added up is zero where there are rows at all."""
        found = self._counted[leg]
        if self._missing != SKIP_ANY and found.lacks:
            return found.lacks
        if found.value is not None:
            return found.value
        has_rows = any(each.base for each in self._counted) or (
            self._view is not None and self._view.has_values
        )
        if not has_rows or not found.is_delivered or self._legs[leg].is_none_of_nothing:
            return NO_ROWS
        return Decimal(0)

    @property
    def _inputs(self) -> View:
        assert self._view is not None, "whoever takes other indicators is shown them"
        return self._view


@dataclass(frozen=True, slots=True)
class _Child:
    """What is said of one scope beneath: there whatever is missing leaves the whole unknown."""

    view: View

    def take(self, item: Item) -> Decimal | str:
        assert isinstance(item, Input), "of a scope beneath other indicators alone are said"
        return self.view.seen(item).number


def beneath(item: Beneath, view: View) -> Decimal | str:
    """Return an aggregate over the scopes beneath that of a cell."""
    told = []
    for child in view.children(item):
        found = [reckon(each or _ONE, _Child(child)) for each in (item.where, item.value)]
        numbers = [each for each in found if isinstance(each, Decimal)]
        told += [numbers] if len(numbers) == len(found) else []
    if not told:
        return MISSING_INPUT
    values = [value for met, value in told if met]
    return Decimal(len(values)) if item.aggregate == "count" else _aggregated(item, values)


def _aggregated(item: Beneath, values: Sequence[Decimal]) -> Decimal | str:
    with localcontext(EXACT):
        match item.aggregate:
            case "sum":
                return sum(values, Decimal(0))
            case _ if not values:
                return NO_ROWS
            case "min":
                return min(values)
            case "max":
                return max(values)
            case _:
                return _percentile(sorted(values), item.share or Decimal(0))


def _percentile(values: Sequence[Decimal], share: Decimal) -> Decimal:
    """Return the value below which a share lies, between two neighbours where it falls there."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def reckon(result: Result, found: Items) -> Decimal | str:
    """Return a number, or why there is none."""
    with localcontext(EXACT):
        number = _way(result)(found)
        if isinstance(number, str) or (number.is_finite() and abs(number) < LIMIT):
            return number
        return OUT_OF_RANGE


_Way = Callable[[Items], Decimal | str]
"""A result as a function: a round takes the same way for thousands of cells."""

_MOST_WAYS: Final = 10_000
_ways: dict[int, tuple[Result, _Way]] = {}
"""Those that this process has made, with their results, which keeps the ids theirs."""


def _way(result: Result) -> _Way:
    known = _ways.get(id(result))
    if known is None:
        if len(_ways) >= _MOST_WAYS:
            _ways.clear()
        known = _ways[id(result)] = (result, _made(result))
    return known[1]


def _made(result: Result) -> _Way:
    match result:
        case Number(value):
            return lambda _: value
        case Count() | Input() | Beneath():
            return lambda found: found.take(result)
        case Reckoning("if", (condition, yes, no)):
            return _choice(_made(condition), _made(yes), _made(no))
        case Reckoning(op, operands):
            return _operation(op, [_made(each) for each in operands])


def _choice(condition: _Way, yes: _Way, no: _Way) -> _Way:
    def choose(found: Items) -> Decimal | str:
        truth = condition(found)
        return truth if isinstance(truth, str) else (yes if truth else no)(found)

    return choose


def _operation(op: str, operands: Sequence[_Way]) -> _Way:
    def operate(found: Items) -> Decimal | str:
        # Each is taken, whatever comes of those before it: what is missing is counted.
        values = [each(found) for each in operands]
        numbers = [each for each in values if isinstance(each, Decimal)]
        if len(numbers) < len(values):
            return next(each for each in values if isinstance(each, str))
        return _apply(op, numbers)

    return operate


def fold(op: str, values: Sequence[Decimal]) -> Decimal | None:
    """Return what an operation makes of fixed numbers; None where that is no number."""
    with localcontext(EXACT):
        found = _apply(op, values)
    return found if isinstance(found, Decimal) and found.is_finite() else None


def _apply(op: str, values: Sequence[Decimal]) -> Decimal | str:
    match op, values:
        case (("/" | "%"), [_, divisor]) if divisor == 0:
            return ZERO_DENOMINATOR
        case "greatest", _:
            return max(values)
        case "least", _:
            return min(values)
        case _, [only]:
            return _UNARY[op](only)
        case _, [left, right]:
            return _BINARY[op](left, right)
        case _:
            raise AssertionError(op)


def _truth(holds: bool) -> Decimal:  # noqa: FBT001 — what a comparison gives
    return _TRUE if holds else _FALSE
