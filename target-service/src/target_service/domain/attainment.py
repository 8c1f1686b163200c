"""Attainment (达成度) and gap (差距): how much of a target is reached, what the standard lacks.

Both are taken from the exact value, and rounded once, when they are told.

Source: design "Goals and standards" 4 and 6.
"""

from decimal import Decimal
from fractions import Fraction

from shared.contracts.vocabulary import RATIO_PLACES, Operator
from target_service.domain.limits import Direction, Limit, Number, exactly

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
    if len(target.values) > 1 and target.op is Operator.IN:
        return Decimal(0)
    exact, wanted = exactly(value), target.nearest(value)
    # Whole numbers from here on: thousands are judged at once, and a Fraction costs ten of them.
    mine, its = exact.numerator * wanted.denominator, wanted.numerator * exact.denominator
    part, whole = (mine, its) if _is_short(target, mine, its) else (its, mine)
    if part <= 0 or whole <= 0:
        return Decimal(0)
    return min(_told(part, whole), ALMOST)


def gap_to(standard: Limit, value: Number) -> Fraction | None:
    """Return |value − standard| in the indicator's unit; None while the standard is met."""
    if standard.holds(value):
        return None
    return abs(exactly(value) - standard.nearest(value))


def relative_gap_to(standard: Limit, value: Number) -> Decimal | None:
    """Return the gap as a share of the standard; one unit stands in where the standard is 0."""
    gap = gap_to(standard, value)
    if gap is None:
        return None
    return rounded(gap / (abs(standard.nearest(value)) or 1))


def rounded(number: Fraction) -> Decimal:
    """Return an exact number as it is told: six decimals, half-even."""
    return _told(number.numerator, number.denominator)


def divided(number: int, by: int) -> int:
    """Return the quotient, rounded half-even; ``by`` is above 0."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole % 2 == 1))


def _told(number: int, by: int) -> Decimal:
    return Decimal(divided(number * 10**_PLACES, by)).scaleb(-_PLACES)


def _is_short(target: Limit, value: int, wanted: int) -> bool:
    """Return whether the value lies below what is wanted (above: it is too much)."""
    if target.direction is Direction.BAND:
        return value < wanted
    return target.direction is Direction.HIGHER
