"""Answers of pulls."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class PullError(BaseModel):
    """Why the last run failed, and what to do about it."""

    code: str
    zh: str
    en: str
    fields: dict[str, list[str]] = {}
    fixes: list[str] = []
    file: str | None = None
    """The file that failed, of a folder."""


class PullOut(BaseModel):
    """The pull of a feed, and where it stands."""

    feed: str
    version: int
    document: dict[str, Any]
    """As saved: secrets stand in it by name only."""

    saved_at: datetime | None
    running: bool
    position: dict[str, Any] | None
    """How far it has read; null reads from the beginning."""

    next_run_at: datetime | None
    """Null: only when asked."""

    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_outcome: str | None
    """``done`` or ``failed``."""

    last_batch: dict[str, Any] | None
    """Its ledger."""

    last_error: PullError | None
    failures: int
    """Runs in a row that failed."""
