"""Programmes (诊改计划), and what their sweeps have opened."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class ProgrammeRow(Base):
    """A programme as it stands."""

    __tablename__ = "programme"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    definition: Mapped[str]
    """A name, or a name and version: without a version the newest one at each opening."""

    rhythm: Mapped[str]
    period: Mapped[str | None]
    """The only one, of a rhythm ``once``."""

    opens: Mapped[int]
    paused: Mapped[bool]
    kind: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    within: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text))
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]


class SweepRow(Base):
    """The opening of the cycles of one period, as far as it has come."""

    __tablename__ = "sweep"

    programme: Mapped[str] = mapped_column(ForeignKey("programme.key"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    opened: Mapped[int]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When nothing was left to open, for the last time; None while there may be."""
