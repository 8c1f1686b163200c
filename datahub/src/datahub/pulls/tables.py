"""Tables of pulls: what is fetched and how far, and which files were taken. No rule lives here."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class PullRow(Base):
    """The pull of a feed, and where it stands."""

    __tablename__ = "pull"

    feed: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())
    next_run_at: Mapped[Instant | None]
    position: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """How far it has read; moves in the transaction of what it read."""

    run: Mapped[UUID | None]
    """The run under way; a page of any other run is refused."""

    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    outcome: Mapped[str | None]
    """``done`` or ``failed``, of the last run that ended."""

    batch: Mapped[int | None] = mapped_column(BigInteger)
    """The last batch; its run goes on with it while it is open."""

    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Why the last run failed, and what to do about it."""

    failures: Mapped[int] = mapped_column(server_default="0")
    """Runs in a row that failed."""

    __table_args__ = (
        Index("ix_pull_due", "next_run_at", postgresql_where=text("next_run_at IS NOT NULL")),
    )


class PullFileRow(Base):
    """A file that was taken from a watched folder."""

    __tablename__ = "pull_file"

    claim: Mapped[str] = mapped_column(primary_key=True)
    """Given when the file was claimed; it stands before the file's name from then on."""

    feed: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    feed_version: Mapped[int]
    batch: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str]
    """``done``, ``same`` as the file before it, or ``failed``."""

    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_pull_file_feed_at", "feed", "at"),)
