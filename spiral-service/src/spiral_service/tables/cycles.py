"""Cycles (诊改周期)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class CycleRow(Base):
    """One cycle (诊改周期), pinned to the version of its definition."""

    __tablename__ = "cycle"
    __table_args__ = (
        # The promise "at most one open cycle per scope, period and track" rests on this index.
        Index(
            "uq_cycle_open",
            "scope",
            "period",
            "track",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_cycle_page", "opened_at", "key"),
        Index("ix_cycle_scope", "scope", "state"),
        Index("ix_cycle_parent", "parent"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    scope: Mapped[str]
    period: Mapped[str]
    definition: Mapped[str]
    definition_version: Mapped[int]
    step: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    in_routine: Mapped[bool] = mapped_column(server_default="false")
    track: Mapped[str] = mapped_column(server_default="")
    parent: Mapped[str | None] = mapped_column(ForeignKey("cycle.key"))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    owners: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default="{}")


class CycleEntryRow(Base):
    """What was done with a cycle (审计), one row per version: the fact as it was published."""

    __tablename__ = "cycle_entry"

    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str]
    """``opened moved sent_back forced closed migrated replanned reassigned``."""

    by: Mapped[str]
    at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FilingRow(Base):
    """A form that was filled in for a cycle; what was said before stays."""

    __tablename__ = "filing"

    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    by: Mapped[str]
    at: Mapped[datetime]
