"""Load and save feed contracts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import select, text

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed, parse_feed
from datahub.ingest.tables import FeedRow
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction


class FeedNotFoundError(DomainError):
    """No feed has that id, or no feed is the default of that source and entity."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "feed-not-found"
    title_zh: ClassVar = "没有这个数据源约定"
    title_en: ClassVar = "No such feed"


_parsed: dict[tuple[str, int], Feed] = {}
"""Feeds that this process has read, by id and version: a version never changes."""


async def get_feed_row(tx: Transaction, feed_id: str, *, lock: bool = False) -> FeedRow | None:
    """Return a feed as stored; None when there is none."""
    return await tx.session.get(FeedRow, feed_id, with_for_update=lock or None)


async def get_feed(tx: Transaction, feed_id: str, dictionary: Dictionary) -> Feed:
    """Return a feed.

    Raises:
        FeedNotFoundError: no feed has that id.
    """
    row = await get_feed_row(tx, feed_id)
    if row is None:
        raise _not_found(feed_id)
    return _parse(row, dictionary)


async def find_feed(tx: Transaction, source: str, entity: str, dictionary: Dictionary) -> Feed:
    """Return the default feed of a source and an entity.

    Raises:
        FeedNotFoundError: none is.
    """
    rows = await tx.session.scalars(
        select(FeedRow).where(FeedRow.source == source, FeedRow.entity == entity)
    )
    found = sorted(rows, key=lambda row: not row.is_default)
    if not found or (len(found) > 1 and not found[0].is_default):
        raise _not_found(f"{source}/{entity}")
    return _parse(found[0], dictionary)


async def save_feed(tx: Transaction, feed: Feed, document: Mapping[str, Any]) -> None:
    """Insert or replace a feed."""
    await tx.session.merge(
        FeedRow(
            id=feed.id,
            version=feed.version,
            source=feed.source,
            entity=feed.entity.name,
            is_default=feed.is_default,
            document=dict(document),
        )
    )
    await tx.session.flush()
    await tx.session.execute(
        text("UPDATE feed SET saved_at = now() WHERE id = :id"), {"id": feed.id}
    )


def _parse(row: FeedRow, dictionary: Dictionary) -> Feed:
    known = _parsed.get((row.id, row.version))
    if known is None or known.entity is not dictionary.entities.get(row.entity):
        known = _parsed[row.id, row.version] = parse_feed(row.document, dictionary, row.version)
    return known


def _not_found(what: str) -> FeedNotFoundError:
    return FeedNotFoundError(
        f"没有数据源约定 {what}",
        f"there is no feed {what}",
        fixes=["PUT /api/datahub/v1/feeds/{id}"],
    )
