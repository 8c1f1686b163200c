"""Comparisons that can never hold: the dictionary bounds the field, and the constant lies beyond.

They are no fault, since a bound may be widened; whoever saves such a formula mostly mistyped it.
Source: our default.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.row import Operation, Path, Row, Value

_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def never_holding(indicator: Indicator) -> list[str]:
    """Return what of a formula can never hold, in both languages."""
    rows = [row for leg in indicator.legs for row in (leg.where, leg.value) if row is not None]
    return list(dict.fromkeys(said for row in rows for said in _within(row)))


def _within(row: Row) -> Iterator[str]:
    match row:
        case Operation(op, _, (Path() as path, Value() as value)) if op in _TURNED:
            yield from _compared(op, path, value)
        case Operation(op, _, (Value() as value, Path() as path)) if op in _TURNED:
            yield from _compared(_TURNED[op], path, value)
        case Operation(_, _, operands):
            for each in operands:
                yield from _within(each)
        case _:
            return


def _compared(op: str, path: Path, value: Value) -> Iterator[str]:
    low, high = path.field.min, path.field.max
    if path.kind is not Kind.NUMBER or value.kind is not Kind.NUMBER:
        return
    number = Decimal(value.text)
    is_above = high is not None and (number > high or (number == high and op == ">"))
    is_below = low is not None and (number < low or (number == low and op == "<"))
    if (is_above and op in {">", ">=", "="}) or (is_below and op in {"<", "<=", "="}):
        name, bound = ".".join(path.names), f"{low if is_below else high:f}"
        zh, en = ("最小", "least") if is_below else ("最大", "greatest")
        yield (
            f"{name} {op} {value.text} 永不成立：字典规定它{zh}为 {bound}"
            f" (it can never hold: the {en} that the dictionary allows is {bound})"
        )
