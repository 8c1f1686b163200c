"""What is ordered: batches of reports, drafts of cycles, schedules. No rule lives here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from report_service.tables.base import Base


class BatchRow(Base):
    """Many reports that are made as one job."""

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_page", "created_at", "id"),
        Index("ix_batch_running", "id", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]
    period: Mapped[str]
    template_version: Mapped[int | None]
    as_of: Mapped[datetime]
    """All of its reports are made from what was stated until then."""

    formats: Mapped[list[str]]
    total: Mapped[int]
    schedule: Mapped[str | None]
    """The schedule that ordered it."""

    deliver: Mapped[dict[str, Any] | None]
    """Whom to tell when it is over."""

    created_at: Mapped[datetime]
    created_by: Mapped[str]
    cancelled_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class OrderRow(Base):
    """A report that somebody, or a cycle, has ordered. One row, one report, one transaction."""

    __tablename__ = "ordered"
    __table_args__ = (
        UniqueConstraint("batch", "scope"),
        UniqueConstraint("cycle", "kind", "schedule"),
        Index("ix_ordered_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_ordered_state", "batch", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch: Mapped[UUID | None]
    scope: Mapped[str]
    period: Mapped[str]
    kind: Mapped[str]
    template_version: Mapped[int | None]
    as_of: Mapped[datetime | None]
    """None: of the moment in which it is made."""

    formats: Mapped[list[str]]
    """Of the files that are kept; none of a draft."""

    folder: Mapped[str]
    """Where its files lie in the archive: a class, a unit."""

    by: Mapped[str]
    cycle: Mapped[str | None]
    due_at: Mapped[datetime | None]
    """Until when the draft is to be handed in."""

    schedule: Mapped[str | None]
    state: Mapped[str]
    """``waiting done failed cancelled``."""

    report: Mapped[UUID | None]
    code: Mapped[str | None]
    """Of the refusal, where it failed; ``zh`` and ``en`` say it in words."""

    zh: Mapped[str | None]
    en: Mapped[str | None]
    at: Mapped[datetime | None]


class ProducedRow(Base):
    """A file of a report that a batch has made. Rows are written once and never changed."""

    __tablename__ = "produced"

    ordered: Mapped[UUID] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    sha256: Mapped[str]


class ScheduleRow(Base):
    """When reports are ordered without anybody asking."""

    __tablename__ = "schedule"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
    ran_at: Mapped[datetime | None]
    batch: Mapped[UUID | None]
    """The last one that it ordered."""

    failure: Mapped[str | None]
    """Why it ordered nothing the last time."""
