"""Roll-up (达成汇总): what its parts make of a goal, from sums that a change of one part moves.

The parts of a goal are its own bindings and its child goals. Its bindings weigh the same among
each other, its children as they are weighted; where it has both, the bindings together weigh as
much as the children together (our default). Over the parts **with data**::

    A = Σ w·a ÷ Σ w        coverage = weight with data ÷ weight of all

Attainments and weights are whole millionths, so every sum is exact: to add a part and to take it
away again leaves the very sums of before, in whatever order. A is rounded once, half-even, and
what is not full never reads as full.

A broken floor vetoes: the binding that broke it counts as 0, and every goal above is
``below_floor`` for as long as it stands. A thin goal cannot meet its target, nor what rests on
thin parts.

Source: design "Goals and standards" 3 and 6.
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from shared.contracts.vocabulary import State
from target_service.domain.attainment import attainment_ratio, divided, rounded
from target_service.domain.limits import Limit
from target_service.domain.weights import Aggregation

ONE: Final = 1_000_000
"""1 in millionths."""


BY_RANK: Final = (Aggregation.MINIMUM, Aggregation.LAST)
"""Those that look for one part among all."""


class Part(NamedTuple):
    """What a binding or a child goal gives to its goal."""

    attained: int | None
    """Millionths, 0 to 1,000,000; None without data."""

    broken: bool = False
    """A floor is broken, in it or below it."""

    thin: bool = False
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


NOTHING: Final = Part(None)
"""A part that was not measured."""

_ZERO: Final = Decimal(0)


@dataclass(slots=True)
class Sums:
    """What a goal knows of its parts; also the difference that a change makes to it."""

    own: int = 0
    """Own bindings that have something to attain."""

    own_known: int = 0
    own_sum: int = 0
    """Σ a of own bindings with data, millionths."""

    child_weight: int = 0
    """Σ w of child goals, millionths."""

    child_known: int = 0
    child_sum: int = 0
    """Σ w·a of child goals with data, millionths of millionths."""

    broken: int = 0
    """Parts in which a floor is broken."""

    thin_parts: int = 0

    valued: int = 0
    """Parts with a value."""

    value_sum: Decimal = _ZERO
    pooled: int = 0
    """Parts with numerator and denominator."""

    numerator_sum: Decimal = _ZERO
    denominator_sum: Decimal = _ZERO

    def take(self, other: "Sums") -> None:
        """Add other sums to these."""
        for name in FIELDS:
            more = getattr(other, name)
            if more:
                setattr(self, name, getattr(self, name) + more)

    def count_own(self, part: Part, sign: int) -> None:
        """Add what a binding gives (sign 1), or take it away (-1)."""
        if part.attained is not None:
            self.own_known += sign
            self.own_sum += sign * part.attained
        self._count(part, sign)

    def count_child(self, part: Part, weight: int, sign: int) -> None:
        """Add what a child goal of that weight gives (sign 1), or take it away (-1)."""
        if part.attained is not None:
            self.child_known += sign * weight
            self.child_sum += sign * weight * part.attained
        self._count(part, sign)

    def _count(self, part: Part, sign: int) -> None:
        if part.broken:
            self.broken += sign
        if part.thin:
            self.thin_parts += sign
        if part.value is not None:
            self.valued += sign
            self.value_sum += sign * part.value
        if part.numerator is not None and part.denominator is not None:
            self.pooled += sign
            self.numerator_sum += sign * part.numerator
            self.denominator_sum += sign * part.denominator


FIELDS: Final = tuple(field.name for field in fields(Sums))


class Standing(NamedTuple):
    """How a goal stands."""

    state: State
    thin: bool
    attained: int | None
    """Millionths."""

    coverage: int
    """Weight with data ÷ weight of all, millionths; 0 where nothing weighs."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None

    def as_part(self) -> Part:
        """Return what the goal gives to its parent."""
        return Part(
            self.attained,
            self.state == State.BELOW_FLOOR,
            self.thin,
            self.value,
            self.numerator,
            self.denominator,
        )


NEW: Final = Standing(
    state=State.NO_DATA,
    thin=False,
    attained=None,
    coverage=0,
    value=None,
    numerator=None,
    denominator=None,
)
"""How a goal stands before anything was measured."""


def stand(
    sums: Sums,
    aggregation: Aggregation,
    target: Limit | None,
    ranked: int | None,
    minimum_coverage: int,
) -> Standing:
    """Return how a goal stands on the sums of its parts.

    Args:
        target: its own; what ``sum`` and ``pooled_ratio`` are held against.
        ranked: attainment of the part that ``minimum`` or ``last`` picks; None where none has data.
        minimum_coverage: below it the goal is thin, millionths.
    """
    coverage = _coverage(sums)
    value, numerator, denominator = _values(sums, aggregation)
    attained = _attained(sums, aggregation, target, ranked)
    thin = attained is not None and coverage < minimum_coverage
    return Standing(
        state=_state(sums, attained, thin=thin),
        thin=thin,
        attained=attained,
        coverage=coverage,
        value=value,
        numerator=numerator,
        denominator=denominator,
    )


def _state(sums: Sums, attained: int | None, *, thin: bool) -> State:
    if sums.broken:
        return State.BELOW_FLOOR
    if attained is None:
        return State.NO_DATA
    if attained == ONE and not thin and not sums.thin_parts:
        return State.MET_TARGET
    return State.BELOW_TARGET


def _coverage(sums: Sums) -> int:
    own, weight = sums.own or 1, sums.child_weight or 1
    groups = (sums.own > 0) + (sums.child_weight > 0)
    if not groups:
        return 0
    known = sums.own_known * weight + own * sums.child_known
    return known * ONE // (own * weight * groups)


def _attained(
    sums: Sums, aggregation: Aggregation, target: Limit | None, ranked: int | None
) -> int | None:
    if aggregation is Aggregation.WEIGHTED_MEAN:
        return _mean(sums)
    if aggregation in BY_RANK:
        return ranked
    value = _exact_value(sums, aggregation)
    if value is None or target is None:
        return None
    return to_millionths(attainment_ratio(target, value))


def _mean(sums: Sums) -> int | None:
    own, weight = sums.own or 1, sums.child_weight or 1
    known = sums.own_known * weight + own * sums.child_known
    if not known:
        return None
    attained = sums.own_sum * weight + own * sums.child_sum
    if attained == ONE * known:
        return ONE
    return min(divided(attained, known), ONE - 1)


def _exact_value(sums: Sums, aggregation: Aggregation) -> Fraction | None:
    if aggregation is Aggregation.SUM:
        return Fraction(sums.value_sum) if sums.valued else None
    if not sums.pooled or not sums.denominator_sum:
        return None
    return Fraction(sums.numerator_sum) / Fraction(sums.denominator_sum)


def _values(
    sums: Sums, aggregation: Aggregation
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return value, numerator and denominator, which the parent may sum or pool in turn."""
    is_sole = sums.own == 1 and not sums.child_weight
    pooled = (sums.numerator_sum, sums.denominator_sum) if sums.pooled else (None, None)
    if aggregation is Aggregation.POOLED_RATIO:
        value = _exact_value(sums, aggregation)
        return (None if value is None else rounded(value), *pooled)
    if aggregation is Aggregation.SUM or is_sole:
        return (sums.value_sum if sums.valued else None, *pooled)
    return None, None, None


def part_of_binding(
    attainment: Decimal | None,
    state: State,
    *,
    thin: bool,
    of_value: tuple[Decimal | None, Decimal | None, Decimal | None],
) -> Part:
    """Return what a judged binding gives to its goal.

    One that has nothing to attain gives at most its broken floor.

    Args:
        of_value: the measured value, its numerator and its denominator.
    """
    broken = state == State.BELOW_FLOOR
    if attainment is None:
        return Part(None, broken=broken)
    return Part(0 if broken else to_millionths(attainment), broken, thin, *of_value)


def to_millionths(ratio: Decimal) -> int:
    """Return a ratio of at most six decimals as whole millionths."""
    return int(ratio.scaleb(6))


def from_millionths(attained: int) -> Decimal:
    """Return millionths as a ratio with six decimals; what is full, or nothing, is whole."""
    return Decimal(attained).scaleb(-6) if attained % ONE else Decimal(attained // ONE)
