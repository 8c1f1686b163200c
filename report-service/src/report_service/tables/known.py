"""The read model: the newest word on each thing, and the words before. No rule lives here."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from report_service.tables.base import Base, Known


class ScopeRow(Known):
    """A scope (诊改对象)."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]]
    owners: Mapped[list[dict[str, str]]]
    tags: Mapped[list[str]]
    gone: Mapped[bool]


class IndicatorRow(Known):
    """The newest definition of an indicator."""

    __tablename__ = "indicator"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit: Mapped[str]
    direction: Mapped[str]


class MeasurementRow(Known):
    """A measured value; numbers are decimal strings, as they came."""

    __tablename__ = "measurement"
    __table_args__ = (
        Index("ix_measurement_scope", "scope", "period"),
        Index("ix_measurement_group", "indicator", "period"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    value: Mapped[str | None]
    numerator: Mapped[str | None]
    denominator: Mapped[str | None]
    n: Mapped[int] = mapped_column(BigInteger())
    coverage: Mapped[str]
    freshest_at: Mapped[datetime | None]
    manual: Mapped[bool]
    formula_version: Mapped[int]
    reason: Mapped[str | None]


class BindingRow(Known):
    """An indicator bound to a scope with its limits."""

    __tablename__ = "binding"
    __table_args__ = (Index("ix_binding_scope", "scope", "period"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    target: Mapped[dict[str, Any] | None]
    tiers: Mapped[dict[str, Any]]
    warning: Mapped[dict[str, Any] | None]
    owner: Mapped[str]
    standard: Mapped[str | None]
    standard_version: Mapped[int | None]
    withdrawn: Mapped[bool]


class JudgementRow(Known):
    """How a binding stands."""

    __tablename__ = "judgement"
    __table_args__ = (Index("ix_judgement_scope", "scope", "period"),)

    binding: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    state: Mapped[str]
    warning: Mapped[bool]
    overdue: Mapped[bool]
    thin: Mapped[bool]
    stale: Mapped[bool]
    attainment: Mapped[str | None]
    coverage: Mapped[str | None]
    value: Mapped[str | None]
    numerator: Mapped[str | None]
    denominator: Mapped[str | None]
    gap: Mapped[str | None]
    standard_version: Mapped[int | None]
    formula_version: Mapped[int | None]
    measured_at: Mapped[datetime | None]


class GoalRow(Known):
    """A goal in force."""

    __tablename__ = "goal"
    __table_args__ = (Index("ix_goal_scope", "scope", "period"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    owner: Mapped[str]
    indicator: Mapped[str | None]
    target: Mapped[dict[str, Any] | None]
    deadline: Mapped[str | None]
    parent: Mapped[str | None]
    withdrawn: Mapped[bool] = mapped_column(server_default="false")


class AlertRow(Known):
    """An alert as its newest fact leaves it."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_scope", "scope", "period"),)

    alert: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    phase: Mapped[str]
    severity: Mapped[str]
    indicator: Mapped[str | None]
    title: Mapped[str]
    owner: Mapped[str]
    value: Mapped[str | None]
    value_before: Mapped[str | None]
    crossed: Mapped[dict[str, Any] | None]
    worst: Mapped[dict[str, Any] | None]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    how: Mapped[str | None]
    hold_reason: Mapped[str | None]


class CycleRow(Known):
    """A cycle."""

    __tablename__ = "cycle"
    __table_args__ = (Index("ix_cycle_scope", "scope", "period"),)

    cycle: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    definition: Mapped[str]
    definition_zh: Mapped[str | None]
    step: Mapped[str]
    step_zh: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="open")
    ends_on: Mapped[str | None]
    owners: Mapped[dict[str, Any] | None]


class CorrectionRow(Known):
    """A correction as its newest fact leaves it."""

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_scope", "scope", "period"),)

    correction: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[str | None]
    alert: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    severity: Mapped[str]
    indicator: Mapped[str | None]
    title: Mapped[str]
    owner: Mapped[str]
    crossed: Mapped[dict[str, Any] | None]
    worst: Mapped[dict[str, Any] | None]
    cause: Mapped[str | None]
    measure: Mapped[str | None]
    value_before: Mapped[str | None]
    value: Mapped[str | None]
    value_after: Mapped[str | None]
    effect: Mapped[str | None]
    is_closed: Mapped[bool]
    how: Mapped[str | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]


class TaskRow(Known):
    """A task as its newest fact leaves it."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_scope", "scope"), Index("ix_task_unit", "unit"))

    task: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    unit: Mapped[str | None]
    state: Mapped[str]
    title: Mapped[str]
    task_kind: Mapped[str]
    system: Mapped[str]
    owner: Mapped[str]
    goals: Mapped[list[str]]
    starts_on: Mapped[str | None]
    ends_on: Mapped[str | None]
    progress: Mapped[str]
    overdue: Mapped[bool]
    done_on: Mapped[str | None]


class StandingRow(Known):
    """How a goal stands."""

    __tablename__ = "standing"

    goal: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    state: Mapped[str]
    attainment: Mapped[str | None]
    coverage: Mapped[str | None]
    value: Mapped[str | None]


class AssessmentRow(Known):
    """Published results of an assessment run, a part of them."""

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_period", "period"),)

    assessment: Mapped[str] = mapped_column(primary_key=True)
    """Id and part: ``A1#1``."""

    title: Mapped[str]
    purpose: Mapped[str]
    about: Mapped[str]
    period: Mapped[str]
    items: Mapped[list[dict[str, Any]]]


class DiagnosisRow(Known):
    """A signed conclusion on a goal."""

    __tablename__ = "diagnosis"
    __table_args__ = (Index("ix_diagnosis_scope", "scope", "period"),)

    diagnosis: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    goal: Mapped[str]
    indicator: Mapped[str | None]
    cause: Mapped[str | None]
    conclusion: Mapped[str]
    signed_by: Mapped[str]


class MeasureRow(Known):
    """An improvement measure that was carried into a cycle."""

    __tablename__ = "measure"
    __table_args__ = (
        Index("ix_measure_cycle", "cycle"),
        Index("ix_measure_carried_to", "carried_to"),
    )

    measure: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    cycle: Mapped[str]
    carried_to: Mapped[str]
    goal: Mapped[str | None]
    cause: Mapped[str | None]
    text: Mapped[str]
    owner: Mapped[str]
    effective: Mapped[bool | None]
    note: Mapped[str]


class LessonRow(Known):
    """A lesson (经验教训) of the library."""

    __tablename__ = "lesson"
    __table_args__ = (Index("ix_lesson_scope", "scope", "period"),)

    lesson: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    cycle: Mapped[str]
    indicator: Mapped[str | None]
    cause: Mapped[str | None]
    title: Mapped[str]


class CampaignRow(Known):
    """Something that was done for the culture of quality (文化活动)."""

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_scope", "scope", "held_on"),)

    campaign: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    level: Mapped[str]
    measure: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    held_on: Mapped[str]
    participants: Mapped[int] = mapped_column(BigInteger())
    materials: Mapped[list[dict[str, str]]]
    by: Mapped[str]


class SurveyRow(Known):
    """What a survey found of one level and measure of the culture of quality."""

    __tablename__ = "culture_survey"
    __table_args__ = (Index("ix_culture_survey_scope", "scope", "period"),)

    survey: Mapped[str] = mapped_column(primary_key=True)
    """Scope, period, level and measure."""

    scope: Mapped[str]
    period: Mapped[str]
    level: Mapped[str]
    measure: Mapped[str]
    score: Mapped[str]
    indicator: Mapped[str | None]
    respondents: Mapped[int] = mapped_column(BigInteger())
    origin: Mapped[str]


class PastRow(Base):
    """A word of another service that a newer one took the place of."""

    __tablename__ = "past"
    __table_args__ = (
        Index("ix_past_place", "kind", "scope", "period"),
        Index("ix_past_key", "kind", "key", "version"),
        Index("ix_past_period", "kind", "period"),
    )

    id: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=True)
    kind: Mapped[str]
    """Table of the read model that it stood in."""

    key: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger())
    at: Mapped[datetime]
    until: Mapped[datetime]
    """When the newer one was stated: from then on it was the word no more."""

    body: Mapped[dict[str, Any]]
    """The whole row."""
