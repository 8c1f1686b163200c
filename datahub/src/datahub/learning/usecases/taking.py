"""Events are taken in: each has one fate, and none costs another.

In one transaction: events, totals that are due, rows put aside, ledger. Sent again, whatever
broke off before, an event is a duplicate.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Ledger, RowVerdict, Verdict, counted
from datahub.ingest.domain.reading import UNREAD
from datahub.ingest.repository import batches, records
from datahub.ingest.usecases.deliveries import announce_aside
from datahub.ingest.usecases.effects import Delivery, Outcome
from datahub.learning.domain.event import LearningEvent, Reader, verdict
from datahub.learning.domain.months import first_of_month
from datahub.learning.domain.pieces import Piece, Unreadable, given
from datahub.learning.domain.source import parse_source
from datahub.learning.repository import due, events, months, sources
from datahub.learning.repository.events import Came, Place
from shared.kit.database import Transaction

ENTITY = "learning_event"
INLINE = 100
INLINE_BYTES = 256 * 1024


@dataclass(slots=True)
class _Sorted:
    """What the events of a part are, before they take effect."""

    good: list[LearningEvent]
    verdicts: list[RowVerdict]


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes raw events in.

    Args:
        keep: months before the present one whose events are kept.
    """

    keep: int

    async def feed_of(self, tx: Transaction, source: str, dictionary: Dictionary) -> Feed:
        """Return the feed that batches of a source's events name; it maps nothing.

        Raises:
            LearningSourceNotFoundError: nobody has said how the source names things.
        """
        saved = await sources.get(tx, source)
        return Feed(
            id=f"{source}.{ENTITY}",
            version=saved.version,
            source=source,
            entity=dictionary.entity(ENTITY),
            is_default=True,
            unknown_fields="ignore",
            ignore=frozenset(),
            null_words=frozenset(),
            encoding="utf-8",
            delimiter=",",
            dictionary_version=dictionary.version,
            mappings=(),
        )

    async def take(self, tx: Transaction, delivery: Delivery, events: Sequence[object]) -> Outcome:
        """Take events in that are decoded already."""
        return await self.take_pieces(tx, delivery, list(given(events)))

    async def take_pieces(
        self, tx: Transaction, delivery: Delivery, pieces: Sequence[Piece], before: int = 0
    ) -> Outcome:
        """Take a part of a body in.

        Args:
            before: events of the same delivery that came before these.
        """
        await records.lock_entities(tx, [events.TABLE])
        lines = range(before + 1, before + len(pieces) + 1)
        reader, numbered = await self._reader(tx, delivery.feed), zip(lines, pieces, strict=True)
        # Many, or large ones, are read beside the loop, so that the service goes on answering.
        is_small = len(pieces) < INLINE and sum(len(each.text) for each in pieces) < INLINE_BYTES
        found = (
            _read(reader, numbered)
            if is_small
            else await asyncio.to_thread(_read, reader, numbered)
        )
        await _sort_out_known(tx, delivery.feed.source, found)
        came = Came(
            source=delivery.feed.source,
            batch=delivery.batch,
            observed=await records.observed_now(tx),
        )
        await _store(tx, came, found.good)
        return await _close(tx, delivery, came, found, dict(zip(lines, pieces, strict=True)))

    async def _reader(self, tx: Transaction, feed: Feed) -> Reader:
        saved = await sources.get(tx, feed.source)
        source = parse_source(saved.document, feed.entity.fields["verb"].values)
        return Reader(
            entity=feed.entity,
            source=source,
            verbs={**sources.shipped_verbs(), **source.verbs},
            window=await months.window(tx, self.keep),
        )


def _read(reader: Reader, pieces: Iterable[tuple[int, Piece]]) -> _Sorted:
    """Read events; of two with one id the first stays."""
    found = _Sorted([], [])
    seen: dict[str, bytes] = {}
    for line, piece in pieces:
        if isinstance(piece.event, Unreadable):
            found.verdicts.append(verdict(line, "undecodable", "$"))
            continue
        read = reader.read(line, piece.event, piece.text)
        if isinstance(read, list):
            found.verdicts += read
        elif read.event_id in seen:
            found.verdicts.append(_again(read, seen[read.event_id]))
        else:
            seen[read.event_id] = read.digest
            found.good.append(read)
    return found


def _again(event: LearningEvent, digest: bytes) -> RowVerdict:
    return verdict(event.line, "duplicate" if event.digest == digest else "conflict", "$.id")


async def _sort_out_known(tx: Transaction, source: str, found: _Sorted) -> None:
    known = await events.known_digests(tx, source, found.good)
    for event in found.good:
        if event.event_id in known:
            found.verdicts.append(_again(event, known[event.event_id]))
    found.good = [each for each in found.good if each.event_id not in known]


async def _store(tx: Transaction, came: Came, good: Sequence[LearningEvent]) -> None:
    if not good:
        return
    await months.make(tx, (first_of_month(each.event_at) for each in good))
    await events.insert(tx, came, good)
    touched = [Place(each.student_no, each.class_no, each.event_at) for each in good]
    touched += await events.void(tx, came.source, good)
    await due.note(tx, due.due_of(touched))


async def _close(
    tx: Transaction,
    delivery: Delivery,
    came: Came,
    found: _Sorted,
    pieces: dict[int, Piece],
) -> Outcome:
    """Count the events, and put those aside that have no place, as they came."""
    found.verdicts.sort(key=lambda each: each.row)
    ledger = counted(Ledger(created=len(found.good)), len(pieces), found.verdicts)
    lines = {each.row for each in found.verdicts if each.verdict is not Verdict.DUPLICATE}
    raw = {line: _raw(pieces[line]) for line in lines}
    observed = dict.fromkeys(raw, came.observed)
    await batches.put_aside(tx, delivery.feed, delivery.batch, found.verdicts, raw, observed)
    announce_aside(tx, delivery, found.verdicts)
    await batches.add_to_batch(tx, delivery.batch, ledger, finished=delivery.ends_at_once)
    return Outcome(ledger=ledger, verdicts=found.verdicts)


def _raw(piece: Piece) -> dict[str, object]:
    return piece.event if isinstance(piece.event, dict) else {UNREAD: piece.text[:4_000]}
