"""Criteria of a standard: an indicator, its lines, what it weighs, and where it comes from.

A criterion may have lines of its own for a class of object (标杆、品牌、特色): a scope carries its
classes as tags (``standing:benchmark``), and the first class of the criterion that it carries gives
its lines. Weights sum to exactly 1, or none is given and all weigh the same.

Source: design "Goals and standards" 3, 4, 7; plan §四(一).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from shared.contracts.vocabulary import AlertFrom
from target_service.domain.contradictions import faults_of_lines, faults_of_tiers
from target_service.domain.limits import write_number
from target_service.domain.lines import Lines
from target_service.domain.scoring import faults_of_scoring
from target_service.domain.units import UNKNOWN, Faults, Measure


class Source(StrEnum):
    """Who set the lines (标准来源)."""

    NATIONAL = "national"
    """国家标准"""

    PROVINCIAL = "provincial"
    """省（直辖市）标准"""

    MUNICIPAL = "municipal"
    """市标准"""

    OWN = "own"
    """校标"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion (指标项) of a standard."""

    indicator: str | None
    """None in a standard of one criterion that holds for whatever indicator refers to it."""

    lines: Lines
    classes: Mapping[str, Lines] = field(default_factory=dict)
    """Other lines for objects that carry the tag, in the order in which they are asked."""

    weight: Decimal | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    """What else it says: title, source, basis, scoring; versions are compared by it."""

    @property
    def scoring(self) -> Mapping[str, Any] | None:
        """Return the document of the rule that makes an attainment of a value, if it names one."""
        return self.about.get("scoring")

    def lines_for(self, tags: Collection[str]) -> Lines:
        """Return the lines that hold for an object with these tags."""
        return self.lines_and_class_for(tags)[0]

    def lines_and_class_for(self, tags: Collection[str]) -> tuple[Lines, str | None]:
        """Return the lines that hold for an object, and the class that it has them by."""
        mine = next((name for name in self.classes if name in tags), None)
        return (self.classes[mine], mine) if mine else (self.lines, None)


def criterion_of(criteria: Sequence[Criterion], indicator: str) -> Criterion | None:
    """Return the criterion of an indicator; one without indicator holds for each."""
    return next((each for each in criteria if each.indicator in {indicator, None}), None)


def no_criterion(standard: str, indicator: str) -> tuple[str, str]:
    """Return the fault of a binding whose standard says nothing about its indicator."""
    reason = (
        f"标准 {standard} 没有指标 {indicator} 的指标项"
        f" (the standard has no criterion of {indicator})"
    )
    return "$.standard", reason


def faults_of_classes(names: Sequence[str], path: str) -> Faults:
    """Return classes of object that a criterion names twice."""
    return [
        (f"{path}.classes[{place}].object_class", f"{name} 出现不止一次 (a class twice)")
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def weights_of(criteria: Sequence[Criterion]) -> list[Fraction]:
    """Return what each criterion weighs: together exactly 1."""
    given = [each.weight for each in criteria]
    if None in given:
        return [Fraction(1, len(criteria))] * len(criteria)
    return [Fraction(weight) for weight in given if weight is not None]


def faults_of_criteria(
    criteria: Sequence[Criterion], measures: Mapping[str, Measure], paths: Sequence[str]
) -> Faults:
    """Return everything that cannot be meant, by JSON path.

    Args:
        measures: by indicator; one that is not there is not known.
        paths: where each criterion stands in the document.
    """
    found: Faults = []
    seen: dict[str | None, str] = {}
    for each, path in zip(criteria, paths, strict=True):
        if each.indicator in seen:
            found.append((f"{path}.indicator", _twice(each.indicator, seen[each.indicator])))
        seen.setdefault(each.indicator, path)
        measure = measures.get(each.indicator or "", UNKNOWN)
        found += _faults_of_lines(each.lines, measure, path)
        for place, lines in enumerate(each.classes.values()):
            found += _faults_of_lines(lines, measure, f"{path}.classes[{place}]")
        if each.scoring:
            found += faults_of_scoring(each.scoring, f"{path}.scoring", measure.direction)
    return [*found, *_faults_of_weights(criteria, paths)]


def _faults_of_lines(lines: Lines, measure: Measure, path: str) -> Faults:
    if not lines.tiers:
        return [(f"{path}.tiers", "标准至少要有一档 (give at least one tier)")]
    has_more = lines.target or lines.warning
    found = (
        faults_of_lines(lines, AlertFrom.EITHER, measure)
        if has_more
        else faults_of_tiers(lines.tiers, measure)
    )
    return [(path + place.removeprefix("$"), reason) for place, reason in found]


def _twice(indicator: str | None, first: str) -> str:
    return (
        f"指标 {indicator} 已在 {first} 出现：合为一项，不同类别的线写入 classes"
        f" (it is a criterion at {first} already: lines by class of object belong into `classes`)"
    )


def _faults_of_weights(criteria: Sequence[Criterion], paths: Sequence[str]) -> Faults:
    given = [each.weight for each in criteria if each.weight is not None]
    if not given:
        return []
    if len(given) < len(criteria):
        reason = "权重要么每项都给，要么都不给（等权） (give every weight, or none: all the same)"
        return [
            (f"{path}.weight", reason)
            for each, path in zip(criteria, paths, strict=True)
            if each.weight is None
        ]
    return faults_of_sum(given, [f"{path}.weight" for path in paths])


def faults_of_sum(weights: Sequence[Decimal], paths: Sequence[str]) -> Faults:
    """Return that weights do not sum to exactly 1, at the last of them, with what is missing."""
    total = sum(weights, Decimal(0))
    if total == 1:
        return []
    by = write_number(abs(1 - total))
    zh, en = ("少", "too little") if total < 1 else ("多", "too much")
    reason = (
        f"权重之和为 {write_number(total)}，{zh} {by}：须恰为 1"
        f" (the weights sum to {write_number(total)}, {by} {en}: they must sum to exactly 1)"
    )
    return [(paths[-1], reason)]
