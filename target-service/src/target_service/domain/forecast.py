"""Forecast at the deadline (预测): pace against the calendar, and trend with its interval.

*Pace* asks what comes of it when the rest of the time is like the time so far: for what grows
from its baseline. *Trend* is a straight line by least squares through the last value of each day,
with the interval in which a new value lies 95 times of 100. Source: design "Goals and standards";
the smallest number of points is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Final

from shared.contracts.vocabulary import RATIO_PLACES
from target_service.domain.attainment import rounded

FEWEST: Final = 3
"""Days with a value: a line through two says nothing of how sure it is."""

_T95: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_T95_MORE: Final = ((20, 2.086), (30, 2.042), (60, 2.000))
"""Student's t, two-sided 95 %, by degrees of freedom."""

Point = tuple[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Where a straight line arrives, and between which values 95 times of 100."""

    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What may be there on a day."""

    on: date
    points: int
    """Days with a value that the trend rests on."""

    pace: Decimal | None
    """None before the first day of the period is over, without a value, or without a baseline."""

    trend: Trend | None
    """None with too few points."""


def forecast(
    points: Sequence[Point], baseline: Decimal | None, begins: date, today: date, on: date
) -> Forecast:
    """Return what pace and trend give for a day.

    Args:
        points: values by day, in order; of one day the last counts.
        baseline: what there was when the period began; None where nobody says so.
        begins: first day of the period.
        on: the deadline.
    """
    by_day = list(dict(points).items())
    return Forecast(
        on=on,
        points=len(by_day),
        pace=None
        if not by_day or baseline is None
        else pace(by_day[-1][1], baseline, begins, today, on),
        trend=_trend(by_day, on),
    )


def pace(last: Decimal, baseline: Decimal, begins: date, today: date, on: date) -> Decimal | None:
    """Return what is there on a day, if the rest of the time is like the time so far.

    None before the first day is over.
    """
    gone, whole = (min(today, on) - begins).days, (on - begins).days
    if gone <= 0:
        return None
    # Decimals: thousands are told at once.
    return (baseline + (last - baseline) * whole / gone).quantize(RATIO_PLACES)


def pace_of_attainment(
    last: Decimal, start: Decimal | None, begins: date, today: date, on: date
) -> Decimal | None:
    """Return the same of an attainment; None where nobody says how far it was at the beginning."""
    return None if start is None else as_share(pace(last, start, begins, today, on))


def as_share(found: Decimal | None) -> Decimal | None:
    """Return what an attainment can be: from 0 to 1."""
    return None if found is None else min(max(found, Decimal(0)), Decimal(1))


def _trend(points: Sequence[Point], on: date) -> Trend | None:
    count = len(points)
    if count < FEWEST:
        return None
    days = [Fraction((day - on).days) for day, _ in points]
    values = [Fraction(value) for _, value in points]
    mid_day, mid = sum(days, Fraction()) / count, sum(values, Fraction()) / count
    spread = sum(((day - mid_day) * (day - mid_day) for day in days), Fraction())
    pairs = list(zip(days, values, strict=True))
    slope = sum(((day - mid_day) * (value - mid) for day, value in pairs), Fraction()) / spread
    there = mid - slope * mid_day
    missed = sum((value - there - slope * day) ** 2 for day, value in pairs)
    error = sqrt(missed / (count - 2) * (1 + Fraction(1, count) + mid_day**2 / spread))
    reach = Fraction(_t95(count - 2) * error)
    return Trend(value=rounded(there), low=rounded(there - reach), high=rounded(there + reach))


def _t95(freedom: int) -> float:
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    # The next smaller one of the table: the interval is never too narrow.
    known = [t for least, t in _T95_MORE if freedom >= least]
    return known[-1] if known else _T95[-1]
