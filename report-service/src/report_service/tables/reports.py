"""The reports, the work on them, and templates. No rule lives here."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from report_service.tables.base import Base


class ReportRow(Base):
    """A report as it was opened. Rows are written once and never changed."""

    __tablename__ = "report"
    __table_args__ = (
        # The same facts and template make the same report: they are stored once.
        UniqueConstraint("scope", "period", "template", "template_version", "digest"),
        Index("ix_report_page", "created_at", "id"),
        Index("ix_report_scope", "scope", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    template: Mapped[str]
    template_version: Mapped[int]
    as_of: Mapped[datetime]
    title: Mapped[str]
    scope_name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the content without number and digest."""

    content: Mapped[str]
    """The document as JSON text, as it was when the report was opened."""

    facts: Mapped[bytes | None]
    """What it was made from, packed: it can be made again though definitions change. None of
    reports from before templates had versions of their own."""

    html: Mapped[str]
    sha256: Mapped[str]
    """SHA-256 of the HTML in UTF-8."""

    style_sha256: Mapped[str]
    """Base64 digest of its style block, for the content security policy."""

    created_at: Mapped[datetime]
    created_by: Mapped[str]


class WorkRow(Base):
    """How far a report has come: drafted, reviewed, issued, superseded."""

    __tablename__ = "work"
    __table_args__ = (
        Index("ix_work_state", "state", "due_at"),
        Index("ix_work_cycle", "cycle"),
    )

    report: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    period: Mapped[str]
    template: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger())
    """Grows with everything that is done with it; the entity tag of its draft."""

    owner: Mapped[str]
    cycle: Mapped[str | None]
    due_at: Mapped[datetime | None]
    replanned: Mapped[int] = mapped_column(server_default="0")
    """How often its deadline was planned anew."""

    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    superseded_by: Mapped[UUID | None]
    reason: Mapped[str]
    """Why it was sent back, in the reviewer's words."""


class TextRow(Base):
    """What a person wrote at a place of a report; every version is kept."""

    __tablename__ = "text"

    report: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class CommentRow(Base):
    """A remark on a section of a report."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_report", "report", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report: Mapped[UUID]
    section: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class SignatureRow(Base):
    """Who signed a report, and in which role."""

    __tablename__ = "signature"

    report: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    at: Mapped[datetime]
    digest: Mapped[str]
    """SHA-256 of the document that was signed."""


class RenditionRow(Base):
    """A file of an issued report. Rows are written once and never changed."""

    __tablename__ = "rendition"

    report: Mapped[UUID] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    sha256: Mapped[str]


class TemplateRow(Base):
    """A version of a template of a college. Rows are written once and never changed."""

    __tablename__ = "template"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    """Above the shipped one's thousand: the college's first is 1001."""

    title: Mapped[str]
    sections: Mapped[list[str]]
    docx: Mapped[bytes | None]
    typst: Mapped[str | None]
    sha256: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
