"""Staged rows take effect: they are merged or deleted, and what changed is a change set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.gate import Held
from datahub.ingest.domain.ledger import Ledger, RowVerdict, Warned
from datahub.ingest.domain.survivorship import Contest, contest_of, silenced
from datahub.ingest.repository import change_sets, feeds, policies
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.repository.records import Merged, Staging, Standing
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A batch under way."""

    feed: Feed
    batch: int
    mode: str
    document: str | None = None
    """Name of the document that the rows are lines of, where an aggregating feed has one."""

    inspector: Inspector | None = None
    gate: Literal["rows", "whole", "open"] = "rows"
    """What a gate holds back: the rows that fail, or the whole, on which the edge decides."""

    ends_at_once: bool = False
    """Whether what is taken in now is all of it."""

    tells: bool = False
    """Whether it is asked how each record stands afterwards."""

    @property
    def is_document(self) -> bool:
        """Whether the rows are lines of a document that is taken in as a whole."""
        return self.feed.is_aggregating and self.mode != "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a part of a delivery."""

    ledger: Ledger = field(default_factory=Ledger)
    verdicts: Sequence[RowVerdict] = ()
    held: Sequence[Held] = ()
    warned: Warned = field(default_factory=Warned)
    good: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The canonical rows that took effect: ``#line``, ``#key`` and the feed's fields."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    """By key how the records stand, where the delivery tells."""


async def staging_of(tx: Transaction, feed: Feed, shared: Contest | None = None) -> Staging:
    """Return the staging of a feed's rows."""
    return Staging(await tx.driver(), feed, shared or await contest(tx, feed))


async def contest(tx: Transaction, feed: Feed) -> Contest:
    """Return whom a feed shares its entity with."""
    return contest_of(feed, await feeds.list_writers(tx, feed.entity.name))


async def merge(tx: Transaction, delivery: Delivery, staging: Staging) -> Merged:
    """Let the staged rows become records; return what they did.

    Of fields that several systems write, whoever is believed stands.
    """
    if await staging.is_contested():
        policy = await policies.find_policy(tx, delivery.feed.entity.name)
        await staging.settle(delivery.batch, policy)
    merged = await staging.merge(delivery.batch, tx.correlation, tells=delivery.tells)
    announce(tx, merged)
    return merged


def announce(tx: Transaction, merged: Merged) -> None:
    """Wake whoever follows changes, if there are any."""
    if merged.created + merged.updated:
        tx.announce(change_sets.CHANGES)


async def delete_staged(
    tx: Transaction, delivery: Delivery, staging: Staging, staged: int
) -> Outcome:
    """Delete the staged records; of one that other systems hold, too, take our word back."""
    withdrawn = await staging.withdraw()
    change_set = await change_sets.next_change_set(tx)
    deleted = await staging.delete(delivery.batch, change_set)
    await close(tx, delivery, change_set)
    updated = await _withdraw(tx, delivery, withdrawn) if withdrawn else 0
    unchanged = staged - deleted - updated
    return Outcome(ledger=Ledger(deleted=deleted, updated=updated, unchanged=unchanged))


async def _withdraw(tx: Transaction, delivery: Delivery, rows: Sequence[tuple[Any, ...]]) -> int:
    """Let a system say nothing of records any more; return how many changed by it."""
    feed = delivery.feed
    shared = await contest(tx, feed)
    silent = silenced(feed, shared.of_source)
    staging = Staging(await tx.driver(), silent, contest_of(silent, shared.writers))
    await staging.load(pl.DataFrame())
    await staging.say_nothing(rows)
    merged = await merge(tx, delivery, staging)
    await staging.forget(rows)
    return merged.updated


async def close(tx: Transaction, delivery: Delivery, change_set: int) -> None:
    """Record what changed under a change set, if anything did."""
    await change_sets.close_change_set(
        tx,
        change_set,
        batch=delivery.batch,
        source=delivery.feed.source,
        entity=delivery.feed.entity.name,
    )
