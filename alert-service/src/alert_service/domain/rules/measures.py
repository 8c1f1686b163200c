"""Change, trend and deviation of numbers.

Source: standard score, and the modified one of Iglewicz and Hoaglin (1.4826 × MAD estimates the
standard deviation of what is spread normally).
"""

import statistics
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

MAD_SCALE: Final = 1.4826


def change(now: Decimal, before: Decimal, *, relative: bool) -> Decimal | None:
    """Return now minus before, a ratio of before where relative; None where that is 0."""
    if not relative:
        return now - before
    return (now - before) / abs(before) if before else None


def goes_on(values: Sequence[Decimal], *, falling: bool) -> bool:
    """Return whether values, the oldest first, go one way from each to the next."""
    pairs = pairwise(values)
    return all((after < before) if falling else (after > before) for before, after in pairs)


def deviation(value: Decimal, others: Sequence[Decimal], *, by_median: bool) -> float:
    """Return how far a value lies from others, in their own spread; signed.

    Where the others are all alike any difference is infinitely far.
    """
    numbers, own = [float(each) for each in others], float(value)
    if by_median:
        middle = statistics.median(numbers)
        spread = MAD_SCALE * statistics.median(abs(each - middle) for each in numbers)
    else:
        middle = statistics.fmean(numbers)
        spread = statistics.pstdev(numbers, middle)
    apart = own - middle
    if spread <= 1e-12 * max(1.0, abs(middle)):
        return 0.0 if abs(apart) <= 1e-12 * max(1.0, abs(middle)) else float("inf") * apart
    return apart / spread
