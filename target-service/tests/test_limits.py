"""Limits: a value with its own operator."""

from decimal import Decimal
from typing import Any

import pytest

from target_service.domain.limits import Direction, read_limit, read_number, write_limit

EPSILON = Decimal("0.000001")


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        (">", False, False, True),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        ("=", False, True, False),
        ("in", False, True, False),
    ],
)
def test_an_operator_turns_exactly_at_its_value(
    op: str, *, below: bool, at: bool, above: bool
) -> None:
    limit = read_limit({"op": op, "value": "0.85"})
    line = Decimal("0.850")

    assert [limit.holds(line - EPSILON), limit.holds(line), limit.holds(line + EPSILON)] == [
        below,
        at,
        above,
    ]


def test_both_ends_of_between_hold() -> None:
    band = read_limit({"op": "between", "value": "16", "upper": "18"})

    held = [band.holds(Decimal(value)) for value in ("15.999999", "16", "18", "18.000001")]

    assert held == [False, True, True, False]
    assert band.direction is Direction.BAND


@pytest.mark.parametrize(
    ("value", "nearest"), [("15", "16"), ("16.9", "16"), ("17", "16"), ("17.1", "18"), ("20", "18")]
)
def test_the_nearer_end_counts_and_the_lower_of_two_equally_near(value: str, nearest: str) -> None:
    band = read_limit({"op": "between", "value": "16", "upper": "18"})

    assert band.nearest(Decimal(value)) == Decimal(nearest)


@pytest.mark.parametrize(
    ("document", "written"),
    [
        (
            {"op": ">=", "value": " 0.8500 "},
            {"op": ">=", "value": "0.85", "upper": None},
        ),
        (
            {"op": "in", "value": "1, 2.0,1E+1"},
            {"op": "in", "value": "1,2,10", "upper": None},
        ),
        (
            {"op": "between", "value": "-0", "upper": "100"},
            {"op": "between", "value": "0", "upper": "100"},
        ),
    ],
)
def test_a_limit_has_one_spelling(document: dict[str, Any], written: dict[str, Any]) -> None:
    assert write_limit(read_limit(document)) == written


@pytest.mark.parametrize(
    "document",
    [
        {"op": ">=", "value": "1,2"},
        {"op": ">=", "value": "1", "upper": "2"},
        {"op": "between", "value": "1"},
        {"op": "between", "value": "2", "upper": "1"},
        {"op": "!=", "value": "1"},
        {"op": "in", "value": "1,"},
    ],
)
def test_an_operator_with_the_wrong_values_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_limit(document)


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "1e400", "1e12", "0.0000001", "1_0_", "八十"]
)
def test_what_is_no_usable_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"10\^12|decimal number"):
        read_number(text)


@pytest.mark.parametrize("text", ["999999999999", "-0.000001", "1E+3", "0"])
def test_numbers_up_to_the_edge_are_taken(text: str) -> None:
    assert read_number(text) == Decimal(text)
