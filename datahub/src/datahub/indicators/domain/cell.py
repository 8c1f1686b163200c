"""The value of one cell, from what was counted.

A zero denominator, no rows, or too few of them give *no value* with a reason: no data is not
zero. Ratios and means are rounded once, to six decimals, half-even. Source: design
"Indicators" 2–3.
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


NOTHING = Counted(value=None, rows=0, base=0, present=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A measured value as it is stored and published."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
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
    basis = bottom or top
    has_rows = bool(top.base or (bottom and bottom.base))
    numerator = Decimal(0) if top.value is None and has_rows else top.value
    denominator = bottom.value if bottom else None
    reason = _reason(indicator, top, bottom)
    value = None
    if reason is None:
        value = numerator if denominator is None else ratio(numerator or Decimal(0), denominator)
    return Value(
        value=value,
        numerator=numerator,
        denominator=denominator,
        n=basis.rows,
        coverage=_coverage(top, bottom),
        reason=reason,
    )


def _reason(indicator: Indicator, top: Counted, bottom: Counted | None) -> str | None:
    if top.base == 0 and (bottom is None or bottom.base == 0):
        return "no-rows"
    if bottom is not None and not bottom.value:
        return "zero-denominator"
    # A share rests on the rows that it divides by; a count on every row that could have counted.
    sample = top.base if bottom is None else bottom.rows
    if sample < indicator.minimum_sample:
        return "small-sample"
    return None


def _coverage(top: Counted, bottom: Counted | None) -> Decimal:
    """Return the smaller coverage of the two legs; 0 for a group without rows."""
    shares = [
        ratio(Decimal(each.present), Decimal(each.base))
        for each in (top, bottom)
        if each is not None and each.base
    ]
    return min(shares, default=Decimal(0)).quantize(RATIO_PLACES)
