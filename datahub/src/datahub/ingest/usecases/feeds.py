"""A feed contract is saved, retired, re-opened."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import FeedInvalidError, feed_invalid, parse_feed
from datahub.ingest.repository import feeds
from datahub.ingest.tables import FeedRow
from datahub.systems import repository as systems
from shared.contracts.streams import SUITE
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction

Expects = Callable[[int | None], None]
"""Refuses a write by the present version; gets None where there is no such feed."""


class SuiteFeedError(DomainError):
    """A feed by which the suite tells the hub about itself cannot be retired."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "feed-of-the-suite"
    title_zh: ClassVar = "平台自身的约定不能停用"
    title_en: ClassVar = "A feed of the suite itself cannot be retired"


async def save_feed(
    tx: Transaction,
    feed_id: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Expects,
    *,
    is_own: bool = False,
) -> tuple[Feed, bool]:
    """Save a feed contract; return it and whether it changed. A change is a new version.

    One that is retired can be mended, and stays retired.

    Args:
        is_own: the hub itself writes by it, and no source system.

    Raises:
        FeedInvalidError: with every fault of the document, also that nobody registered its source.
    """
    present = await feeds.get_feed_row(tx, feed_id, lock=True)
    expect(present.version if present else None)
    if present is not None and present.document == document:
        return parse_feed(document, dictionary, present.version), False
    unknown = {} if is_own else await _source_faults(tx, document)
    try:
        feed = parse_feed(document, dictionary, present.version + 1 if present else 1)
    except FeedInvalidError as error:
        raise feed_invalid({**error.fields, **unknown}) from error
    if unknown:
        raise feed_invalid(unknown)
    await feeds.save_feed(tx, feed, document)
    return feed, True


async def _source_faults(tx: Transaction, document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return that nobody registered the source of a document; the suite itself needs none."""
    source = document.get("source")
    if not source or source == SUITE:
        return {}
    known = await systems.list_ids(tx)
    if source in known:
        return {}
    return {
        "$.source": [
            (
                f"没有业务系统 {source!r}，已登记 {'、'.join(known)}；先登记"
                f" PUT /api/datahub/v1/source-systems/{source} (register the source system first)"
            )
        ]
    }


async def retire_feed(tx: Transaction, feed_id: str, by: str, why: str, expect: Expects) -> bool:
    """Retire a feed: its deliveries are refused, what it delivered stays; return if it was not.

    Raises:
        FeedNotFoundError: there is none of that id.
        SuiteFeedError: the suite itself hands over by it.
    """
    row = await _row(tx, feed_id, expect)
    if row.source == SUITE:
        raise SuiteFeedError(
            f"{feed_id} 由平台自身使用，不能停用",
            f"the suite itself hands over by {feed_id}: it cannot be retired",
        )
    if row.retired_at is not None:
        return False
    await feeds.retire(tx, row, by, why)
    return True


async def reopen_feed(
    tx: Transaction, feed_id: str, dictionary: Dictionary, expect: Expects
) -> bool:
    """Take deliveries in by a retired feed again; return whether it was retired.

    Raises:
        FeedNotFoundError: there is none of that id.
        FeedInvalidError: the dictionary gives it no sense any more; save a mended one first.
        DefaultFeedTakenError: another feed has become the default of its source and entity.
    """
    row = await _row(tx, feed_id, expect)
    if row.retired_at is None:
        return False
    await feeds.reopen(tx, row, parse_feed(row.document, dictionary, row.version))
    return True


async def _row(tx: Transaction, feed_id: str, expect: Expects) -> FeedRow:
    row = await feeds.get_feed_row(tx, feed_id, lock=True)
    if row is None:
        raise await feeds.not_found(tx, feed_id)
    expect(row.version)
    return row
