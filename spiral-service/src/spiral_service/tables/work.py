"""The work list (待办)."""

from datetime import datetime

from sqlalchemy import Computed, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class WorkItemRow(Base):
    """A human step somewhere in the suite (待办), as its service told it."""

    __tablename__ = "work_item"
    __table_args__ = (
        Index("ix_work_item_page", "state", "due_at", "step"),
        Index("ix_work_item_owners", "owners", postgresql_using="gin"),
        # The permissions that there are, without a look at every step.
        Index("ix_work_item_permission", "permission"),
    )

    step: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(Computed("split_part(step, '/', 1)", persisted=True))
    """Whose step it is: its id begins with that."""

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

    persons: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Who was told of it when it opened."""

    link: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    overdue_since: Mapped[datetime | None]
    state: Mapped[str]
    how: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]


class WorkCallRow(Base):
    """Somebody was called for a human step that was not done in time (督办).

    Its facts and those of the step may come in any order: it stands for itself.
    """

    __tablename__ = "work_call"
    __table_args__ = (Index("ix_work_call_person", "person"),)

    step: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    """Of the definition whose ladder called him."""

    at: Mapped[datetime]
