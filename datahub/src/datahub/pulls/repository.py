"""Where each pull stands, which files it took, and who runs it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select

from datahub.ingest.domain.feed import Feed
from datahub.ingest.tables import FeedRow
from datahub.locks import Space
from datahub.pulls.tables import PullFileRow, PullRow
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Database, Transaction
from shared.kit.sql import text


class PullNotFoundError(DomainError):
    """The feed has no pull."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "pull-not-found"
    title_zh: ClassVar = "该约定没有拉取"
    title_en: ClassVar = "The feed has no pull"


class RunLostError(DomainError):
    """Another run has taken over; nothing of this one counts any more."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "run-lost"


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that begins, with what an earlier one left open."""

    row: PullRow
    batch: int | None
    received: int


@asynccontextmanager
async def exclusive(database: Database, feed: str) -> AsyncIterator[bool]:
    """Hold the turn to run a pull; yield whether it was free.

    The lock belongs to a connection of its own, so it goes with the process that dies.
    """
    async with database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        values = {"lock": Space.PULL, "feed": feed}
        mine = await connection.scalar(
            text("SELECT pg_try_advisory_lock(:lock, hashtext(:feed))"), values
        )
        try:
            yield bool(mine)
        finally:
            if mine:
                await connection.execute(
                    text("SELECT pg_advisory_unlock(:lock, hashtext(:feed))"), values
                )


async def now(tx: Transaction) -> datetime:
    """Return the database's clock."""
    found: datetime = (await tx.session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return found


async def find_pull(tx: Transaction, feed: str, *, lock: bool = False) -> PullRow | None:
    """Return the pull of a feed; None when it has none."""
    return await tx.session.get(PullRow, feed, with_for_update=lock or None)


async def get_pull(tx: Transaction, feed: str, *, lock: bool = False) -> PullRow:
    """Return the pull of a feed.

    Raises:
        PullNotFoundError: it has none.
    """
    row = await find_pull(tx, feed, lock=lock)
    if row is None:
        raise PullNotFoundError(
            f"约定 {feed} 没有拉取",
            f"feed {feed} has no pull",
            fixes=[f"PUT /api/datahub/v1/feeds/{feed}/pull"],
        )
    return row


async def list_due(tx: Transaction, limit: int) -> list[str]:
    """Return the feeds in use whose pull is due, the longest waiting first."""
    found = await tx.session.scalars(
        select(PullRow.feed)
        .join(FeedRow, FeedRow.id == PullRow.feed)
        .where(PullRow.next_run_at <= text("clock_timestamp()"), FeedRow.retired_at.is_(None))
        .order_by(PullRow.next_run_at, PullRow.feed)
        .limit(limit)
    )
    return list(found)


async def begin_run(tx: Transaction, feed: Feed, mode: str, run: UUID) -> Begun:
    """Make a run the present one; return where it begins."""
    row = await get_pull(tx, feed.id, lock=True)
    row.run = run
    row.started_at = await now(tx)
    left = await tx.session.execute(
        text(
            "SELECT id, received, feed_version = :version AND mode = :mode AS fits FROM batch"
            " WHERE id = :batch AND finished_at IS NULL FOR UPDATE"
        ),
        {"batch": row.batch, "version": feed.version, "mode": mode},
    )
    found = left.one_or_none()
    if found is None or found.fits:
        return Begun(row, found.id, found.received) if found else Begun(row, None, 0)
    await close_batch(tx, found.id)
    return Begun(row, None, 0)


async def close_batch(tx: Transaction, batch: int | None) -> None:
    """Note that nothing more comes with a batch."""
    await tx.session.execute(
        text(
            "UPDATE batch SET finished_at = clock_timestamp()"
            " WHERE id = :batch AND finished_at IS NULL"
        ),
        {"batch": batch},
    )


async def start_over(tx: Transaction, row: PullRow) -> None:
    """Forget how far a pull has read; a run under way, which would go on from there, is lost."""
    if row.batch is not None:
        await close_batch(tx, row.batch)
    row.position = None
    row.run = None


async def hold(tx: Transaction, feed: str, run: UUID) -> PullRow:
    """Make sure that a run is still the present one, until the commit; return its pull.

    Raises:
        RunLostError: it is not.
    """
    row = await find_pull(tx, feed, lock=True)
    if row is None or row.run != run:
        raise RunLostError(
            f"{feed} 的拉取已由他处接管，或须从头读起",
            f"another run of {feed} has taken over, or it starts over",
        )
    return row


async def move(
    tx: Transaction, feed: str, position: Mapping[str, Any] | None, batch: int | None
) -> None:
    """Note how far a pull has read."""
    await tx.session.execute(
        text(
            "UPDATE pull SET position = CAST(:position AS jsonb), batch = :batch WHERE feed = :feed"
        ),
        {"feed": feed, "position": _json(position), "batch": batch},
    )


async def end_run(
    tx: Transaction, feed: str, next_run_at: datetime | None, error: Mapping[str, Any] | None
) -> None:
    """Close the batch of the present run; note how it ended, and when the next one begins."""
    row = await get_pull(tx, feed, lock=True)
    await close_batch(tx, row.batch)
    row.run = None
    row.finished_at = await now(tx)
    row.outcome = "failed" if error else "done"
    row.error = dict(error) if error else None
    row.failures = row.failures + 1 if error else 0
    row.next_run_at = next_run_at


async def find_file(tx: Transaction, claim: str) -> PullFileRow | None:
    """Return a file that was taken; None when it was not."""
    return await tx.session.get(PullFileRow, claim)


async def last_taken(tx: Transaction, feed: str) -> tuple[str, str, int, str | None] | None:
    """Return state, digest, version of the feed and mode of the file that was taken last.

    Those that were the same as it, and so were not read, are passed over.
    """
    row = (
        await tx.session.execute(
            text(
                "SELECT f.state, f.sha256, f.feed_version, b.mode FROM pull_file f"
                " LEFT JOIN batch b ON b.id = f.batch WHERE f.feed = :feed AND f.state <> 'same'"
                " ORDER BY f.at DESC LIMIT 1"
            ),
            {"feed": feed},
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
