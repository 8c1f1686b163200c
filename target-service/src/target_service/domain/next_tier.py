"""What a value still lacks for the next tier (距下一等级的差距).

What is missing is told in the unit of the indicator, and where numerator and denominator are known
and more of the numerator is better, in whole units of the numerator too: 双师 0.55 of 20 teachers
lacks 1 for 0.60.

Source: plan M045; design "Goals and standards" 4.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from shared.contracts.vocabulary import Operator
from target_service.domain.limits import Direction, Limit, Number, exactly
from target_service.domain.lines import Lines, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From the tier that is reached to the next."""

    reached: Tier | None
    """None below every tier, and without a value."""

    next: Tier | None
    """None at the highest that there is."""

    limit: Limit | None = None
    """Of the next tier."""

    missing: Fraction | None = None
    """In the unit of the indicator, never negative; 0 where only the bare line is reached and it
    must be passed (``>``). None where nothing is missing, or nothing is known."""

    must_rise: bool | None = None
    """Whether the value must rise for it, or fall."""


def step_to_next(lines: Lines, value: Number | None) -> Step:
    """Return which tier a value reaches, and what it lacks for the next.

    A tier is reached where it and every tier below it holds. Tiers that are not given are passed
    over.
    """
    given = [tier for tier in Tier if tier in lines.tiers]
    if value is None:
        lowest = given[0] if given else None
        return Step(reached=None, next=lowest, limit=lines.tiers[lowest] if lowest else None)
    reached: Tier | None = None
    for tier in given:
        limit = lines.tiers[tier]
        if not limit.holds(value):
            nearest, exact = limit.nearest(value), exactly(value)
            missing = abs(nearest - exact)
            rises = _must_rise(limit, nearest, exact)
            return Step(reached=reached, next=tier, limit=limit, missing=missing, must_rise=rises)
        reached = tier
    return Step(reached=reached, next=None)


def _must_rise(limit: Limit, nearest: Fraction, value: Fraction) -> bool:
    if limit.direction is Direction.BAND:
        return nearest > value
    return limit.direction is Direction.HIGHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What would have to be counted more or less, all else being equal."""

    numerator: int
    """So many more; fewer where it is negative."""

    denominator: int | None
    """Instead of it so many more of the denominator; None where that does not help."""


def missing_counts(
    step: Step, numerator: Decimal | None, denominator: Decimal | None, value: Number
) -> Counts | None:
    """Return what is missing for the next tier as counts; None where the value is no quotient."""
    if step.limit is None or numerator is None or not denominator or denominator < 0:
        return None
    above, below = Fraction(numerator), Fraction(denominator)
    if Fraction(value) != above / below:
        return None
    wanted = step.limit.nearest(value)
    passes = step.limit.op in {Operator.GT, Operator.LT}
    if step.must_rise:
        return Counts(numerator=_least(wanted * below - above, passes=passes), denominator=None)
    more = _least(above / wanted - below, passes=passes) if wanted > 0 else None
    return Counts(numerator=-_least(above - wanted * below, passes=passes), denominator=more)


def _least(amount: Fraction, *, passes: bool) -> int:
    """Return the least whole number that is not below an amount, or above it where it must pass."""
    return floor(amount) + 1 if passes else ceil(amount)
