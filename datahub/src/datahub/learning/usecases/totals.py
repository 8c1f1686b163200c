"""Totals that are due are written as records, by a feed of the hub's own.

A total is always what the raw events of its day come to, never what it was and something more: a
round that is killed leaves it due, and a round too many changes nothing. Only days whose month is
kept can be due, so that no total is ever made of what a dropped month left.
"""

from collections.abc import Sequence
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.repository import batches, records
from datahub.ingest.usecases.deliveries import ingest_records
from datahub.ingest.usecases.effects import Delivery
from datahub.ingest.usecases.feeds import save_feed
from datahub.learning.repository import due
from datahub.learning.repository.due import MEASURES, Total
from shared.kit.database import Transaction

ENTITY: Final = "learning_daily"
FEED: Final[dict[str, Any]] = {
    "feed": "hub.learning_daily",
    "title": "由学习行为事件汇总",
    "source": "hub",
    "entity": ENTITY,
    "default": True,
    # A total tells of events that are there, whoever else has not come yet.
    "never_waits_for": ["student_no", "class_no"],
    "fields": {name: {"from": name} for name in ("student_no", "class_no", "date", *MEASURES)},
}
ROUND: Final = 2_000


async def write_due(tx: Transaction, dictionary: Dictionary) -> int:
    """Write the oldest totals that are due; return how many."""
    # Before the rows that are due: whoever takes events in holds them last.
    await records.lock_entities(tx, [ENTITY])
    taken = await due.take(tx, ROUND)
    if not taken:
        return 0
    totals = await due.count_events(tx, taken)
    feed, _ = await save_feed(tx, str(FEED["feed"]), FEED, dictionary, _anyhow, is_own=True)
    await _deliver(tx, feed, "upsert", [each for each in totals if each.events])
    await _deliver(tx, feed, "delete", [each for each in totals if not each.events])
    return len(taken)


def _anyhow(_: int | None) -> None:
    """Save whatever version is there."""


async def _deliver(tx: Transaction, feed: Feed, mode: str, totals: Sequence[Total]) -> None:
    if not totals:
        return
    batch = await batches.start_batch(tx, feed, mode=mode, channel="hub")
    delivery = Delivery(feed=feed, batch=batch, mode=mode, ends_at_once=True)
    rows = [
        {
            "student_no": each.due.student_no,
            "class_no": each.due.class_no,
            "date": each.due.day.isoformat(),
            **each.measures,
        }
        for each in totals
    ]
    await ingest_records(tx, delivery, rows, {0: await records.observed_now(tx)})
