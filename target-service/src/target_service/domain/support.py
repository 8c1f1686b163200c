"""The course-outcome matrix (课程—毕业要求) and the attainment of requirements that it supports.

A requirement is supported by courses: with numbers that sum to exactly 1, or with H, M and L, which
stand for 3, 2 and 1 parts (our default). Its attainment is Σ weight × attainment of the course over
the courses with a value, ÷ their weights, shown with the share that has one (coverage).

Source: plan §四(三) 课程支撑专业教学目标达成度 (M086); design "Goals and standards" 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from target_service.domain.criteria import faults_of_sum
from target_service.domain.units import Faults

LETTERS: Final = {"H": 3, "M": 2, "L": 1}
"""Parts that a letter stands for. Source: our default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """One cell of the matrix."""

    requirement: str
    course: str
    weight: Decimal | None
    """Either this,"""

    letter: str | None
    """or H, M or L."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a course gives to a requirement."""

    course: str
    weight: Fraction
    attainment: Fraction | None
    """Of the course, 0 to 1; None without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supported:
    """How far a requirement is attained by what its courses attain."""

    requirement: str
    attainment: Fraction | None
    """None where no course has a value: no data is not zero."""

    coverage: Fraction
    """Weight of the courses that have a value, of 1."""

    shares: tuple[Share, ...]


def faults_of_matrix(
    matrix: Sequence[Support], requirements: Sequence[str], courses: Sequence[str]
) -> Faults:
    """Return what is wrong in a matrix, by JSON path."""
    found: Faults = []
    seen: set[tuple[str, str]] = set()
    for place, each in enumerate(matrix):
        path = f"$.plan.support[{place}]"
        if each.requirement not in requirements:
            reason = f"没有毕业要求 {each.requirement}：先列入 requirements (no such requirement)"
            found.append((f"{path}.requirement", reason))
        if each.course not in courses:
            reason = f"课程表里没有 {each.course}：先列入 courses (no such course in the table)"
            found.append((f"{path}.course", reason))
        if (each.requirement, each.course) in seen:
            found.append((path, "这一格出现两次：留一格 (this cell twice: leave one)"))
        seen.add((each.requirement, each.course))
    for name in requirements:
        found += _faults_of_one(name, matrix, requirements)
    return found


def support_attainment(
    matrix: Sequence[Support], requirements: Sequence[str], values: Mapping[str, Fraction]
) -> list[Supported]:
    """Return how far each requirement is attained.

    Args:
        values: attainment of a course, 0 to 1; a course without a value is not there.
    """
    return [_supported(name, _of(name, matrix), values) for name in requirements]


def weights_of(cells: Sequence[Support]) -> list[Fraction]:
    """Return the weights of the cells of one requirement: together exactly 1."""
    parts = [
        Fraction(each.weight) if each.weight is not None else Fraction(LETTERS[each.letter or "L"])
        for each in cells
    ]
    total = sum(parts)
    return [part / total for part in parts]


def _of(requirement: str, matrix: Sequence[Support]) -> list[Support]:
    return [each for each in matrix if each.requirement == requirement]


def _faults_of_one(name: str, matrix: Sequence[Support], requirements: Sequence[str]) -> Faults:
    places = [place for place, each in enumerate(matrix) if each.requirement == name]
    if not places:
        path = f"$.plan.requirements[{requirements.index(name)}]"
        return [(path, f"没有课程支撑毕业要求 {name} (no course supports it)")]
    weights = [matrix[place].weight for place in places]
    numbers = [each for each in weights if each is not None]
    paths = [f"$.plan.support[{place}]" for place in places]
    if not numbers:
        return []
    if len(numbers) < len(weights):
        reason = "同一毕业要求要么全用权重，要么全用 H/M/L (numbers or letters, not both)"
        return [(paths[weights.index(None)], reason)]
    return faults_of_sum(numbers, [f"{path}.weight" for path in paths])


def _supported(
    requirement: str, cells: Sequence[Support], values: Mapping[str, Fraction]
) -> Supported:
    shares = tuple(
        Share(course=cell.course, weight=weight, attainment=values.get(cell.course))
        for cell, weight in zip(cells, weights_of(cells), strict=True)
    )
    told = [(each.weight, each.attainment) for each in shares if each.attainment is not None]
    coverage = sum((weight for weight, _ in told), Fraction(0))
    reached = sum((weight * value for weight, value in told), Fraction(0))
    return Supported(
        requirement=requirement,
        attainment=reached / coverage if coverage else None,
        coverage=coverage,
        shares=shares,
    )
