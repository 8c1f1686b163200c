"""Rules of recurrence: those that can be followed, and what is said of the others."""

from datetime import datetime

import pytest

from shared.calendar import CAMPUS
from shared.calendar.rhythm import RhythmError, check_rule, rule_of

START = datetime(2026, 11, 27, 8, tzinfo=CAMPUS)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=20",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=0;BYMINUTE=0",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
    ],
)
def test_what_comes_can_be_followed(rule: str) -> None:
    check_rule(rule, START, most_a_day=1, example="…")
    assert rule_of(rule, START).after(datetime(2026, 11, 27)) is not None  # noqa: DTZ001 — as the rule


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "八年之内没有一次"),
        ("FREQ=DAILY;UNTIL=20250101", "八年之内没有一次"),
        ("FREQ=YEARLY;BYEASTER=-500", "须为 RFC 5545"),
        ("FREQ=DAILY;INTERVAL=0", "FREQ 须为"),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ 须为"),
        ("FREQ=DAILY;BYHOUR=8,9", "一天至多 1 次"),
        ("every day", "须为 RFC 5545"),
    ],
)
def test_what_never_comes_or_cannot_be_read_is_refused(rule: str, why: str) -> None:
    with pytest.raises(RhythmError, match=why):
        check_rule(rule, START, most_a_day=1, example="…")
