"""Proposals (创新建议), and change requests to standards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class ProposalRow(Base):
    """Something new that a cycle proposes."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index("ix_proposal_page", "at", "id"),
        Index("ix_proposal_cycle", "cycle"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str] = mapped_column(ForeignKey("cycle.key"))
    scope: Mapped[str]
    kind: Mapped[str]
    standard: Mapped[str | None]
    title: Mapped[str]
    text: Mapped[str]
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str]
