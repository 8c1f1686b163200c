"""Marks of people, weighed by who gave them (评价主体: 学生、同行、督导、用人单位、本人、领导).

A source with fewer marks than it needs counts for nothing, and is named. What the others say is
weighed among themselves, and the coverage tells how much of the whole they are.

Source: plan M087 (教学质量评价), M082; minimum numbers are the scheme's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from target_service.domain.assessing.found import Marked
from target_service.domain.limits import read_number, write_number
from target_service.domain.units import Faults

FULL_MARK: Final = Decimal(100)


class Rater(StrEnum):
    """Who marks (评价主体)."""

    STUDENTS = "students"
    """学生"""

    PEERS = "peers"
    """同行"""

    SUPERVISION = "supervision"
    """督导"""

    EMPLOYERS = "employers"
    """用人单位"""

    SELF = "self"
    """本人"""

    LEADER = "leader"
    """领导"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of marks, what it counts, and how many marks it takes."""

    rater: Rater
    weight: Decimal
    minimum: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of a checklist (有效课堂评价表), with its points."""

    key: str
    title: str
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the marks of an item come to."""

    score: Fraction | None
    """0 to 1; None where no source has marks enough."""

    coverage: Fraction
    """Share of the sources' weight that has marks enough."""

    short: tuple[Rater, ...]
    """Sources that have too few."""


def weigh(sources: Sequence[Source], marks: Mapping[str, Marked]) -> Weighed:
    """Return the mean mark of each source, weighed."""
    enough = [each for each in sources if _count(marks, each) >= each.minimum]
    whole = sum((Fraction(each.weight) for each in enough), Fraction())
    said = (
        Fraction(each.weight) * Fraction(marks[each.rater].total) / marks[each.rater].count
        for each in enough
    )
    return Weighed(
        score=sum(said, Fraction()) / whole / 100 if whole else None,
        coverage=whole / sum((Fraction(each.weight) for each in sources), Fraction()),
        short=tuple(each.rater for each in sources if each not in enough),
    )


def faults_of_sources(path: str, sources: Sequence[Source]) -> Faults:
    """Return a source that comes twice, and weights that do not sum to exactly 1."""
    raters = [each.rater for each in sources]
    found: Faults = [
        (f"{path}[{place}].rater", f"{rater} 出现不止一次 (a source twice)")
        for place, rater in enumerate(raters)
        if rater in raters[:place]
    ]
    if not sources:
        return [(path, "至少要有一个评价主体 (give at least one source)")]
    return found + faults_of_weights(path, [each.weight for each in sources])


def faults_of_weights(path: str, weights: Sequence[Decimal]) -> Faults:
    """Return that weights do not sum to exactly 1, and by how much they miss it."""
    whole = sum(weights, Decimal(0))
    if whole == 1:
        return []
    told, off = write_number(whole), write_number(1 - whole)
    return [(path, f"权重之和为 {told}，须恰为 1，差 {off} (weights sum to {told}, not to 1)")]


def faults_of_checklist(path: str, checklist: Sequence[Check]) -> Faults:
    """Return lines that come twice, and points that do not sum to 100."""
    keys = [each.key for each in checklist]
    found: Faults = [
        (f"{path}[{place}].key", f"{key} 出现不止一次 (a line twice)")
        for place, key in enumerate(keys)
        if key in keys[:place]
    ]
    whole = sum((each.points for each in checklist), Decimal(0))
    if checklist and whole != FULL_MARK:
        told = write_number(whole)
        found.append((path, f"各条分值之和为 {told}，须为 100 (points sum to {told}, not to 100)"))
    return found


def read_mark(path: str, given: str | None, faults: Faults) -> Decimal | None:
    """Return a mark from 0 to 100; what is wrong with it is told to ``faults``."""
    if given is None:
        faults.append((path, "必填：0–100 (required: from 0 to 100)"))
        return None
    mark = read_number(given)
    if not 0 <= mark <= FULL_MARK:
        faults.append((path, f"{given} 不在 0–100 之间 (not from 0 to 100)"))
    return mark


def mark_of_checklist(
    path: str, checklist: Sequence[Check], given: Mapping[str, str], faults: Faults
) -> Decimal:
    """Return the mark that the points of a filled checklist add up to."""
    known = {each.key: each for each in checklist}
    faults += [
        (f"{path}.{key}", f"评价表没有这一条，只有 (no such line, only) {' '.join(known)}")
        for key in given
        if key not in known
    ]
    faults += [(f"{path}.{key}", "必填 (required)") for key in known if key not in given]
    points = {key: read_number(given[key]) for key in known if key in given}
    faults += [
        (f"{path}.{key}", f"须在 0–{write_number(known[key].points)} 之间 (out of its points)")
        for key, each in points.items()
        if not 0 <= each <= known[key].points
    ]
    return sum(points.values(), Decimal(0))


def _count(marks: Mapping[str, Marked], source: Source) -> int:
    marked = marks.get(source.rater)
    return marked.count if marked else 0
