"""How numbers, limits, dates and periods read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from report_service.domain.document.numbers import figures_in, unbound_figures
from report_service.domain.wording import (
    crossed_words,
    date_words,
    instant_words,
    limit_words,
    period_words,
)


@pytest.mark.parametrize(
    ("limit", "unit", "expected"),
    [
        ({"op": "<=", "value": "0.25", "upper": None}, "ratio", "≤ 25%"),
        ({"op": "<", "value": "4000"}, "money", "< 4,000元"),
        ({"op": "=", "value": "100"}, "percent", "= 100%"),
        ({"op": "between", "value": "14", "upper": "16"}, "to_one", "14:1–16:1"),
        ({"op": "in", "value": "1,2"}, "count", "1、2 之一"),
        (None, "ratio", "—"),
    ],
)
def test_limits_read_as_people_write_them(
    limit: dict[str, Any] | None, unit: str, expected: str
) -> None:
    assert limit_words(limit, unit) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("floor", "底线 ≥ 22%"),
        ("standard", "标准 ≥ 22%"),
        ("warning", "预警值 ≥ 22%"),
        ("target", "目标值 ≥ 22%"),
    ],
)
def test_a_crossed_line_is_told_by_its_name(line: str, expected: str) -> None:
    crossed = {"line": line, "op": ">=", "value": "0.22", "upper": None}

    assert crossed_words(crossed, "ratio") == expected
    assert crossed_words(None, "ratio") == "—"


def test_dates_and_instants_read_in_chinese_on_campus_time() -> None:
    assert date_words("2026-01-05") == "2026年1月5日"
    assert date_words(None) == "—"
    assert instant_words(datetime(2026, 11, 23, 16, 5, tzinfo=UTC)) == "2026年11月24日 00:05"
    assert instant_words(None) == "—"


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day:2026-11-03", "2026年11月3日"),
        ("week:2026-2027-1/13", "2026–2027学年第一学期第13教学周"),
        ("month:2026-11", "2026年11月"),
        ("term:2026-2027-2", "2026–2027学年第二学期"),
        ("ayear:2026-2027", "2026–2027学年"),
        ("year:2026", "2026年"),
        ("plan:2021-2025", "2021–2025年规划期"),
        ("span:2026-03-01/2026-07-01", "2026年3月1日至2026年6月30日"),
    ],
)
def test_periods_read_in_chinese(period: str, expected: str) -> None:
    assert period_words(period) == expected


@pytest.mark.parametrize(
    ("typed", "flagged"),
    [
        ("8 人缺课", ["8人"]),  # It stands in 98.76% and in 28, but says neither.
        ("达到 98.76%", []),
        ("28 名学生，31.17 %", []),
        ("28% 的学生", ["28%"]),
        ("比上期提高三成，缺课翻一番", ["翻一番", "三成"]),
        ("提高百分之三十，是上期的两倍", ["百分之三十", "两倍"]),
        ("2026 年 9 月第 3 周取得成效，一成不变", []),
    ],
)
def test_a_number_that_people_write_is_flagged_unless_the_report_says_it(
    typed: str, flagged: list[str]
) -> None:
    known = {"31.17%"} | figures_in("达标 98.76%，28 个教学班，2026 年")

    assert sorted(unbound_figures(typed, known)) == sorted(flagged)
