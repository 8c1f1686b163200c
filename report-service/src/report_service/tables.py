"""Tables of the report service: the read model, and the reports. No rule lives here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.calendar.table import add_calendar
from shared.kit.tables import add_handed_over, add_plumbing, new_metadata


class Base(DeclarativeBase):
    """Declarative base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012
        str: Text(),
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, str]]: JSONB(none_as_null=True),
    }


class Known(Base):
    """The newest word of another service on one thing: ``version`` grows with each word."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(BigInteger())
    """The fact's ``version`` or ``seq``: what is not larger is old."""

    at: Mapped[datetime]
    """When the fact was stated."""


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
    __table_args__ = (Index("ix_measurement_scope", "scope", "period"),)

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
    step: Mapped[str]


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


class ReportRow(Base):
    """A report. Rows are written once and never changed."""

    __tablename__ = "report"
    __table_args__ = (
        # The same facts and template make the same report: they are stored once.
        UniqueConstraint("scope", "period", "template", "template_version", "digest"),
        Index("ix_report_page", "created_at", "id"),
        Index("ix_report_scope", "scope", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    template: Mapped[str]
    template_version: Mapped[int]
    as_of: Mapped[datetime]
    title: Mapped[str]
    scope_name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the content without number and digest."""

    content: Mapped[str]
    """The content as JSON text."""

    html: Mapped[str]
    sha256: Mapped[str]
    """SHA-256 of the HTML in UTF-8."""

    style_sha256: Mapped[str]
    """Base64 digest of its style block, for the content security policy."""

    created_at: Mapped[datetime]
    created_by: Mapped[str]


add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
