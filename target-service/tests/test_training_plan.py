"""The lint of a training plan, exact at each line of the rules."""

from decimal import Decimal
from fractions import Fraction

import pytest

from target_service.domain.training_plan import (
    Nature,
    PlannedCourse,
    faults_of_courses,
    figures_of,
    lint,
)


def course(
    code: str,
    hours: str,
    practice: str = "0",
    *,
    points: str | None = None,
    nature: Nature = Nature.MAJOR_CORE,
    elective: bool = False,
) -> PlannedCourse:
    return PlannedCourse(
        code=code,
        hours=Decimal(hours),
        practice_hours=Decimal(practice),
        credits=Decimal(points) if points else None,
        nature=nature,
        elective=elective,
    )


def plan(*, public: int = 650, elective: int = 260, practice: int = 1300) -> list[PlannedCourse]:
    return [
        course("A", str(public), nature=Nature.PUBLIC_BASIC),
        course("B", str(elective), elective=True),
        course("C", str(2600 - public - elective), str(practice)),
    ]


def test_a_plan_at_every_line_is_without_findings() -> None:
    assert lint(plan(), 3) == []
    figures = figures_of(plan())
    assert (figures.practice, figures.public_basic, figures.elective) == (
        Fraction(1, 2),
        Fraction(1, 4),
        Fraction(1, 10),
    )


@pytest.mark.parametrize(
    ("courses", "rule", "share"),
    [
        (plan(practice=1299), "practice", "49.96 %"),
        (plan(public=649), "public-basic", "24.96 %"),
        (plan(elective=259), "electives", "9.96 %"),
    ],
)
def test_one_hour_less_than_a_share_is_found(
    courses: list[PlannedCourse], rule: str, share: str
) -> None:
    (found,) = lint(courses, 3)

    assert found.rule == rule
    assert share in found.zh
    assert found.source == "教职成〔2019〕13号"


@pytest.mark.parametrize(
    ("hours", "years", "rules"),
    [("2500", 3, 0), ("2499", 3, 1), ("1667", 2, 0), ("1666", 2, 1)],
)
def test_hours_are_owed_by_the_year(hours: str, years: int, rules: int) -> None:
    found = [each for each in lint([course("A", hours)], years) if each.rule == "hours"]

    assert len(found) == rules


@pytest.mark.parametrize(("hours", "odd"), [("63", 1), ("64", 0), ("72", 0), ("73", 1)])
def test_a_credit_is_sixteen_to_eighteen_hours(hours: str, odd: int) -> None:
    found = [each for each in lint([course("A", hours, points="4")], 3) if each.rule == "credits"]

    assert [each.path for each in found] == ["$.plan.courses[0].credits"] * odd


def test_weeks_of_practice_are_counted_otherwise() -> None:
    practice = course("A", "600", "600", points="20", nature=Nature.PRACTICE)

    assert "credits" not in {each.rule for each in lint([practice], 3)}


def test_what_is_wrong_in_the_table_is_told_at_once() -> None:
    found = faults_of_courses([course("A", "10", "11"), course("A", "10")])

    assert [path for path, _ in found] == [
        "$.plan.courses[0].code",
        "$.plan.courses[0].practice_hours",
        "$.plan.courses[1].code",
    ]
