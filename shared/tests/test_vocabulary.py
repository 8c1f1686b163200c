"""Words that cross service boundaries: which periods can be meant."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.vocabulary import PeriodKey

PERIOD = TypeAdapter[str](PeriodKey)


@pytest.mark.parametrize(
    "period",
    [
        "day:2024-02-29",
        "week:2026-2027-1/1",
        "week:2026-2027-3/53",
        "month:2026-12",
        "term:1999-2000-2",
        "ayear:2026-2027",
        "year:2026",
        "plan:2021-2025",
        "span:2026-03-01/2026-03-02",
    ],
)
def test_a_period_that_can_be_is_taken(period: str) -> None:
    assert PERIOD.validate_python(period) == period


@pytest.mark.parametrize(
    ("period", "remedy"),
    [
        ("2026", "kind:key"),
        ("century:20", "kind:key"),
        ("day:2026-02-29", "真实存在"),
        ("day:2026-13-01", "真实存在"),
        ("week:2026-2027-1/0", "周 1–53"),
        ("week:2026-2027-1/03", "周 1–53"),
        ("week:2026-2027-1/54", "周 1–53"),
        ("week:2026-2028-1/3", "相邻两年"),
        ("month:2026-00", "月份 01–12"),
        ("month:2026-13", "月份 01–12"),
        ("term:2026-2027-0", "学期 1–3"),
        ("term:2026-2027-4", "学期 1–3"),
        ("term:2026-2026-1", "相邻两年"),
        ("term:2027-2026-1", "相邻两年"),
        ("term:202\uff16-2027-1", "相邻两年"),
        ("ayear:2026-2028", "相邻两年"),
        ("year:0026", "四位年份"),
        ("year:2026\n", "四位年份"),
        ("plan:2025-2025", "早于"),
        ("plan:2025-2021", "早于"),
        ("span:2026-03-01/2026-03-01", "起早于止"),
        ("span:2026-03-02/2026-03-01", "起早于止"),
        ("span:2026-02-30/2026-03-01", "真实日期"),
        ("span:2026-03-01", "真实日期"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_the_remedy(period: str, remedy: str) -> None:
    with pytest.raises(ValidationError, match=remedy):
        PERIOD.validate_python(period)
