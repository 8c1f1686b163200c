"""Quality culture: campaigns, surveys, and advice to students that is on record."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class CampaignRow(Base):
    """Something that was done for the culture of quality (文化活动)."""

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_page", "recorded_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    level: Mapped[str]
    measure: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    held_on: Mapped[date]
    participants: Mapped[int]
    materials: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """``digest`` and ``name`` of each file."""

    by: Mapped[str]
    recorded_at: Mapped[datetime]


class SurveyRow(Base):
    """What a survey found of one level and measure; handed in again it is stated anew."""

    __tablename__ = "culture_survey"

    scope: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[Decimal]
    respondents: Mapped[int]
    indicator: Mapped[str | None]
    """Whose measured value it was; None of what was handed in."""

    origin: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class AdviceRow(Base):
    """Advice of a counsellor or tutor to a student (发展指导)."""

    __tablename__ = "advice"
    __table_args__ = (Index("ix_advice_student", "student", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student: Mapped[str]
    topic: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class SignInRow(Base):
    """A day on which a person signed in."""

    __tablename__ = "sign_in"

    person: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
