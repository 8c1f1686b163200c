"""A delivery takes effect: rows are mapped, merged, put aside and counted, in one transaction.

Nothing about a value is decided here.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, Final

import polars as pl

from datahub.ingest.domain import mapping
from datahub.ingest.domain.columns import Found
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.gate import Held
from datahub.ingest.domain.ledger import Ledger, RowVerdict, Verdict, Warned, counted, total
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.oddities import line_warnings
from datahub.ingest.domain.reading import LINE, NAMELESS, UNREAD, Chunk, read_otherwise
from datahub.ingest.domain.reading_json import read_records
from datahub.ingest.domain.summing import WEIGHT, sum_lines
from datahub.ingest.domain.survivorship import Contest
from datahub.ingest.domain.verdicts import (
    bad_line_verdicts,
    misplaced,
    raw_rows,
    waiting,
)
from datahub.ingest.repository import (
    aside,
    at_once,
    batches,
    change_sets,
    records,
    totals,
)
from datahub.ingest.repository.inspection import take_out_held
from datahub.ingest.repository.records import OBSERVED, Merged, Staging
from datahub.ingest.usecases.effects import (
    Delivery,
    Outcome,
    announce,
    close,
    contest,
    delete_staged,
    merge,
    staging_of,
)
from datahub.ingest.usecases.following import follow, present_keys
from shared.contracts.datahub import QuarantineGrew
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction

INLINE_ROWS: Final = 2_000
"""More rows than this are mapped in a thread, so that the service goes on answering."""


class MissingColumnsError(DomainError):
    """A file lacks columns that the feed reads, or has columns that it does not know."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "columns-differ"
    title_zh: ClassVar = "列与数据源约定不符"
    title_en: ClassVar = "The columns differ from the feed contract"


def check_columns(feed: Feed, chunk: Chunk, mode: str) -> None:
    """Refuse a file, before any of it is taken, whose columns are not those of the feed.

    Raises:
        MissingColumnsError: naming every column that is missing or unknown.
    """
    feed = feed if mode != "delete" else _keys_only(feed)
    present = set(chunk.frame.columns) - {LINE}
    missing = sorted(feed.columns - present)
    unknown = sorted(present - feed.columns - feed.ignore)
    faults = {f"header.{name}": ["约定中有，文件中没有 (missing)"] for name in missing}
    if feed.unknown_fields == "reject" or missing:
        # Beside one that is missing, a new one may be it under another name.
        faults |= {f"header.{name or NAMELESS}": ["约定中没有 (unknown)"] for name in unknown}
    if faults:
        names = [name.removeprefix("header.") for name in faults]
        fix = "修改文件表头，或修改数据源约定 (mend the header or the feed)"
        if "" in unknown:
            fix = '没有列名的列：在约定的 ignore 中写 "" (a column without a name: ignore "")'
        other = read_otherwise(unknown, feed.encoding, feed.columns)
        if other is not None:
            fix = f"文件像是 {other.encoding}：{other.zh} (it is {other.encoding}: {other.en})"
        raise MissingColumnsError(
            f"列与数据源约定 {feed.id} 不符：{'、'.join(names)}",
            f"the columns differ from feed {feed.id}: {', '.join(names)}",
            fields=faults,
            fixes=[fix],
        )


async def ingest_records(
    tx: Transaction,
    delivery: Delivery,
    rows: Sequence[object],
    observed: Mapping[int, int],
) -> Outcome:
    """Take decoded records in, all of them in one transaction.

    Args:
        observed: see `ingest_chunk`.
    """
    chunks = list(read_records(rows, delivery.feed))
    if delivery.is_document:
        parts = [await _lines_of(tx, delivery, chunk) for chunk in chunks]
        return await ingest_totals(tx, delivery, parts, len(rows))
    outcomes = [await ingest_chunk(tx, delivery, chunk, observed) for chunk in chunks]
    return Outcome(
        ledger=total(each.ledger for each in outcomes),
        verdicts=[verdict for each in outcomes for verdict in each.verdicts],
        held=[held for each in outcomes for held in each.held],
        warned=sum((each.warned for each in outcomes), start=Warned()),
        good=pl.concat([each.good for each in outcomes], how="diagonal"),
        standing={key: how for each in outcomes for key, how in each.standing.items()},
    )


async def _lines_of(tx: Transaction, delivery: Delivery, chunk: Chunk) -> Mapped:
    """Map lines of a document, and keep all of them raw: a gate puts all aside together."""
    drifted = await look(tx, delivery, chunk)
    mapped = await map_lines(tx, delivery.feed, chunk)
    raw = raw_rows(chunk.frame, mapped.good[LINE].to_list())
    return replace(mapped, raw={**raw, **mapped.raw}, warned=mapped.warned + drifted)


async def map_lines(tx: Transaction, feed: Feed, chunk: Chunk) -> Mapped:
    """Map lines of a document, and take out those whose parent has not come."""
    mapped = await map_chunk(tx, feed, chunk)
    orphans = await _orphans(tx, feed, mapped.good)
    lines = {each.row for each in orphans}
    good = mapped.good.filter(~pl.col(LINE).is_in(lines)) if lines else mapped.good
    parked = replace(
        mapped,
        good=good,
        verdicts=[*mapped.verdicts, *orphans],
        raw={**mapped.raw, **raw_rows(chunk.frame, lines)},
    )
    return with_bad_lines(parked, chunk)


async def _orphans(tx: Transaction, feed: Feed, good: pl.DataFrame) -> list[RowVerdict]:
    """Return why rows wait: one verdict for each parent that is not there."""
    asked = {
        each.target.name: (str(each.target.ref), keys)
        for each in feed.parents
        if (keys := good[each.target.name].drop_nulls().unique().to_list())
    }
    absent = await aside.list_absent_of(tx, [*asked.values()])
    return waiting(feed, good, dict(zip(asked, absent, strict=True)))


async def look(tx: Transaction, delivery: Delivery, chunk: Chunk) -> Warned:
    """Note how a part of a delivery is written; return how it differs from the one before."""
    if delivery.inspector is None:
        return Warned()
    return await delivery.inspector.look(tx, delivery.feed, delivery.batch, chunk)


async def ingest_chunk(
    tx: Transaction,
    delivery: Delivery,
    chunk: Chunk,
    observed: Mapping[int, int] | None = None,
    ahead: Mapped | None = None,
) -> Outcome:
    """Take one chunk in: canonical rows, rows put aside, change set and ledger in one commit.

    Args:
        observed: for each line, and under 0 for the others, the instant (microseconds since
            1970) by which an older push is told from a newer one; the present instant when not
            given.
        ahead: what `map_ahead` made of the chunk.
    """
    drifted = await look(tx, delivery, chunk)
    await records.lock_entities(tx, [delivery.feed.entity.name])
    instants = observed or dict.fromkeys([0], await records.observed_now(tx))
    feed = delivery.feed if delivery.mode != "delete" else _keys_only(delivery.feed)
    mapped = ahead or await map_chunk(tx, feed, chunk, delivery.mode)
    mapped = await follow(tx, feed, mapped, delivery.mode)
    good = mapped.good
    weights = pl.Series(WEIGHT, [1], dtype=pl.Int32).new_from_index(0, good.height)
    frame = good.hstack([_observed(good, instants), weights])
    whole = with_bad_lines(mapped, chunk)
    warned = whole.warned + drifted
    stored = await _store(tx, delivery, feed, frame)
    verdicts = [*whole.verdicts, *stored.verdicts]
    lines = {each.row for each in stored.verdicts}
    raw = {**whole.raw, **raw_rows(chunk.frame, lines)}
    ledger = counted(stored.ledger, chunk.received, verdicts)
    pushed = {line: instants.get(line, instants.get(0, 0)) for line in raw}
    await batches.put_aside(tx, delivery.feed, delivery.batch, verdicts, raw, pushed)
    announce_aside(tx, delivery, verdicts)
    await batches.add_to_batch(tx, delivery.batch, ledger, finished=delivery.ends_at_once)
    await batches.add_warnings(tx, delivery.batch, warned)
    return replace(stored, ledger=ledger, verdicts=verdicts, warned=warned, good=mapped.good)


async def ingest_totals(
    tx: Transaction,
    delivery: Delivery,
    parts: Sequence[Mapped],
    received: int,
    first: Chunk | None = None,
) -> Outcome:
    """Take a whole document of an aggregating feed in: its lines summed per record.

    Args:
        parts: what became of its chunks; their good rows are summed here.
        received: lines of the document.
        first: its first lines as they came, where nobody has looked at them yet.
    """
    feed = delivery.feed
    drifted = Warned() if first is None else await look(tx, delivery, first)
    await records.lock_entities(tx, [feed.entity.name])
    now = await records.observed_now(tx)
    parts = [await follow(tx, feed, part) for part in parts]
    verdicts = [verdict for part in parts for verdict in part.verdicts]
    raw = {line: row for part in parts for line, row in part.raw.items()}
    warned = sum((part.warned for part in parts), start=drifted)
    staging = await staging_of(tx, feed)
    frames = [part.good for part in parts if part.good.height]
    summed = sum_lines(feed, frames) if frames else pl.DataFrame()
    await staging.load(summed.with_columns(pl.lit(now).alias(OBSERVED)))
    held, together = await _hold(tx, delivery, staging, frames)
    verdicts += together
    document = delivery.document or f"#{delivery.batch}"
    await aside.supersede(tx, feed.id, document, delivery.batch)
    await totals.replace_document(await tx.driver(), feed, document, now)
    gone = await change_sets.next_change_set(tx)
    await staging.drop_unfounded(delivery.batch, gone)
    await close(tx, delivery, gone)
    merged = await merge(tx, delivery, staging)
    ledger = counted(_ledger(merged), received, verdicts)
    await batches.put_aside(tx, feed, delivery.batch, verdicts, raw, dict.fromkeys(raw, now))
    announce_aside(tx, delivery, verdicts)
    await batches.add_to_batch(tx, delivery.batch, ledger, finished=delivery.ends_at_once)
    await batches.add_warnings(tx, delivery.batch, warned)
    return Outcome(ledger=ledger, verdicts=verdicts, held=held, warned=warned)


async def map_ahead(feed: Feed, chunk: Chunk, mode: str) -> Mapped | None:
    """Map a large chunk while the one before it is stored; None where that must be asked for."""
    asks = feed.needs_lookup or feed.needs_today
    if asks or mode == "delete" or chunk.frame.height < INLINE_ROWS:
        return None
    mapped = await asyncio.to_thread(mapping.apply, feed, chunk, {}, date.max, mode)
    return mapping.with_waits(feed, mapped, {})


async def map_chunk(tx: Transaction, feed: Feed, chunk: Chunk, mode: str = "create") -> Mapped:
    """Map a chunk by its feed, with the values that its lookups find.

    Args:
        mode: see `mapping.apply`.
    """
    found = await look_up(tx, feed, chunk)
    today = await records.campus_day(tx) if feed.needs_today else date.max
    asked = (feed, chunk, found, today, mode)
    is_small = chunk.frame.height < INLINE_ROWS
    mapped = mapping.apply(*asked) if is_small else await asyncio.to_thread(mapping.apply, *asked)
    return mapping.with_waits(feed, mapped, found)


async def look_up(tx: Transaction, feed: Feed, chunk: Chunk) -> Found:
    """Return the values that the feed's lookups find for a chunk."""
    wanted = mapping.lookup_keys(feed, chunk) if feed.needs_lookup else {}
    return {
        lookup: await aside.look_up(tx, lookup.entity, lookup.take, keys)
        for lookup, keys in wanted.items()
    }


async def keys_of(tx: Transaction, feed: Feed, chunk: Chunk) -> pl.DataFrame:
    """Return ``#line`` and present ``#key`` of every row whose key can be read."""
    found = await look_up(tx, feed, chunk)
    return await present_keys(tx, feed, mapping.keys_of(feed, chunk, found))


def with_bad_lines(mapped: Mapped, chunk: Chunk) -> Mapped:
    """Return a mapped chunk that also tells of the lines that were no rows."""
    raw = {each.line: {UNREAD: each.raw} for each in chunk.bad} | dict(mapped.raw)
    verdicts = [*bad_line_verdicts(chunk.bad), *mapped.verdicts]
    return Mapped(mapped.good, verdicts, raw, mapped.warned + line_warnings(chunk.odd))


def _keys_only(feed: Feed) -> Feed:
    """A deletion names its record and nothing else; other fields are not looked at."""
    return replace(feed, mappings=feed.key_mappings, measures=(), unknown_fields="ignore")


def _observed(frame: pl.DataFrame, instants: Mapping[int, int]) -> pl.Series:
    default = instants.get(0, 0)
    if instants.keys() <= {0}:
        return pl.Series(OBSERVED, [default], dtype=pl.Int64).new_from_index(0, frame.height)
    return pl.Series(
        OBSERVED, [instants.get(line, default) for line in frame[LINE]], dtype=pl.Int64
    )


async def _store(tx: Transaction, delivery: Delivery, feed: Feed, frame: pl.DataFrame) -> Outcome:
    if frame.height == 0:
        return Outcome()
    shared = await contest(tx, feed)
    if await _is_simple(tx, delivery, feed, frame, shared):
        return await _store_at_once(tx, delivery, feed, frame, shared)
    staging = await staging_of(tx, feed, shared)
    await staging.load(frame)
    if delivery.mode == "delete":
        return await delete_staged(tx, delivery, staging, frame.height)
    held, verdicts = await _hold(tx, delivery, staging)
    held_lines = {each.row for each in verdicts}
    orphans = await _orphans(tx, feed, frame)
    await staging.take_out_lines(sorted({each.row for each in orphans}))
    verdicts += [each for each in orphans if each.row not in held_lines]
    if delivery.mode in {"create", "update"}:
        lines = await staging.take_out(existing=delivery.mode == "create")
        verdicts += [misplaced(line, delivery.mode) for line in lines]
    merged = await merge(tx, delivery, staging)
    return Outcome(ledger=_ledger(merged), verdicts=verdicts, held=held, standing=merged.standing)


async def _is_simple(
    tx: Transaction, delivery: Delivery, feed: Feed, frame: pl.DataFrame, shared: Contest
) -> bool:
    """Return whether rows may take effect by one statement."""
    if delivery.mode != "upsert" or not at_once.can_merge(feed, frame, shared):
        return False
    inspector = delivery.inspector
    return inspector is None or delivery.gate == "open" or not await inspector.blocks(tx, feed)


async def _store_at_once(
    tx: Transaction, delivery: Delivery, feed: Feed, frame: pl.DataFrame, shared: Contest
) -> Outcome:
    said = (delivery.batch, tx.correlation)
    await records.go_by_index(tx)
    merged, absent = await at_once.merge_at_once(await tx.driver(), feed, frame, shared, said)
    announce(tx, merged)
    names = [each.target.name for each in feed.parents]
    verdicts = waiting(feed, frame, dict(zip(names, absent, strict=True)))
    return Outcome(ledger=_ledger(merged), verdicts=verdicts, standing=merged.standing)


def _ledger(merged: Merged) -> Ledger:
    return Ledger(created=merged.created, updated=merged.updated, unchanged=merged.unchanged)


async def _hold(
    tx: Transaction, delivery: Delivery, staging: Staging, summed: Sequence[pl.DataFrame] = ()
) -> tuple[Sequence[Held], list[RowVerdict]]:
    """Ask the gate about the staged rows; put aside what it holds, or leave that to the edge."""
    if delivery.inspector is None or delivery.gate == "open":
        return [], []
    held = await delivery.inspector.hold(tx, delivery.feed)
    if delivery.gate == "whole" or not any(each.lines for each in held):
        return held, []
    await delivery.inspector.tell_held(tx, delivery.feed, held, delivery.batch)
    together = [line for frame in summed for line in frame[LINE]]
    return held, await take_out_held(held, staging, together)


def announce_aside(tx: Transaction, delivery: Delivery, verdicts: Sequence[RowVerdict]) -> None:
    """Tell that the quarantine grew, if it did."""
    told = {Verdict.QUARANTINED, Verdict.REJECTED}
    reasons = {(each.row, each.code) for each in verdicts if each.verdict in told}
    rows = {row for row, _ in reasons}
    causes = dict(Counter(code for _, code in sorted(reasons)))
    if causes:
        feed = delivery.feed
        tx.publish(
            QuarantineGrew(
                batch=delivery.batch,
                source=feed.source,
                entity=feed.entity.name,
                rows=len(rows),
                causes=causes,
            ),
            key=feed.id,
        )
