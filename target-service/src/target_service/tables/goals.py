"""Goals, what was said about them, and what goals and plans said before."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class GoalRow(Base):
    """One goal (目标) as it stands."""

    __tablename__ = "goal"
    __table_args__ = (
        Index("ix_goal_scope", "scope"),
        Index("ix_goal_parent", "parent", "key"),
        Index("ix_goal_plan", "plan", "key"),
    )

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
    kind: Mapped[str]
    system: Mapped[str | None]
    plan: Mapped[str | None]
    aim: Mapped[str]
    budget: Mapped[str | None]
    co_owners: Mapped[list[str]] = mapped_column(JSONB)
    basis: Mapped[list[str]] = mapped_column(JSONB)
    dimensions: Mapped[list[str]] = mapped_column(JSONB)
    trajectory: Mapped[list[Document]] = mapped_column(JSONB)
    history: Mapped[list[Document]] = mapped_column(JSONB)
    state: Mapped[str]
    waivers: Mapped[list[Document]] = mapped_column(JSONB)
    changed_by: Mapped[str]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    """By whom, says ``changed_by``."""


class GoalCommentRow(Base):
    """What somebody said about a goal (意见)."""

    __tablename__ = "goal_comment"
    __table_args__ = (Index("ix_goal_comment_goal", "goal", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    goal: Mapped[str] = mapped_column(ForeignKey("goal.key"))
    by: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class KeptVersionRow(Base):
    """A goal or a plan as it was before it was changed; kept for ever."""

    __tablename__ = "kept_version"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Document]
    """The row."""

    attainments: Mapped[list[Document]] = mapped_column(JSONB)
    """How the bindings of a goal stood when it was replaced."""

    replaced_at: Mapped[datetime]
