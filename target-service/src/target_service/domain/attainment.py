"""Attainment (达成度) and gap (差距): how much of a target is reached, what the standard lacks.

Source: design "Goals and standards" 4 and 6.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from shared.contracts.vocabulary import RATIO_PLACES, ratio
from target_service.domain.limits import Direction, Limit

_ALMOST = Decimal(1) - RATIO_PLACES


def attainment_ratio(target: Limit, value: Decimal) -> Decimal:
    """Return how much of a target is reached: a ratio from 0 to 1, aware of the direction.

    Reached is exactly 1, and what exceeds the target counts no more. What is not reached never
    reads as 1, however near. Where no ratio makes sense (a target of 0, signs that differ, a
    list of values) it is 0 until the target is reached.
    """
    if target.holds(value):
        return Decimal(1)
    wanted = target.nearest(value)
    short = _is_short(target, value, wanted)
    part, whole = (value, wanted) if short else (wanted, value)
    if len(target.values) > 1 and target.direction is Direction.BAND and target.op == "in":
        return Decimal(0)
    if part <= 0 or whole <= 0:
        return Decimal(0)
    return min(ratio(part, whole), _ALMOST)


def gap_to(standard: Limit, value: Decimal) -> Decimal | None:
    """Return |value − standard| in the indicator's unit; None while the standard is met."""
    if standard.holds(value):
        return None
    return abs(value - standard.nearest(value))


def relative_gap_to(standard: Limit, value: Decimal) -> Decimal | None:
    """Return the gap as a share of the standard; one unit stands in where the standard is 0."""
    gap = gap_to(standard, value)
    if gap is None:
        return None
    line = abs(standard.nearest(value))
    return ratio(gap, line) if line else gap.quantize(RATIO_PLACES, ROUND_HALF_EVEN)


def _is_short(target: Limit, value: Decimal, wanted: Decimal) -> bool:
    """Return whether the value lies below what is wanted (above: it is too much)."""
    if target.direction is Direction.BAND:
        return value < wanted
    return target.direction is Direction.HIGHER
