"""The lines of a binding: target, standard tiers, warning, and what they inherit.

Target and tiers say what shall hold. The warning is the other way round: it says **when to
warn** (real data: target ≤ 14, standard ≤ 15, warning > 16), so its operator points the other
way. Source: design "Alerts" 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind, UnknownReferenceError
from target_service.domain.limits import Limit
from target_service.domain.scoring.base import ScoringRule
from target_service.domain.units import Faults


class Tier(StrEnum):
    """A tier of a standard (标准等级), from the lowest to the highest."""

    FLOOR = "floor"
    """底线: breaking it vetoes"""

    QUALIFIED = "qualified"
    """合格: this tier is *the standard* of a binding"""

    GOOD = "good"
    """良好"""

    BENCHMARK = "benchmark"
    """标杆"""


STANDARD_TIERS: Final = (Tier.QUALIFIED, Tier.FLOOR)
"""Tiers that are *the standard* of a binding: the first of them that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What a value is held against. An absent line is not judged."""

    target: Limit | None = None
    tiers: Mapping[Tier, Limit] = field(default_factory=dict)
    warning: Limit | None = None
    scoring: ScoringRule | None = None
    """Makes an attainment of a value; None: the ratio to the target, capped."""

    @property
    def standard(self) -> Limit | None:
        """The qualified tier; the floor where there is no qualified tier."""
        for tier in STANDARD_TIERS:
            if tier in self.tiers:
                return self.tiers[tier]
        return None


_SCOPES: Final = "GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)"
_REGISTER: Final = "POST /api/target/v1/basis-documents 先登记依据文件 (register it first)"
_FIXES: Final = {
    "$.scope": "GET /api/datahub/v1/scopes 列出全部对象；记录刚推送的请稍后再试"
    " (lists every scope; if its record was pushed just now, try again in a moment)",
    "$.kind": "GET /api/datahub/v1/indicators/<id> 列出指标按哪些对象与周期计量"
    " (tells which scopes and periods an indicator is measured for)",
    **dict.fromkeys(
        ("$.scopes", "$.units", "$.unit", "$.party", "$.persons", "$.present"), _SCOPES
    ),
    "$.indicator": "PUT /api/datahub/v1/indicators/<id> 先发布指标 (publish the indicator first)",
    "$.period": "GET /api/datahub/v1/indicators/<id> 列出指标按哪些对象与周期计量"
    " (tells which scopes and periods an indicator is measured for)",
    "$.support_indicator": "PUT /api/datahub/v1/indicators/<id> 先发布指标"
    " (publish the indicator first)",
    **dict.fromkeys(("$.owner", "$.co_owners", "$.approver"), _SCOPES),
    "$.dimensions": "POST /api/target/v1/value-dimensions 先登记育人价值维度 (register it first)",
    **dict.fromkeys(("$.document", "$.basis"), _REGISTER),
    "$.key": "先立所议定的规划、目标、标准、任务或机构 (state first what it decides on)",
    "$.clause": "GET /api/target/v1/basis-documents/<key> 列出条款 (lists its clauses)",
    "$.parent": "先立上级目标或规划：POST /api/target/v1/goals、/plans (state the parent first)",
    "$.plan": "POST /api/target/v1/plans 先立规划 (state the plan first)",
    "$.goal": "POST /api/target/v1/goals 先立目标 (state the goal first)",
    "$.standard": "POST /api/target/v1/standards 先批准标准 (approve the standard first)",
}
"""What to do about a reference that is not there."""


NO_LINE: Final = (
    "$",
    "目标值、标准、预警值至少要有一个 (give a target, a standard or a warning)",
)
"""The fault of a binding that neither has lines nor inherits any."""

_GIVE_A_LINE: Final = (
    '给出 target、tiers、warning 之一，如 "target": {"op": ">=", "value": "0.85"}，'
    "或以 goal、standard 继承 (give a target, tiers or a warning, or name a goal or standard)"
)


class LinesError(DomainError):
    """The lines contradict each other."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "binding-lines"
    title_zh: ClassVar = "目标、标准、预警互相矛盾"
    title_en: ClassVar = "The lines contradict each other"


class LineMissingError(LinesError):
    """There is no line at all: nothing to judge a value by."""

    code: ClassVar = "binding-without-line"
    title_zh: ClassVar = "绑定至少要有一条线"
    title_en: ClassVar = "A binding needs a line"


def _fix_of(path: str) -> str:
    """Return what to do about a reference, by the last part of its path without its place."""
    return _FIXES[f"$.{path.rpartition('.')[2].partition('[')[0]}"]


@dataclass(frozen=True, slots=True)
class Aim:
    """The target of the goal that a binding serves."""

    target: Limit | None
    of_indicator: bool
    """The goal names the indicator: the number is its own, and no binding asks less or more."""


def inherit(own: Lines, *, goal: Aim | None, standard: Lines) -> Lines:
    """Return the lines in force: the binding's own, then its goal's target, then its standard's.

    The target of a goal about the very indicator comes first: a goal is not met by a value that
    meets another target than its own.
    """
    aim = goal.target if goal else None
    first, second = (aim, own.target) if goal and goal.of_indicator else (own.target, aim)
    return Lines(
        target=first or second or standard.target,
        tiers={**standard.tiers, **own.tiers},
        warning=own.warning or standard.warning,
    )


def refuse(contradictions: Faults, unknown: Faults, wrong: type[DomainError] | None = None) -> None:
    """Refuse everything that was found at once, if anything was.

    Args:
        contradictions: what cannot be meant, by JSON path.
        unknown: what it refers to that is not there.
        wrong: the error of contradictions; of lines when not given.

    Raises:
        LineMissingError: there is no line.
        LinesError: something contradicts; what is unknown beside it is told as well.
        UnknownReferenceError: what it refers to is not there, and nothing else is wrong.
    """
    found = [*contradictions, *unknown]
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for path, reason in found:
        fields.setdefault(path, []).append(reason)
    fixes = list(dict.fromkeys(_fix_of(path) for path in dict(unknown)))
    kind: type[DomainError] = (wrong or LinesError) if contradictions else UnknownReferenceError
    if NO_LINE in contradictions:
        kind, fixes = LineMissingError, [_GIVE_A_LINE, *fixes]
    zh, en = f"请检查：{'、'.join(fields)}", f"Check {', '.join(fields)}"
    raise kind(zh, en, fields=fields, fixes=fixes)
