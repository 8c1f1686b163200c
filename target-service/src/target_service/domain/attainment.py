"""Attainment (达成度) and gap (差距): how much of a target is reached, what the standard lacks.

Both are taken from the exact value, and rounded once, when they are told.

Source: design "Goals and standards" 4 and 6.
"""

from decimal import Decimal
from fractions import Fraction

from shared.contracts.vocabulary import RATIO_PLACES
from target_service.domain.limits import Direction, Limit, Number

ALMOST = Decimal(1) - RATIO_PLACES
"""What is nearly reached, and reads so."""

_PLACES = 6
"""Decimals that `RATIO_PLACES` leaves."""


def attainment_ratio(target: Limit, value: Number) -> Decimal:
    """Return how much of a target is reached: a ratio from 0 to 1, aware of the direction.

    Reached is exactly 1, and what exceeds the target counts no more. What is not reached never
    reads as 1, however near. Where no ratio makes sense (a target of 0, signs that differ, a
    list of values) it is 0 until the target is reached.
    """
    if target.holds(value):
        return Decimal(1)
    exact, wanted = Fraction(value), Fraction(target.nearest(value))
    short = _is_short(target, exact, wanted)
    part, whole = (exact, wanted) if short else (wanted, exact)
    if len(target.values) > 1 and target.direction is Direction.BAND and target.op == "in":
        return Decimal(0)
    if part <= 0 or whole <= 0:
        return Decimal(0)
    return min(rounded(part / whole), ALMOST)


def gap_to(standard: Limit, value: Number) -> Fraction | None:
    """Return |value − standard| in the indicator's unit; None while the standard is met."""
    if standard.holds(value):
        return None
    return abs(Fraction(value) - Fraction(standard.nearest(value)))


def relative_gap_to(standard: Limit, value: Number) -> Decimal | None:
    """Return the gap as a share of the standard; one unit stands in where the standard is 0."""
    gap = gap_to(standard, value)
    if gap is None:
        return None
    line = abs(Fraction(standard.nearest(value)))
    return rounded(gap / (line or 1))


def rounded(number: Fraction) -> Decimal:
    """Return an exact number as it is told: six decimals, half-even."""
    return Decimal(round(number * 10**_PLACES)).scaleb(-_PLACES)


def _is_short(target: Limit, value: Fraction, wanted: Fraction) -> bool:
    """Return whether the value lies below what is wanted (above: it is too much)."""
    if target.direction is Direction.BAND:
        return value < wanted
    return target.direction is Direction.HIGHER
