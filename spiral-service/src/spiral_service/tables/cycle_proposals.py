"""Cycles that imported plans propose (诊改周期建议)."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class CycleProposalRow(Base):
    """A rhythm of diagnosis that an imported plan sets for a level, and what became of it."""

    __tablename__ = "cycle_proposal"
    __table_args__ = (Index("ix_cycle_proposal_plan", "plan", "id"),)

    id: Mapped[int] = mapped_column(BigInteger(), Identity(), primary_key=True)
    plan: Mapped[str]
    plan_version: Mapped[int]
    title: Mapped[str]
    """Of the plan."""

    scope: Mapped[str]
    """Of the plan."""

    period: Mapped[str]
    """Of the plan."""

    level: Mapped[str]
    rhythm: Mapped[str]
    warning_only: Mapped[bool]
    words: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="proposed")
    programme: Mapped[str | None] = mapped_column(ForeignKey("programme.key"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
