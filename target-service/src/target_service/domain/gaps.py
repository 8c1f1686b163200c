"""The gap breakdown (差距分解): what each part costs its goal, by the goal's own arithmetic.

All losses together make 1 − A. Of a weighted mean each part loses its weight times what it lacks of
1; of ``minimum`` and ``last`` the part that decides loses all of it; of ``pooled_ratio`` and
``sum`` each loses as much as it keeps the whole from the target, and one that brings more loses
less than nothing.

Source: design "Goals and standards" 6; those of other ways than the mean are our default.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from target_service.domain.limits import Limit
from target_service.domain.rollup import BY_RANK, ONE, Part, Sums
from target_service.domain.weights import Aggregation

Given = tuple[str, bool, str, Part, int]
"""Id, whether it is a goal, title, what it gives, its weight in millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costly:
    """What a part costs its goal."""

    id: str
    """Goal or binding."""

    is_goal: bool
    title: str
    weight: Fraction
    """Share of all parts, 0 to 1."""

    part: Part
    loss: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A goal, as far as its gap asks."""

    sums: Sums
    aggregation: Aggregation
    target: Limit | None
    attained: int | None
    """Millionths."""

    @property
    def gap(self) -> Fraction:
        """Return what it lacks of 1; nothing where nothing is known."""
        return Fraction(ONE - self.attained, ONE) if self.attained is not None else Fraction()


def costs(parts: Iterable[Given], whole: Whole) -> Sequence[Costly]:
    """Return what each part costs, the dearest first.

    Args:
        parts: where one part decides, that one comes before the others of its kind.
    """
    given = list(parts)
    losses = _losses(given, whole)
    found = [
        Costly(
            id=each[0],
            is_goal=each[1],
            title=each[2],
            weight=_share(each, whole.sums),
            part=each[3],
            loss=loss,
        )
        for each, loss in zip(given, losses, strict=True)
    ]
    found.sort(key=attrgetter("id"))
    found.sort(key=attrgetter("loss"), reverse=True)
    return found


def _losses(given: Sequence[Given], whole: Whole) -> list[Fraction]:
    if whole.aggregation is Aggregation.WEIGHTED_MEAN:
        return [_of_mean(each, whole.sums) for each in given]
    if whole.aggregation in BY_RANK:
        # A child with data comes before the goal's own bindings, as they do where it is picked.
        picked = next((each for each in given if each[3].attained == whole.attained), None)
        return [whole.gap if each is picked else Fraction() for each in given]
    if whole.target is None or not whole.gap:
        return [Fraction()] * len(given)
    return [_of_number(each, whole, whole.target) for each in given]


def _of_mean(each: Given, sums: Sums) -> Fraction:
    own, weight = sums.own or 1, sums.child_weight or 1
    known = Fraction(sums.own_known, own) + Fraction(sums.child_known, weight)
    if each[3].attained is None or not known:
        return Fraction()
    return _alone(each, sums) / known * Fraction(ONE - each[3].attained, ONE)


def _of_number(each: Given, whole: Whole, target: Limit) -> Fraction:
    """Return the share of the gap that a part has by what it is short of the target."""
    sums, part = whole.sums, each[3]
    if whole.aggregation is Aggregation.POOLED_RATIO:
        mine, base = part.numerator, _exact(part.denominator)
        all_of_it, whole_base = sums.numerator_sum, Fraction(sums.denominator_sum)
    else:
        mine, base = part.value, Fraction(1, sums.valued)
        all_of_it, whole_base = sums.value_sum, Fraction(1)
    if mine is None or base is None:
        return Fraction()
    wanted = target.nearest(Fraction(all_of_it) / whole_base)
    short = wanted * base - Fraction(mine)
    return whole.gap * short / (wanted * whole_base - Fraction(all_of_it))


def _exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _share(each: Given, sums: Sums) -> Fraction:
    groups = (sums.own > 0) + (sums.child_weight > 0) or 1
    return _alone(each, sums) / groups


def _alone(each: Given, sums: Sums) -> Fraction:
    """Return the share of a part among those of its kind."""
    return Fraction(each[4], sums.child_weight or 1) if each[1] else Fraction(1, sums.own or 1)
