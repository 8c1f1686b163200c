"""Whose groups are masked, and from how many persons on they are not."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.masking import Mask, counts_persons


def rate(formula: str) -> dict[str, Any]:
    constant = {"constant": "19001"}
    period = {"kind": "year", "from": {"constant": "2026"}}
    return {
        "indicator": "x",
        "zh": "某率",
        "en": "Some rate",
        "unit": "some",
        "direction": "higher",
        "formula": formula,
        "scopes": [{"kind": "school", "key": constant, "period": period}],
    }


@pytest.mark.parametrize(
    ("formula", "is_personal"),
    [
        ("count(student)", True),
        ("count(staff where dual_qualified)", True),
        ("count(leave)", True),
        ("count(enrolment) / count(teaching_class)", True),
        ("sum(original_value of asset_item) / count(student)", True),
        ("count(teaching_class)", False),
        ("sum(original_value of asset_item)", False),
        ("count(alert where closed_at is not null) / count(alert)", False),
    ],
)
def test_persons_are_counted_where_records_are_about_one(
    dictionary: Dictionary,
    formula: str,
    is_personal: bool,  # noqa: FBT001 — what is expected
) -> None:
    assert counts_persons(parse_indicator(rate(formula), dictionary, 1)) is is_personal


def test_what_is_made_of_restricted_fields_is_masked_in_groups_of_any_size(
    dictionary: Dictionary,
) -> None:
    """Source: design "Data hub" 7 (psychological data exists only as aggregates)."""
    document = rate(
        "sum(score_total of counselling_summary) / sum(screened of counselling_summary)"
    )
    indicator = parse_indicator(document, dictionary, 1)
    cell = CELL | {"n": 400}

    assert Mask.of([indicator], sees_persons=False).show(cell) == cell | HIDDEN
    assert Mask.of([indicator], sees_persons=True).show(cell) == cell


CELL = {
    "indicator": "x",
    "scope": "course/C1",
    "value": "0.500000",
    "numerator": "2",
    "denominator": "4",
    "n": 4,
    "reason": None,
    "manual": False,
    "formula_version": 1,
}
HIDDEN = dict.fromkeys(("value", "numerator", "denominator", "n")) | {"reason": "masked"}


@pytest.mark.parametrize(
    ("change", "free", "hidden"),
    [
        ({}, {}, HIDDEN),
        ({"n": 5}, {}, {}),
        ({"n": 0, "value": None, "numerator": "0", "denominator": "0"}, {}, HIDDEN),
        ({"value": None, "reason": "small-sample"}, {}, HIDDEN),
        ({"n": 0, **dict.fromkeys(("value", "numerator", "denominator"))}, {}, {}),
        ({"scope": "student/S1", "n": 1}, {}, {}),
        ({"scope": "teacher/T1", "n": 1}, {}, {}),
        ({"scope": "group/G1"}, {}, HIDDEN),
        ({}, {"x": [1]}, {}),
        ({"manual": True}, {"x": [1]}, HIDDEN),
        ({}, {"x": [2]}, HIDDEN),
        ({}, {"y": [1]}, HIDDEN),
    ],
)
def test_a_cell_is_masked_below_five_persons(
    change: dict[str, Any], free: dict[str, list[int]], hidden: dict[str, Any]
) -> None:
    """Without the right; an indicator is free of persons in the version that says so."""
    cell = CELL | change

    assert Mask(free, sees_persons=False).show(cell) == cell | hidden
    assert Mask(free, sees_persons=True).show(cell) == cell


WOMEN = "count(staff where sex = '2')"


@pytest.mark.parametrize(
    ("formula", "numerator", "denominator", "is_masked"),
    [
        (WOMEN, "1", None, True),
        (WOMEN, "4", None, True),
        (WOMEN, "5", None, False),
        (WOMEN, "0", None, False),
        ("count(staff where dual_qualified)", "1", None, False),
        ("count(staff)", "4", None, False),
        ("sum(number of score where student.sex = '2')", "4", None, False),
        (f"{WOMEN} / count(staff)", "4", "199", True),
        (f"{WOMEN} / count(staff)", "5", "199", False),
        ("count(staff where sex = '2' and dual_qualified) / " + WOMEN, "0", "4", True),
        (f"{WOMEN} / count(staff) * 100", "400", "199", True),
        (f"{WOMEN} / count(staff) * 100", "500", "199", False),
        (f"{WOMEN} / 2", "4", "2", True),
        (f"{WOMEN} / 2", "5", "2", False),
        ("count(score where student.sex = '2')", "3", None, True),
        ("[women]", "4", None, True),
        ("[women] / count(staff)", "5", "199", False),
        ("year_to_date([share])", "4", "199", True),
        ("[share]", "4", None, False),
    ],
)
def test_few_that_something_personal_chose_are_masked_however_many_were_looked_through(
    dictionary: Dictionary,
    formula: str,
    numerator: str,
    denominator: str | None,
    is_masked: bool,  # noqa: FBT001 — what is expected
) -> None:
    scopes = {"scopes": [{"kind": "school", "period": "term"}]}
    women = rate(WOMEN) | scopes | {"indicator": "women"}
    share = rate("rate(student.sex = '2' of score)") | scopes | {"indicator": "share"}
    known = {each["indicator"]: parse_indicator(each, dictionary, 1) for each in (women, share)}
    indicator = parse_indicator(rate(formula) | scopes, dictionary, 1, known)
    cell = CELL | {"n": 199, "numerator": numerator, "denominator": denominator}
    in_force = [*known.values(), indicator]

    shown = Mask.of(in_force, sees_persons=False).show(cell)
    assert shown == cell | (HIDDEN if is_masked else {})
    assert Mask.of(in_force, sees_persons=True).show(cell) == cell
