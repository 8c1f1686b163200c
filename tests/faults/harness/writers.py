"""Writers of records whose transactions last as long as they like, and may be given up."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.domain.feed import Feed
from datahub.ingest.repository import batches, feeds, records
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery
from shared.kit.database import Database, Transaction

KEYS = {"company": "uscc", "course": "course_code", "staff": "staff_no", "student": "student_no"}
"""Entities that are written, each with the field that is its key."""

NUMBERS = 40
"""Records of each entity; few, so that writers meet."""

SHARE_GIVEN_UP = 0.2
PAUSES = (0.0, 0.0, 0.0, 0.02, 0.2)
"""Seconds between two writes of a transaction."""


class GivenUpError(Exception):
    """The writer changed its mind before the commit."""


@dataclass(slots=True)
class Written:
    """What the transactions that committed say."""

    names: dict[tuple[str, str], tuple[int, str | None]] = field(default_factory=dict)
    """By entity and key: when it was written last, and its name; None where it was deleted."""

    def live(self) -> dict[tuple[str, str], str]:
        """Return the name of every record that is there."""
        return {place: name for place, (_, name) in self.names.items() if name is not None}

    def add(self, said: Mapping[tuple[str, str], tuple[int, str | None]]) -> None:
        """Add what a transaction said; of two for one record the later one stands."""
        for place, what in said.items():
            if what[0] >= self.names.get(place, (0, None))[0]:
                self.names[place] = what


def feed_of(entity: str) -> dict[str, Any]:
    """Return the contract by which an entity is written."""
    return {
        "feed": f"faults.{entity}",
        "source": "academic",
        "entity": entity,
        "fields": {KEYS[entity]: {"from": "key"}, "name": {"from": "name"}},
    }


async def write(
    database: Database, written: Written, random: Random, transactions: int
) -> tuple[int, int]:
    """Run transactions of random content and length; return how many committed and did not."""
    dictionaries = Dictionaries()
    committed = 0
    for _ in range(transactions):
        with suppress(GivenUpError):
            async with database.transaction() as tx:
                said = await _transaction(tx, dictionaries, random)
            written.add(said)
            committed += 1
    return committed, transactions - committed


async def _transaction(
    tx: Transaction, dictionaries: Dictionaries, random: Random
) -> dict[tuple[str, str], tuple[int, str | None]]:
    said: dict[tuple[str, str], tuple[int, str | None]] = {}
    entities = random.sample(sorted(KEYS), random.choice((1, 1, 2)))
    await records.lock_entities(tx, entities)
    for _ in range(random.randint(1, 4)):
        entity = random.choice(entities)
        feed = await feeds.get_feed(tx, f"faults.{entity}", await dictionaries.current(tx))
        said |= await _write_some(tx, feed, random)
        await asyncio.sleep(random.choice(PAUSES))
    if random.random() < SHARE_GIVEN_UP:
        raise GivenUpError
    return said


async def _write_some(
    tx: Transaction, feed: Feed, random: Random
) -> dict[tuple[str, str], tuple[int, str | None]]:
    entity = feed.entity.name
    mode = random.choice(("upsert", "upsert", "delete"))
    names = _names(entity, random)
    at = await records.observed_now(tx)
    batch = await batches.start_batch(tx, feed, mode=mode, channel="rest")
    delivery = Delivery(feed=feed, batch=batch, mode=mode, ends_at_once=True)
    rows: Sequence[Mapping[str, str]] = [
        {"key": key, "name": name} if mode == "upsert" else {"key": key}
        for key, name in names.items()
    ]
    await deliveries.ingest_records(tx, delivery, rows, {0: at})
    return {(entity, key): (at, name if mode == "upsert" else None) for key, name in names.items()}


def _names(entity: str, random: Random) -> dict[str, str]:
    keys = random.sample(range(NUMBERS), random.randint(1, 12))
    return {f"{entity[:2].upper()}{key:03}": f"名{random.randrange(1_000_000)}" for key in keys}
