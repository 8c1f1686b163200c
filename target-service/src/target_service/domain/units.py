"""What values an indicator can have, by its unit: a limit beyond them can never be met or missed.

Source: design glossary (``_ratio`` is 0–1, never mixed with ``_percent``); the hub's units.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from shared.contracts.vocabulary import Operator
from target_service.domain.limits import Direction, Limit, write_number

Faults = list[tuple[str, str]]
"""JSON path and reason of everything that is wrong."""


class Measure(NamedTuple):
    """How an indicator measures; empty where it was not told."""

    unit: str = ""
    direction: str = ""
    """Where better lies: ``higher``, ``lower``, ``band``."""


UNKNOWN: Final = Measure()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """The values of one unit, and how to write them."""

    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal("Infinity")
    is_whole: bool = False
    remedy: str

    def takes(self, number: Decimal) -> bool:
        is_inside = self.lowest <= number <= self.highest
        return is_inside and (not self.is_whole or number == number.to_integral_value())


_UNITS: Final = {
    "ratio": _Unit(
        highest=Decimal(1), remedy="须在 0–1 之间，85% 写作 0.85 (from 0 to 1: 0.85 for 85 %)"
    ),
    "percent": _Unit(
        highest=Decimal(100), remedy="须在 0–100 之间，85% 写作 85 (from 0 to 100: 85 for 85 %)"
    ),
    "per_mille": _Unit(
        highest=Decimal(1000), remedy="须在 0–1000 之间，8.5‰ 写作 8.5 (from 0 to 1000)"
    ),
    "boolean": _Unit(
        highest=Decimal(1), is_whole=True, remedy="是写作 1，否写作 0 (1 for yes, 0 for no)"
    ),
    "count": _Unit(is_whole=True, remedy="须为非负整数 (a whole number, 0 or more)"),
    "to_one": _Unit(remedy="18:1 写作 18，不能为负 (18 for 18:1, not below 0)"),
}
"""Units that are not here take any number."""

_SHARES: Final = frozenset({"ratio", "percent", "per_mille", "to_one"})
"""Units of one number over another: two of them make no sum."""

_TURNED: Final = {Operator.GT: "<", Operator.GE: "<=", Operator.LT: ">", Operator.LE: ">="}


def faults_of_limit(path: str, limit: Limit, unit: str) -> Faults:
    """Return what is wrong with the numbers of a limit, by JSON path."""
    places = [f"{path}.value"] * len(limit.values)
    if limit.op is Operator.BETWEEN:
        places[-1] = f"{path}.upper"
    return [
        fault
        for place, number in zip(places, limit.values, strict=True)
        for fault in faults_of_number(place, number, unit)
    ]


def faults_of_direction(path: str, limit: Limit, direction: str) -> Faults:
    """Return that an operator asks for less of what the indicator should have more of.

    Args:
        direction: where better lies by the indicator; empty where it was not told.
    """
    opposite = {Direction.HIGHER.value: Direction.LOWER, Direction.LOWER.value: Direction.HIGHER}
    if limit.direction is not opposite.get(direction):
        return []
    meant = f"{_TURNED[limit.op]} {write_number(limit.values[0])}"
    better = {"higher": "越高越好", "lower": "越低越好"}[direction]
    zh = f"指标{better}，比较符 {limit.op.value} 与之相反：应写作 {meant}"
    return [(f"{path}.op", f"{zh} (of this indicator {direction} is better: write {meant})")]


def faults_of_summing(path: str, how: str, unit: str) -> Faults:
    """Return that numbers of a unit are to be added that are no amounts.

    Args:
        how: ``sum``, or another way.
    """
    if how != "sum" or unit not in _SHARES:
        return []
    zh = f"指标单位是 {unit}，比率不能相加：改用 same、weighted 或 minimum"
    if path.endswith("aggregation"):
        zh = f"指标单位是 {unit}，比率不能相加：改用 pooled_ratio 或 weighted_mean"
    return [(path, f"{zh} (shares do not add up: choose another one)")]


def faults_of_number(path: str, number: Decimal, unit: str) -> Faults:
    """Return what is wrong with a number of an indicator that has that unit."""
    known = _UNITS.get(unit)
    if known is None or known.takes(number):
        return []
    return [(path, f"{write_number(number)} 超出指标的取值（{unit}）：{known.remedy}")]
