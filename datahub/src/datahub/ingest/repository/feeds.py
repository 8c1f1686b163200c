"""Load and save feed contracts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select

from datahub.dictionary.domain.differences import Bound, labels_of
from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import FeedInvalidError, parse_feed
from datahub.ingest.domain.survivorship import Writer
from datahub.ingest.tables import FeedRow, FeedVersionRow
from datahub.locks import Space
from shared.contracts.streams import SUITE
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS, now
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text


class FeedNotFoundError(DomainError):
    """No feed has that id, or no feed is the default of that source and entity."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "feed-not-found"
    title_zh: ClassVar = "没有这个数据源约定"
    title_en: ClassVar = "No such feed"


class DefaultFeedTakenError(DomainError):
    """Another feed is the default of that source and entity."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "default-feed-taken"
    title_zh: ClassVar = "默认约定已被占用"
    title_en: ClassVar = "Another feed is the default"


class FeedRetiredError(DomainError):
    """Nothing is taken in by a feed that was retired."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "feed-retired"
    title_zh: ClassVar = "数据源约定已停用"
    title_en: ClassVar = "The feed is retired"


_parsed: dict[tuple[str, int, datetime], tuple[Dictionary, Feed]] = {}
"""Feeds that this process has read, by id, version and instant of saving, with the dictionary
that they were read by."""

_PLACE = "SELECT id, version, saved_at, retired_at FROM feed WHERE id = $1"

_WRITERS = (
    "SELECT id, source, ARRAY(SELECT jsonb_object_keys(document -> 'fields'))"
    " || ARRAY(SELECT jsonb_object_keys("
    "coalesce(document #> '{aggregate,measures}', '{}'))) AS fields"
    " FROM feed WHERE entity = $1 ORDER BY id"
)


async def get_feed_row(tx: Transaction, feed_id: str, *, lock: bool = False) -> FeedRow | None:
    """Return a feed as stored; None when there is none.

    Args:
        lock: whoever saves a feed waits: two could become the default of one source and entity.
    """
    if lock:
        await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.FEED}, 0)"))
    return await tx.session.get(FeedRow, feed_id)


async def check_there(tx: Transaction, feed_id: str) -> None:
    """Refuse a feed that there is not; one that the dictionary refuses by now is there.

    Raises:
        FeedNotFoundError: no feed has that id.
    """
    if await get_feed_row(tx, feed_id) is None:
        raise await not_found(tx, feed_id)


async def get_feed(
    tx: Transaction, feed_id: str, dictionary: Dictionary, *, to_deliver: bool = False
) -> Feed:
    """Return a feed.

    Args:
        to_deliver: something is to be taken in by it.

    Raises:
        FeedNotFoundError: no feed has that id.
        FeedRetiredError: something is to be taken in, and it is retired.
    """
    place = await (await tx.driver()).fetchrow(_PLACE, feed_id)
    if place is None:
        raise await not_found(tx, feed_id)
    *which, retired_at = place
    if to_deliver and retired_at is not None:
        raise await _retired(tx, feed_id)
    known = _parsed.get(tuple(which))
    if known is not None and known[0] is dictionary:
        return known[1]
    row = await get_feed_row(tx, feed_id)
    assert row is not None
    return _parse(row, dictionary)


async def find_feed(tx: Transaction, source: str, entity: str, dictionary: Dictionary) -> Feed:
    """Return the feed that deliveries of a source and an entity go by which name none.

    Raises:
        FeedNotFoundError: there is none, or several of which none is the default.
        FeedRetiredError: those that there were are retired.
    """
    rows = await tx.session.scalars(
        select(FeedRow).where(FeedRow.source == source, FeedRow.entity == entity)
    )
    known = sorted(rows, key=lambda row: not row.is_default)
    found = [row for row in known if row.retired_at is None]
    if known and not found:
        raise await _retired(tx, known[0].id)
    if not found or (len(found) > 1 and not found[0].is_default):
        raise await _not_found(tx, f"{source}/{entity}", f"{source}.{entity}")
    return _parse(found[0], dictionary)


async def list_writers(tx: Transaction, entity: str) -> list[Writer]:
    """Return the feeds that write an entity."""
    rows = await (await tx.driver()).fetch(_WRITERS, entity)
    return [Writer(row["id"], row["source"], frozenset(row["fields"])) for row in rows]


async def list_bound_feeds(tx: Transaction, present: Dictionary, after: Dictionary) -> list[Bound]:
    """Return what every feed uses of the dictionary, and why the next one would refuse it.

    A feed that the present dictionary refuses already holds nobody up, nor one that is retired.
    """
    bound = []
    in_use = select(FeedRow).where(FeedRow.retired_at.is_(None)).order_by(FeedRow.id)
    for row in await tx.session.scalars(in_use):
        try:
            feed = _parse(row, present)
        except FeedInvalidError:
            continue
        bound.append(
            Bound(kind="feed", id=row.id, subjects=_uses(feed), faults=_faults(row, after))
        )
    return bound


def _faults(row: FeedRow, after: Dictionary) -> dict[str, list[str]]:
    try:
        parse_feed(row.document, after, row.version)
    except FeedInvalidError as error:
        return error.fields
    return {}


def _uses(feed: Feed) -> frozenset[str]:
    """Return the entities, fields, code sets and labels that a feed writes or looks up."""
    lookups = [lookup for each in feed.mappings for lookup in each.lookups]
    lookups += [each.registry for each in feed.mappings if each.registry is not None]
    return frozenset(
        {feed.entity.name}
        | {f"{feed.entity.name}.{name}" for name in feed.written}
        | {each.target.code_set for each in feed.mappings if each.target.code_set}
        | {labels_of(str(each.target.code_set)) for each in feed.mappings if each.reads_labels}
        | {name for each in lookups for name in (each.entity, f"{each.entity}.{each.take}")}
    )


async def save_feed(tx: Transaction, feed: Feed, document: Mapping[str, Any]) -> None:
    """Insert or replace a feed.

    Raises:
        DefaultFeedTakenError: another feed is the default of its source and entity.
    """
    present = await tx.session.get(FeedRow, feed.id)
    if feed.is_default and (present is None or present.retired_at is None):
        await _check_default(tx, feed)
    await tx.session.merge(
        FeedRow(
            id=feed.id,
            version=feed.version,
            source=feed.source,
            entity=feed.entity.name,
            is_default=feed.is_default,
            document=dict(document),
            origin="saved",
        )
    )
    await tx.session.flush()
    await tx.session.execute(
        text("UPDATE feed SET saved_at = now() WHERE id = :id"), {"id": feed.id}
    )
    tx.session.add(FeedVersionRow(feed=feed.id, version=feed.version, document=dict(document)))
    await tx.session.flush()


async def retire(tx: Transaction, row: FeedRow, by: str, why: str) -> None:
    """Take nothing in by a feed any more."""
    row.retired_at, row.retired_by, row.retired_why = now(), by, why
    await tx.session.flush()


async def reopen(tx: Transaction, row: FeedRow, feed: Feed) -> None:
    """Take deliveries in by a retired feed again.

    Raises:
        DefaultFeedTakenError: another feed has become the default of its source and entity.
    """
    if feed.is_default:
        await _check_default(tx, feed)
    row.retired_at = row.retired_by = row.retired_why = None
    await tx.session.flush()


async def _retired(tx: Transaction, feed_id: str) -> FeedRetiredError:
    """Say since when and why nothing is taken in by a feed, and how it would be again."""
    row = await get_feed_row(tx, feed_id)
    assert row is not None
    assert row.retired_at is not None
    day = row.retired_at.astimezone(CAMPUS).date()
    return FeedRetiredError(
        f"数据源约定 {feed_id} 自 {day} 起停用（{row.retired_why}），没有写入任何数据",
        f"feed {feed_id} is retired since {day} ({row.retired_why}); nothing was taken in",
        fixes=[
            (
                f"改用在用的约定；或恢复它 DELETE /api/datahub/v1/feeds/{feed_id}/retirement"
                " (deliver by a feed in use, or re-open this one)"
            )
        ],
    )


async def _check_default(tx: Transaction, feed: Feed) -> None:
    other = await tx.session.scalar(
        select(FeedRow.id).where(
            FeedRow.source == feed.source,
            FeedRow.entity == feed.entity.name,
            FeedRow.is_default,
            FeedRow.retired_at.is_(None),
            FeedRow.id != feed.id,
        )
    )
    if other is not None:
        raise DefaultFeedTakenError(
            f"{feed.source}/{feed.entity.name} 的默认约定已经是 {other}",
            f"the default feed of {feed.source}/{feed.entity.name} is {other} already",
            fields={"$.default": [f"默认约定已是 {other} (it is the default)"]},
            fixes=[f"先把 {other} 改为 default: false (PUT {other} with default: false first)"],
        )


def _parse(row: FeedRow, dictionary: Dictionary) -> Feed:
    place = (row.id, row.version, row.saved_at)
    known = _parsed.get(place)
    if known is None or known[0] is not dictionary:
        known = _parsed[place] = (dictionary, parse_feed(row.document, dictionary, row.version))
    return known[1]


async def not_found(tx: Transaction, feed_id: str) -> FeedNotFoundError:
    """Return the refusal that says there is no such feed, and which there are."""
    return await _not_found(tx, feed_id, feed_id)


async def _not_found(tx: Transaction, what: str, feed_id: str) -> FeedNotFoundError:
    """Say that there is no such feed, and which there are that may be meant: never the suite's."""
    others = FeedRow.source != SUITE
    like = await names_like(tx, (FeedRow.id, FeedRow.entity), feed_id, among=others)
    return FeedNotFoundError(
        f"没有数据源约定 {what}" + (f"，已有 {'、'.join(like)}" if like else ""),
        f"there is no feed {what}" + (f"; there are {', '.join(like)}" if like else ""),
        fixes=["PUT /api/datahub/v1/feeds/{id}"],
    )
