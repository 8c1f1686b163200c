"""Rows that were put aside are driven through again: mended ones, and those whose parent came."""

from collections.abc import Sequence
from typing import Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.repository import aside, batches, feeds, records, totals
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery
from shared.kit.database import Transaction

RELEASE_ROWS: Final = 5_000


async def release_waiting(
    tx: Transaction, dictionary: Dictionary, inspector: Inspector | None = None
) -> int:
    """Drive parked rows through again whose parent has come; return how many were released."""
    rows = await aside.list_releasable(tx, RELEASE_ROWS)
    await replay_rows(tx, rows, dictionary, inspector)
    return len(rows)


async def replay_rows(
    tx: Transaction,
    rows: Sequence[aside.PutAside],
    dictionary: Dictionary,
    inspector: Inspector | None = None,
) -> int:
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
        feed = await feeds.get_feed(tx, row.feed, dictionary)
        entities.add(feed.entity.name)
        document = row.document if feed.is_aggregating else ""
        groups.setdefault((row.feed, row.mode, document), []).append(row)
    # All of them at once: whoever takes several turns takes them in the same order.
    await records.lock_entities(tx, sorted(entities))
    for (feed_id, mode, document), group in sorted(groups.items()):
        feed = await feeds.get_feed(tx, feed_id, dictionary)
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
            inspector=inspector,
            ends_at_once=True,
        )
        again += await _replay(tx, delivery, group)
    return again


async def _replay(tx: Transaction, delivery: Delivery, rows: Sequence[aside.PutAside]) -> int:
    batch = delivery.batch
    observed = {line: row.observed for line, row in enumerate(rows, 1)}
    outcome = await deliveries.ingest_records(tx, delivery, [row.raw for row in rows], observed)
    await aside.mark_released(tx, [row.id for row in rows], batch)
    await aside.note_origin(tx, batch, [row.id for row in rows])
    ledger = outcome.ledger
    return ledger.quarantined + ledger.parked + ledger.rejected
