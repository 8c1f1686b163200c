"""Watch the rhythm of feeds: tell once of each delivery that was missed, and when it has come."""

from datetime import datetime
from typing import Literal

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rhythm import Level, expect
from datahub.quality.repository import feeds
from datahub.quality.repository.feeds import Watched
from datahub.quality.usecases.evaluating import find_aged
from shared.contracts.datahub import FeedLate
from shared.kit.database import Transaction


async def watch_feeds(tx: Transaction, dictionary: Dictionary, now: datetime) -> None:
    """Hold every feed against its rhythm, and what ages against what it may be.

    Does nothing where another process does.
    """
    if not await feeds.lead_watch(tx):
        return
    await find_aged(tx)
    terms = await feeds.list_terms(tx, dictionary)
    for each in await feeds.list_watched(tx):
        last = each.last_batch_at or each.saved_at
        expected = expect(each.rhythm, last, now, terms) if each.rhythm else None
        level = expected.level if expected else None
        if expected and level and expected.at != each.told:
            _tell(tx, each, expected.at, now, level)
        elif level is None and each.told is not None:
            _tell(tx, each, each.told, max(last, each.told), "cleared")
        await feeds.keep_watch(
            tx,
            each.feed,
            expected_at=expected.at if expected else None,
            level=level,
            last_batch_at=each.last_batch_at,
        )


def _tell(
    tx: Transaction,
    feed: Watched,
    expected_at: datetime,
    until: datetime,
    level: Level | Literal["cleared"],
) -> None:
    tx.publish(
        FeedLate(
            feed=feed.feed,
            source=feed.source,
            entity=feed.entity,
            expected_at=expected_at,
            last_batch_at=feed.last_batch_at,
            late_by_seconds=int((until - expected_at).total_seconds()),
            level=level,
        ),
        key=feed.feed,
        subject=f"feed/{feed.feed}",
    )
