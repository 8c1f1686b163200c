"""Writers of records whose transactions last as long as they like, and may be given up."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.ingest.domain.feed import Feed
from datahub.ingest.repository import batches, feeds, records
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery
from datahub.records.domain.asking import RecordNotFoundError
from datahub.records.domain.rekeying import KeyTakenError, RecordRekeyedError, reached
from datahub.records.usecases import Rekeying, rekey
from shared.kit.database import Database, Transaction

KEYS = {"company": "uscc", "course": "course_code", "staff": "staff_no", "student": "student_no"}
"""Entities that are written, each with the field that is its key."""

NUMBERS = 40
"""Keys of each entity that are written; few, so that writers meet."""

MORE_NUMBERS = 60
"""Keys that a record may be given; some of them are never written otherwise."""

SHARE_GIVEN_UP = 0.2
SHARE_DELETED = 0.33
SHARE_REKEYING = 0.2
SHARE_WRITTEN_FIRST = 0.5
"""Of the new keys: before how many of them records are written, or one is deleted there."""

PAUSES = (0.0, 0.0, 0.0, 0.02, 0.2)
"""Seconds between two writes of a transaction."""


class GivenUpError(Exception):
    """The writer changed its mind before the commit."""


REFUSED = (GivenUpError, KeyTakenError, RecordNotFoundError, RecordRekeyedError)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a writer said of a record."""

    at: int
    entity: str
    op: str
    key: str
    value: str = ""
    """The name of an ``upsert``, the new key of a ``rekey``."""


@dataclass(slots=True)
class Written:
    """What the transactions that committed say."""

    said: list[Said] = field(default_factory=list)

    def live(self) -> dict[tuple[str, str], str]:
        """Return the name of every record that is there."""
        names: dict[tuple[str, str], str] = {}
        moved: dict[tuple[str, str], str] = {}
        for each in sorted(self.said, key=lambda said: said.at):
            _replay(each, names, moved)
        return names

    @property
    def rekeyed(self) -> int:
        """How many records were given another key."""
        return sum(each.op == "rekey" for each in self.said)


def _replay(
    said: Said, names: dict[tuple[str, str], str], moved: dict[tuple[str, str], str]
) -> None:
    """Do to the names what was said.

    Args:
        moved: the present key of records by each one that they had.
    """
    place = said.entity, said.key
    if said.op == "upsert":
        names[said.entity, moved.get(place, said.key)] = said.value
    elif said.op == "delete":
        # Under a key that the record had, a deletion changes nothing.
        if place not in moved:
            names.pop(place, None)
    else:
        new = said.entity, said.value
        assert new not in names, f"{new} was taken"
        names[new] = names.pop(place)
        # What led to a record that was deleted under the new key leads nowhere.
        for old in [old for old, key in moved.items() if new in {old, (old[0], key)}]:
            del moved[old]
        for old in [old for old, key in moved.items() if (old[0], key) == place]:
            moved[old] = said.value
        moved[place] = said.value


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
        with suppress(*REFUSED):
            async with database.transaction() as tx:
                said = await _transaction(tx, await dictionaries.current(tx), random)
            written.said += said
            committed += 1
    return committed, transactions - committed


async def _transaction(tx: Transaction, dictionary: Dictionary, random: Random) -> list[Said]:
    if random.random() < SHARE_REKEYING:
        said = await _rekey_one(tx, dictionary, random.choice(sorted(KEYS)), random)
    else:
        said = await _write_many(tx, dictionary, random)
    if random.random() < SHARE_GIVEN_UP:
        raise GivenUpError
    return said


async def _write_many(tx: Transaction, dictionary: Dictionary, random: Random) -> list[Said]:
    said: list[Said] = []
    entities = random.sample(sorted(KEYS), random.choice((1, 1, 2)))
    await records.lock_entities(tx, entities)
    for _ in range(random.randint(1, 4)):
        feed = await feeds.get_feed(tx, f"faults.{random.choice(entities)}", dictionary)
        said += await _write_some(tx, feed, random)
        await asyncio.sleep(random.choice(PAUSES))
    return said


async def _write_some(tx: Transaction, feed: Feed, random: Random) -> list[Said]:
    keys = random.sample(range(NUMBERS), random.randint(1, 12))
    if random.random() < SHARE_DELETED:
        return await _push(tx, feed, "delete", {_key(feed, key): "" for key in keys})
    names = {_key(feed, key): f"名{random.randrange(1_000_000)}" for key in keys}
    return await _push(tx, feed, "upsert", names)


async def _rekey_one(
    tx: Transaction, dictionary: Dictionary, entity: str, random: Random
) -> list[Said]:
    """Give a record another key, under which one may have been deleted just before."""
    # All that it reaches is locked at once, before the first write.
    await records.lock_entities(tx, sorted(reached(dictionary, entity)))
    feed = await feeds.get_feed(tx, f"faults.{entity}", dictionary)
    said = await _write_some(tx, feed, random) if random.random() < SHARE_WRITTEN_FIRST else []
    old, new = (_key(feed, key) for key in random.sample(range(MORE_NUMBERS), 2))
    if random.random() < SHARE_WRITTEN_FIRST:
        said += await _push(tx, feed, "delete", {new: ""})
    at = await records.observed_now(tx)
    asked = Rekeying(
        entity=feed.entity,
        key=old,
        given={KEYS[entity]: new},
        reason="编号有误",
        said_by="faults",
        check=lambda _: None,
    )
    await rekey(tx, dictionary, asked)
    return [*said, Said(at, entity, "rekey", old, new)]


async def _push(tx: Transaction, feed: Feed, mode: str, names: Mapping[str, str]) -> list[Said]:
    at = await records.observed_now(tx)
    batch = await batches.start_batch(tx, feed, mode=mode, channel="rest")
    delivery = Delivery(feed=feed, batch=batch, mode=mode, ends_at_once=True)
    rows = [{"key": key, **({"name": name} if name else {})} for key, name in names.items()]
    await deliveries.ingest_records(tx, delivery, rows, {0: at})
    return [Said(at, feed.entity.name, mode, key, name) for key, name in names.items()]


def _key(feed: Feed, number: int) -> str:
    return f"{feed.entity.name[:2].upper()}{number:03}"
