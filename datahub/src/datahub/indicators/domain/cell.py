"""The value of one cell, from what was counted.

A zero denominator, no rows, too few of them, fields that are empty in every row, or an entity that
has delivered nothing yet give *no value* with a reason: no data is not zero. Ratios and means are
rounded once, to six decimals, half-even. Source: design "Indicators" 2–3.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter, ValidationError

from datahub.indicators.domain.definition import Indicator
from shared.contracts.vocabulary import RATIO_PLACES, PeriodKey, ScopeKey, ratio

_SCOPE: Final = TypeAdapter[str](ScopeKey)
_PERIOD: Final = TypeAdapter[str](PeriodKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one leg found in one group."""

    value: Decimal | None
    """The aggregate; None when it had nothing to add up."""

    rows: int
    """Rows that met the leg's conditions."""

    base: int
    """Rows of the group."""

    present: int
    """Rows of the group that had every field the leg needs."""

    is_delivered: bool = True
    """Records of the counted entity have come at some time: without rows, nothing means none."""


NOTHING = Counted(value=None, rows=0, base=0, present=0)
UNDELIVERED = Counted(value=None, rows=0, base=0, present=0, is_delivered=False)
"""Nobody has delivered the entity yet: what there is of it is not known."""


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


def evaluate(indicator: Indicator, top: Counted, bottom: Counted | None) -> Value:
    """Return the value of a cell.

    Args:
        bottom: what the denominator counted; None for a plain count or sum.
    """
    has_rows = bool(top.base or (bottom and bottom.base))
    is_none = top.value is None and has_rows and top.is_delivered
    numerator = Decimal(0) if is_none else top.value
    denominator = bottom.value if bottom else None
    reason = _reason(indicator, top, bottom)
    value = None
    if reason is None:
        value = numerator if denominator is None else ratio(numerator or Decimal(0), denominator)
    return Value(
        value=value,
        numerator=numerator,
        denominator=denominator,
        n=_sample(top, bottom),
        coverage=_coverage(top, bottom),
        reason=reason,
    )


def _reason(indicator: Indicator, top: Counted, bottom: Counted | None) -> str | None:
    legs = [top] if bottom is None else [top, bottom]
    reasons = {
        "no-rows": not any(leg.base for leg in legs),
        "not-delivered": not all(leg.is_delivered for leg in legs),
        "no-coverage": any(leg.base and not leg.present for leg in legs),
        "zero-denominator": bottom is not None and not bottom.value,
        "small-sample": _sample(top, bottom) < indicator.minimum_sample,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _sample(top: Counted, bottom: Counted | None) -> int:
    """Return the rows that a value rests on: those it divides by, else those it looked through."""
    return top.base if bottom is None else bottom.rows


def _coverage(top: Counted, bottom: Counted | None) -> Decimal:
    """Return the smaller coverage of the two legs; 0 where rows or a whole entity are missing."""
    legs = [top] if bottom is None else [top, bottom]
    if not all(each.is_delivered for each in legs):
        return Decimal(0).quantize(RATIO_PLACES)
    shares = [ratio(Decimal(each.present), Decimal(each.base)) for each in legs if each.base]
    return min(shares, default=Decimal(0)).quantize(RATIO_PLACES)
