"""Cycles (诊改周期)."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class CycleRow(Base):
    """One cycle (诊改周期), pinned to the version of its definition."""

    __tablename__ = "cycle"
    __table_args__ = (
        # The promise "at most one open cycle per scope and period" rests on this index.
        Index(
            "uq_cycle_open",
            "scope",
            "period",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_cycle_page", "opened_at", "key"),
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
