"""Which side of an indicator is a number of records that something personal chose.

However many records are looked through: two of 199 chosen by their date of birth are two persons,
and whoever reads so learns it of each. Source: our default, as of groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.definition import (
    Count,
    Indicator,
    Input,
    Leg,
    Number,
    Reckoning,
    Result,
)
from datahub.indicators.domain.row import read_paths

SMALLEST_GROUP: Final = 5

Sides = Mapping[str, Decimal]
"""Numerator and denominator, where they are such a number: by how much it is multiplied."""


def chooses_persons(leg: Leg) -> bool:
    """Return whether a leg counts what a condition on a personal field chose."""
    is_number = leg.aggregate in {"count", "count_distinct"}
    classes = (path.field.privacy for path in read_paths(leg.where))
    return is_number and any(each.rank >= Privacy.PERSONAL.rank for each in classes)


def is_few(number: Decimal, factor: Decimal = Decimal(1)) -> bool:
    """Return whether a number is that of some persons, and of fewer than a group."""
    return 0 < abs(number) < SMALLEST_GROUP * abs(factor)


def tells_few(row: Mapping[str, Any], sides: Sides) -> bool:
    """Return whether a measured value tells of few persons that were chosen."""
    return any(
        row[name] is not None and is_few(Decimal(row[name]), factor)
        for name, factor in sides.items()
    )


def sides_of(indicator: Indicator, known: Mapping[str, Indicator]) -> Sides:
    """Return which sides of a version are such a number.

    Args:
        known: the indicators in force, which it may take.
    """
    seeker = _Seeker(indicator, known)
    both = {"numerator": indicator.numerator, "denominator": indicator.denominator}
    found = {name: seeker.factor(side) for name, side in both.items() if side is not None}
    return {name: factor for name, factor in found.items() if factor}


@dataclass(frozen=True, slots=True)
class _Seeker:
    """Seeks such numbers in one version of an indicator."""

    indicator: Indicator
    known: Mapping[str, Indicator]

    def factor(self, result: Result) -> Decimal | None:
        """Return by how much such a number is multiplied; None where a result is no such number."""
        match result:
            case Count(leg) if chooses_persons(self.indicator.legs[leg]):
                return Decimal(1)
            case Input():
                return self._taken(result)
            case Reckoning("*", (Number(by), part) | (part, Number(by))):
                factor = self.factor(part)
                return None if factor is None else factor * by
            case _:
                return None

    def _taken(self, item: Input) -> Decimal | None:
        other = self.known[item.indicator]
        if item.part == "value" and other.is_ratio:
            return None
        side = other.denominator if item.part == "denominator" else other.numerator
        return None if side is None else _Seeker(other, self.known).factor(side)
