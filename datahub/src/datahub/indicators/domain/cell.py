"""The value of one cell, from what was counted.

A zero denominator, no rows, too few of them, fields that are empty in every row, or an entity that
has delivered nothing yet give *no value* with a reason: no data is not zero. Ratios and means are
rounded once, to six decimals, half-even. Source: design "Indicators" 2–3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter, ValidationError

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Indicator, legs_of
from datahub.indicators.domain.reckoning import ZERO_DENOMINATOR, Found, reckon
from shared.contracts.vocabulary import RATIO_PLACES, PeriodKey, ScopeKey, ratio

_SCOPE: Final = TypeAdapter[str](ScopeKey)
_PERIOD: Final = TypeAdapter[str](PeriodKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A measured value as it is stored and published."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    """Rows that the value rests on."""

    coverage: Decimal
    reason: str | None


def is_cell(scope: str, period: str) -> bool:
    """Return whether a group of rows has a name by which a value may be published.

    A term that is no term ("2026秋") makes no cell; it must not hold up the others.
    """
    try:
        _SCOPE.validate_python(scope)
        _PERIOD.validate_python(period)
    except ValidationError:
        return False
    return True


def evaluate(indicator: Indicator, counted: Sequence[Counted]) -> Value:
    """Return the value of a cell.

    Args:
        counted: what each leg of the indicator found.
    """
    found = Found(indicator.legs, counted)
    top = reckon(indicator.numerator, found)
    bottom = None if indicator.denominator is None else reckon(indicator.denominator, found)
    numerator, denominator = (each if isinstance(each, Decimal) else None for each in (top, bottom))
    sample = _sample(indicator, counted)
    reason = (
        _reason(counted)
        or next((each for each in (bottom, top) if isinstance(each, str)), None)
        or (ZERO_DENOMINATOR if denominator == 0 else None)
        or ("small-sample" if sample < indicator.minimum_sample else None)
    )
    value = None
    if reason is None and numerator is not None:
        value = numerator if denominator is None else ratio(numerator, denominator)
    return Value(
        value=value,
        numerator=numerator,
        denominator=denominator,
        n=sample,
        coverage=_coverage(counted),
        reason=reason,
    )


def _reason(counted: Sequence[Counted]) -> str | None:
    """Return why nothing can be said, whatever was counted."""
    reasons = {
        "no-rows": not any(each.base for each in counted),
        "not-delivered": not all(each.is_delivered for each in counted),
        "no-coverage": any(each.base and not each.present for each in counted),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _sample(indicator: Indicator, counted: Sequence[Counted]) -> int:
    """Return the rows that a value rests on: those it divides by, else those it looked through."""
    below = set(legs_of(indicator.denominator))
    if below:
        return sum(counted[leg].rows for leg in below)
    # Legs of one entity look through the same rows.
    looked = {leg.entity.name: each.base for leg, each in zip(indicator.legs, counted, strict=True)}
    return sum(looked.values())


def _coverage(counted: Sequence[Counted]) -> Decimal:
    """Return the smallest coverage of the legs; 0 where rows or a whole entity are missing."""
    if not all(each.is_delivered for each in counted):
        return Decimal(0).quantize(RATIO_PLACES)
    shares = [ratio(Decimal(each.present), Decimal(each.base)) for each in counted if each.base]
    return min(shares, default=Decimal(0)).quantize(RATIO_PLACES)
