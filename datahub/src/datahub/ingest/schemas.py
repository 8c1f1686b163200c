"""Requests and answers of ingest."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Ledger, RowVerdict

MAX_VERDICTS = 1000
"""Rows named in the answer of a batch; ``GET /quarantine?batch=`` lists them all."""


class VerdictOut(BaseModel):
    """Why a row is not simply in the records."""

    row: int
    verdict: str
    code: str
    path: str
    message: str


class BatchOut(BaseModel):
    """The ledger of a delivery: ``received`` is the sum of the eight fates below it."""

    batch: int | None
    """None after a dry run: nothing was kept."""

    source: str
    entity: str
    feed: str
    feed_version: int
    mode: str
    dry_run: bool
    declared: int | None
    received: int
    created: int
    updated: int
    deleted: int
    unchanged: int
    quarantined: int
    parked: int
    rejected: int
    duplicate: int
    verdicts: list[VerdictOut]
    verdicts_left_out: int = 0


class FeedOut(BaseModel):
    """A feed contract as stored."""

    feed: str
    version: int
    source: str
    entity: str
    default: bool
    document: dict[str, Any]
    saved_at: datetime | None = None
    last_batch_at: datetime | None = None


class Replay(BaseModel):
    """Rows to drive through the present version of their feed again."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[int], Field(min_length=1, max_length=5000)]


def batch_out(
    feed: Feed,
    batch: int | None,
    mode: str,
    declared: int | None,
    ledger: Ledger,
    verdicts: Sequence[RowVerdict],
) -> BatchOut:
    """Build the answer to a delivery."""
    ordered = sorted(verdicts, key=lambda each: each.row)
    return BatchOut(
        batch=batch,
        source=feed.source,
        entity=feed.entity.name,
        feed=feed.id,
        feed_version=feed.version,
        mode=mode,
        dry_run=batch is None,
        declared=declared,
        **asdict(ledger),
        verdicts=[
            VerdictOut(
                row=each.row,
                verdict=each.verdict.value,
                code=each.code,
                path=each.path,
                message=each.message,
            )
            for each in ordered[:MAX_VERDICTS]
        ],
        verdicts_left_out=max(0, len(ordered) - MAX_VERDICTS),
    )


def feed_out(feed: Feed, document: dict[str, Any]) -> FeedOut:
    """Build the answer to a saved feed."""
    return FeedOut(
        feed=feed.id,
        version=feed.version,
        source=feed.source,
        entity=feed.entity.name,
        default=feed.is_default,
        document=document,
    )
