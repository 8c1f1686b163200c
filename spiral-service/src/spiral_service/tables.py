"""Tables of the spiral service. No rule lives here: see ``domain``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.calendar.table import add_calendar
from shared.kit.tables import add_handed_over, add_plumbing, new_metadata


class Base(DeclarativeBase):
    """Declarative base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012


class ScopeRow(Base):
    """A scope (诊改对象) as the hub told it last; what a cycle may be about."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    owners: Mapped[list[dict[str, str]]] = mapped_column(JSONB())
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger())


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


class CorrectionRow(Base):
    """One correction (纠偏), the answer to one alert."""

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_page", "opened_at", "id"),
        Index("ix_correction_scope", "scope", "opened_at", "id"),
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
    indicator: Mapped[str | None]
    title: Mapped[str]
    owner: Mapped[str]
    crossed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The line that is crossed: its name, operator, value and upper end."""

    worst: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
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


class CorrectionHistoryRow(Base):
    """What happened to a correction, one row per version."""

    __tablename__ = "correction_history"

    correction: Mapped[UUID] = mapped_column(ForeignKey("correction.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    """``raised merged acknowledged settled`` as heard of the alert, or ``attached`` to a cycle."""

    severity: Mapped[str]
    value: Mapped[str | None]
    cycle: Mapped[str | None]
    at: Mapped[datetime]


class CycleProposalRow(Base):
    """A rhythm of diagnosis that an imported plan sets for a level (诊改周期建议)."""

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


class WorkItemRow(Base):
    """A human step somewhere in the suite (待办), as its service told it."""

    __tablename__ = "work_item"
    __table_args__ = (Index("ix_work_item_page", "state", "due_at", "step"),)

    step: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str | None]
    role: Mapped[str]
    permission: Mapped[str]
    not_by: Mapped[str]
    owners: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Whose step it is, for the role ``owner``."""

    link: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    how: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]


add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
