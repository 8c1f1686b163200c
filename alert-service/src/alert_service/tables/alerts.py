"""Alerts as they stand, and every step of their lives."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base, Document


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
        Index("ix_alert_raised", "raised_at"),
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

    assigned_by: Mapped[str | None]
    """Who named its owner; None while that is whoever answers for the scope."""

    assigned_at: Mapped[datetime | None]
    assigned_note: Mapped[str | None]
    escalated: Mapped[int] = mapped_column(server_default=text("0"))
    """How often it was not acknowledged in time."""

    supervisor: Mapped[str | None]
    how: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    effect: Mapped[Decimal | None]
    dismissed_by: Mapped[str | None]
    dismissed_reason: Mapped[str | None]
    accepted_until: Mapped[datetime | None]
    acknowledge_hours: Mapped[Decimal | None]
    """Working hours from raising to its first acknowledgement."""

    handling_hours: Mapped[Decimal | None]
    """Working hours from raising to its end."""

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
