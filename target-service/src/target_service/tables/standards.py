"""Standards."""

from datetime import date, datetime

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class StandardRow(Base):
    """One version of a standard (标准文本); versions are kept for ever."""

    __tablename__ = "standard"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="line")
    state: Mapped[str] = mapped_column(server_default="approved")
    title: Mapped[str]
    scope: Mapped[str | None]
    """Whose standard it is; None of a line."""

    applies_to: Mapped[Document | None]
    """Kind of scope and tags of the objects that it is for."""

    indicator: Mapped[str | None]
    """Of a line; a document has its indicators in its criteria."""

    basis: Mapped[str | None]
    tiers: Mapped[Document]
    sections: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    criteria: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    plan: Mapped[Document | None]
    """Courses, requirements and their support, of a training plan."""

    effective_from: Mapped[date]
    author: Mapped[str] = mapped_column(server_default="")
    approver: Mapped[str | None]
    """Who shall approve it, where the draft names one."""

    drafted_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was rejected, or approved in spite of what the lint found."""

    withdrawn_at: Mapped[datetime | None]
