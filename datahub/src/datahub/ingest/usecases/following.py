"""Rows that speak of a record by a key that it had are taken under the one that it has now."""

from collections.abc import Mapping

import polars as pl

from datahub.ingest.domain import mapping, rekeying
from datahub.ingest.domain.columns import KEY
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import LINE
from datahub.ingest.repository import rekeyed
from shared.kit.database import Transaction


async def follow(tx: Transaction, feed: Feed, mapped: Mapped, mode: str = "upsert") -> Mapped:
    """Return a mapped chunk whose rows stand under present keys; its entity is locked.

    A deletion under an old key is none: who corrects a number in his system deletes the old one
    there. It is told, and changes nothing.
    """
    good = await _renamed(tx, feed, mapped.good)
    if good is mapped.good:
        return mapped
    refs = rekeying.references(feed.entity, feed.written)
    shown = list(dict.fromkeys([KEY, *(each.name for each in refs)]))
    after = rekeying.renamed_in(mapped, good, shown)
    if mode == "delete":
        return Mapped(mapped.good, mapped.verdicts, mapped.raw, after.warned)
    if feed.is_aggregating:
        return after
    verdicts = [*after.verdicts]
    kept = mapping.keep_last(feed, after.good, verdicts)
    return Mapped(kept, verdicts, after.raw, after.warned)


async def present_keys(tx: Transaction, feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``#line`` and ``#key`` of rows whose key fields are given, under present keys."""
    return (await _renamed(tx, feed, frame)).select(LINE, KEY)


async def _renamed(tx: Transaction, feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the same frame where no row was renamed."""
    entity = feed.entity
    refs = rekeying.references(entity, frame.columns)
    referred = {each.entity for each in refs}
    names = await rekeyed.list_renamed(tx, {entity.name, *referred})
    if not names:
        return frame
    found: dict[str, Mapping[str, str]] = {}
    for name in sorted(names & referred):
        columns = [each.keys(frame) for each in refs if each.entity == name]
        keys = pl.concat(columns).drop_nulls().unique().to_list()
        found[name] = await rekeyed.find_renamed(tx, name, keys)
    after = rekeying.with_references(entity, frame, found)
    if entity.name in names:
        own = await rekeyed.find_renamed(tx, entity.name, after[KEY].to_list())
        after = rekeying.with_keys(entity, after, own)
    return after
