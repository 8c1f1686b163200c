"""Corrections (纠偏), and what happened to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class CorrectionRow(Base):
    """One correction (纠偏), the answer to one alert."""

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_page", "opened_at", "id"),
        Index("ix_correction_scope", "scope", "opened_at", "id"),
        Index("ix_correction_cycle", "cycle", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str | None] = mapped_column(ForeignKey("cycle.key"))
    alert: Mapped[str] = mapped_column(unique=True)
    alert_version: Mapped[int] = mapped_column(BigInteger())
    scope: Mapped[str]
    period: Mapped[str]
    severity: Mapped[str]
    indicator: Mapped[str | None]
    title: Mapped[str]
    owner: Mapped[str]
    crossed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The line that is crossed: its name, operator, value and upper end."""

    worst: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The gravest colour its alert ever had, with value, line and instant of that moment."""

    value_before: Mapped[str | None]
    is_raising_heard: Mapped[bool]
    value: Mapped[str | None]
    value_after: Mapped[str | None]
    effect: Mapped[str | None]
    state: Mapped[str]
    how: Mapped[str | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """Until when its alert must be acknowledged."""

    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class CorrectionHistoryRow(Base):
    """What happened to a correction, one row per version."""

    __tablename__ = "correction_history"

    correction: Mapped[UUID] = mapped_column(ForeignKey("correction.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    """``raised merged acknowledged settled`` as heard of the alert, or ``attached`` to a cycle."""

    severity: Mapped[str]
    value: Mapped[str | None]
    cycle: Mapped[str | None]
    at: Mapped[datetime]
