"""The value of one cell, from what was counted.

A zero denominator, no rows, too few of them, fields that are empty in every row, or an entity that
has delivered nothing yet give *no value* with a reason: no data is not zero. Values are rounded
once, to six decimals, half-even; numerator and denominator stay exact. Source: design "Indicators" 2–3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from datahub.indicators.domain.counted import NO_COVERAGE, NOT_DELIVERED, Counted
from datahub.indicators.domain.definition import (
    SKIP_ANY,
    Beneath,
    Count,
    Indicator,
    Input,
    inputs_of,
    legs_of,
)
from datahub.indicators.domain.measured import UNTOLD, Value
from datahub.indicators.domain.reckoning import EXACT, NO_ROWS, ZERO_DENOMINATOR, Found, reckon
from datahub.indicators.domain.view import View
from shared.contracts.vocabulary import RATIO_PLACES, PeriodKey, ScopeKey, ratio

_TOLD: Final = int(RATIO_PLACES.as_tuple().exponent)
_SCOPE: Final = TypeAdapter[str](ScopeKey)
_PERIOD: Final = TypeAdapter[str](PeriodKey)


def is_cell(scope: str, period: str) -> bool:
    """Return whether a group of rows has a name by which a value may be published.

    A term that is no term ("2026秋") makes no cell; it must not hold up the others.
    """
    return _is_scope(scope) and _is_period(period)


@lru_cache(maxsize=65536)
def _is_scope(scope: str) -> bool:
    return _is_valid(_SCOPE, scope)


@lru_cache(maxsize=8192)
def _is_period(period: str) -> bool:
    return _is_valid(_PERIOD, period)


def _is_valid(kind: TypeAdapter[str], name: str) -> bool:
    try:
        kind.validate_python(name)
    except ValidationError:
        return False
    return True


def evaluate(indicator: Indicator, counted: Sequence[Counted], view: View | None = None) -> Value:
    """Return the value of a cell.

    Args:
        counted: what each leg of the indicator found.
        view: what other indicators say, for a formula that takes them.
    """
    if not indicator.items:
        return UNTOLD
    found = Found(indicator.legs, counted, view, indicator.missing)
    top = _alone(reckon(indicator.numerator, found), indicator)
    bottom = None if indicator.denominator is None else reckon(indicator.denominator, found)
    numerator, denominator = (each if isinstance(each, Decimal) else None for each in (top, bottom))
    basis = _basis(indicator, counted, view)
    reason = (
        (_reason(counted, view) if indicator.missing == SKIP_ANY else None)
        or next((each for each in (bottom, top) if isinstance(each, str)), None)
        or found.reason
        or (ZERO_DENOMINATOR if denominator == 0 else None)
        or ("small-sample" if basis.n < indicator.minimum_sample else None)
    )
    value = None
    if reason is None and numerator is not None:
        value = numerator if denominator is None else ratio(numerator, denominator)
    return Value(
        value=value,
        numerator=numerator,
        denominator=denominator,
        n=basis.n,
        coverage=basis.coverage,
        reason=reason,
    )


def _alone(number: Decimal | str, indicator: Indicator) -> Decimal | str:
    """Return a number that nothing divides as it is told, to six decimals; parts stay exact."""
    is_long = isinstance(number, Decimal) and int(number.as_tuple().exponent) < _TOLD
    if indicator.denominator is not None or not is_long:
        return number
    return Decimal(number).quantize(RATIO_PLACES, ROUND_HALF_EVEN, EXACT)


def _reason(counted: Sequence[Counted], view: View | None) -> str | None:
    """Return why nothing can be said, whatever was counted."""
    has_rows = any(each.base for each in counted) or (view is not None and view.has_values)
    lacking = {each.lacks for each in counted}
    reasons = {
        NO_ROWS: bool(counted) and not has_rows,
        NOT_DELIVERED: NOT_DELIVERED in lacking,
        NO_COVERAGE: NO_COVERAGE in lacking,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a value, or a part of it, rests on."""

    n: int
    coverage: Decimal


def _basis(indicator: Indicator, counted: Sequence[Counted], view: View | None) -> _Basis:
    """Return the least rows and the least coverage of all that a value rests on."""
    parts = [_counted_basis(indicator, counted)] if counted else []
    if view is not None:
        parts += [
            _seen_basis(each, view) for each in indicator.items if not isinstance(each, Count)
        ]
    return _Basis(
        min((each.n for each in parts if each.n), default=0),
        min((each.coverage for each in parts), default=Decimal(0)).quantize(RATIO_PLACES),
    )


def _counted_basis(indicator: Indicator, counted: Sequence[Counted]) -> _Basis:
    """Return the rows that are divided by, else those looked through, and the least coverage."""
    below = set(legs_of(indicator.denominator))
    # Legs of one entity look through the same rows.
    looked = {leg.entity.name: each.base for leg, each in zip(indicator.legs, counted, strict=True)}
    n = sum(counted[leg].rows for leg in below) if below else sum(looked.values())
    if not all(each.is_delivered for each in counted):
        return _Basis(n, Decimal(0))
    shares = [ratio(Decimal(each.present), Decimal(each.base)) for each in counted if each.base]
    return _Basis(n, min(shares, default=Decimal(0)))


def _seen_basis(item: Input | Beneath, view: View) -> _Basis:
    """Return the rows behind what was measured elsewhere, and how much of it was there."""
    if isinstance(item, Input):
        values = view.seen(item).values
        coverage = min((each.coverage for each in values), default=Decimal(0))
        return _Basis(sum(each.n for each in values), coverage)
    children = [[child.seen(each) for each in inputs_of(item)] for child in view.children(item)]
    known = [seen for seen in children if all(each.values for each in seen)]
    rows = [min(value.n for each in seen for value in each.values) for seen in known]
    if not children:
        return _Basis(0, Decimal(0))
    n = sum(rows) if item.aggregate in {"count", "sum"} else min(rows, default=0)
    return _Basis(n, ratio(Decimal(len(known)), Decimal(len(children))))
