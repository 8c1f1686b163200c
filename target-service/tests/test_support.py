"""The course-outcome matrix: weights, letters, and what requirements attain by their courses."""

from decimal import Decimal
from fractions import Fraction

from target_service.domain.support import (
    Support,
    faults_of_matrix,
    support_attainment,
    weights_of,
)


def cell(requirement: str, course: str, says: str) -> Support:
    letter = says if says in {"H", "M", "L"} else None
    return Support(
        requirement=requirement,
        course=course,
        letter=letter,
        weight=None if letter else Decimal(says),
    )


def test_a_requirement_attains_what_its_courses_do_by_their_weights() -> None:
    matrix = [cell("1", "A", "0.5"), cell("1", "B", "0.3"), cell("1", "C", "0.2")]
    values = {"A": Fraction(8, 10), "B": Fraction(9, 10), "C": Fraction(7, 10)}

    (found,) = support_attainment(matrix, ["1"], values)

    assert (found.attainment, found.coverage) == (Fraction(81, 100), 1)


def test_a_course_without_value_is_left_out_and_lowers_the_coverage() -> None:
    matrix = [cell("1", "A", "0.5"), cell("1", "B", "0.3"), cell("1", "C", "0.2")]

    (found,) = support_attainment(matrix, ["1"], {"A": Fraction(1), "C": Fraction(0)})

    assert (found.attainment, found.coverage) == (Fraction(5, 7), Fraction(7, 10))
    assert [each.attainment for each in found.shares] == [1, None, 0]


def test_without_any_value_nothing_is_known() -> None:
    (found,) = support_attainment([cell("1", "A", "1")], ["1"], {})

    assert (found.attainment, found.coverage) == (None, 0)


def test_letters_stand_for_three_two_and_one_parts() -> None:
    cells = [cell("1", "A", "H"), cell("1", "B", "M"), cell("1", "C", "L"), cell("1", "D", "L")]

    assert weights_of(cells) == [Fraction(3, 7), Fraction(2, 7), Fraction(1, 7), Fraction(1, 7)]


def test_everything_wrong_in_a_matrix_is_told_at_once() -> None:
    matrix = [
        cell("1", "A", "0.5"),
        cell("1", "B", "0.4"),
        cell("2", "A", "0.5"),
        cell("2", "B", "H"),
        cell("9", "A", "1"),
        cell("2", "Z", "0.5"),
        cell("1", "A", "0.05"),
    ]

    found = faults_of_matrix(matrix, ["1", "2", "3"], ["A", "B"])

    assert [path for path, _ in found] == [
        "$.plan.support[4].requirement",
        "$.plan.support[5].course",
        "$.plan.support[6]",
        "$.plan.support[6].weight",
        "$.plan.support[3]",
        "$.plan.requirements[2]",
    ]
    assert "0.95，少 0.05" in dict(found)["$.plan.support[6].weight"]
