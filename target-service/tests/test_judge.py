"""Judging: state, flags, attainment and gap, exactly at every line."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.vocabulary import State, ratio
from target_service.domain.attainment import attainment_ratio, gap_to, relative_gap_to
from target_service.domain.judge import (
    Judgement,
    MeasuredValueError,
    exact_value,
    judge,
    read_measured,
)
from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Lines, Tier

ENOUGH = Decimal("0.6")


def limit(text: str) -> Limit:
    """Read ``>= 0.8``, or ``between 1 2``."""
    op, value, *upper = text.split()
    return read_limit({"op": op, "value": value, "upper": upper[0] if upper else None})


HIGHER = Lines(
    target=limit(">= 0.9"),
    tiers={Tier.FLOOR: limit(">= 0.5"), Tier.QUALIFIED: limit("> 0.8")},
    warning=limit("< 0.85"),
)
LOWER = Lines(
    target=limit("<= 14"),
    tiers={Tier.FLOOR: limit("<= 18"), Tier.QUALIFIED: limit("<= 15")},
    warning=limit("> 16"),
)


def judged(lines: Lines, value: str | None, coverage: str = "1") -> Judgement:
    number = Decimal(value) if value is not None else None
    return judge(lines, number, Decimal(coverage), minimum_coverage=ENOUGH)


@pytest.mark.parametrize(
    ("value", "state", "warning"),
    [
        ("0.499999", "below_floor", True),
        ("0.5", "below_standard", True),
        ("0.8", "below_standard", True),
        ("0.800001", "met_standard", True),
        ("0.85", "met_standard", False),
        ("0.899999", "met_standard", False),
        ("0.9", "met_target", False),
    ],
)
def test_higher_is_better_turns_exactly_at_its_lines(
    value: str, state: str, *, warning: bool
) -> None:
    result = judged(HIGHER, value)

    assert (result.state, result.warning) == (state, warning)


@pytest.mark.parametrize(
    ("value", "state", "warning"),
    [
        ("18.1", "below_floor", True),
        ("18", "below_standard", True),
        ("16", "below_standard", False),
        ("15.1", "below_standard", False),
        ("15", "met_standard", False),
        ("14.1", "met_standard", False),
        ("14", "met_target", False),
        ("0", "met_target", False),
    ],
)
def test_lower_is_better_turns_exactly_at_its_lines(
    value: str, state: str, *, warning: bool
) -> None:
    result = judged(LOWER, value)

    assert (result.state, result.warning) == (state, warning)


def test_no_data_is_not_zero() -> None:
    assert judged(HIGHER, None, "0") == Judgement(state=State.NO_DATA)
    assert judged(HIGHER, "0").state is State.BELOW_FLOOR


@pytest.mark.parametrize(
    ("coverage", "thin", "state"),
    [("0.599999", True, "met_standard"), ("0.6", False, "met_target")],
)
def test_thin_data_cannot_meet_the_target(coverage: str, state: str, *, thin: bool) -> None:
    result = judged(HIGHER, "0.95", coverage)

    assert (result.thin, result.state) == (thin, state)


def test_thin_data_may_still_break_the_floor() -> None:
    assert judged(HIGHER, "0.1", "0.1").state is State.BELOW_FLOOR


def test_without_a_target_there_is_no_attainment_and_without_a_standard_no_gap() -> None:
    assert judged(Lines(warning=limit("> 3")), "5") == Judgement(
        state=State.NO_STANDARD, warning=True
    )


@pytest.mark.parametrize(
    ("value", "coverage", "state"),
    [("0.1", "1", "met_target"), ("0.100001", "1", "below_target"), ("0.1", "0.5", "below_target")],
)
def test_a_missed_target_without_a_standard_is_below_target(
    value: str, coverage: str, state: str
) -> None:
    assert judged(Lines(target=limit("<= 0.1")), value, coverage).state == state


def test_tiers_above_the_standard_alone_are_no_standard() -> None:
    assert judged(Lines(tiers={Tier.GOOD: limit(">= 0.9")}), "0.95").state is State.NO_STANDARD


@pytest.mark.parametrize(
    ("line", "numerator", "denominator", "attainment", "relative"),
    [("<= 0.2", 2, 7, "0.700000", "0.428571"), ("<= 0.3", 4, 9, "0.675000", "0.481481")],
)
def test_attainment_and_gap_are_taken_from_the_exact_quotient(
    line: str, numerator: int, denominator: int, attainment: str, relative: str
) -> None:
    told = ratio(Decimal(numerator), Decimal(denominator))
    value = exact_value(told, Decimal(numerator), Decimal(denominator))
    lines = Lines(target=limit(line), tiers={Tier.QUALIFIED: limit(line)})

    result = judge(lines, value, Decimal(1), minimum_coverage=ENOUGH)

    assert str(result.attainment) == attainment
    assert str(result.relative_gap) == relative


@pytest.mark.parametrize(
    ("numerator", "denominator", "value", "exact"),
    [
        ("1", "3", "0.333333", Fraction(1, 3)),
        ("1", "3", "0.333334", Decimal("0.333334")),
        ("1", "3", "33.333333", Decimal("33.333333")),
        ("1", "0", "5", Decimal(5)),
        (None, "3", "5", Decimal(5)),
        ("1", "3", None, None),
    ],
)
def test_a_value_is_exact_where_it_is_the_quotient(
    numerator: str | None, denominator: str, value: str | None, exact: Any
) -> None:
    read = [Decimal(each) if each else None for each in (value, numerator, denominator)]

    assert exact_value(*read) == exact


def test_a_rounding_neither_meets_nor_misses_a_line() -> None:
    third = exact_value(Decimal("0.333333"), Decimal(1), Decimal(3))
    lines = Lines(target=limit("<= 0.333333"))

    assert judge(lines, third, Decimal(1), minimum_coverage=ENOUGH).state is State.BELOW_TARGET


@pytest.mark.parametrize(
    ("target", "value", "ratio"),
    [
        (">= 0.9", "0.9", "1"),
        (">= 0.9", "1", "1"),
        (">= 0.9", "0.72", "0.800000"),
        (">= 0.9", "0.8999999999", "0.999999"),
        (">= 0.9", "-1", "0"),
        ("> 0.9", "0.9", "0.999999"),
        (">= 0", "-1", "0"),
        ("<= 14", "14", "1"),
        ("<= 14", "0", "1"),
        ("<= 14", "17.5", "0.800000"),
        ("<= 0", "3", "0"),
        ("< 14", "14", "0.999999"),
        ("between 16 18", "17", "1"),
        ("between 16 18", "12", "0.750000"),
        ("between 16 18", "24", "0.750000"),
        ("= 4", "5", "0.800000"),
        ("in 1,2", "2", "1"),
        ("in 1,2", "3", "0"),
    ],
)
def test_attainment_knows_its_direction_and_never_rounds_up_to_reached(
    target: str, value: str, ratio: str
) -> None:
    assert attainment_ratio(limit(target), Decimal(value)) == Decimal(ratio)


@pytest.mark.parametrize(
    ("standard", "value", "gap", "relative"),
    [
        (">= 0.8", "0.8", None, None),
        (">= 0.8", "0.72", "0.08", "0.1"),
        ("<= 15", "18", "3", "0.2"),
        ("<= 0", "3", "3", "3"),
        (">= -10", "-15", "5", "0.5"),
        ("between 16 18", "20", "2", "0.111111"),
        ("> 0.8", "0.8", "0", "0"),
    ],
)
def test_the_gap_is_measured_to_the_line_that_was_missed(
    standard: str, value: str, gap: str | None, relative: str | None
) -> None:
    line, number = limit(standard), Decimal(value)

    assert gap_to(line, number) == (Decimal(gap) if gap else None)
    assert relative_gap_to(line, number) == (Decimal(relative) if relative else None)


NUMBERS = st.decimals(-100, 100, allow_nan=False, places=3)


@settings(max_examples=200)
@given(line=st.decimals("0.001", 100, places=3), values=st.tuples(NUMBERS, NUMBERS))
@pytest.mark.parametrize("op", [">", ">=", "<", "<="])
def test_a_better_value_never_attains_less(
    op: str, line: Decimal, values: tuple[Decimal, Decimal]
) -> None:
    target = read_limit({"op": op, "value": str(line)})
    worse, better = sorted(values, reverse=op.startswith("<"))

    assert attainment_ratio(target, worse) <= attainment_ratio(target, better)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e15", "abc", ""])
def test_a_measured_value_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(MeasuredValueError):
        read_measured(text)


def test_the_largest_measured_value_against_the_smallest_standard_still_has_a_gap() -> None:
    value = read_measured("999999999999999")
    assert value is not None

    assert relative_gap_to(limit("<= 0.000001"), value) == Decimal(999999999999998999999)
