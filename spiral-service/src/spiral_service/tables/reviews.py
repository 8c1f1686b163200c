"""Review rounds (评审), their comments and votes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class ReviewRoundRow(Base):
    """The review of one version of a document."""

    __tablename__ = "review_round"
    __table_args__ = (
        Index("ix_review_round_page", "opened_at", "id"),
        Index("uq_review_round_document", "document", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    document: Mapped[str]
    number: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    scope: Mapped[str]
    body: Mapped[str]
    clauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    author: Mapped[str]
    members: Mapped[list[str]] = mapped_column(ARRAY(Text))
    heads: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_at: Mapped[datetime]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    outcome: Mapped[str | None]
    summary: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class ReviewCommentRow(Base):
    """What a member says of a clause, and the answer."""

    __tablename__ = "review_comment"
    __table_args__ = (Index("ix_review_comment_round", "round", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round: Mapped[UUID] = mapped_column(ForeignKey("review_round.id"))
    clause: Mapped[str | None]
    text: Mapped[str]
    must: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]
    answer: Mapped[str]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class ReviewVoteRow(Base):
    """How a member voted."""

    __tablename__ = "review_vote"

    round: Mapped[UUID] = mapped_column(ForeignKey("review_round.id"), primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True)
    vote: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
