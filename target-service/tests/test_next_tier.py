"""What is missing for the next tier, in the unit of the indicator and in counts."""

from decimal import Decimal
from fractions import Fraction

import pytest

from target_service.domain.limits import Number, read_limit
from target_service.domain.lines import Lines, Tier
from target_service.domain.next_tier import Counts, Step, missing_counts, step_to_next

HIGHER = {"floor": (">=", "0.3"), "qualified": (">=", "0.5"), "good": (">=", "0.6")}
LOWER = {"floor": ("<=", "22"), "qualified": ("<=", "18"), "good": ("<", "16")}


def lines(tiers: dict[str, tuple[str, str]]) -> Lines:
    return Lines(
        tiers={Tier(k): read_limit({"op": op, "value": v}) for k, (op, v) in tiers.items()}
    )


def told(step: Step) -> tuple[str | None, str | None, Fraction | None]:
    return step.reached, step.next, step.missing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.29", (None, "floor", Fraction(1, 100))),
        ("0.3", ("floor", "qualified", Fraction(1, 5))),
        ("0.5", ("qualified", "good", Fraction(1, 10))),
        ("0.599999", ("qualified", "good", Fraction(1, 1000000))),
        ("0.6", ("good", None, None)),
    ],
)
def test_the_next_tier_of_what_shall_be_high(value: str, expected: object) -> None:
    assert told(step_to_next(lines(HIGHER), Decimal(value))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("23", (None, "floor", Fraction(1))),
        ("18.5", ("floor", "qualified", Fraction(1, 2))),
        ("18", ("qualified", "good", Fraction(2))),
        ("16", ("qualified", "good", Fraction(0))),
        ("15.9", ("good", None, None)),
    ],
)
def test_the_next_tier_of_what_shall_be_low(value: str, expected: object) -> None:
    assert told(step_to_next(lines(LOWER), Decimal(value))) == expected


def test_without_a_value_the_first_tier_is_next_and_nothing_is_known() -> None:
    step = step_to_next(lines(HIGHER), None)

    assert told(step) == (None, "floor", None)
    assert step.limit == lines(HIGHER).tiers[Tier.FLOOR]


def test_a_band_may_lack_in_either_direction() -> None:
    band = Lines(tiers={Tier.QUALIFIED: read_limit({"op": "between", "value": "8", "upper": "12"})})

    assert [step_to_next(band, Decimal(each)).must_rise for each in ("6", "15", "9")] == [
        True,
        False,
        None,
    ]


def counts(tiers: dict[str, tuple[str, str]], above: str, below: str) -> Counts | None:
    value: Number = Fraction(above) / Fraction(below)
    return missing_counts(step_to_next(lines(tiers), value), Decimal(above), Decimal(below), value)


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ("11", "20", Counts(numerator=1, denominator=None)),
        ("10", "19", Counts(numerator=2, denominator=None)),
        ("6", "10", None),
    ],
)
def test_what_shall_be_high_lacks_whole_units_of_the_numerator(
    above: str, below: str, expected: Counts | None
) -> None:
    assert counts(HIGHER, above, below) == expected


def test_what_shall_be_low_needs_fewer_above_or_more_below() -> None:
    assert counts(LOWER, "370", "20") == Counts(numerator=-10, denominator=1)
    # Exactly 16 does not pass "< 16".
    assert counts(LOWER, "320", "20") == Counts(numerator=-1, denominator=1)


def test_a_value_that_is_not_the_quotient_has_no_counts() -> None:
    step = step_to_next(lines(HIGHER), Decimal("0.55"))

    assert missing_counts(step, Decimal(11), Decimal(21), Decimal("0.55")) is None
    assert missing_counts(step, None, None, Decimal("0.55")) is None
