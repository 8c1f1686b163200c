"""Facts of other services that gates are judged on."""

from datetime import date
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class OutsideFactRow(Base):
    """A goal, binding, standard, task, attainment, assessment, alert or body, as told last."""

    __tablename__ = "outside_fact"
    __table_args__ = (
        Index("ix_outside_fact_scope", "scope", "kind"),
        Index("ix_outside_fact_goals", "goals", postgresql_using="gin"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    """Grows with every fact about it: an older one changes nothing."""

    scope: Mapped[str]
    """Of an assessment of persons ``<kind>/*``; empty of what is about no scope."""

    period: Mapped[str | None]
    starts_on: Mapped[date | None]
    """First day of its period, where the school calendar knows it."""

    ends_on: Mapped[date | None]
    """The first day that is not its period's."""

    goals: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Goals that it serves, measures or judges."""

    gone: Mapped[bool]
    """It is withdrawn, or cancelled."""

    title: Mapped[str]
    owner: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What gates ask of its kind."""
