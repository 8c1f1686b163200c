"""Bindings."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class BindingRow(Base):
    """An indicator bound to a scope and a period; what it says, and the lines in force."""

    __tablename__ = "binding"
    __table_args__ = (
        Index("ix_binding_cell", "indicator", "scope", "period"),
        Index("ix_binding_scope", "scope"),
        Index("ix_binding_goal", "goal"),
        Index("ix_binding_standard", "standard"),
        Index("ix_binding_selector", "selector"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    goal: Mapped[str | None] = mapped_column(ForeignKey("goal.key"))
    standard: Mapped[str | None]
    selector: Mapped[str | None] = mapped_column(ForeignKey("selector.key"))
    """What made it; None of one that was given by hand."""

    target: Mapped[Document | None]
    tiers: Mapped[Document]
    warning: Mapped[Document | None]
    alert_from: Mapped[str]
    max_age_days: Mapped[int | None]
    owner: Mapped[str]
    target_in_force: Mapped[Document | None]
    tiers_in_force: Mapped[Document]
    warning_in_force: Mapped[Document | None]
    standard_version: Mapped[int | None]
    object_class: Mapped[str | None]
    """The tag of its scope by which it has its lines; None where they are those of all."""

    scoring: Mapped[Document | None]
    """Its own rule by which a value becomes an attainment."""

    scoring_in_force: Mapped[Document | None]
    """Its own, or that of its criterion; None: the ratio to the target, capped."""

    counted_in: Mapped[str | None]
    """The goal that counts it among its bindings, measured or not."""

    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    judged_before: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """``seq`` of its last judgement before it was withdrawn: one put anew goes on from there."""
