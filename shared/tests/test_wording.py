"""How numbers and lines read, in both languages."""

import pytest

from shared.contracts.vocabulary import Operator
from shared.contracts.wording import change_words, limit_words, value_words


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("0.311688", "ratio", "31.17%"),
        ("1", "ratio", "100%"),
        ("0.999999", "ratio", "100%"),
        ("0", "ratio", "0%"),
        ("62.5", "percent", "62.5%"),
        ("0.001234", "ratio", "0.1234%"),
        ("1", "boolean", "是"),
        ("0.284286", None, "0.2843"),
        ("3.25", "per_mille", "3.25‰"),
        ("69.030832", "score", "69.03分"),
        ("100", "count", "100"),
        ("584248", "count", "584,248"),
        ("-0.00001", "count", "0"),
        ("12", "学时", "12学时"),
        ("1E+3", "money", "1,000元"),
        ("1234567.891", "money", "1,234,567.89元"),
        ("18.235294", "to_one", "18.24:1"),
        (None, "ratio", "—"),
    ],
)
def test_a_number_is_rounded_for_the_eye_only(
    value: str | None, unit: str | None, expected: str
) -> None:
    assert value_words(value, unit) == expected


@pytest.mark.parametrize(
    ("change", "unit", "expected"),
    [
        ("-0.111688", "ratio", "−11.17个百分点"),
        ("0.2", "ratio", "+20个百分点"),
        ("0", "ratio", "0个百分点"),
        ("-3.25", "score", "−3.25分"),
        ("-2.5", "percent", "−2.5个百分点"),
        ("1500", "money", "+1,500元"),
        ("-0.4", "to_one", "−0.4"),
        (None, "ratio", "—"),
    ],
)
def test_a_change_carries_its_sign(change: str | None, unit: str, expected: str) -> None:
    assert change_words(change, unit) == expected


@pytest.mark.parametrize(
    ("unit", "value", "change"),
    [
        ("ratio", "31.17%", "+31.17 percentage points"),
        ("score", "0.3117 points", "+0.3117 points"),
        ("money", "0.3117 yuan", "+0.3117 yuan"),
        ("to_one", "0.3117:1", "+0.3117"),
    ],
)
def test_units_read_in_english_too(unit: str, value: str, change: str) -> None:
    assert value_words("0.311688", unit, "en") == value
    assert change_words("0.311688", unit, "en") == change


@pytest.mark.parametrize(
    ("op", "value", "upper", "unit", "zh", "en"),
    [
        (Operator.GT, "0.22", None, "ratio", "> 22%", "> 22%"),
        (Operator.GE, "0.85", None, "ratio", "≥ 85%", "≥ 85%"),
        (Operator.LT, "4000", None, "money", "< 4,000元", "< 4,000 yuan"),
        (Operator.LE, "15", None, None, "≤ 15", "≤ 15"),
        (Operator.EQ, "1", None, "boolean", "= 是", "= yes"),
        (Operator.IN, "1,2", None, "count", "1、2 之一", "one of 1, 2"),
        (Operator.BETWEEN, "14", "16", "to_one", "14:1–16:1", "14:1–16:1"),
    ],
)
def test_every_operator_has_its_words(
    op: Operator, value: str, upper: str | None, unit: str | None, zh: str, en: str
) -> None:
    assert limit_words(op, value, upper, unit) == zh
    assert limit_words(op, value, upper, unit, "en") == en
