"""What the hub knows about itself becomes records, by feeds of its own (source ``helix8``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.repository import batches, records
from datahub.ingest.usecases.deliveries import ingest_records
from datahub.ingest.usecases.effects import Delivery
from datahub.ingest.usecases.feeds import save_feed
from shared.kit.database import Transaction


def own_feed(entity: str, title: str, fields: Sequence[str]) -> Mapping[str, Any]:
    """Return the document of the feed by which the hub writes some fields of an entity."""
    return {
        "feed": f"helix8.{entity}",
        "title": title,
        "source": "helix8",
        "entity": entity,
        "default": True,
        "fields": {name: {"from": name} for name in fields},
    }


async def write_own(
    tx: Transaction,
    document: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    dictionary: Dictionary,
) -> None:
    """Write records by a feed of the hub's own; what is the same as before changes nothing."""
    if not rows:
        return
    await records.lock_entities(tx, [document["entity"]])
    feed, _ = await save_feed(tx, document["feed"], document, dictionary, _anyhow, is_own=True)
    batch = await batches.start_batch(tx, feed, mode="upsert", channel="hub")
    delivery = Delivery(feed=feed, batch=batch, mode="upsert", ends_at_once=True)
    await ingest_records(tx, delivery, rows, {0: await records.observed_now(tx)})


def _anyhow(_: int | None) -> None:
    """Save whatever version is there."""
