"""Limits: a value with its operator, and in which direction better lies.

Source: design "Goals and standards" 4, operators ``> >= < <= = in between``.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from shared.contracts.vocabulary import Operator

MAX_MAGNITUDE = Decimal(10) ** 12
"""Values of limits lie below it, with at most six decimals: ratios of two stay exact."""

MAX_DECIMALS = 6


# Decimal() itself would also take underscores, foreign digits, NaN and infinities.
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class Direction(StrEnum):
    """Where better lies; it follows from the operators of target and tiers."""

    HIGHER = "higher"
    LOWER = "lower"
    BAND = "band"


_DIRECTIONS = {
    Operator.GT: Direction.HIGHER,
    Operator.GE: Direction.HIGHER,
    Operator.LT: Direction.LOWER,
    Operator.LE: Direction.LOWER,
    Operator.EQ: Direction.BAND,
    Operator.IN: Direction.BAND,
    Operator.BETWEEN: Direction.BAND,
}


_COMPARISONS: Final[Mapping[Operator, Callable[[int, int], bool]]] = {
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.EQ: operator.eq,
}

Number = Decimal | Fraction
"""A measured value: as it was told, or the exact quotient that it rounds."""

End = tuple[Decimal, int]
"""An end of a range: a number, and -1, 0 or 1 for just below it, at it, just above it."""

_BELOW_ALL: End = (Decimal("-Infinity"), 0)
_ABOVE_ALL: End = (Decimal("Infinity"), 0)


def exactly(number: Number) -> Fraction:
    """Return a number as it is compared."""
    return number if isinstance(number, Fraction) else Fraction(number)


@dataclass(frozen=True, slots=True)
class Limit:
    """A value with its own operator (目标值、标准值、预警值)."""

    op: Operator
    values: tuple[Decimal, ...]
    """One value; lower and upper end (both included) for ``between``; members for ``in``."""

    ends: tuple[Fraction, ...] = field(init=False, repr=False, compare=False)
    """The values as they are compared."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", tuple(Fraction(each) for each in self.values))

    @property
    def words(self) -> str:
        """The limit as it is written: ``>= 0.8``, ``between 14 16``, ``in 1,2``."""
        texts = [write_number(value) for value in self.values]
        joined = " ".join(texts) if self.op is Operator.BETWEEN else ",".join(texts)
        return f"{self.op.value} {joined}"

    @property
    def direction(self) -> Direction:
        """Where values lie that hold more easily."""
        return _DIRECTIONS[self.op]

    def holds(self, value: Number) -> bool:
        """Return whether ``value`` satisfies the limit."""
        exact, end = exactly(value), self.ends[0]
        if self.op in _COMPARISONS:
            return _COMPARISONS[self.op](
                exact.numerator * end.denominator, end.numerator * exact.denominator
            )
        if self.op is Operator.IN:
            return exact in self.ends
        return end <= exact <= self.ends[-1]

    def lies_within(self, other: "Limit") -> bool:
        """Return whether every value that holds here holds there too: it asks as much, or more."""
        return all(
            any(low <= mine[0] and mine[1] <= high for low, high in other.ranges())
            for mine in self.ranges()
        )

    def meets(self, other: "Limit") -> bool:
        """Return whether there is a value that holds here and there."""
        return any(
            max(mine[0], low) <= min(mine[1], high)
            for mine in self.ranges()
            for low, high in other.ranges()
        )

    def ranges(self) -> list[tuple[End, End]]:
        """Return where values hold: the ranges, each with its lower and its upper end."""
        first, last = self.values[0], self.values[-1]
        match self.op:
            case Operator.GT | Operator.GE:
                return [((first, 1 if self.op is Operator.GT else 0), _ABOVE_ALL)]
            case Operator.LT | Operator.LE:
                return [(_BELOW_ALL, (first, -1 if self.op is Operator.LT else 0))]
            case Operator.BETWEEN:
                return [((first, 0), (last, 0))]
            case Operator.EQ | Operator.IN:
                return [((each, 0), (each, 0)) for each in self.values]

    def nearest(self, value: Number) -> Fraction:
        """Return the value of the limit that lies nearest to ``value``."""
        if len(self.ends) == 1:
            return self.ends[0]
        exact = exactly(value)
        return min(self.ends, key=lambda each: (abs(exact - each), each))


def read_number(text: str) -> Decimal:
    """Return the number that a decimal string holds.

    Raises:
        ValueError: no finite decimal, or beyond what limits may hold; the message is for people.
    """
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError(f"{text[:40]!r} 不是十进制数 ({text[:40]!r} is no decimal number)")
    number = Decimal(text.strip())
    exponent = number.normalize().as_tuple().exponent
    if abs(number) >= MAX_MAGNITUDE or (isinstance(exponent, int) and exponent < -MAX_DECIMALS):
        raise ValueError("数值须小于 10^12、至多 6 位小数 (below 10^12, at most 6 decimals)")
    return number


def write_number(number: Decimal) -> str:
    """Return a number as a decimal string without trailing zeros or exponent."""
    return format(number.normalize() + 0, "f") if number else "0"


def read_limit(document: Mapping[str, Any]) -> Limit:
    """Return the limit of a document ``{op, value, upper}``; ``in`` joins values with commas.

    Raises:
        ValueError: the operator and the values do not go together.
    """
    op = Operator(document["op"])
    values = [read_number(part) for part in str(document["value"]).split(",")]
    upper = document.get("upper")
    if len(values) > 1 and op is not Operator.IN:
        raise ValueError("只有 in 可有多个值 (only `in` takes several values)")
    if (upper is not None) != (op is Operator.BETWEEN):
        raise ValueError("between 须有上限 upper，其他比较符没有 (`upper` is for `between` only)")
    if upper is not None:
        values.append(read_number(str(upper)))
        if values[0] > values[1]:
            raise ValueError("下限大于上限 (the lower end is above the upper end)")
    return Limit(op, tuple(values))


def write_limit(limit: Limit) -> dict[str, str | None]:
    """Return the document of a limit: what `read_limit` reads, in one spelling."""
    texts = [write_number(value) for value in limit.values]
    if limit.op is Operator.BETWEEN:
        return {"op": limit.op.value, "value": texts[0], "upper": texts[1]}
    return {"op": limit.op.value, "value": ",".join(texts), "upper": None}
