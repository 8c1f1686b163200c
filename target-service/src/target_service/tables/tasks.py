"""Tasks, the reports on them, and what was changed."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class TaskRow(Base):
    """One task (任务) as it stands."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_scope", "scope"),
        Index("ix_task_owner", "owner"),
        Index("ix_task_state", "state"),
        Index("ix_task_goals", "goals", postgresql_using="gin"),
        Index("ix_task_after", "after", postgresql_using="gin"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    title: Mapped[str]
    detail: Mapped[str]
    kind: Mapped[str]
    system: Mapped[str]
    scope: Mapped[str]
    unit: Mapped[str | None]
    owner: Mapped[str]
    helpers: Mapped[list[Document]] = mapped_column(JSONB)
    named: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    goals: Mapped[list[str]] = mapped_column(ARRAY(Text))
    after: Mapped[list[str]] = mapped_column(ARRAY(Text))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    sla_hours: Mapped[int | None]
    due_at: Mapped[datetime | None]
    """From when on it is overdue; None before it is issued."""

    started_on: Mapped[date | None]
    done_on: Mapped[date | None]
    progress: Mapped[Decimal]
    qualitative: Mapped[bool]
    resources: Mapped[list[Document]] = mapped_column(JSONB)
    budget: Mapped[Decimal | None]
    spent: Mapped[Decimal]
    deliverables: Mapped[list[Document]] = mapped_column(JSONB)
    issued_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    overdue_since: Mapped[datetime | None]
    work_due: Mapped[datetime | None]
    """Until when the work list says that its owner reports; None where it says nothing."""

    work_number: Mapped[int] = mapped_column(server_default="0")
    """How often it was put on the work list: a step that closed does not open again."""

    updated_at: Mapped[datetime]


class TaskReportRow(Base):
    """One report of progress; what was said stays."""

    __tablename__ = "task_report"

    task: Mapped[str] = mapped_column(ForeignKey("task.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    state: Mapped[str]
    progress: Mapped[Decimal]
    said: Mapped[str]
    as_of: Mapped[date]
    spent: Mapped[Decimal | None]
    light: Mapped[str | None]
    evidence: Mapped[list[Document]] = mapped_column(JSONB)
    by: Mapped[str]
    at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class TaskNoteRow(Base):
    """What was done with a task, by whom, and why."""

    __tablename__ = "task_note"

    task: Mapped[str] = mapped_column(ForeignKey("task.key"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
    changes: Mapped[Document]
    """By field, what it was before and is now."""


class EvidenceUploadRow(Base):
    """Who has uploaded a file: he may name it, and read it again."""

    __tablename__ = "evidence_upload"

    digest: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
