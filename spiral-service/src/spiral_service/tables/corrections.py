"""Corrections (纠偏), and what happened to them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base

Document = Annotated[dict[str, Any], mapped_column(JSONB(none_as_null=True))]


class CorrectionRow(Base):
    """One correction (纠偏), the answer to one alert."""

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_page", "opened_at", "id"),
        Index("ix_correction_scope", "scope", "opened_at", "id"),
        Index("ix_correction_joined", "joined", postgresql_where=text("joined IS NOT NULL")),
        # Of these alone is the value measured again looked for.
        Index(
            "ix_correction_planned",
            "scope",
            "indicator",
            postgresql_where=text("plan IS NOT NULL AND state = 'open'"),
        ),
        Index("ix_correction_cycle", "cycle", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    cycle: Mapped[str | None] = mapped_column(ForeignKey("cycle.key"))
    alert: Mapped[str] = mapped_column(unique=True)
    alert_version: Mapped[int] = mapped_column(BigInteger())
    scope: Mapped[str]
    period: Mapped[str]
    severity: Mapped[str]
    family: Mapped[str] = mapped_column(server_default="indicator")
    indicator: Mapped[str | None]
    title: Mapped[str]
    owner: Mapped[str]
    crossed: Mapped[Document | None]
    """The line that is crossed: its name, operator, value and upper end."""

    worst: Mapped[Document | None]
    """The gravest colour its alert ever had, with value, line and instant of that moment."""

    value_before: Mapped[str | None]
    is_raising_heard: Mapped[bool]
    value: Mapped[str | None]
    value_after: Mapped[str | None]
    effect: Mapped[str | None]
    state: Mapped[str]
    how: Mapped[str | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """Until when its alert must be acknowledged."""

    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    assigned_to: Mapped[str | None]
    """Whom somebody named as its owner; ``owner`` is that of its alert."""

    joined: Mapped[UUID | None]
    """Id that those of one cause share."""

    cause: Mapped[str | None]
    plan: Mapped[Document | None]
    evidence: Mapped[Document | None]
    remeasured: Mapped[Document | None]
    verdict: Mapped[Document | None]
    reopened: Mapped[int] = mapped_column(server_default="0")
    stage: Mapped[str]
    """``opened assigned planned evidenced closed``, from the rest."""


class CorrectionHistoryRow(Base):
    """What happened to a correction, one row per version."""

    __tablename__ = "correction_history"

    correction: Mapped[UUID] = mapped_column(ForeignKey("correction.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    """``raised merged held acknowledged reopened settled`` as heard of the alert, ``attached`` to a
    cycle, ``remeasured``, and what people did."""

    severity: Mapped[str]
    value: Mapped[str | None]
    cycle: Mapped[str | None]
    by: Mapped[str | None]
    """Who did it; None of what was heard."""

    said: Mapped[Document | None]
    """What he said: the measure, the reason, the verdict."""

    at: Mapped[datetime]
