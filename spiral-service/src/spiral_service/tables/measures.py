"""Improvement measures (改进措施), and why a later target is lower."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class MeasureRow(Base):
    """What is to be done better in the next cycle."""

    __tablename__ = "measure"
    __table_args__ = (
        Index("ix_measure_page", "at", "id"),
        Index("ix_measure_cycle", "cycle"),
        Index("ix_measure_scope", "scope", "state"),
        Index("ix_measure_carried_to", "carried_to"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"))
    scope: Mapped[str]
    goal: Mapped[str | None]
    cause: Mapped[str | None]
    text: Mapped[str]
    owner: Mapped[str]
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str]
    carried_to: Mapped[str | None] = mapped_column(ForeignKey("cycle.key"))
    carried_at: Mapped[datetime | None]
    verified_by: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    note: Mapped[str]


class LoweredTargetRow(Base):
    """Why the target of a later goal lies below the one of a cycle."""

    __tablename__ = "lowered_target"

    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"), primary_key=True)
    goal: Mapped[str] = mapped_column(primary_key=True)
    """The later goal."""

    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
