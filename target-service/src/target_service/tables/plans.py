"""Plans."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class PlanRow(Base):
    """A plan (规划、计划) as it stands; what it said before is kept."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_parent", "parent", "key"), Index("ix_plan_scope", "scope"))

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    period: Mapped[str]
    scope: Mapped[str]
    owner: Mapped[str]
    approver: Mapped[str]
    parent: Mapped[str | None] = mapped_column(ForeignKey("plan.key"))
    tracks: Mapped[list[str]] = mapped_column(JSONB)
    swot: Mapped[Document]
    benchmarks: Mapped[list[Document]] = mapped_column(JSONB)
    basis: Mapped[list[str]] = mapped_column(JSONB)
    state: Mapped[str]
    changed_by: Mapped[str]
    submitted_by: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    """By whom, says ``changed_by``."""
