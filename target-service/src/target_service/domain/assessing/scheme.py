"""What is assessed and how (考核方案): items with weights and rules, grades, conditions, quota.

Source: plan M063-M064, M081-M091.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar, Final

from shared.errors import DomainError, ErrorKind
from target_service.domain.assessing.conditions import TOTAL, Condition, Verdict
from target_service.domain.assessing.found import Gather
from target_service.domain.assessing.ranking import Grade, faults_of_grades
from target_service.domain.assessing.sources import (
    Check,
    Source,
    faults_of_checklist,
    faults_of_sources,
    faults_of_weights,
)
from target_service.domain.attainment import rounded
from target_service.domain.limits import Limit, Number
from target_service.domain.scoring import faults_of_scoring
from target_service.domain.units import Faults


class Purpose(StrEnum):
    """What an assessment is for."""

    DEPARTMENT = "department"
    """部门年度考核"""

    CADRE = "cadre"
    """干部任期考核"""

    SELECTION = "selection"
    """遴选: 品牌、骨干专业, 名师, 团队"""

    EVALUATION = "evaluation"
    """质量评价"""

    HONOUR = "honour"
    """荣誉"""

    PROGRESS = "progress"
    """进步积分"""

    ADJUSTMENT = "adjustment"
    """专业设置动态调整"""


class Takes(StrEnum):
    """What an item takes."""

    INDICATOR = "indicator"
    """指标值"""

    PROGRESS = "progress"
    """与自己上一周期之差: progress, not level"""

    ATTAINMENT = "attainment"
    """指标绑定的达成度"""

    GOALS = "goals"
    """目标达成度 of its own goals (部门年度目标)"""

    TASKS = "tasks"
    """任务完成率 of its own tasks (部门年度任务)"""

    MARKS = "marks"
    """评价主体打分"""

    TALLY = "tally"
    """按次登记: events, awards, levels"""

    RESULT = "result"
    """其他考核的结果; in a term of office, of each year"""


NAMED: Final = {Takes.INDICATOR, Takes.PROGRESS, Takes.ATTAINMENT, Takes.RESULT}
"""They take something by its key."""

PLANNED: Final = {Takes.GOALS, Takes.TASKS}
"""They take what belongs to a plan by its key, or all where none is named."""

RULED: Final = {Takes.INDICATOR: "value", Takes.PROGRESS: "value", Takes.TALLY: "tally"}
"""They need a scoring rule, for a value or a tally; the others are a score already."""

GROUP: Final = {"relative_to_best": "best", "relative_to_mean": "mean"}
"""Rules that compare with the group: what is not given is taken from those assessed together."""

PERSONAL: Final = frozenset({"teacher", "student"})
"""Kinds of object that are persons."""

TEAM: Final = "team"

PRIVATE: Final = PERSONAL | {TEAM}
"""Kinds of which no results leave by an event: a small team tells of its members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a scheme (考核指标)."""

    key: str
    title: str
    takes: Takes
    of: str = ""
    """Indicator, scheme or plan; empty where nothing is named."""

    rule: Mapping[str, Any] | None = None
    weight: Decimal
    """0 for what only conditions ask."""

    veto: Limit | None = None
    """一票否决: a value for which it holds leaves no points at all."""

    gather: Gather = Gather.POOLED
    lower_is_better: bool = False
    """Of progress: going down is the progress."""

    period_kind: str = ""
    """Kind of period that it is measured for; that of the run where empty."""

    sources: tuple[Source, ...] = ()
    checklist: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A version of an assessment scheme."""

    purpose: Purpose
    kind: str
    """Kind of those assessed: a kind of scope, or ``team``."""

    items: tuple[Item, ...]
    grades: tuple[Grade, ...] = ()
    conditions: tuple[Condition, ...] = ()
    ranked: bool = False
    tie_break: tuple[str, ...] = ()
    quota: int | None = None
    opt_in: bool = False
    """Only who agrees has a place: rankings of persons."""

    minimum_coverage: Decimal = Decimal("0.6")
    objection_days: int = 5
    items_by_key: Mapping[str, Item] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items_by_key", {each.key: each for each in self.items})

    @property
    def is_personal(self) -> bool:
        """Whether those assessed are persons."""
        return self.kind in PERSONAL


class SchemeFaultsError(DomainError):
    """A scheme cannot be meant as it is written."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "assessment-scheme"
    title_zh: ClassVar = "考核方案有误"
    title_en: ClassVar = "The assessment scheme is wrong"


def faults_of_scheme(scheme: Scheme, directions: Mapping[str, str]) -> Faults:
    """Return everything that is wrong with a scheme, by JSON path.

    Args:
        directions: where better lies, by indicator.
    """
    found: Faults = []
    for place, item in enumerate(scheme.items):
        found += _faults_of_item(f"$.items[{place}]", item, scheme.items[:place], directions)
    return [
        *found,
        *_faults_of_weights(scheme),
        *faults_of_grades("$.grades", scheme.grades),
        *_faults_of_conditions(scheme),
        *_faults_of_ranking(scheme),
        *_faults_of_purpose(scheme),
    ]


def _faults_of_weights(scheme: Scheme) -> Faults:
    """Items that are only asked by conditions weigh nothing: then there are no points."""
    weights = [each.weight for each in scheme.items]
    is_without_points = not any(weights) and scheme.conditions
    return [] if is_without_points else faults_of_weights("$.items", weights)


def _faults_of_item(
    path: str, item: Item, earlier: Sequence[Item], directions: Mapping[str, str]
) -> Faults:
    found: Faults = []
    if any(each.key == item.key for each in earlier):
        found.append((f"{path}.key", f"{item.key} 出现不止一次 (an item twice)"))
    if item.takes not in PLANNED and (item.takes in NAMED) != bool(item.of):
        which = "须给出 (required)" if item.takes in NAMED else "不适用，请删去 (not taken)"
        found.append((f"{path}.of", f"{item.takes} {which}"))
    found += _faults_of_progress(path, item, directions.get(item.of, ""))
    found += _faults_of_rule(path, item, _direction_of(item, directions))
    if item.takes is Takes.MARKS:
        found += faults_of_sources(f"{path}.sources", item.sources)
    elif item.sources or item.checklist:
        found.append((f"{path}.sources", "只有 marks 由人评分 (only `marks` has sources)"))
    return found + faults_of_checklist(f"{path}.checklist", item.checklist)


def _faults_of_progress(path: str, item: Item, direction: str) -> Faults:
    """Return that what an item counts as progress is none by its indicator."""
    if item.takes is not Takes.PROGRESS or direction not in {"higher", "lower"}:
        return []
    is_lower = direction == "lower"
    if item.lower_is_better == is_lower:
        return []
    meant = str(is_lower).lower()
    reason = f"与指标的方向相反：应写作 {meant} (of this indicator {direction} is better: {meant})"
    return [(f"{path}.lower_is_better", reason)]


def _direction_of(item: Item, directions: Mapping[str, str]) -> str:
    """Return where better lies of what a rule is given: progress is told upwards as the better."""
    if item.takes is Takes.PROGRESS:
        return "higher"
    return directions.get(item.of, "") if item.takes is Takes.INDICATOR else ""


def _faults_of_rule(path: str, item: Item, direction: str) -> Faults:
    takes = RULED.get(item.takes)
    if takes is None:
        useless = item.rule is not None
        reason = f"{item.takes} 本身即为得分，不用 rule (it is a score already: no rule)"
        return [(f"{path}.rule", reason)] if useless else []
    if item.rule is None:
        needed = item.weight > 0
        return [(f"{path}.rule", "有权重的项须有评分规则 (it needs a rule)")] if needed else []
    rule = with_group(item.rule, [Decimal(1)]) or item.rule
    return faults_of_scoring(rule, f"{path}.rule", direction, takes=takes)


def with_group(rule: Mapping[str, Any], values: Sequence[Number]) -> Mapping[str, Any] | None:
    """Return a rule that knows its group: ``best`` or ``mean`` of the values, unless given.

    None where there is nothing to compare with: an empty group, or a best value of 0.
    """
    name = GROUP.get(str(rule.get("rule")))
    if name is None or rule.get(name) is not None:
        return rule
    exact = [Fraction(each) for each in values]
    if not exact:
        return None
    best = (min if rule.get("better") == "lower" else max)(exact)
    if name == "best" and best <= 0:
        return None
    return {**rule, name: rounded(best if name == "best" else sum(exact, Fraction()) / len(exact))}


def _faults_of_conditions(scheme: Scheme) -> Faults:
    known = {*scheme.items_by_key, TOTAL}
    found: Faults = []
    for place, condition in enumerate(scheme.conditions):
        path = f"$.conditions[{place}]"
        found += [
            (f"{path}.clauses[{nth}].item", f"没有考核项 {clause.item} (no such item)")
            for nth, clause in enumerate(condition.clauses)
            if clause.item not in known
        ]
        if not 1 <= condition.least <= len(condition.clauses):
            reason = f"须在 1–{len(condition.clauses)} 之间 (from 1 to the number of clauses)"
            found.append((f"{path}.least", reason))
    return found


def _faults_of_ranking(scheme: Scheme) -> Faults:
    found: Faults = [
        (f"$.tie_break[{place}]", f"没有考核项 {key} (no such item)")
        for place, key in enumerate(scheme.tie_break)
        if key not in scheme.items_by_key
    ]
    for name, given in (("quota", scheme.quota), ("tie_break", scheme.tie_break)):
        if given and not scheme.ranked:
            found.append((f"$.{name}", "只有排名的方案才有 (only where there are places)"))
    if scheme.ranked and scheme.is_personal and not scheme.opt_in:
        reason = "个人排名须本人同意 (a ranking of persons takes their consent)"
        found.append(("$.opt_in", reason))
    return found


_WANTS: Final = {
    Purpose.HONOUR: {Verdict.NOMINATED},
    Purpose.ADJUSTMENT: {Verdict.YELLOW, Verdict.RED},
}


def _faults_of_purpose(scheme: Scheme) -> Faults:
    wanted = _WANTS.get(scheme.purpose)
    given = {each.verdict for each in scheme.conditions}
    found: Faults = []
    if wanted and not wanted & given:
        reason = f"须有一个条件得出 {'/'.join(sorted(wanted))} (some condition says so)"
        found.append(("$.conditions", reason))
    if scheme.purpose is Purpose.SELECTION and not (scheme.ranked and scheme.quota):
        found.append(("$.quota", "遴选须排名并有名额 (a selection has places and a quota)"))
    is_level = any(i.weight and i.takes is not Takes.PROGRESS for i in scheme.items)
    if scheme.purpose is Purpose.PROGRESS and is_level:
        reason = "进步积分只计进步：各项 takes 为 progress (only progress counts)"
        found.append(("$.items", reason))
    return found
