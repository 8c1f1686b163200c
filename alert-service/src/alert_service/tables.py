"""Tables of the alert service. No rule lives here: see ``domain``."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.calendar.table import add_calendar
from shared.kit.tables import add_handed_over, add_plumbing, new_metadata

Document = dict[str, Any]


class Base(DeclarativeBase):
    """Declarative base of this service's tables. Instants are aware, lines are documents."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        Document: JSONB(none_as_null=True),
        Decimal: Numeric,
        list[str]: ARRAY(Text),
    }


class WatchRow(Base):
    """This service's copy of a binding, or of a task: what is watched."""

    __tablename__ = "watch"
    __table_args__ = (Index("ix_watch_cell", "cell"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    cell: Mapped[str]
    indicator: Mapped[str | None]
    """None of a task."""

    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    owner: Mapped[str]
    alert_from: Mapped[str]
    target: Mapped[Document | None]
    tiers: Mapped[Document]
    warning: Mapped[Document | None]
    withdrawn: Mapped[bool]


class StandingRow(Base):
    """The newest judgement of a binding, or how a task stands."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_cell", "cell"),)

    binding: Mapped[str] = mapped_column(primary_key=True)
    cell: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    warning: Mapped[bool]
    overdue: Mapped[bool]
    thin: Mapped[bool]
    stale: Mapped[bool]
    value: Mapped[Decimal | None]
    relative_gap: Mapped[Decimal | None]


class ScopeRow(Base):
    """This service's copy of a scope (诊改对象), from ``scope.changed``."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]]
    owner: Mapped[str | None]
    """The first who answers for it; None where nobody is named."""

    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class IndicatorRow(Base):
    """The unit of an indicator, from ``indicator.published``."""

    __tablename__ = "indicator"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    version: Mapped[int]


class AlertRow(Base):
    """An alert (预警) as it stands."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "rule",
            "scope",
            "period",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_alert_page", "state", "rank", "raised_at", "id"),
        Index("ix_alert_scope", "scope"),
        Index("ix_alert_cell", "cell"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    """``open`` or ``settled``."""

    cell: Mapped[str]
    rule: Mapped[str]
    family: Mapped[str]
    indicator: Mapped[str | None]
    scope: Mapped[str]
    level: Mapped[str]
    period: Mapped[str]
    binding: Mapped[str]
    severity: Mapped[str]
    rank: Mapped[int]
    """1 blue to 4 red, of its colour, and of its worst once it is settled: lists sort by it."""

    title: Mapped[str]
    standing: Mapped[str]
    value: Mapped[Decimal | None]
    value_before: Mapped[Decimal | None]
    crossed: Mapped[Document | None]
    """The line it was raised on: its name, operator, value and upper end."""

    worst: Mapped[Document]
    """The gravest colour it ever had and the worst value in it, with line and instant."""

    owner: Mapped[str]
    hold_reason: Mapped[str | None]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_severity: Mapped[str | None]
    """The colour it had then; a graver one asks anew."""

    note: Mapped[str | None]
    in_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    """Work on its correction has begun."""

    reopened: Mapped[int] = mapped_column(server_default=text("0"))
    """How often its correction had no effect."""

    how: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    effect: Mapped[Decimal | None]
    changed_at: Mapped[datetime]


class AlertStepRow(Base):
    """One step in the life of an alert, kept for ever."""

    __tablename__ = "alert_step"
    __table_args__ = (Index("ix_alert_step_alert", "alert", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    alert: Mapped[str]
    version: Mapped[int]
    step: Mapped[str]
    at: Mapped[datetime]
    severity: Mapped[str]
    standing: Mapped[str]
    value: Mapped[Decimal | None]
    crossed: Mapped[Document | None]
    owner: Mapped[str]
    hold_reason: Mapped[str | None]
    by: Mapped[str | None]
    note: Mapped[str | None]
    how: Mapped[str | None]
    effect: Mapped[Decimal | None]


add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
