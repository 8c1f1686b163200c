"""What a pull does: it is saved, it takes a page in, it comes to its end.

A page's rows and the position behind them are one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.repository import batches, feeds
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import deliveries as ingest
from datahub.ingest.usecases import snapshots
from datahub.ingest.usecases.effects import Delivery
from datahub.ingest.usecases.snapshots import Read, Whole
from datahub.pulls import repository
from datahub.pulls.domain.pull import FolderSource, HttpSource, Pull, SqlSource
from datahub.pulls.domain.pull_document import Reach, invalid, parse_pull
from datahub.pulls.sources import SourceFailedError, guarded, sql
from datahub.pulls.tables import PullFileRow, PullRow
from shared.addresses import AddressRefusedError
from shared.errors import DomainError
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction

RETRY_MINUTES: Final = 10
"""Until a run that could not begin is tried again."""

CHANNEL: Final = "pull"
"""How batches name the way that their rows came by."""

_PLACE: Final = (
    *("kind", "url", "statement", "path", "watermark", "since", "items"),
    *("query", "paging"),
)
"""What a position belongs to: with another of these it means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run under way."""

    id: UUID
    feed: Feed
    pull: Pull
    position: Mapping[str, Any] | None
    batch: int | None
    """The open batch; None until the first row comes."""

    received: int = 0
    """Rows of the open batch so far."""

    document: str | None = None
    inspector: Inspector | None = None


async def save_pull(
    tx: Transaction,
    feed: Feed,
    document: Mapping[str, Any],
    reach: Reach,
    expect: Callable[[int | None], None],
) -> tuple[PullRow, bool]:
    """Save the pull of a feed; return it and whether it changed.

    Args:
        expect: refuses the write by the present version; gets None where there is no pull.

    Raises:
        PullInvalidError: with every fault of the document.
    """
    now = await repository.now(tx)
    pull = parse_pull(document, feed, reach, now.astimezone(CAMPUS))
    # Two that save the first one at once take turns.
    await feeds.get_feed_row(tx, feed.id, lock=True)
    row = await repository.find_pull(tx, feed.id, lock=True)
    expect(row.version if row else None)
    if row is None:
        row = PullRow(feed=feed.id, version=0, failures=0)
        tx.session.add(row)
    if row.document == document:
        return row, False
    before = row.document or {}
    if any(before.get(name) != document.get(name) for name in _PLACE):
        await repository.start_over(tx, row)
    row.version += 1
    row.document = dict(document)
    row.saved_at = now
    row.next_run_at = pull.schedule.after(now.astimezone(CAMPUS))
    await tx.session.flush()
    return row, True


async def find_untried(
    tx: Transaction, feed: Feed, document: Mapping[str, Any], reach: Reach
) -> SqlSource | HttpSource | None:
    """Return a source that is not the one which is saved; None where there is none to try.

    Raises:
        PullInvalidError: with every fault of the document.
    """
    now = (await repository.now(tx)).astimezone(CAMPUS)
    source = parse_pull(document, feed, reach, now).source
    row = await repository.find_pull(tx, feed.id)
    before = row.document if row else {}
    is_known = all(before.get(name) == document.get(name) for name in _PLACE)
    return None if isinstance(source, FolderSource) or is_known else source


async def try_source(source: SqlSource | HttpSource, reach: Reach) -> None:
    """Have a statement read by its database, which gives no row; see where a name leads.

    Raises:
        PullInvalidError: the database is not there, or refuses it, in its own words; the name
            leads where a run would not go.
    """
    try:
        if isinstance(source, SqlSource):
            await sql.try_statement(source, reach.secret(source.url) or "")
        else:
            await guarded.check_name(source.url, reach.receivers)
    except SourceFailedError as refused:
        raise invalid(refused.fields) from refused
    except AddressRefusedError as refused:
        raise invalid({"$.url": [refused.told]}) from refused


async def ask_run(tx: Transaction, feed: str, *, from_start: bool) -> PullRow:
    """Make a pull due at once; a run under way ends first, and from the start it ends there."""
    row = await repository.get_pull(tx, feed, lock=True)
    row.next_run_at = await repository.now(tx)
    if from_start:
        await repository.start_over(tx, row)
    return row


async def begin(tx: Transaction, feed: Feed, reach: Reach, run: UUID) -> Run:
    """Begin a run where the last one ended.

    Raises:
        PullInvalidError: what was right when it was saved is wrong by now.
    """
    row = await repository.get_pull(tx, feed.id)
    pull = parse_pull(row.document, feed, reach, (await repository.now(tx)).astimezone(CAMPUS))
    begun = await repository.begin_run(tx, feed, pull.mode, run)
    return Run(
        id=run,
        feed=feed,
        pull=pull,
        position=begun.row.position,
        batch=begun.batch,
        received=begun.received,
    )


async def take_page(
    tx: Transaction, run: Run, chunk: Chunk, position: Mapping[str, Any] | None
) -> Run:
    """Take the rows of a page in and move on; return the run as it goes on."""
    await repository.hold(tx, run.feed.id, run.id)
    batch = run.batch
    if batch is None and chunk.received:
        batch = await _start(tx, run)
    if batch is not None and chunk.received:
        await ingest.ingest_chunk(tx, _delivery(run, batch), chunk)
    await repository.move(tx, run.feed.id, position, batch)
    return replace(run, batch=batch, position=position, received=run.received + chunk.received)


async def take_document(
    tx: Transaction, run: Run, parts: Sequence[Mapped], received: int, first: Chunk | None
) -> Run:
    """Take a whole document of an aggregating feed in; ``first`` are its first lines."""
    await repository.hold(tx, run.feed.id, run.id)
    batch = await _start(tx, run)
    await ingest.ingest_totals(tx, _delivery(run, batch), parts, received, first)
    await repository.move(tx, run.feed.id, run.position, batch)
    return replace(run, batch=batch, received=received)


async def take_snapshot(
    tx: Transaction, run: Run, read: Read, *, is_by_line: bool = False, is_csv: bool = False
) -> Run:
    """Take in everything that a source holds: what is not among it is deleted.

    Args:
        is_by_line: see `Whole`.

    Raises:
        VanishError: more records would vanish than the feed allows; nothing was written.
    """
    await repository.hold(tx, run.feed.id, run.id)
    whole = Whole(
        feed=run.feed,
        channel=CHANNEL,
        read=read,
        document=run.document,
        is_by_line=is_by_line,
        is_csv=is_csv,
        inspector=run.inspector,
    )
    batch, _ = await snapshots.take_in(tx, whole)
    await repository.move(tx, run.feed.id, None, batch)
    return replace(run, batch=batch, position=None)


async def _start(tx: Transaction, run: Run) -> int:
    return await batches.start_batch(
        tx, run.feed, mode=run.pull.mode, channel=CHANNEL, document=run.document
    )


def _delivery(run: Run, batch: int) -> Delivery:
    return Delivery(
        feed=run.feed,
        batch=batch,
        mode=run.pull.mode,
        document=run.document,
        inspector=run.inspector,
    )


async def finish_file(tx: Transaction, run: Run, file: PullFileRow) -> None:
    """Note what became of a file, and close its batch."""
    await repository.hold(tx, run.feed.id, run.id)
    await repository.close_batch(tx, run.batch)
    await repository.move(tx, run.feed.id, None, run.batch)
    tx.session.add(file)


async def end(tx: Transaction, run: Run, error: Mapping[str, Any] | None) -> None:
    """End a run, and set when the next one begins, unless somebody has said so meanwhile.

    One that could not read a single page where an earlier one broke off begins anew the next time:
    a service may have forgotten its cursor.
    """
    row = await repository.hold(tx, run.feed.id, run.id)
    if error and row.position and row.position == run.position and "next" in row.position:
        row.position = {"since": since} if (since := row.position["since"]) else None
    next_run_at = row.next_run_at
    # It was due when the run began: what is later, or never, was asked for or saved since.
    if next_run_at is not None and row.started_at is not None and next_run_at <= row.started_at:
        now = (await repository.now(tx)).astimezone(CAMPUS)
        next_run_at = run.pull.schedule.after(now)
    await repository.end_run(tx, run.feed.id, next_run_at, error)


async def put_off(tx: Transaction, feed: str, error: Mapping[str, Any]) -> None:
    """Note that a run could not begin: its document does not hold any more, a secret is gone."""
    row = await repository.get_pull(tx, feed)
    has_clock = bool(row.document.get("schedule"))
    later = await repository.now(tx) + timedelta(minutes=RETRY_MINUTES)
    await repository.end_run(tx, feed, later if has_clock else None, error)


def error_document(error: DomainError) -> dict[str, Any]:
    """Return an error as it is kept for whoever asks later."""
    return {
        "code": error.code,
        "zh": error.zh,
        "en": error.en,
        "fields": error.fields,
        "fixes": error.fixes,
    }
