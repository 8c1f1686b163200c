"""Lessons (经验教训), and to whom they were of use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class LessonRow(Base):
    """What was learnt in a cycle."""

    __tablename__ = "lesson"
    __table_args__ = (
        Index("ix_lesson_page", "at", "id"),
        Index("ix_lesson_cause", "cause"),
        Index("ix_lesson_cycle", "cycle"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"))
    scope: Mapped[str]
    level: Mapped[str]
    indicator: Mapped[str | None]
    cause: Mapped[str | None]
    """None of what went well."""

    title: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class LessonUseRow(Base):
    """That somebody used a lesson for something, and whether it helped."""

    __tablename__ = "lesson_use"

    lesson: Mapped[UUID] = mapped_column(ForeignKey("lesson.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    """``correction/<id>``, ``diagnosis/<id>`` or ``cycle/<key>``."""

    by: Mapped[str] = mapped_column(primary_key=True)
    helped: Mapped[bool]
    note: Mapped[str]
    at: Mapped[datetime]
