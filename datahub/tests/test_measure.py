"""What a value is made of: rounded once, with its parts, and with a reason where there is none."""

from decimal import Decimal

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.cell import evaluate, is_cell
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.measured import Value
from datahub.tests.measuring import PASS_RATE, PASSED, TERM


def counted(value: int | None, rows: int, base: int, present: int | None = None) -> Counted:
    number = None if value is None else Decimal(value)
    return Counted(value=number, rows=rows, base=base, present=base if present is None else present)


def test_a_share_is_rounded_half_to_even_and_keeps_its_parts(pass_rate: Indicator) -> None:
    value = evaluate(pass_rate, [counted(2, 2, 4), counted(3, 3, 4, 3)])

    assert value == Value(
        value=Decimal("0.666667"),
        numerator=Decimal(2),
        denominator=Decimal(3),
        n=3,
        coverage=Decimal("0.750000"),
        reason=None,
    )


@pytest.mark.parametrize(
    ("top", "bottom", "reason", "numerator"),
    [
        (counted(0, 0, 4), counted(0, 0, 4), "zero-denominator", Decimal(0)),
        (counted(0, 0, 4), counted(None, 0, 4), "zero-denominator", Decimal(0)),
        (NOTHING, NOTHING, "no-rows", None),
        (UNDELIVERED, NOTHING, "no-rows", None),
        (UNDELIVERED, counted(3, 3, 3), "not-delivered", None),
        (counted(2, 2, 2), UNDELIVERED, "not-delivered", Decimal(2)),
        (counted(None, 0, 4, 0), counted(4, 4, 4), "no-coverage", Decimal(0)),
        (counted(4, 4, 4), counted(None, 0, 4, 0), "no-coverage", Decimal(4)),
    ],
)
def test_no_data_is_no_value_and_says_why(
    pass_rate: Indicator, top: Counted, bottom: Counted, reason: str, numerator: Decimal | None
) -> None:
    value = evaluate(pass_rate, [top, bottom])

    assert (value.value, value.reason, value.numerator) == (None, reason, numerator)


def test_a_share_of_nobody_is_zero_where_there_is_somebody_to_divide_by(
    pass_rate: Indicator,
) -> None:
    value = evaluate(pass_rate, [NOTHING, counted(3, 3, 3)])

    assert (value.value, value.numerator, value.reason) == (Decimal(0), Decimal(0), None)


def test_a_count_rests_on_every_row_that_could_have_counted(dictionary: Dictionary) -> None:
    withdrawn = "count(enrolment where final_result = 'withdrawn')"
    count = parse_indicator(PASS_RATE | {"unit": "count", "formula": withdrawn}, dictionary, 1)

    some, none = evaluate(count, [counted(2, 2, 5)]), evaluate(count, [counted(0, 0, 5)])

    assert (some.value, some.n) == (Decimal(2), 5)
    assert (none.value, none.n) == (Decimal(0), 5)


def test_coverage_is_none_while_an_entity_is_missing(pass_rate: Indicator) -> None:
    full = counted(3, 3, 3)

    assert evaluate(pass_rate, [UNDELIVERED, full]).coverage == Decimal("0.000000")
    assert evaluate(pass_rate, [full, UNDELIVERED]).coverage == Decimal("0.000000")
    assert evaluate(pass_rate, [NOTHING, full]).coverage == Decimal("1.000000")


def test_a_small_sample_has_no_value(dictionary: Dictionary) -> None:
    rate = parse_indicator(PASS_RATE | {"minimum_sample": 3}, dictionary, 1)
    sampled = {"unit": "count", "formula": PASSED, "minimum_sample": 3}
    count = parse_indicator(PASS_RATE | sampled, dictionary, 1)

    # A rate rests on the rows that it divides by, a count on those that could have counted.
    assert evaluate(rate, [counted(1, 1, 9), counted(2, 2, 9)]).reason == "small-sample"
    assert evaluate(rate, [counted(1, 1, 9), counted(3, 3, 9)]).value == Decimal("0.333333")
    assert evaluate(count, [counted(0, 0, 3)]).value == Decimal(0)
    assert evaluate(count, [counted(0, 0, 2)]).reason == "small-sample"


def test_a_term_that_is_no_term_makes_no_cell() -> None:
    assert is_cell("course/C1", f"term:{TERM}")
    assert not is_cell("course/C1", "term:2026秋")
    assert not is_cell("course/", f"term:{TERM}")


@pytest.mark.parametrize(
    ("formula", "value", "numerator"),
    [
        ("count(student) + 1 / 3 - 4", "0.333333", "0.333333"),
        ("count(student) * 0.0000005", "0.000002", "0.000002"),
        # A quotient keeps its parts exactly, the value alone is rounded.
        ("(count(student) + 1 / 8 / 1000000) / 8", "0.500000", "4.000000125"),
        # The usual 28 digits of a decimal do not hold it with six decimals.
        ("count(student) * 10 ^ 26 / 2", "2E26", "4E26"),
        ("count(student) * 10 ^ 28 / (count(student) / 1000)", None, "4E28"),
    ],
)
def test_a_value_has_six_decimals_however_large_it_is(
    dictionary: Dictionary, formula: str, value: str | None, numerator: str
) -> None:
    scopes = [{"kind": "school", "period": "year"}]
    document = PASS_RATE | {"unit": "own", "formula": formula, "scopes": scopes}
    indicator = parse_indicator(document, dictionary, 1)

    found = evaluate(indicator, [counted(4, 4, 4)] * len(indicator.legs))

    assert found.value == (None if value is None else Decimal(value))
    assert found.numerator == Decimal(numerator)
    assert found.reason == (None if value is not None else "out-of-range")
