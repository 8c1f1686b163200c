"""Facts on the work of a cycle, on earlier periods, and on the objects beside and beneath.

Source: contract "Events".
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNote:
    """A task (任务) as its newest fact leaves it."""

    task: str
    scope: str
    unit: str | None
    state: str
    title: str
    task_kind: str
    system: str
    owner: str
    goals: list[str]
    starts_on: str | None
    ends_on: str | None
    progress: str
    overdue: bool
    done_on: str | None
    version: int
    at: datetime

    def falls_in(self, bounds: tuple[date, date] | None) -> bool:
        """Return whether it belongs to a period: it begins before its end, and goes on in it.

        One that is not done goes on until it is.

        Args:
            bounds: half-open; None: the school calendar does not know the period.
        """
        if bounds is None:
            return True
        first, end = (each.isoformat() for each in bounds)
        over = max(self.ends_on or "", self.done_on or "") if self.state == "done" else ""
        return (self.starts_on or "") < end and (not over or over >= first)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalStanding:
    """How a goal stands on its parts (目标达成)."""

    goal: str
    state: str
    attainment: str | None
    coverage: str | None
    value: str | None
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentNote:
    """Published results of an assessment run (考核结果), not of persons."""

    assessment: str
    title: str
    purpose: str
    about: str
    """Kind of those assessed."""

    items: list[dict[str, Any]]
    """As `AssessedResult` of the contract."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisNote:
    """A signed conclusion on a goal (诊断结论)."""

    diagnosis: str
    goal: str
    indicator: str | None
    cause: str | None
    conclusion: str
    signed_by: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureNote:
    """An improvement measure (改进措施) that was carried into a cycle."""

    measure: str
    cycle: str
    carried_to: str
    goal: str | None
    cause: str | None
    text: str
    owner: str
    effective: bool | None
    """None until another person looked whether it had an effect."""

    note: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonNote:
    """A lesson (经验教训) that was learnt in the period."""

    lesson: str
    cycle: str
    indicator: str | None
    cause: str | None
    title: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignNote:
    """Something that was done for the culture of quality (文化活动)."""

    campaign: str
    level: str
    measure: str
    title: str
    text: str
    held_on: str
    participants: int
    materials: list[dict[str, str]]
    """``digest name`` of each file."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyNote:
    """What a survey found of one level and measure of the culture of quality."""

    survey: str
    level: str
    measure: str
    score: str
    indicator: str | None
    respondents: int
    origin: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastValue:
    """A value of an earlier period, or one that was stated before and is another now."""

    indicator: str
    period: str
    value: str | None
    formula_version: int
    id: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFact:
    """How the objects of the same kind stand in the same period, this one among them."""

    indicator: str
    n: int
    """How many have a value."""

    median: str
    """The lower one of an even number: a value that was measured, none is made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluenceFact:
    """How two indicators go together over the objects of one kind in a period (影响因素)."""

    indicator: str
    """That of a point that misses its standard."""

    factor: str
    """Another indicator of the same objects."""

    kind: str
    """Kind of the objects."""

    n: int
    """How many have a value of both."""

    r: str
    """Coefficient of correlation (Pearson), four places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFact:
    """An object beneath this one, and how many of its bindings stand how."""

    scope: str
    name_zh: str
    bound: int
    with_data: int
    met_standard: int
    met_target: int
