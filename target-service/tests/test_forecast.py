"""Forecast: pace by the calendar, trend by least squares, and too few points said so."""

from datetime import date, timedelta
from decimal import Decimal

from target_service.domain.forecast import Trend, forecast

BEGINS, ENDS = date(2026, 1, 1), date(2026, 12, 31)


def days(*values: str, step: int = 10) -> list[tuple[date, Decimal]]:
    return [(BEGINS + timedelta(days=step * n), Decimal(each)) for n, each in enumerate(values, 1)]


def test_pace_goes_on_as_it_went_from_the_baseline() -> None:
    today = BEGINS + timedelta(days=91)

    # 364 days are four times 91: from 10, four times 5 more.
    assert forecast(days("15"), Decimal(10), BEGINS, today, ENDS).pace == Decimal(30)
    assert forecast(days("15"), Decimal(10), BEGINS, BEGINS, ENDS).pace is None
    assert forecast(days("15"), Decimal(10), BEGINS, date(2027, 3, 1), ENDS).pace == Decimal(15)
    assert forecast([], Decimal(10), BEGINS, today, ENDS).pace is None


def test_a_straight_line_goes_on_without_doubt() -> None:
    found = forecast(days("1", "2", "3"), Decimal(0), BEGINS, BEGINS, BEGINS + timedelta(days=60))

    assert found.trend == Trend(value=Decimal(6), low=Decimal(6), high=Decimal(6))


def test_a_crooked_line_says_how_sure_it_is() -> None:
    on = BEGINS + timedelta(days=50)

    found = forecast(days("1", "2", "2", "3"), Decimal(0), BEGINS, BEGINS, on)

    # Slope 0.06 a day, mean 2 on day 25: 3.5. s² = 0.2 ÷ 2; 1 + 1/4 + 25²/500 = 2.5; t = 4.303.
    assert found.trend == Trend(value=Decimal("3.5"), low=Decimal("1.3485"), high=Decimal("5.6515"))


def test_too_few_points_have_no_trend_and_of_one_day_the_last_counts() -> None:
    twice = [*days("1", "2"), (BEGINS + timedelta(days=20), Decimal(9))]

    found = forecast(twice, Decimal(0), BEGINS, BEGINS, ENDS)

    assert (found.points, found.trend) == (2, None)
