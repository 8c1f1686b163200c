"""The catalogue as a whole: every row has its definitions, and every definition a golden value."""

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.depending import named_in
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import load_catalogue, load_thresholds
from datahub.indicators.tables import IndicatorRow
from datahub.tests import (
    test_catalogue_course,
    test_catalogue_major,
    test_catalogue_process,
    test_catalogue_school,
    test_catalogue_student,
    test_catalogue_teacher,
)
from datahub.tests.catalogue_page import PAGE, page

LINES = [
    *test_catalogue_school.GOLDEN,
    *test_catalogue_major.GOLDEN,
    *test_catalogue_course.GOLDEN,
    *test_catalogue_teacher.GOLDEN,
    *test_catalogue_student.GOLDEN,
    *test_catalogue_process.GOLDEN,
]
LAST = {"SC": 55, "MJ": 26, "CR": 18, "TC": 17, "ST": 18, "PR": 8}
ROWS = [f"{family}{row:02}" for family, last in LAST.items() for row in range(1, last + 1)]


def test_the_catalogue_has_142_rows() -> None:
    assert len(ROWS) == 142


def test_every_row_of_the_catalogue_has_a_definition() -> None:
    defined = {row for each in load_catalogue().values() for row in each["catalogue"]}

    assert sorted(defined) == sorted(ROWS)


def test_every_definition_has_a_golden_value() -> None:
    assert {line.indicator for line in LINES} == load_catalogue().keys()


def test_every_definition_is_measured_somewhere() -> None:
    measured = {line.indicator for line in LINES if line.value}

    assert load_catalogue().keys() - measured == set()


CLASSES = {
    "annual_score": "personal",
    "card_spending": "sensitive",
    "class_rank_ratio": "personal",
    "conduct_score": "personal",
    "daily_online_hours": "personal",
    "discipline_ratio": "sensitive",
    "ethics_score": "personal",
    "fitness_score": "sensitive",
    "graduate_salary": "sensitive",
    "grants_in_aid": "sensitive",
    "library_loans": "personal",
    "loan_amount": "sensitive",
    "major_rank_ratio": "personal",
    "own_tasks_ratio": "personal",
    "psychological_mean": "restricted",
    "punishments": "sensitive",
    "scholarships": "sensitive",
    "teacher_mean_age": "personal",
    "work_study_hours": "sensitive",
}
"""Aid, punishments, health, psychology, pay: whatever else is counted is internal."""

CORE = {
    "attendance_rate",
    "dual_qualified_ratio",
    "score_pass_ratio",
    "student_staff_ratio",
}


def test_every_definition_is_as_private_as_what_it_is_made_of(dictionary: Dictionary) -> None:
    stored = {
        name: [IndicatorRow(id=name, version=1, document=dict(document))]
        for name, document in load_catalogue().items()
    }
    read = {name: found for name, (found, _) in following.read_all(stored, dictionary).items()}

    assert {
        name: each.privacy for name, each in read.items() if each and each.privacy != "internal"
    } == CLASSES
    assert {name for name, each in read.items() if each and each.core} == CORE


@pytest.mark.parametrize("name", sorted(load_catalogue()))
def test_a_definition_holds_against_the_dictionary(dictionary: Dictionary, name: str) -> None:
    shipped = load_catalogue()
    document = shipped[name]
    taken = named_in(document.get("formula"))
    known = {each: parse_indicator(shipped[each], dictionary, 1) for each in taken}

    assert parse_indicator(document, dictionary, 1, known).id == name
    assert document["catalogue"]
    assert document["basis"]
    assert document["level"] in {"school", "major", "course", "teacher", "student"}


def test_psychological_scores_are_measured_for_a_major_and_a_month_alone() -> None:
    """Source: design "Data hub" 7 (psychological data exists only as aggregates)."""
    reading = {
        name: [(each["kind"], each["period"]) for each in document["scopes"]]
        for name, document in load_catalogue().items()
        if "counselling_summary" in document["formula"]
    }

    assert reading == {"psychological_mean": [("major", "month")]}


def test_a_figure_in_use_says_whose_it_is_and_how_sure() -> None:
    figures = [each for figures in load_thresholds().values() for each in figures]

    assert load_thresholds().keys() <= load_catalogue().keys()
    assert {each["mark"] for each in figures} == {"seen", "memory", "unsure"}
    assert [each for each in figures if not (each["source"] and each["operator"])] == []
    assert [(each["value"], each["mark"]) for each in load_thresholds()["computers_per_100"]] == [
        ("8", "memory")
    ]


def test_the_page_lists_the_catalogue_as_it_is() -> None:
    assert PAGE.read_text("utf-8") == page(), "python datahub/tests/catalogue_page.py"
