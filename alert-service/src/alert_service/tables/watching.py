"""What is watched, and how it stands."""

from decimal import Decimal

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base, Document


class WatchRow(Base):
    """This service's copy of a binding, or of a task: what is watched."""

    __tablename__ = "watch"
    __table_args__ = (Index("ix_watch_cell", "cell"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    cell: Mapped[str]
    indicator: Mapped[str | None]
    """None of a task."""

    scope: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    owner: Mapped[str]
    alert_from: Mapped[str]
    target: Mapped[Document | None]
    tiers: Mapped[Document]
    warning: Mapped[Document | None]
    withdrawn: Mapped[bool]


class StandingRow(Base):
    """The newest judgement of a binding, or how a task stands."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_cell", "cell"), Index("ix_standing_about", "about"))

    binding: Mapped[str] = mapped_column(primary_key=True)
    cell: Mapped[str]
    about: Mapped[str]
    """Its cell without the period."""

    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    warning: Mapped[bool]
    overdue: Mapped[bool]
    thin: Mapped[bool]
    stale: Mapped[bool]
    value: Mapped[Decimal | None]
    relative_gap: Mapped[Decimal | None]
    forecast: Mapped[Decimal | None]
    """Where pace brings the value by the deadline."""
