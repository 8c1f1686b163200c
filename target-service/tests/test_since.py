"""How a rate changed since the period before."""

from decimal import Decimal

import pytest

from target_service.domain.since import Change, Part, change_of


@pytest.mark.parametrize(
    ("now", "then", "points"),
    [
        (Part(8, 5), Part(8, 4), "12.5"),
        (Part(8, 4), Part(8, 5), "-12.5"),
        (Part(3, 2), Part(4, 2), "16.7"),
        (Part(2001, 1000), Part(2000, 1000), "0.0"),
        (Part(4, 2), Part(8, 4), "0.0"),
        (Part(8, 4), Part(4, 2), "0.0"),
    ],
)
def test_the_change_is_told_in_points_to_one_decimal(now: Part, then: Part, points: str) -> None:
    told = change_of({"year:2026": now, "year:2025": then})

    assert told == Change("year:2026", "year:2025", Decimal(points))
    assert told is not None
    assert str(told.points) == points


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"year:2026": Part(8, 4)},
        {"year:2026": Part(8, 4), "year:2024": Part(8, 4)},
        {"year:2026": Part(8, 4), "year:2025": Part()},
        {"year:2026": Part(3, 1), "year:2025": Part(7, 1)},
        {"year:2026": Part(7, 1), "year:2025": Part(3, 1)},
        {"year:2026": Part(8, 4), "ayear:2025-2026": Part(8, 4)},
        {"week:2026-2027-1/3": Part(8, 4), "week:2026-2027-1/2": Part(8, 4)},
    ],
)
def test_without_a_comparable_period_before_there_is_no_change(parts: dict[str, Part]) -> None:
    assert change_of(parts) is None


def test_the_newest_measured_period_is_told_of_the_kind_with_the_most_bindings() -> None:
    years = {"year:2026": Part(4, 4), "year:2025": Part(4, 2)}
    terms = {f"term:2025-2026-{n}": Part(5, n) for n in (1, 2)} | {"term:2026-2027-1": Part()}
    months = {"month:2026-09": Part(9, 1)}

    told = change_of(years | terms | months)

    assert told == Change("term:2025-2026-2", "term:2025-2026-1", Decimal("20.0"))
