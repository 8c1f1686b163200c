"""Reckon with what was counted: exact decimals, and a reason where there is no number.

Arithmetic is that of DHIS2's expressions: a quotient or a remainder by zero has no value, the
remainder takes the sign of what is divided. What is true counts 1, what is false 0. Source: design
"Indicators" 3–4.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Count, Leg, Number, Reckoning, Result

_EXACT: Final = Context(prec=60, traps=[])
"""Nothing is lost below 60 digits, and nothing raises: what overflows is no number."""

LIMIT: Final = Decimal(10) ** 30
"""What reaches it is no figure of a college. Source: our default."""

ZERO_DENOMINATOR: Final = "zero-denominator"
NO_ROWS: Final = "no-rows"
OUT_OF_RANGE: Final = "out-of-range"
_TRUE, _FALSE = Decimal(1), Decimal(0)

_BINARY: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
    "^": lambda a, b: a**b,
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


@dataclass(frozen=True, slots=True)
class Found:
    """What the legs of an indicator found in one group."""

    legs: Sequence[Leg]
    counted: Sequence[Counted]

    def value(self, leg: int) -> Decimal | str:
        """Return what a leg found; nothing added up is zero where there are rows at all."""
        found = self.counted[leg]
        if found.value is not None:
            return found.value
        has_rows = any(each.base for each in self.counted)
        if not has_rows or not found.is_delivered or self.legs[leg].is_none_of_nothing:
            return NO_ROWS
        return Decimal(0)


def reckon(result: Result, found: Found) -> Decimal | str:
    """Return a number, or why there is none."""
    with localcontext(_EXACT):
        number = _reckon(result, found)
        if isinstance(number, str) or (number.is_finite() and abs(number) < LIMIT):
            return number
        return OUT_OF_RANGE


def _reckon(result: Result, found: Found) -> Decimal | str:
    match result:
        case Number(value):
            return value
        case Count(leg):
            return found.value(leg)
        case Reckoning("if", (condition, yes, no)):
            truth = _reckon(condition, found)
            return truth if isinstance(truth, str) else _reckon(yes if truth else no, found)
        case Reckoning(op, operands):
            values = [_reckon(each, found) for each in operands]
            numbers = [each for each in values if isinstance(each, Decimal)]
            return _apply(op, numbers) if len(numbers) == len(values) else _first_reason(values)


def _first_reason(values: Sequence[Decimal | str]) -> str:
    return next(each for each in values if isinstance(each, str))


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
