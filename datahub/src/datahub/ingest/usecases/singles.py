"""Records that come one a request take effect together with those that come at the same time.

A transaction of its own for each would cost some thirty times as much. Every record gets its own
answer; what they share is a batch and the instant.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.domain.columns import KEY
from datahub.ingest.domain.feed import Feed, check_named
from datahub.ingest.domain.ledger import RowVerdict, Verdict
from datahub.ingest.domain.reading import LINE
from datahub.ingest.domain.reading_json import read_records
from datahub.ingest.repository import answers, batches, feeds, records
from datahub.ingest.repository.answers import Kept
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.repository.records import Standing
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery
from shared.errors import DomainError, UnavailableError
from shared.kit.audit.deeds import doing_in
from shared.kit.database import Database, Transaction
from shared.kit.idempotency import Keyed, take_turn

TOGETHER: Final = 500
"""Records that share a transaction, at most."""

Check = Callable[[int | None], None]
"""Refuses a write by the present version of its record; None where there is none."""

Allow = Callable[[Feed], None]
"""Refuses a write by the feed that reads it: not everybody may push for every source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One record on its way in."""

    entity: str
    feed: str | None
    source: str | None
    """Whose default feed it is read by, where no feed is named."""

    record: Mapping[str, Any]
    correlation: str
    allow: Allow
    check: Check | None = None
    keyed: Keyed | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it needs a transaction of its own: it has a condition, or a key."""
        return self.check is not None or self.keyed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one record."""

    batch: int
    key: str | None
    """None where the record has no place among the others: ``verdicts`` say why."""

    version: int = 0
    is_new: bool = False
    is_changed: bool = False
    verdicts: Sequence[RowVerdict] = ()
    warnings: Sequence[RowVerdict] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits for its turn, and who waits for its answer."""

    single: Single
    answer: "asyncio.Future[Told]"
    context: Context
    """Of the request: what is logged and published under it names it."""


class Singles:
    """Takes the records of one entity in: whoever comes while others are at work goes next."""

    def __init__(
        self, database: Database, dictionaries: Dictionaries, inspector: Inspector
    ) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._inspector = inspector
        self._waiting: list[Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def push(self, single: Single) -> Told:
        """Take a record in, with all that wait; return what became of it.

        Others may wait for the same round: it goes on when the client of this one has gone.

        Raises:
            UnavailableError: the database is away; nothing took effect.
            DomainError: a condition of the request does not hold.
        """
        waiting = Waiting(single, asyncio.get_running_loop().create_future(), copy_context())
        self._waiting.append(waiting)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._take_all())
        return await waiting.answer

    async def _take_all(self) -> None:
        """Take round after round, without waiting for the answers of one to be sent."""
        while self._waiting:
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            for _, run in groupby(group, key=_run_key):
                together = list(run)
                await asyncio.create_task(self._take(together), context=together[0].context)

    async def _take(self, run: Sequence[Waiting]) -> None:
        singles = [each.single for each in run]
        try:
            async with self._database.transaction(correlation=singles[0].correlation) as tx:
                tx.doings = [asked for one in run if (asked := doing_in(one.context)) is not None]
                feed = await self._feed(tx, singles[0])
                for single in singles:
                    single.allow(feed)
                told = await _answered(tx, feed, singles, self._inspector)
        except Exception as error:  # noqa: BLE001 — whoever waits for it gets it
            await self._share(run, error)
            return
        for waiting, each in zip(run, told, strict=True):
            if not waiting.answer.cancelled():
                waiting.answer.set_result(each)

    async def _share(self, run: Sequence[Waiting], error: Exception) -> None:
        """Give an error to those whose it is: a refusal of several may be one's alone."""
        if (
            len(run) > 1
            and isinstance(error, DomainError)
            and not isinstance(error, UnavailableError)
        ):
            for each in run:
                await self._take([each])
            return
        for each in run:
            if not each.answer.cancelled():
                each.answer.set_exception(error)

    async def _feed(self, tx: Transaction, single: Single) -> Feed:
        dictionary = await self._dictionaries.current(tx)
        if single.feed is None:
            return await feeds.find_feed(tx, single.source or "", single.entity, dictionary)
        feed = await feeds.get_feed(tx, single.feed, dictionary, to_deliver=True)
        check_named(feed, source=single.source, entity=single.entity)
        return feed


def _run_key(waiting: Waiting) -> tuple[str | None, str | None, int]:
    single = waiting.single
    return single.feed, single.source, id(single) if single.is_alone else 0


async def _answered(
    tx: Transaction, feed: Feed, singles: Sequence[Single], inspector: Inspector
) -> list[Told]:
    """Take records in; a request that came before is answered as it was."""
    keyed = singles[0].keyed
    if keyed is None:
        return await _push(tx, feed, singles, inspector)
    await take_turn(tx, keyed)
    if (kept := await answers.find_answer(tx, keyed)) is not None:
        return [msgspec.convert(kept.answer, Told)]
    told = await _push(tx, feed, singles, inspector)
    await answers.keep_answer(tx, keyed, Kept(msgspec.to_builtins(told[0]), None, is_finished=True))
    return told


async def _push(
    tx: Transaction, feed: Feed, singles: Sequence[Single], inspector: Inspector
) -> list[Told]:
    """Take records of one feed in, in their order."""
    await records.lock_entities(tx, [feed.entity.name], few=True)
    rows = [single.record for single in singles]
    if (check := singles[0].check) is not None:
        keys = await _keys(tx, feed, rows)
        versions = await records.versions_of(tx, feed.entity, [*keys.values()])
        check(next(iter(versions.values()), None))
    batch, now = await batches.start_batch_now(tx, feed, mode="upsert", channel="rest")
    tx.about["batch"] = batch
    delivery = Delivery(
        feed=feed, batch=batch, mode="upsert", inspector=inspector, ends_at_once=True, tells=True
    )
    outcome = await deliveries.ingest_records(tx, delivery, rows, {0: now})
    keys = dict(zip(outcome.good[LINE], outcome.good[KEY], strict=True))
    reasons: dict[int, list[RowVerdict]] = {}
    for verdict in (*outcome.verdicts, *outcome.warned.listed):
        reasons.setdefault(verdict.row, []).append(verdict)
    if any(each.verdict is Verdict.DUPLICATE for each in outcome.verdicts):
        keys = await _keys(tx, feed, rows)
    stand = outcome.standing
    return [
        _told(batch, keys.get(line), reasons.get(line, []), stand)
        for line in range(1, len(rows) + 1)
    ]


async def _keys(tx: Transaction, feed: Feed, rows: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the key of each record whose key can be read, by its place from 1."""
    keys: dict[int, str] = {}
    for chunk in read_records(rows, feed):
        frame = await deliveries.keys_of(tx, feed, chunk)
        keys |= dict(zip(frame[LINE], frame[KEY], strict=True))
    return keys


def _told(
    batch: int,
    key: str | None,
    reasons: Sequence[RowVerdict],
    stand: Mapping[str, Standing],
) -> Told:
    # Of two that say the same record at once the later one stands, and answers for both.
    told = [each for each in reasons if each.verdict not in {Verdict.DUPLICATE, Verdict.WARNING}]
    if told or key is None:
        return Told(batch=batch, key=None, verdicts=told)
    # A push that was overtaken by a deletion leaves nothing that stands.
    now = stand.get(key, Standing(version=0, is_changed=False, is_new=False))
    return Told(
        batch=batch,
        key=key,
        version=now.version,
        is_new=now.is_new,
        is_changed=now.is_changed,
        warnings=[each for each in reasons if each.verdict is Verdict.WARNING],
    )
