"""Tables of the target service. No rule lives here: see ``domain``."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.calendar.table import add_calendar
from shared.kit.tables import add_plumbing, add_timers, new_metadata

Document = dict[str, Any]


class Base(DeclarativeBase):
    """Declarative base of this service's tables. Instants are aware, limits are documents."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        Document: JSONB(none_as_null=True),
        Decimal: Numeric,
    }


class GoalRow(Base):
    """One goal (目标) as it stands."""

    __tablename__ = "goal"
    __table_args__ = (Index("ix_goal_scope", "scope"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    indicator: Mapped[str | None]
    baseline: Mapped[str | None]
    target: Mapped[Document | None]
    weight: Mapped[str]
    owner: Mapped[str]
    deadline: Mapped[date | None]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class StandardRow(Base):
    """One version of a standard (标准文本); versions are kept for ever."""

    __tablename__ = "standard"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    indicator: Mapped[str | None]
    basis: Mapped[str | None]
    tiers: Mapped[Document]
    effective_from: Mapped[date]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class BindingRow(Base):
    """An indicator bound to a scope and a period; what it says, and the lines in force."""

    __tablename__ = "binding"
    __table_args__ = (
        Index("ix_binding_cell", "indicator", "scope", "period"),
        Index("ix_binding_scope", "scope"),
        Index("ix_binding_goal", "goal"),
        Index("ix_binding_standard", "standard"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    goal: Mapped[str | None] = mapped_column(ForeignKey("goal.key"))
    standard: Mapped[str | None]
    target: Mapped[Document | None]
    tiers: Mapped[Document]
    warning: Mapped[Document | None]
    alert_from: Mapped[str]
    max_age_days: Mapped[int | None]
    owner: Mapped[str]
    target_in_force: Mapped[Document | None]
    tiers_in_force: Mapped[Document]
    standard_version: Mapped[int | None]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    judged_before: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """``seq`` of its last judgement before it was withdrawn: one put anew goes on from there."""


class ScopeRow(Base):
    """A scope (诊改对象) as the hub told it last: what goals and bindings may be about."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class IndicatorRow(Base):
    """An indicator as the hub published it last: what may be bound, and what values it has."""

    __tablename__ = "indicator"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name_zh: Mapped[str]
    unit: Mapped[str]
    measured_for: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    """Kinds of scope and period that it has values for; empty where it was not told."""


class MeasuredValueRow(Base):
    """The newest measured value of a cell, kept so that a later binding is judged at once."""

    __tablename__ = "measured_value"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    n: Mapped[int] = mapped_column(BigInteger)
    coverage: Mapped[Decimal]
    freshest_at: Mapped[datetime | None]
    formula_version: Mapped[int]
    reason: Mapped[str | None]
    seq: Mapped[int] = mapped_column(BigInteger)


class AttainmentRow(Base):
    """The judgement of a binding that stands now; older ones are in the published facts."""

    __tablename__ = "attainment"
    __table_args__ = (Index("ix_attainment_state", "state"),)

    binding: Mapped[str] = mapped_column(ForeignKey("binding.key"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    warning: Mapped[bool]
    overdue: Mapped[bool] = mapped_column(server_default="false")
    thin: Mapped[bool]
    stale: Mapped[bool] = mapped_column(server_default="false")
    attainment: Mapped[Decimal | None]
    coverage: Mapped[Decimal]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    gap: Mapped[Decimal | None]
    relative_gap: Mapped[Decimal | None]
    standard_version: Mapped[int | None]
    formula_version: Mapped[int]
    measured_at: Mapped[datetime | None]
    judged_at: Mapped[datetime]


add_plumbing(Base)
add_calendar(Base)
add_timers(Base)
