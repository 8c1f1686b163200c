"""Change, trend and deviation of numbers.

Source: standard score, and the modified one of Iglewicz and Hoaglin (1.4826 × MAD estimates the
standard deviation of what is spread normally).
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Mapping, Sequence
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
    return _in_spreads(own - middle, middle, spread)


def _in_spreads(apart: float, middle: float, spread: float) -> float:
    if spread <= 1e-12 * max(1.0, abs(middle)):
        return 0.0 if abs(apart) <= 1e-12 * max(1.0, abs(middle)) else float("inf") * apart
    return apart / spread


class Crowd:
    """Numbers of a group, each of which is compared with all the others.

    They are put in order once: one value that moves moves how far every other one lies from the
    rest, and going through all for each of twelve thousand would take hours.
    """

    def __init__(self, numbers: Mapping[str, Decimal]) -> None:
        self._own = {name: float(each) for name, each in numbers.items()}
        self._sorted = sorted(self._own.values())
        self._sum = math.fsum(self._sorted)
        self._mean = self._sum / len(self._sorted) if self._sorted else 0.0
        self._squares = math.fsum((each - self._mean) ** 2 for each in self._sorted)

    def others(self, name: str) -> int:
        """Return how many there are beside one."""
        return len(self._sorted) - (name in self._own)

    def deviation(self, name: str, value: Decimal, *, by_median: bool) -> float:
        """Return how far a value lies from the others, as `deviation` does."""
        middle, spread = self._by_median(name) if by_median else self._by_mean(name)
        return _in_spreads(float(value) - middle, middle, spread)

    def _by_mean(self, name: str) -> tuple[float, float]:
        own, count = self._own.get(name), self.others(name)
        if own is None:
            return self._mean, math.sqrt(self._squares / count)
        squares = self._squares - (own - self._mean) ** 2 * (count + 1) / count
        # What is left of others that are all alike is what the reckoning lost.
        squares = squares if squares > 1e-12 * self._squares else 0.0
        return (self._sum - own) / count, math.sqrt(squares / count)

    def _by_median(self, name: str) -> tuple[float, float]:
        own, count = self._own.get(name), self.others(name)
        out = len(self._sorted) if own is None else bisect_left(self._sorted, own)

        def other(place: int) -> float:
            return self._sorted[place + (place >= out)]

        def apart(rank: int) -> float:
            """Return the distance from the middle that so many others do not reach."""
            low, high = 0, count - rank - 1
            while low < high:
                place = (low + high) // 2
                if middle - other(place) > other(place + rank + 1) - middle:
                    low = place + 1
                else:
                    high = place
            return max(middle - other(low), other(low + rank) - middle)

        ranks = (count - 1) // 2, count // 2
        middle = sum(map(other, ranks)) / 2
        return middle, MAD_SCALE * (sum(map(apart, ranks)) / 2)
