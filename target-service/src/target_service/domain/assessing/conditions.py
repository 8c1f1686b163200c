"""Conditions over the items of an assessment: who may take part, who is nominated, who is warned.

One shape serves the eligibility of a selection (遴选条件), the automatic nomination of an honour
(荣誉提名) and the red and yellow list of majors (专业预警). A value that nobody has fulfils no
condition: no data is never red, and never eligible.

Source: plan M083 (专业设置动态调整), M084 (遴选), M091 (荣誉体系).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, Literal

from target_service.domain.attainment import rounded
from target_service.domain.limits import Limit, Number, write_number

Facet = Literal["value", "points"]
"""What of an item is asked: what was measured, or its points of 100."""

TOTAL: Final = "total"
"""In the place of an item: the points of the whole."""


class Verdict(StrEnum):
    """What it means that a condition is fulfilled."""

    ELIGIBLE = "eligible"
    """符合条件: who fulfils none of these takes no place"""

    NOMINATED = "nominated"
    """自动提名"""

    YELLOW = "yellow"
    """黄牌: 限制招生"""

    RED = "red"
    """红牌: 停止招生、撤销"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One item held against a limit."""

    item: str
    facet: Facet
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Clauses of which all, or at least some, must hold."""

    title: str
    verdict: Verdict
    clauses: tuple[Clause, ...]
    least: int
    """So many of them must hold; all of them where it is their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A clause, and what was found."""

    condition: str
    verdict: Verdict
    item: str
    facet: Facet
    limit: str
    found: str | None
    """None where there is no data."""

    holds: bool


Known = Mapping[tuple[str, Facet], Number | None]
"""Value and points of each item, and of the whole."""


def decide(
    conditions: Sequence[Condition], known: Known
) -> tuple[frozenset[Verdict], list[Reason]]:
    """Return what holds of an object, and every clause with what was found, fulfilled or not."""
    verdicts: set[Verdict] = set()
    reasons: list[Reason] = []
    for condition in conditions:
        asked = [_ask(condition, clause, known) for clause in condition.clauses]
        reasons += asked
        if sum(each.holds for each in asked) >= condition.least:
            verdicts.add(condition.verdict)
    return frozenset(verdicts), reasons


def _ask(condition: Condition, clause: Clause, known: Known) -> Reason:
    value = known.get((clause.item, clause.facet))
    return Reason(
        condition=condition.title,
        verdict=condition.verdict,
        item=clause.item,
        facet=clause.facet,
        limit=clause.limit.words,
        found=None if value is None else write_number(rounded(Fraction(value))),
        holds=value is not None and clause.limit.holds(value),
    )
