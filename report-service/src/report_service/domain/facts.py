"""What a report is made from: the newest facts about one scope and period, at one moment.

Every number is the decimal string that its event brought. ``at`` is when the fact was stated.

Source: contract "Events".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

from report_service.domain.facts_of_work import (
    AssessmentNote,
    CampaignNote,
    ChildFact,
    DiagnosisNote,
    GoalStanding,
    GroupFact,
    InfluenceFact,
    LessonNote,
    MeasureNote,
    PastValue,
    SurveyNote,
    TaskNote,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFact:
    """What the hub says of the scope."""

    scope: str
    name_zh: str
    name_en: str | None
    parents: list[str]
    owners: list[dict[str, str]]
    tags: list[str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFact:
    """The newest definition of an indicator."""

    indicator: str
    name_zh: str
    name_en: str
    unit: str
    direction: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementFact:
    """A measured value (状态数据)."""

    id: str
    indicator: str
    value: str | None
    numerator: str | None
    denominator: str | None
    n: int
    coverage: str
    freshest_at: datetime | None
    manual: bool
    formula_version: int
    reason: str | None
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingFact:
    """An indicator bound to the scope with its limits."""

    id: str
    indicator: str
    title: str
    target: Mapping[str, Any] | None
    tiers: Mapping[str, Mapping[str, Any]]
    warning: Mapping[str, Any] | None
    owner: str
    standard: str | None
    standard_version: int | None
    version: int
    at: datetime

    def standard_limit(self) -> Mapping[str, Any] | None:
        """Return the tier that is the standard: ``qualified``, the floor where there is none."""
        return self.tiers.get("qualified") or self.tiers.get("floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementFact:
    """How a binding stands (达成)."""

    binding: str
    state: str
    warning: bool
    overdue: bool
    thin: bool
    stale: bool
    attainment: str | None
    coverage: str | None
    value: str | None
    numerator: str | None
    denominator: str | None
    gap: str | None
    standard_version: int | None
    formula_version: int | None
    measured_at: datetime | None
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFact:
    """A goal (目标) in force."""

    id: str
    title: str
    owner: str
    indicator: str | None
    target: Mapping[str, Any] | None
    deadline: str | None
    scope: str
    parent: str | None
    """Goal that it is a part of."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNote:
    """An alert (预警) as its newest fact leaves it."""

    alert: str
    phase: str
    """``open held settled``."""

    severity: str
    indicator: str | None
    title: str
    owner: str
    value: str | None
    """The present value; the value at settling, when it is settled."""

    value_before: str | None
    """The value that raised it."""

    crossed: Mapping[str, Any] | None
    """The line it was raised on: ``line op value upper``."""

    worst: Mapping[str, Any] | None
    """The gravest colour it ever had: ``severity value crossed at``; None where nobody told."""

    raised_at: datetime
    due_at: datetime | None
    """Until when it must be acknowledged."""

    acknowledged_by: str | None
    acknowledged_at: datetime | None
    settled_at: datetime | None
    how: str | None
    hold_reason: str | None
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleNote:
    """A cycle (诊改周期) of the scope."""

    cycle: str
    period: str
    definition: str
    definition_zh: str | None = None
    step: str
    step_zh: str | None = None
    state: str = "open"
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNote:
    """A correction (纠偏) as its newest fact leaves it."""

    correction: str
    cycle: str | None
    alert: str
    severity: str
    indicator: str | None
    title: str
    owner: str
    crossed: Mapping[str, Any] | None
    worst: Mapping[str, Any] | None
    cause: str | None
    """As its owner coded it; None until he did."""

    measure: str | None
    value_before: str | None
    value: str | None
    """The present value; the value at settling, when it is closed."""

    value_after: str | None
    effect: str | None
    is_closed: bool
    how: str | None
    opened_at: datetime
    due_at: datetime | None
    """Until when its alert must be acknowledged."""

    acknowledged_by: str | None
    acknowledged_at: datetime | None
    version: int
    at: datetime


class _Stated(Protocol):
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a report on one scope and period needs, from one snapshot."""

    about: ScopeFact
    period: str
    told_periods: tuple[str, ...]
    """Other periods in which something was told of the scope, the newest first."""

    names: Mapping[str, str]
    """Chinese names of the parents and owners that are known, by scope."""

    indicators: Mapping[str, IndicatorFact]
    measurements: Mapping[str, MeasurementFact]
    """By indicator."""

    bindings: tuple[BindingFact, ...]
    judgements: Mapping[str, JudgementFact]
    """By binding."""

    goals: tuple[GoalFact, ...]
    alerts: tuple[AlertNote, ...]
    cycles: tuple[CycleNote, ...]
    corrections: tuple[CorrectionNote, ...]
    tasks: tuple[TaskNote, ...] = ()
    parts: tuple[GoalFact, ...] = ()
    """Goals of other scopes that are parts of these, directly or through others."""

    standings: Mapping[str, GoalStanding] = field(default_factory=dict)
    """By goal."""

    assessments: tuple[AssessmentNote, ...] = ()
    diagnoses: tuple[DiagnosisNote, ...] = ()
    measures: tuple[MeasureNote, ...] = ()
    lessons: tuple[LessonNote, ...] = ()
    campaigns: tuple[CampaignNote, ...] = ()
    surveys: tuple[SurveyNote, ...] = ()
    history: Mapping[str, tuple[PastValue, ...]] = field(default_factory=dict)
    """By indicator: values of earlier periods of the same kind, the newest first."""

    restated: tuple[PastValue, ...] = ()
    """What was stated before of a period in ``history`` and is another value now."""

    groups: Mapping[str, GroupFact] = field(default_factory=dict)
    """By indicator."""

    influences: tuple[InfluenceFact, ...] = ()
    """Of the points that miss their standard, the strongest first."""

    children: tuple[ChildFact, ...] = ()

    def has_data(self) -> bool:
        """Return whether anything was said about the scope that a report could tell."""
        told = (self.measurements, self.bindings, self.goals, self.alerts, self.corrections)
        return any(told) or bool(
            self.tasks or self.assessments or self.children or self.campaigns or self.surveys
        )

    def unit_of(self, indicator: str | None) -> str:
        """Return the unit of an indicator; empty where its definition is unknown."""
        known = self.indicators.get(indicator or "")
        return known.unit if known else ""

    def name_of(self, indicator: str) -> str:
        """Return the Chinese name of an indicator, its id where its definition is unknown."""
        known = self.indicators.get(indicator)
        return known.name_zh if known else indicator

    def period_of(self, cycle: str | None) -> str | None:
        """Return the period of a cycle; None where there is no cycle, or nobody told of it."""
        return next((each.period for each in self.cycles if each.cycle == cycle), None)

    def as_of(self) -> datetime:
        """Return when the newest fact was stated: the moment that the report describes."""
        groups: tuple[Iterable[_Stated], ...] = (
            self.indicators.values(),
            self.measurements.values(),
            self.bindings,
            self.judgements.values(),
            self.goals,
            self.alerts,
            self.cycles,
            self.corrections,
            self.tasks,
            self.parts,
            self.standings.values(),
            self.assessments,
            self.diagnoses,
            self.measures,
            self.lessons,
            self.campaigns,
            self.surveys,
            *self.history.values(),
            [self.about],
        )
        return max(fact.at for group in groups for fact in group)


def names_of(kind: type[Any]) -> list[str]:
    """Return the field names of a kind of fact."""
    return [each.name for each in fields(kind)]
