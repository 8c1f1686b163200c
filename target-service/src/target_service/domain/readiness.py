"""How ready the college is for the external review (复核): a score, explained item by item.

An item counts with its weight as far as its evidence goes: none 0, partial half, complete 1 (our
default). Weights sum to exactly 1.

Source: plan §三 力争诊改复核通过 (M010); 渝高职诊改〔2019〕2号.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from target_service.domain.criteria import faults_of_sum
from target_service.domain.units import Faults


class Evidence(StrEnum):
    """How far the evidence of an item goes (佐证材料)."""

    NONE = "none"
    """没有"""

    PARTIAL = "partial"
    """部分"""

    COMPLETE = "complete"
    """齐备"""


_COUNTS: Final = {
    Evidence.NONE: Fraction(0),
    Evidence.PARTIAL: Fraction(1, 2),
    Evidence.COMPLETE: Fraction(1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of the checklist, or a milestone."""

    key: str
    weight: Decimal
    evidence: Evidence
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What an item gives, and what it still costs."""

    key: str
    gives: Fraction
    lacks: Fraction
    overdue: bool


def score(items: Sequence[Item], today: date) -> tuple[Fraction, list[Scored]]:
    """Return the score, 0 to 1, and the items, those that cost most first."""
    scored = [_scored(each, today) for each in items]
    scored.sort(key=lambda each: (-each.lacks, each.key))
    return sum((each.gives for each in scored), Fraction(0)), scored


def faults_of_items(items: Sequence[Item]) -> Faults:
    """Return what is wrong with a checklist, by JSON path."""
    counted = Counter(each.key for each in items)
    twice = [
        (f"$.items[{place}].key", f"编号 {each.key} 出现不止一次 (the key stands there twice)")
        for place, each in enumerate(items)
        if counted[each.key] > 1
    ]
    paths = [f"$.items[{place}].weight" for place in range(len(items))]
    return [*twice, *faults_of_sum([each.weight for each in items], paths)]


def _scored(item: Item, today: date) -> Scored:
    weight = Fraction(item.weight)
    gives = weight * _COUNTS[item.evidence]
    late = item.due_on is not None and item.due_on < today
    return Scored(
        key=item.key,
        gives=gives,
        lacks=weight - gives,
        overdue=late and item.evidence is not Evidence.COMPLETE,
    )
