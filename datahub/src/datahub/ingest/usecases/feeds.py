"""A feed contract is saved."""

from collections.abc import Callable, Mapping
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.repository import feeds
from shared.kit.database import Transaction


async def save_feed(
    tx: Transaction,
    feed_id: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
) -> tuple[Feed, bool]:
    """Save a feed contract; return it and whether it changed. A change is a new version.

    Args:
        expect: refuses the write by the present version; gets None where there is no such feed.

    Raises:
        FeedInvalidError: with every fault of the document.
    """
    present = await feeds.get_feed_row(tx, feed_id, lock=True)
    expect(present.version if present else None)
    if present is not None and present.document == document:
        return parse_feed(document, dictionary, present.version), False
    feed = parse_feed(document, dictionary, present.version + 1 if present else 1)
    await feeds.save_feed(tx, feed, document)
    return feed, True
