"""Statistics of a few thousand values: exact fractions inside, rounded once at the end.

Roots are rounded by whole numbers, so that nothing here depends on how many digits a decimal keeps.
Quartiles lie between the values as a spreadsheet's QUARTILE.INC has them; the standard deviation is
that of the whole group, which is all there is. Source: Hyndman and Fan 1996, type 7; Iglewicz and
Hoaglin 1993 for the score by the median; the smallest numbers are our defaults.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor, isqrt, lcm
from typing import Final, Literal

_UNIT: Final = 10**6
"""Parts of one that a result is rounded to: `shared.contracts.vocabulary.RATIO_PLACES`."""

FEWEST: Final = 10
"""Of fewer values no outlier is told: nobody is far from eight others."""

FEW_PAIRS: Final = 10
"""A correlation of fewer pairs is told with a warning."""

MAD_FACTOR: Final = Fraction(6745, 10000)
"""Makes the score by the median that of the mean where values are normally distributed."""

Method = Literal["z", "mad"]
THRESHOLDS: Final[dict[Method, Decimal]] = {"z": Decimal(3), "mad": Decimal("3.5")}

Numbers = Sequence[Decimal | Fraction]


def rounded(number: Fraction) -> Decimal:
    """Return a number to six decimals, half-even."""
    return Decimal(f"{round(number * _UNIT)}E-6")


def root(square: Fraction, sign: Fraction | int = 1) -> Decimal:
    """Return a square root to six decimals, half-even, with the sign of another number.

    Args:
        square: not negative.
    """
    wanted = square * _UNIT * _UNIT
    below = isqrt(floor(wanted))
    half = Fraction(2 * below + 1, 2) ** 2
    if wanted > half or (wanted == half and below % 2):
        below += 1
    return Decimal(f"{-below if sign < 0 else below}E-6")


@dataclass(frozen=True, slots=True)
class _Whole:
    """Numbers as whole ones of a common denominator: thousands of fractions would take seconds."""

    numbers: list[int]
    below: int

    @classmethod
    def of(cls, values: Numbers) -> "_Whole":
        parts = [each.as_integer_ratio() for each in values]
        below = lcm(*(under for _, under in parts))
        return cls([above * (below // under) for above, under in parts], below)

    @property
    def squares(self) -> int:
        """Their squares' sum less the mean's part of it, times how many there are."""
        total = sum(self.numbers)
        return len(self.numbers) * sum(each * each for each in self.numbers) - total * total


def mean(values: Numbers) -> Fraction:
    """Return the mean; there is at least one value."""
    whole = _Whole.of(values)
    return Fraction(sum(whole.numbers), len(values) * whole.below)


def variance(values: Numbers) -> Fraction:
    """Return the mean square of the distances from the mean."""
    whole = _Whole.of(values)
    return Fraction(whole.squares, (len(values) * whole.below) ** 2)


def quantile(values: Numbers, share: Fraction) -> Fraction:
    """Return the value below which a share of them lies; between two values in proportion."""
    whole = _Whole.of(values)
    ordered = sorted(whole.numbers)
    place = (len(ordered) - 1) * share
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    between = (place - low) * (ordered[high] - ordered[low])
    return (ordered[low] + between) / whole.below


def median(values: Numbers) -> Fraction:
    """Return the middle value."""
    return quantile(values, Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The middle half of some values."""

    q1: Decimal
    median: Decimal
    q3: Decimal


def quartiles(values: Numbers) -> Quartiles:
    """Return the quartiles; there is at least one value."""
    first, middle, third = (rounded(quantile(values, Fraction(part, 4))) for part in (1, 2, 3))
    return Quartiles(first, middle, third)


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie in a stretch: from its start on, up to its end, the last one with it."""

    start: Decimal
    end: Decimal
    count: int


def histogram(values: Sequence[Decimal], bins: int) -> list[Bin]:
    """Return the values counted in stretches of one width; equal values make one."""
    if not values:
        return []
    least, greatest = Fraction(min(values)), Fraction(max(values))
    if least == greatest:
        return [Bin(rounded(least), rounded(greatest), len(values))]
    width = (greatest - least) / bins
    found = Counter(min(floor((Fraction(each) - least) / width), bins - 1) for each in values)
    edges = [rounded(least + width * number) for number in range(bins + 1)]
    return [Bin(edges[number], edges[number + 1], found[number]) for number in range(bins)]


@dataclass(frozen=True, slots=True)
class Scores:
    """Which values lie far from the others."""

    centre: Decimal
    spread: Decimal
    """Standard deviation, or median distance from the median."""

    far: Mapping[int, Decimal] | None
    """The score of each far value, by its place; None where there is no spread to count by."""


def scores(values: Sequence[Decimal], method: Method, threshold: Decimal) -> Scores:
    """Return how many spreads the far values lie from the centre.

    Args:
        threshold: what the score's size must exceed to be far, before it is rounded.
    """
    centre = mean(values) if method == "z" else median(values)
    distances = [Fraction(each) - centre for each in values]
    if method == "z":
        square = variance(values)
        spread = root(square)
    else:
        between = median([abs(each) for each in distances])
        square = (between / MAD_FACTOR) ** 2
        spread = rounded(between)
    if not square:
        return Scores(rounded(centre), spread, None)
    limit = Fraction(threshold) ** 2 * square
    far = {
        place: root(each * each / square, each)
        for place, each in enumerate(distances)
        if each * each > limit
    }
    return Scores(rounded(centre), spread, far)


def places(values: Sequence[Decimal], *, descending: bool) -> list[int]:
    """Return the place of each value, from 1 on; equal ones share the first of their places."""
    ordered = sorted(values, reverse=descending)
    first = {each: place for place, each in reversed(list(enumerate(ordered, 1)))}
    return [first[each] for each in values]


def middle_places(values: Sequence[Decimal]) -> list[Fraction]:
    """Return the place of each value from the least on; equal ones share the mean of theirs."""
    many = Counter(values)
    first = places(values, descending=False)
    return [place + Fraction(many[each] - 1, 2) for place, each in zip(first, values, strict=True)]


def pearson(xs: Numbers, ys: Numbers) -> Decimal | None:
    """Return the correlation of pairs; None where one side is constant, or there are no pairs."""
    if not xs:
        return None
    x, y = _Whole.of(xs), _Whole.of(ys)
    products = sum(one * other for one, other in zip(x.numbers, y.numbers, strict=True))
    both = len(xs) * products - sum(x.numbers) * sum(y.numbers)
    apart = x.squares * y.squares
    return root(Fraction(both * both, apart), both) if apart else None


def spearman(xs: Sequence[Decimal], ys: Sequence[Decimal]) -> Decimal | None:
    """Return the correlation of the places of pairs."""
    return pearson(middle_places(xs), middle_places(ys))
