"""The value of one cell, from what was counted.

A zero denominator, no rows, too few of them, fields that are empty in every row, or an entity that
has delivered nothing yet give *no value* with a reason: no data is not zero. Values are rounded
once, to six decimals, half-even; numerator and denominator stay exact. Source: design "Indicators"
2–3.
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
)
from datahub.indicators.domain.measured import UNTOLD, Value
from datahub.indicators.domain.reckoning import (
    EXACT,
    LIMIT,
    NO_ROWS,
    OUT_OF_RANGE,
    ZERO_DENOMINATOR,
    Found,
    reckon,
)
from datahub.indicators.domain.view import View
from shared.contracts.vocabulary import RATIO_PLACES, PeriodKey, ScopeKey, ratio

_DECIMALS: Final = int(RATIO_PLACES.as_tuple().exponent)
_NONE: Final = Decimal(0).quantize(RATIO_PLACES)
_WHOLE: Final = Decimal(1).quantize(RATIO_PLACES)
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
    top = reckon(indicator.numerator, found)
    bottom = None if indicator.denominator is None else reckon(indicator.denominator, found)
    value = _told(top, bottom)
    basis = _basis(indicator, counted, view)
    reason = (
        (_reason(counted, view) if indicator.missing == SKIP_ANY else None)
        or next((each for each in (bottom, top) if isinstance(each, str)), None)
        or found.reason
        or (value if isinstance(value, str) else None)
        or ("small-sample" if basis.n < indicator.minimum_sample else None)
    )
    return Value(
        value=value if reason is None and isinstance(value, Decimal) else None,
        numerator=_number(top if bottom is not None else value),
        denominator=_number(bottom),
        n=basis.n,
        coverage=basis.coverage,
        reason=reason,
    )


def _told(top: Decimal | str, bottom: Decimal | str | None) -> Decimal | str:
    """Return a value to six decimals, or why there is none; its parts stay as they are."""
    if isinstance(top, str) or isinstance(bottom, str):
        return bottom if isinstance(bottom, str) else str(top)
    if bottom is None:
        is_long = int(top.as_tuple().exponent) < _DECIMALS
        return top.quantize(RATIO_PLACES, ROUND_HALF_EVEN, EXACT) if is_long else top
    if not bottom:
        return ZERO_DENOMINATOR
    # Both are below the limit, their quotient need not be.
    return ratio(top, bottom) if abs(top) < abs(bottom) * LIMIT else OUT_OF_RANGE


def _number(found: Decimal | str | None) -> Decimal | None:
    return found if isinstance(found, Decimal) else None


def _reason(counted: Sequence[Counted], view: View | None) -> str | None:
    """Return why nothing can be said, whatever was counted."""
    has_rows = any(each.base for each in counted)
    if counted and not has_rows and not (view is not None and view.has_values):
        return NO_ROWS
    lacking = {each.lacks for each in counted}
    return next((each for each in (NOT_DELIVERED, NO_COVERAGE) if each in lacking), None)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a value, or a part of it, rests on."""

    n: int
    coverage: Decimal


def _basis(indicator: Indicator, counted: Sequence[Counted], view: View | None) -> _Basis:
    """Return the least rows and the least coverage of all that a value rests on."""
    if view is None:
        return _counted_basis(indicator, counted)
    parts = [_counted_basis(indicator, counted)] if counted else []
    parts += [_seen_basis(each, view) for each in indicator.items if not isinstance(each, Count)]
    return _Basis(
        min((each.n for each in parts if each.n), default=0),
        min((each.coverage for each in parts), default=_NONE).quantize(RATIO_PLACES),
    )


def _counted_basis(indicator: Indicator, counted: Sequence[Counted]) -> _Basis:
    """Return the rows that are divided by, else those looked through, and the least coverage."""
    divided_by, looked_through = indicator.rests_on
    n = sum(counted[leg].rows for leg in divided_by)
    if not divided_by:
        n = sum(counted[leg].base for leg in looked_through)
    if not all(each.is_delivered for each in counted):
        return _Basis(n, _NONE)
    if all(each.present == each.base for each in counted):
        return _Basis(n, _WHOLE if any(each.base for each in counted) else _NONE)
    shares = [ratio(Decimal(each.present), Decimal(each.base)) for each in counted if each.base]
    return _Basis(n, min(shares, default=_NONE))


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
