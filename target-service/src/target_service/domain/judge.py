"""Judge a binding on one measured value (达标判定).

Source: design "Goals and standards" 4 and 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import ClassVar, Final, NamedTuple

from shared.contracts.vocabulary import State
from shared.errors import DomainError, ErrorKind
from target_service.domain.attainment import (
    ALMOST,
    attainment_ratio,
    gap_to,
    relative_gap_to,
    rounded,
)
from target_service.domain.deadlines import MAX_AGE_DAYS
from target_service.domain.limits import Limit, Number, exactly, write_number
from target_service.domain.lines import Lines, Tier
from target_service.domain.scoring import Observed

_MAX_MEASURED = Decimal(10) ** 15
_STANDARD_MISSED: Final = (State.BELOW_FLOOR, State.BELOW_STANDARD)


class Judgement(NamedTuple):
    """How a binding stands."""

    state: State
    warning: bool = False
    """The warning's condition holds."""

    overdue: bool = False
    """The deadline has passed, and the target is not met."""

    thin: bool = False
    """Too little of the data was there: the target cannot count as met."""

    stale: bool = False
    """The newest batch behind the value is too old for its period."""

    attainment: Decimal | None = None
    """Ratio of the target, 0 to 1; None without value or target."""

    gap: Decimal | None = None
    relative_gap: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a college decides about judging."""

    minimum_coverage: Decimal
    """Below this share of rows a value is thin."""

    max_age_days: Mapping[str, int] = field(default_factory=lambda: dict(MAX_AGE_DAYS))
    """By kind of period, see `target_service.domain.deadlines`."""


class MeasuredValueError(DomainError):
    """A measured value is no number that can be judged."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "measured-value"
    title_zh: ClassVar = "状态数据不是数"
    title_en: ClassVar = "A measured value is no number"


def judge(
    lines: Lines,
    value: Number | None,
    coverage: Decimal,
    *,
    minimum_coverage: Decimal,
    late: bool = False,
    stale: bool = False,
) -> Judgement:
    """Return how a value stands against the lines in force.

    Args:
        value: the exact one, see `exact_value`; None means nothing was measured: the state is
            no_data, never a failure.
        coverage: share of the rows the value needs that were there, 0 to 1.
        minimum_coverage: below it the judgement is thin.
        late: the deadline has passed.
        stale: the value is too old.
    """
    if value is None:
        return Judgement(state=State.NO_DATA)
    exact = exactly(value)
    thin = coverage < minimum_coverage
    state = _state(lines, exact, thin=thin)
    standard = lines.standard if state in _STANDARD_MISSED else None
    return Judgement(
        state=state,
        warning=lines.warning is not None and lines.warning.holds(exact),
        overdue=late and lines.target is not None and state is not State.MET_TARGET,
        thin=thin,
        stale=stale,
        attainment=_attainment(lines, exact, state),
        gap=_gap(standard, exact) if standard else None,
        relative_gap=relative_gap_to(standard, exact) if standard else None,
    )


def exact_value(
    value: Decimal | None, numerator: Decimal | None, denominator: Decimal | None
) -> Number | None:
    """Return the quotient that a value rounds to six decimals; the value itself where it is none.

    Nobody misses or meets a line by a rounding: only what is shown is rounded.
    """
    if value is None or numerator is None or not denominator:
        return value
    above, of_above = numerator.as_integer_ratio()
    below, of_below = denominator.as_integer_ratio()
    quotient = Fraction(above * of_below, below * of_above)
    return quotient if rounded(quotient) == value else value


def read_measured(text: str | None) -> Decimal | None:
    """Return a number as an event carries it; None stays None: no data is not zero.

    Raises:
        MeasuredValueError: not a finite decimal below 10^15.
    """
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) >= _MAX_MEASURED:
        raise MeasuredValueError(
            f"{text[:40]!r} 不是可判定的数", f"{text[:40]!r} is no number that can be judged"
        )
    return number


def _state(lines: Lines, value: Number, *, thin: bool) -> State:
    """Return the state; without a standard nothing counts as meeting one (our default)."""
    floor, qualified = lines.tiers.get(Tier.FLOOR), lines.tiers.get(Tier.QUALIFIED)
    if floor and not floor.holds(value):
        return State.BELOW_FLOOR
    if qualified and not qualified.holds(value):
        return State.BELOW_STANDARD
    if lines.target and lines.target.holds(value) and not thin:
        return State.MET_TARGET
    if lines.standard:
        return State.MET_STANDARD
    return State.BELOW_TARGET if lines.target else State.NO_STANDARD


def _attainment(lines: Lines, value: Number, state: State) -> Decimal | None:
    """Return what is attained; what misses its target or its standard is never full, by any rule.

    A rule may give its full points before that: at 合格, where the target asks more.
    """
    if lines.scoring is None:
        return attainment_ratio(lines.target, value) if lines.target else None
    score = lines.scoring.score(Observed(value=value))
    missed = state in _STANDARD_MISSED or (lines.target and not lines.target.holds(value))
    return min(score, ALMOST) if score is not None and missed else score


def _gap(standard: Limit, value: Number) -> Decimal | None:
    gap = gap_to(standard, value)
    return None if gap is None else Decimal(write_number(rounded(gap)))
