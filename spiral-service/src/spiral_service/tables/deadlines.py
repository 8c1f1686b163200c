"""Deadlines of cycles, and the human step that each of them waits for."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class DeadlineRow(Base):
    """A clock of a cycle: of the step at which it stands, of one it left, or planned anew."""

    __tablename__ = "deadline"

    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told: Mapped[int]
    overdue_since: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    reason: Mapped[str]


class LitStepRow(Base):
    """The step at which an open cycle stands, as the work list was told of it."""

    __tablename__ = "lit_step"

    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"), primary_key=True)
    step: Mapped[str]
    number: Mapped[int]
    """Grows with every step that is told: one that was closed does not open again."""

    due_at: Mapped[datetime]
    calendar: Mapped[int] = mapped_column(BigInteger)
    """``seq`` of the school calendar by which its deadlines were reckoned."""

    holders: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Whom it was told."""
