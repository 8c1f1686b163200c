"""How many values each indicator has, and how many of them people handed in, become records.

So the share of values that were handed in is an indicator like any other (PR03). They are written
by a feed of the hub's own: what is the same as before changes nothing.
"""

from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.repository import cells
from datahub.ingest.repository import batches, records
from datahub.ingest.usecases.deliveries import ingest_records
from datahub.ingest.usecases.effects import Delivery
from datahub.ingest.usecases.feeds import save_feed
from shared.kit.database import Transaction

ENTITY: Final = "indicator_total"
FEED: Final[dict[str, Any]] = {
    "feed": "helix8.indicator_total",
    "title": "指标值统计",
    "source": "helix8",
    "entity": ENTITY,
    "default": True,
    "fields": {name: {"from": name} for name in ("indicator", "values_told", "values_typed")},
}


async def write_totals(tx: Transaction, dictionary: Dictionary) -> int:
    """Write the totals of every indicator that has cells; return how many."""
    await records.lock_entities(tx, [ENTITY])
    rows = await cells.count_values(tx)
    if rows:
        feed, _ = await save_feed(tx, str(FEED["feed"]), FEED, dictionary, _anyhow)
        batch = await batches.start_batch(tx, feed, mode="upsert", channel="hub")
        delivery = Delivery(feed=feed, batch=batch, mode="upsert", ends_at_once=True)
        await ingest_records(tx, delivery, rows, {0: await records.observed_now(tx)})
    return len(rows)


def _anyhow(_: int | None) -> None:
    """Save whatever version is there."""
