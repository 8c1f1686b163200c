"""How numbers, limits and periods read."""

import pytest

from report_service.domain.wording import limit_words, period_words, shown, shown_change


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("0.311688", "ratio", "31.17%"),
        ("1", "ratio", "100%"),
        ("0.999999", "ratio", "100%"),
        ("0", "ratio", "0%"),
        ("69.030832", "score", "69.03 分"),
        ("100", "count", "100"),
        ("584248", "count", "584248"),
        ("1E+3", "money", "1000 元"),
        ("18.235294", "to_one", "18.24 : 1"),
        (None, "ratio", "—"),
    ],
)
def test_a_number_is_rounded_for_the_eye_only(value: str | None, unit: str, expected: str) -> None:
    assert shown(value, unit) == expected


@pytest.mark.parametrize(
    ("change", "unit", "expected"),
    [
        ("-0.111688", "ratio", "−11.17 个百分点"),
        ("0.2", "ratio", "+20 个百分点"),
        ("0", "ratio", "0 个百分点"),
        ("-3.25", "score", "−3.25 分"),
        (None, "ratio", "—"),
    ],
)
def test_a_change_carries_its_sign(change: str | None, unit: str, expected: str) -> None:
    assert shown_change(change, unit) == expected


def test_limits_read_as_people_write_them() -> None:
    assert limit_words({"op": "<=", "value": "0.25"}, "ratio") == "≤ 25%"
    assert limit_words({"op": "between", "value": "14", "upper": "16"}, "") == "14 – 16"
    assert limit_words(None, "ratio") == "—"


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day:2026-11-03", "2026 年 11 月 3 日"),
        ("week:2026-2027-1/13", "2026–2027 学年第一学期第 13 教学周"),
        ("month:2026-11", "2026 年 11 月"),
        ("term:2026-2027-2", "2026–2027 学年第二学期"),
        ("ayear:2026-2027", "2026–2027 学年"),
        ("year:2026", "2026 年"),
        ("plan:2021-2025", "2021–2025 年规划期"),
        ("span:2026-01-01/2026-06-30", "2026-01-01至2026-06-30"),
    ],
)
def test_periods_read_in_chinese(period: str, expected: str) -> None:
    assert period_words(period) == expected
