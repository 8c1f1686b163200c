"""The five letters of a goal, each at its boundary, with reason and remedy."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from target_service.domain.limits import read_limit
from target_service.domain.smart import (
    Letter,
    NotSmartError,
    Stated,
    examine,
    missed,
    refuse_missed,
    yearly,
)

GOOD = {
    "title": "提高课程通过率",
    "owner": "teacher/T001",
    "period": "year:2026",
    "indicator": "pass_rate",
    "unit": "ratio",
    "baseline": Decimal("0.80"),
    "target": read_limit({"op": ">=", "value": "0.84"}),
    "parent": "school-2026",
    "aim": "",
    "deadline": date(2026, 12, 31),
    "first_day": date(2026, 1, 1),
    "last_day": date(2026, 12, 31),
    "history": {2023: Decimal("0.76"), 2024: Decimal("0.78"), 2025: Decimal("0.80")},
}


def letter(name: str, **more: Any) -> Letter:
    [found] = [each for each in examine(Stated(**GOOD | more)) if each.letter == name]
    return found


def test_a_goal_that_says_everything_meets_every_letter() -> None:
    assert [(each.letter, each.met) for each in examine(Stated(**GOOD))] == [
        (name, True) for name in "SMART"
    ]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("S", {"owner": ""}),
        ("S", {"title": "课程通过率"}),
        ("S", {"indicator": None}),
        ("M", {"unit": ""}),
        ("M", {"target": None}),
        ("A", {"baseline": None}),
        ("A", {"history": {2025: Decimal("0.80")}}),
        ("R", {"parent": None}),
        ("T", {"deadline": date(2027, 1, 1)}),
        ("T", {"deadline": date(2025, 12, 31)}),
    ],
)
def test_what_is_lacking_is_told_with_its_remedy(name: str, more: dict[str, Any]) -> None:
    found = letter(name, **more)

    assert not found.met
    assert found.reason
    assert found.remedy


def test_twice_the_yearly_change_is_no_leap_and_a_hair_more_is() -> None:
    assert letter("A").met
    leap = letter("A", target=read_limit({"op": ">=", "value": "0.840001"}))

    assert not leap.met
    assert "每年不超过 4个百分点" in leap.remedy


def test_only_the_last_three_years_count_and_years_until_the_end_divide_the_step() -> None:
    assert letter("A", history={2010: Decimal(0), **GOOD["history"]}).met  # type: ignore[dict-item]
    two_years = {"last_day": date(2027, 12, 31), "deadline": date(2027, 12, 31)}
    assert letter("A", target=read_limit({"op": ">=", "value": "0.88"}), **two_years).met
    assert not letter("A", target=read_limit({"op": ">=", "value": "0.89"}), **two_years).met


def test_years_that_led_away_from_the_target_make_no_goal_achievable() -> None:
    fell = {2023: Decimal("0.86"), 2024: Decimal("0.83"), 2025: Decimal("0.80")}
    found = letter("A", history=fell)
    falling = {"baseline": Decimal("0.80"), "target": read_limit({"op": "<=", "value": "0.76"})}

    assert not found.met
    assert "近 3 年每年 −3个百分点，并未趋近目标" in found.reason
    assert letter("A", history=fell, **falling).met
    assert not letter("A", **falling).met


def test_the_step_is_divided_by_the_years_until_the_deadline() -> None:
    later = {"last_day": date(2030, 12, 31), "target": read_limit({"op": ">=", "value": "0.88"})}

    assert letter("A", deadline=None, **later).met
    assert letter("A", deadline=date(2027, 12, 31), **later).met
    assert not letter("A", deadline=date(2026, 12, 31), **later).met


def test_a_target_that_the_baseline_meets_needs_no_history() -> None:
    assert letter("A", target=read_limit({"op": ">=", "value": "0.80"}), history={}).met


def test_a_stated_aim_stands_for_a_parent() -> None:
    assert letter("R", parent=None, aim="建成高水平专业").met


def test_publication_names_every_letter_that_is_missed_and_not_waived() -> None:
    letters = examine(Stated(**GOOD | {"owner": "", "parent": None}))

    assert [each.letter for each in missed(letters, ["R"])] == ["S"]
    with pytest.raises(NotSmartError) as refused:
        refuse_missed(missed(letters, []))
    assert set(refused.value.fields) == {"$.smart.S", "$.smart.R"}


def test_one_value_a_year_is_taken_the_last() -> None:
    told = [("term:2025-2026-2", Decimal(2)), ("term:2025-2026-1", Decimal(1))]
    assert yearly([*told, ("term:2024-2025-1", Decimal(0))]) == {2024: 0, 2025: 2}
