"""A full snapshot takes effect: as a whole, or not at all.

What stands as it stood in the last one is skipped, unless somebody changed its record since. A
record that the last snapshot held, or that the feed has delivered otherwise since, is deleted where
this one does not hold it; of a row that was put aside the key counts all the same. Where rows have
keys that nobody can read, or fewer came than their source says, nothing is deleted: the records
that seem to be gone may be theirs. Source: design "Data hub" 4.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Final

import numpy as np
import polars as pl

from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import MAX_TOLD, Ledger, RowVerdict, Verdict, Warned
from datahub.ingest.domain.reading import LINE, Chunk
from datahub.ingest.domain.snapshot import (
    Hashes,
    Known,
    Lines,
    NotByLineError,
    hash_keys,
    seed_of,
)
from datahub.ingest.domain.summing import WEIGHT
from datahub.ingest.repository import aside, batches, change_sets, records, snapshots
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.repository.records import OBSERVED, Staging
from datahub.ingest.repository.snapshots import COLUMNS, Remembered
from datahub.ingest.usecases import deliveries, effects
from datahub.ingest.usecases.effects import Delivery, Outcome
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction

VANISH_RATIO: Final = Decimal("0.2")
"""Share of the records that may vanish with one snapshot, where the feed does not say."""


class DeltaFeedError(DomainError):
    """A snapshot of a feed that delivers changes: what it leaves out is not gone."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "not-a-full-feed"
    title_zh: ClassVar = "该约定交付的是增量"
    title_en: ClassVar = "The feed delivers changes"


class VanishError(DomainError):
    """More records would vanish with a snapshot than its feed allows."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "too-many-vanish"
    title_zh: ClassVar = "快照会删除过多的记录"
    title_en: ClassVar = "Too many records would vanish"


class Way(Enum):
    """How a snapshot is read; one that cannot be read in one way is read in the next one."""

    SKIP = "only lines that the last one did not hold"
    ALL = "every line"
    WHOLE = "every row, as its reader finds it"


Read = Callable[[Lines | None], AsyncGenerator[Chunk]]
"""Reads the snapshot from its beginning, through the lines that are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A snapshot all of which is there, to be read as often as it takes."""

    feed: Feed
    channel: str
    read: Read
    document: str | None = None
    declared: int | None = None
    is_by_line: bool = True
    """Each line stands for itself, so that known ones can be skipped."""

    is_csv: bool = False
    inspector: Inspector | None = None


@dataclass(slots=True)
class PutAside:
    """Rows of a snapshot that are not simply in the records; the quarantine holds them all."""

    verdicts: list[RowVerdict] = field(default_factory=list)
    """The first of them, as many as are told."""

    rows: int = 0

    def add(self, verdicts: Sequence[RowVerdict]) -> None:
        """Add those of a part: however many there are, few are held."""
        self.rows += len({each.row for each in verdicts})
        self.verdicts += verdicts[: max(0, MAX_TOLD - len(self.verdicts))]


async def take_in(tx: Transaction, whole: Whole) -> tuple[int, PutAside]:
    """Take a snapshot in; return its batch, and what of its rows was put aside.

    Raises:
        DeltaFeedError: the feed delivers changes.
        VanishError: more records would vanish than the feed allows.
    """
    check_full(whole.feed)
    # Before the first savepoint: what is locked within one is let go of when it is rolled back.
    await records.lock_entities(tx, [whole.feed.entity.name])
    for way in Way if whole.is_by_line else [Way.WHOLE]:
        with suppress(NotByLineError):
            async with tx.part():
                return await _take_in(tx, whole, way)
    raise AssertionError("the last way reads everything")


async def _take_in(tx: Transaction, whole: Whole, way: Way) -> tuple[int, PutAside]:
    batch = await batches.start_batch(
        tx,
        whole.feed,
        mode="snapshot",
        channel=whole.channel,
        document=whole.document,
        declared=whole.declared,
    )
    delivery = Delivery(feed=whole.feed, batch=batch, mode="snapshot", inspector=whole.inspector)
    snapshot = await begin(tx, whole.feed, way)
    put_aside = PutAside()
    async with aclosing(whole.read(snapshot.lines(is_csv=whole.is_csv))) as chunks:
        async for chunk in chunks:
            put_aside.add((await snapshot.add(tx, delivery, chunk)).verdicts)
    await snapshot.end(tx, delivery, whole.declared)
    await batches.set_blank(tx, batch, snapshot.blank)
    await batches.add_to_batch(tx, batch, Ledger(), finished=True)
    return batch, put_aside


def check_full(feed: Feed) -> None:
    """Refuse snapshots of a feed that delivers changes, or sums lines.

    Raises:
        DeltaFeedError: it does.
    """
    if feed.expects.content != "full" or feed.is_aggregating:
        raise DeltaFeedError(
            f"数据源约定 {feed.id} 交付的是增量：快照中没有的记录不能当作已删除",
            f"feed {feed.id} delivers changes: what is absent is not gone",
            fields={"query.mode": ["content = 'full' in the feed, or mode=upsert"]},
            fixes=['在约定中写 content = "full"，或用 mode=upsert (say so in the feed, or upsert)'],
        )


async def begin(tx: Transaction, feed: Feed, way: Way) -> "Snapshot":
    """Begin a snapshot with what is remembered of the last one; the entity is locked."""
    await records.lock_entities(tx, [feed.entity.name])
    remembered = await snapshots.recall(tx, feed)
    looked_up = {each.entity for mapping in feed.mappings for each in mapping.lookups}
    newest = await snapshots.newest_change_sets(tx, looked_up)
    # Of the dictionary that reads it: a newer one may be published while the snapshot comes.
    seed = seed_of(feed.id, feed.version, feed.dictionary_version, feed.encoding, newest)
    return Snapshot(feed, remembered, seed, way, await records.observed_now(tx))


class Snapshot:
    """A snapshot on its way in."""

    def __init__(
        self, feed: Feed, remembered: Remembered, seed: int, way: Way, observed: int
    ) -> None:
        self._feed = feed
        self._remembered = remembered.lines
        table = remembered.lines.select("first", "second", "hash").to_numpy()
        stale = hash_keys(pl.Series(remembered.stale, dtype=pl.String))
        self._known = Known(table.astype(np.uint64, copy=False), stale)
        if way is not Way.SKIP:
            self._known.forget()
        self._observed = {0: observed}
        self._seed = seed
        self._way = way
        self._lines: Lines | None = None
        self._unreadable = 0
        self._blank = 0
        self._received = 0
        self._present: list[Hashes] = []
        self._new: list[pl.DataFrame] = []

    def lines(self, *, is_csv: bool) -> Lines | None:
        """Return what lets lines through to the reader; None where it reads for itself."""
        if self._way is not Way.WHOLE:
            sign = self._feed.delimiter if is_csv else ""
            self._lines = Lines(self._known, self._seed, is_csv=is_csv, delimiter=sign)
        return self._lines

    @property
    def blank(self) -> int:
        """Lines without any value, so far."""
        return self._blank + (self._lines.blank if self._lines else 0)

    async def add(self, tx: Transaction, delivery: Delivery, chunk: Chunk) -> Outcome:
        """Take the new lines of a part in.

        Raises:
            NotByLineError: the reader does not take each line for a row.
        """
        self._blank += chunk.blank
        halves = np.zeros((chunk.frame.height, 2), dtype=np.uint64)
        if self._lines is not None:
            chunk, halves = self._lines.chunk(chunk)
        keys = await deliveries.keys_of(tx, self._feed, chunk)
        hashes = hash_keys(keys[KEY])
        self._present.append(hashes)
        self._unreadable += chunk.received - keys.height
        self._received += chunk.received
        outcome = await deliveries.ingest_chunk(tx, delivery, chunk, self._observed)
        self._remember(chunk, halves, keys.with_columns(hash=pl.Series(hashes)), outcome)
        return outcome

    async def end(
        self, tx: Transaction, delivery: Delivery, declared: int | None = None
    ) -> tuple[Outcome, int]:
        """Delete what is gone and remember the rest; return what became of the skipped lines.

        Args:
            declared: how many rows the snapshot has, as its source says.

        Returns:
            the outcome of the lines that stand as they stood; how many records vanished.

        Raises:
            NotByLineError: the snapshot has to be read in another way.
            VanishError: too many records would vanish.
        """
        outcome = Outcome()
        if self._lines is not None:
            self._lines.check_end()
            skipped = Ledger(received=self._lines.skipped, unchanged=self._lines.skipped)
            await batches.add_to_batch(tx, delivery.batch, skipped, finished=False)
            self._received += self._lines.skipped
            outcome = Outcome(ledger=skipped)
        present = np.concatenate([np.zeros(0, dtype=np.uint64), *self._present])
        if self._known.conflicts(present):
            raise NotByLineError
        gone = self._remembered[self._known.gone(present)]
        kept = self._remembered.filter(pl.Series(self._known.seen))
        short = max(0, (declared or 0) - self._received)
        if gone.height and (self._unreadable or short):
            warned = _held(gone.height, self._unreadable, short)
            await batches.add_warnings(tx, delivery.batch, warned)
            outcome = Outcome(ledger=outcome.ledger, warned=warned)
            # They are remembered, but no line is theirs: the next snapshot decides.
            kept = pl.concat([kept, gone.with_columns(pl.lit(0, pl.UInt64).alias("first"))])
            gone = gone.clear()
        self._check_share(gone.height)
        vanished = await self._delete(tx, delivery, gone["key"])
        await batches.add_vanished(tx, delivery.batch, vanished)
        await aside.supersede_snapshots(tx, self._feed.id, delivery.batch)
        lines = pl.concat([kept, _once(pl.concat([pl.DataFrame(schema=COLUMNS), *self._new]))])
        change_set = await change_sets.next_change_set(tx)
        await snapshots.remember(tx, self._feed, delivery.batch, change_set, lines)
        return outcome, vanished

    def _remember(self, chunk: Chunk, halves: Hashes, keys: pl.DataFrame, outcome: Outcome) -> None:
        """Remember the lines that became records; the others are mapped again the next time."""
        aside_ = pl.Series([each.row for each in outcome.verdicts], dtype=pl.Int64)
        lines = pl.DataFrame(
            {LINE: chunk.frame[LINE], "first": halves[:, 0], "second": halves[:, 1]}
        )
        found = lines.join(keys, on=LINE).rename({KEY: "key"})
        is_aside = pl.col(LINE).is_in(aside_.implode())
        # A line that was put aside is no record's line; its key keeps the record all the same.
        found = found.with_columns(
            pl.when(is_aside).then(pl.lit(0, pl.UInt64)).otherwise(pl.col(name)).alias(name)
            for name in ("first", "second")
        )
        self._new.append(found.select(*COLUMNS))

    def _check_share(self, gone: int) -> None:
        most = self._feed.expects.max_vanish_ratio
        most = VANISH_RATIO if most is None else most
        if self._known.size and Decimal(gone) / self._known.size > most:
            raise VanishError(
                f"快照缺少约定 {self._feed.id} 已送来的 {self._known.size} 条记录中的 {gone} 条，"
                f"超过其上限 {most}；没有写入任何数据",
                f"{gone} of the {self._known.size} records that feed {self._feed.id} has delivered"
                f" are absent, more than the share {most} that it allows; nothing was written",
                fixes=[
                    "检查文件；或调高约定的 max_vanish_ratio (check the file, or raise the share)"
                ],
            )

    async def _delete(self, tx: Transaction, delivery: Delivery, keys: pl.Series) -> int:
        if not len(keys):
            return 0
        rows = pl.DataFrame({KEY: keys.unique()}).with_columns(
            pl.lit(0, dtype=pl.Int64).alias(LINE),
            pl.lit(self._observed[0]).alias(OBSERVED),
            pl.lit(1, dtype=pl.Int32).alias(WEIGHT),
            pl.lit(None, dtype=pl.String).alias(RAW),
        )
        keys_only = replace(self._feed, mappings=())
        staging = Staging(await tx.driver(), keys_only, await effects.contest(tx, self._feed))
        await staging.load(rows)
        outcome = await effects.delete_staged(tx, delivery, staging, rows.height)
        return outcome.ledger.deleted + outcome.ledger.updated


def _once(lines: pl.DataFrame) -> pl.DataFrame:
    """Let lines of one record be nobody's: which of them counts, their order decides each time."""
    again = pl.col("hash").is_duplicated()
    zero = pl.lit(0, pl.UInt64)
    forgotten = lines.with_columns(
        pl.when(again).then(zero).otherwise(pl.col(name)).alias(name)
        for name in ("first", "second")
    )
    return forgotten.unique(subset=["first", "second", "hash"], maintain_order=True)


def _held(gone: int, unreadable: int, short: int) -> Warned:
    """Say how many records are kept that seem to be gone, why, and what lets them go."""
    why = [
        (unreadable, f"{unreadable} 行读不出主键", f"{unreadable} rows have no readable key"),
        (short, f"比声明的少 {short} 行", f"{short} rows fewer came than were declared"),
    ]
    zh = "、".join(each for count, each, _ in why if count)
    en = ", ".join(each for count, _, each in why if count)
    code = "absences-held"
    message = (
        f"缺少的 {gone} 条记录暂不删除：{zh}；再送一份完整的快照，由它决定"
        f" (none of {gone} absent records is deleted: {en}; send a whole snapshot, which decides)"
    )
    listed = RowVerdict(row=0, verdict=Verdict.WARNING, code=code, path="$", message=message)
    return Warned(rows=0, codes={code: gone}, listed=(listed,))
