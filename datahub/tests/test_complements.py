"""What is masked cannot be reckoned from what is told beside it."""

from typing import Any

import pytest

from datahub.indicators.domain.complements import Cell, Family, Relatives, masked_beside

PERIOD = "term:2026-2027-1"
UNITS = {f"unit/{name}": ("school/S",) for name in "ABC"}
MAJORS = {f"major/{unit}{at}": (f"unit/{unit}",) for unit in "ABC" for at in (1, 2)}


def relatives(**above: tuple[str, ...]) -> Relatives:
    parents = {**UNITS, **MAJORS, **above}
    families: dict[Family, list[str]] = {}
    for scope, each in parents.items():
        for parent in each:
            families.setdefault(Family(scope.partition("/")[0], parent), []).append(scope)
    return Relatives(families, parents)


def masked(numbers: dict[str, int], **more: Any) -> set[str]:
    rows = [
        {"indicator": "x", "scope": scope, "period": PERIOD, "n": n, "numerator": str(n)} | more
        for scope, n in numbers.items()
    ]
    found = masked_beside(relatives(), rows, lambda row: 0 < row["n"] < 5)
    assert {(each.indicator, each.period) for each in found} <= {("x", PERIOD)}
    return {each.scope for each in found}


@pytest.mark.parametrize(
    ("numbers", "beside"),
    [
        ({"school/S": 40, "unit/A": 10, "unit/B": 10, "unit/C": 20}, set()),
        ({"school/S": 33, "unit/A": 3, "unit/B": 10, "unit/C": 20}, {"unit/B"}),
        ({"school/S": 27, "unit/A": 3, "unit/B": 4, "unit/C": 20}, set()),
        ({"school/S": 23, "unit/A": 3, "unit/B": 0, "unit/C": 20}, {"unit/C"}),
        ({"school/S": 23, "unit/A": 3, "unit/B": 0}, {"unit/B"}),
        ({"school/S": 23, "unit/A": 3}, set()),
        ({"unit/A": 3, "unit/B": 10, "unit/C": 20}, set()),
        ({"school/S": 33, "major/A1": 3, "major/A2": 30}, {"major/A2"}),
        ({"school/S": 30, "unit/A": 3, "unit/B": 10, "unit/C": 10}, {"unit/B"}),
    ],
    ids=[
        "none is few",
        "the smallest",
        "two are few",
        "one of none is the last",
        "but if alone",
        "an only one",
        "no whole is told",
        "a whole further up",
        "of equals the first",
    ],
)
def test_beside_one_that_is_masked_the_smallest_of_the_others_is(
    numbers: dict[str, int], beside: set[str]
) -> None:
    assert masked(numbers) == beside


def test_what_is_masked_beside_another_is_not_told_by_its_own_parts() -> None:
    """Unit B is masked for the sake of A: its two majors would sum to it."""
    numbers = {"school/S": 33, "unit/A": 3, "unit/B": 10, "unit/C": 20}
    majors = {"major/B1": 4, "major/B2": 6, "major/C1": 9, "major/C2": 11}

    assert masked(numbers | majors) == {"unit/B"}
    assert masked(numbers | majors | {"major/B1": 5, "major/B2": 5}) == {"unit/B", "major/B1"}


def test_what_tells_nothing_hides_nothing() -> None:
    numbers = {"school/S": 33, "unit/A": 3, "unit/B": 10}

    assert masked(numbers, numerator=None) == set()


def test_a_family_is_decided_by_itself_whatever_else_is_asked() -> None:
    numbers = {"school/S": 33, "unit/A": 3, "unit/B": 10, "unit/C": 20, "major/C1": 9}
    rows = [
        {"indicator": name, "scope": scope, "period": PERIOD, "n": n, "numerator": str(n)}
        for name in ("x", "y")
        for scope, n in numbers.items()
    ]

    found = masked_beside(relatives(), rows, lambda row: row["indicator"] == "x" and row["n"] == 3)

    assert found == {Cell("x", "unit/B", PERIOD)}
