"""A record gets another key, and all that refers to it follows, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.ingest.repository import change_sets
from datahub.ingest.repository.records import lock_entities
from datahub.records.domain import rekeying
from datahub.records.domain.asking import RecordNotFoundError
from datahub.records.repository import moving
from datahub.records.repository.moving import Found, Trail
from datahub.records.repository.referring import refer
from shared.kit.database import Transaction

Check = Callable[[int], None]
"""Refuses the change by the present version of the record."""

SOURCE = "helix8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeying:
    """What somebody asks for."""

    entity: Entity
    key: str
    given: Mapping[str, str]
    """Fields of the key that differ."""

    reason: str
    said_by: str
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What became of it."""

    key: str
    id: str
    version: int
    batch: int | None = None
    """None where the record has that key already."""

    followed: Mapping[str, int] = field(default_factory=dict)
    """Records that changed with it, by entity."""


async def rekey(tx: Transaction, dictionary: Dictionary, asked: Rekeying) -> Rekeyed:
    """Give a record another key.

    Raises:
        RecordNotFoundError: there is no such record.
        RecordRekeyedError: it has another key already.
        RekeyInvalidError: with every fault of the new key.
        KeyTakenError: the new key, or one that would follow from it, is another record's.
        DomainError: a condition of the request does not hold.
    """
    entity = asked.entity
    await lock_entities(tx, sorted(rekeying.reached(dictionary, entity.name)))
    record = await _get_record(tx, entity, asked.key)
    asked.check(record.version)
    new_key, changed = rekeying.read_key(dictionary, entity, asked.key, asked.given)
    if not changed:
        return Rekeyed(key=record.key, id=record.id, version=record.version)
    batch = await moving.start_batch(tx, entity)
    trail = Trail(batch, asked.said_by, asked.reason)
    await moving.begin_moves(tx)
    await moving.plan_one(tx, record.key, new_key)
    moves = _Moves(tx, dictionary, trail)
    await moves.take(0, entity, {**changed})
    after = await _get_record(tx, entity, new_key)
    return Rekeyed(
        key=new_key, id=after.id, version=after.version, batch=batch, followed=moves.followed
    )


async def _get_record(tx: Transaction, entity: Entity, key: str) -> Found:
    record = await moving.find_record(tx, entity, key)
    if record is not None:
        return record
    if (new_key := await moving.find_present_key(tx, entity, key)) is not None:
        raise rekeying.RecordRekeyedError(entity, key, new_key)
    raise RecordNotFoundError(f"{entity.zh}没有 {key}", f"no {entity.name} has the key {key}")


class _Moves:
    """The steps of one change: the record, those that follow it, those that follow them."""

    def __init__(self, tx: Transaction, dictionary: Dictionary, trail: Trail) -> None:
        self._tx = tx
        self._dictionary = dictionary
        self._trail = trail
        self._steps = 0
        self.followed: dict[str, int] = {}

    async def take(self, step: int, entity: Entity, sets: Mapping[str, str | None]) -> None:
        """Move the records of a step, then what follows them; parents come first."""
        tx = self._tx
        rekeying.check_free(entity, await moving.list_taken(tx, step, entity))
        change_set = await change_sets.next_change_set(tx)
        await moving.move(tx, step, entity, sets, change_set, self._trail)
        await self._close(change_set, entity, is_followed=step > 0)
        for follower in sorted(rekeying.followers(self._dictionary, entity.name), key=_order):
            if follower.is_moved:
                await self._follow(step, follower)
            else:
                change_set = await change_sets.next_change_set(tx)
                await refer(tx, step, follower, change_set)
                await self._close(change_set, follower.entity, is_followed=True)

    async def _follow(self, before: int, follower: rekeying.Follower) -> None:
        self._steps += 1
        step = self._steps
        if await moving.plan_followers(self._tx, step, before, follower):
            await self.take(step, follower.entity, {follower.field.name: None})

    async def _close(self, change_set: int, entity: Entity, *, is_followed: bool) -> None:
        rows = await change_sets.close_change_set(
            self._tx, change_set, batch=self._trail.batch, source=SOURCE, entity=entity.name
        )
        if rows and is_followed:
            self.followed[entity.name] = self.followed.get(entity.name, 0) + rows


def _order(follower: rekeying.Follower) -> tuple[bool, str, str]:
    return follower.is_moved, follower.entity.name, follower.field.name
