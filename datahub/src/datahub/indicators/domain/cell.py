"""The value of one cell, from what was counted.

A zero denominator, no rows, or too few of them give *no value* with a reason: no data is not
zero. Ratios and means are rounded once, to six decimals, half-even. Source: design
"Indicators" 2–3.
"""

from dataclasses import dataclass
from decimal import Decimal

from datahub.indicators.domain.definition import Indicator
from shared.contracts.vocabulary import RATIO_PLACES, ratio


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


def evaluate(indicator: Indicator, top: Counted, bottom: Counted | None) -> Value:
    """Return the value of a cell.

    Args:
        bottom: what the denominator counted; None for a plain count or sum.
    """
    basis = bottom or top
    numerator = Decimal(0) if top.value is None and top.base else top.value
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
    if (bottom or top).base < indicator.minimum_sample:
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
