"""Goals."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class GoalRow(Base):
    """One goal (目标) as it stands."""

    __tablename__ = "goal"
    __table_args__ = (Index("ix_goal_scope", "scope"), Index("ix_goal_parent", "parent", "key"))

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    indicator: Mapped[str | None]
    baseline: Mapped[str | None]
    target: Mapped[Document | None]
    weight: Mapped[str]
    owner: Mapped[str]
    deadline: Mapped[date | None]
    parent: Mapped[str | None] = mapped_column(ForeignKey("goal.key"))
    aggregation: Mapped[str]
    allocation: Mapped[str]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
