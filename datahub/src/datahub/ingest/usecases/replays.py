"""Rows that were put aside are driven through again: mended ones, and those whose parent came."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.repository import aside, batches, feeds, records, totals
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery, Outcome
from datahub.ingest.usecases.raw import RawEvents
from shared.kit.database import Transaction

RELEASE_ROWS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Way:
    """What rows go through that are driven through again."""

    dictionary: Dictionary
    inspector: Inspector
    raw: RawEvents

    async def feed_named(self, tx: Transaction, feed_id: str) -> Feed:
        """Return the present version of a feed."""
        source, _, entity = feed_id.partition(".")
        known = self.dictionary.entities.get(entity)
        if known is not None and known.is_raw:
            return await self.raw.feed_of(tx, source, self.dictionary)
        return await feeds.get_feed(tx, feed_id, self.dictionary)

    async def feed_of(self, tx: Transaction, row: aside.PutAside) -> Feed:
        """Return the present version of a row's feed."""
        if self.dictionary.entity(row.entity).is_raw:
            return await self.raw.feed_of(tx, row.source, self.dictionary)
        return await feeds.get_feed(tx, row.feed, self.dictionary)

    async def take(
        self, tx: Transaction, delivery: Delivery, rows: Sequence[aside.PutAside]
    ) -> Outcome:
        """Take rows in, each as old as it was."""
        records = [row.raw for row in rows]
        if delivery.feed.entity.is_raw:
            return await self.raw.take(tx, delivery, records)
        observed = {line: row.observed for line, row in enumerate(rows, 1)}
        return await deliveries.ingest_records(tx, delivery, records, observed)


async def release_waiting(tx: Transaction, way: Way) -> int:
    """Drive parked rows through again whose parent has come; return how many were released."""
    rows = await aside.list_releasable(tx, RELEASE_ROWS)
    await replay_rows(tx, rows, way)
    return len(rows)


async def replay_rows(tx: Transaction, rows: Sequence[aside.PutAside], way: Way) -> int:
    """Drive rows that were put aside through the present version of their feed again.

    A row that still has no place is put aside anew, with its new reasons; the old entry names
    the batch that took it up, so that its trail is whole.

    Returns:
        how many were put aside again.
    """
    again = 0
    groups: dict[tuple[str, str, str], list[aside.PutAside]] = {}
    entities = set()
    for row in rows:
        feed = await way.feed_of(tx, row)
        entities.add(feed.entity.name)
        document = row.document if feed.is_aggregating else ""
        groups.setdefault((row.feed, row.mode, document), []).append(row)
    # All of them at once: whoever takes several turns takes them in the same order.
    await records.lock_entities(tx, sorted(entities))
    for (_, mode, document), group in sorted(groups.items(), key=itemgetter(0)):
        feed = await way.feed_of(tx, group[0])
        batch = await batches.start_batch(
            tx, feed, mode=mode, channel="replay", document=document or None
        )
        # A part of its own, which goes when the document itself comes again.
        part = f"{document}{totals.PART}{batch}" if document else None
        delivery = Delivery(
            feed=feed,
            batch=batch,
            mode=mode,
            document=part,
            inspector=way.inspector,
            ends_at_once=True,
        )
        again += await _replay(tx, delivery, group, way)
    return again


async def _replay(
    tx: Transaction, delivery: Delivery, rows: Sequence[aside.PutAside], way: Way
) -> int:
    batch = delivery.batch
    outcome = await way.take(tx, delivery, rows)
    await aside.mark_released(tx, [row.id for row in rows], batch)
    await aside.note_origin(tx, batch, [row.id for row in rows])
    ledger = outcome.ledger
    return ledger.quarantined + ledger.parked + ledger.rejected
