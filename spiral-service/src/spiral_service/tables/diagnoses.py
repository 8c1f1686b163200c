"""Diagnoses (诊断), and what each source contributes to them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class DiagnosisRow(Base):
    """What was found about one goal of a cycle."""

    __tablename__ = "diagnosis"
    __table_args__ = (UniqueConstraint("cycle", "goal"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"))
    scope: Mapped[str]
    goal: Mapped[str]
    state: Mapped[str]
    cause: Mapped[str | None]
    conclusion: Mapped[str]
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    note: Mapped[str]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What was known when it was signed."""


class ContributionRow(Base):
    """What one source says of a goal (多元诊断); who says more says it anew."""

    __tablename__ = "diagnosis_contribution"

    diagnosis: Mapped[UUID] = mapped_column(ForeignKey("diagnosis.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    speaker: Mapped[str] = mapped_column(primary_key=True)
    """Whose word it is: a person, a firm, a group, in words."""

    rating: Mapped[Decimal | None]
    text: Mapped[str]
    by: Mapped[str]
    """Who handed it in."""

    at: Mapped[datetime]


class AskedVoiceRow(Base):
    """Somebody was asked for his voice in a diagnosis, as one of its sources."""

    __tablename__ = "asked_voice"

    diagnosis: Mapped[UUID] = mapped_column(ForeignKey("diagnosis.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    """``student/S1``, ``teacher/T001``; ``person/E1`` of who has an account alone."""

    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    spoken_at: Mapped[datetime | None]
