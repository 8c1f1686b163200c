"""What each part of a scope contributes to how far the whole has moved.

A ratio moves by what its parts' numerators and denominators do: a part contributes what it has
more of the numerator than the earlier ratio of the whole gives it by its denominator, as a share of
the whole's denominator, now less then. Added up, these are exactly the gap. What belongs to no part
is the rest. Rounded to six decimals, the contributions still add up: the largest remainders get the
last units. Source: design "Indicators" 2 for the kept parts; Hamilton's method for the units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.statistics import rounded

_UNIT: Final = 10**6
ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Parts:
    """Numerator and denominator of one value; without a denominator the value itself."""

    numerator: Decimal
    denominator: Decimal | None


@dataclass(frozen=True, slots=True)
class Move:
    """A value now and in the reference; None where it was not there."""

    now: Parts | None
    then: Parts | None


@dataclass(frozen=True, slots=True)
class Influence:
    """How a gap is made up: the contributions and the rest add up to it exactly."""

    gap: Decimal
    contributions: Mapping[str, Decimal]
    rest: Decimal


def adds_up(indicator: Indicator) -> bool:
    """Return whether parts make up the whole.

    A least, greatest or middle value does not add up, nor does what other indicators are taken for.
    """
    return not indicator.inputs and not any(leg.is_none_of_nothing for leg in indicator.legs)


def parts_of(row: Mapping[str, Any] | None) -> Parts | None:
    """Return what a measured value is made of; None where nothing was counted."""
    if row is None or row["numerator"] is None:
        return None
    below = row["denominator"]
    return Parts(Decimal(row["numerator"]), None if below is None else Decimal(below))


def whole_of(row: Mapping[str, Any]) -> Parts:
    """Return what a measured value is made of that has a value."""
    parts = parts_of(row)
    assert parts is not None
    return parts


def influence(now: Parts, then: Parts, children: Mapping[str, Move]) -> Influence:
    """Return what each child contributes to how far a scope has moved.

    Args:
        now: of the scope; its denominator is not 0.
        then: of the scope in the reference.
        children: by scope; what a child lacks counts nothing.
    """
    expected = Fraction(then.numerator) / Fraction(then.denominator) if then.denominator else ZERO
    exact = {
        scope: _beyond(move.now, expected, now) - _beyond(move.then, expected, then)
        for scope, move in children.items()
    }
    whole = _beyond(now, expected, now) - _beyond(then, expected, then)
    rest = whole - sum(exact.values(), ZERO)
    gap = rounded(Fraction(_value(now)) - Fraction(_value(then)))
    # A rest of nothing takes no unit of what is rounded.
    left = [rest] if rest or not exact else []
    parts = _apportioned([*exact.values(), *left], gap)
    *shown, last = parts if left else [*parts, rounded(ZERO)]
    return Influence(gap, dict(zip(exact, shown, strict=True)), last)


def _beyond(parts: Parts | None, expected: Fraction, whole: Parts) -> Fraction:
    """Return what lies above the expected ratio, as a share of the whole's denominator."""
    if parts is None:
        return ZERO
    above = Fraction(parts.numerator) - expected * Fraction(parts.denominator or 0)
    return above / Fraction(whole.denominator or 1)


def _value(parts: Parts) -> Decimal:
    """Return the value as it is stored."""
    return rounded(Fraction(parts.numerator) / Fraction(parts.denominator or 1))


def _apportioned(exact: Sequence[Fraction], total: Decimal) -> list[Decimal]:
    """Return numbers to six decimals that add up to a total; there is at least one."""
    units = [floor(each * _UNIT) for each in exact]
    missing = int(Fraction(total) * _UNIT) - sum(units)
    everywhere, more = divmod(missing, len(units))
    by_remainder = sorted(range(len(units)), key=lambda place: units[place] - exact[place] * _UNIT)
    favoured = set(by_remainder[:more])
    return [
        Decimal(f"{each + everywhere + (place in favoured)}E-6") for place, each in enumerate(units)
    ]
