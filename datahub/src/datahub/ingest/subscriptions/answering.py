"""Messages are answered: their records take effect, and every one gets a verdict.

A batch of messages is one transaction. Messages in a row for the same feed and operation are
mapped together; the order of the stream is kept, and a record's instant is the one at which the
stream took it. Every message gets a verdict on ``qa.verdict.v1.<system>``; one whose source and id
came before changes nothing, and its rows are counted as duplicates.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, groupby
from typing import Final, cast

from nats.aio.msg import Msg

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import MAX_TOLD, Ledger, RowVerdict, Verdict
from datahub.ingest.repository import batches, feeds, records
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.subscriptions.messages import (
    BeginMessage,
    ChunkMessage,
    EndMessage,
    IngestMessage,
    entity_of,
    feed_named,
    mode_of,
    read,
    records_of,
)
from datahub.ingest.usecases import deliveries, pushed
from datahub.ingest.usecases.effects import Delivery
from datahub.ingest.usecases.raw import RawEvents
from shared.contracts.base import Envelope
from shared.contracts.datahub import Fate, MessageVerdict, RowFate, VerdictGiven
from shared.contracts.streams import ingest_stream
from shared.kit.database import Transaction
from shared.kit.worker import PoisonError, Received, Subscription, read_envelope, subject_of

FATES_PER_EVENT: Final = 400
MAX_WORDS: Final = 300
"""Characters of a path or a reason; a field's name may be as long as its message."""


AnswerRun = Callable[[Transaction, Feed, Sequence[Received]], Awaitable[list[MessageVerdict]]]
"""Answers messages in a row for the same subject and feed."""


def subscription(
    system: str, dictionaries: Dictionaries, inspector: Inspector, raw: RawEvents
) -> Subscription:
    """Return what follows the messages of a source system."""

    async def handle(tx: Transaction, received: Sequence[Received]) -> None:
        dictionary = await dictionaries.newest(tx)
        await records.lock_entities(tx, [entity_of(each) for each in received])
        ingest = partial(_answer_run, inspector=inspector, raw=raw)
        await answer_messages(tx, system, received, dictionary, raw, ingest)

    async def repeat(tx: Transaction, received: Sequence[Received]) -> None:
        dictionary = await dictionaries.newest(tx)
        await answer_messages(tx, system, received, dictionary, raw, _count_repeats)

    return Subscription(
        name=f"datahub-ingest-{system}",
        stream=ingest_stream(system),
        events=(IngestMessage, BeginMessage, ChunkMessage, EndMessage),
        subjects=(f"qa.ingest.v1.{system}.>",),
        handler=handle,
        read=read,
        on_poison=_answer_poison,
        on_repeat=repeat,
    )


async def answer_messages(
    tx: Transaction,
    system: str,
    received: Sequence[Received],
    dictionary: Dictionary,
    raw: RawEvents,
    answer_run: AnswerRun,
) -> None:
    """Answer a batch of messages, in the order of the stream; what they do is the system's deed."""
    tx.actor = f"system/{system}"
    verdicts: list[MessageVerdict] = []
    for run in _runs(sorted(received, key=lambda each: each.stream_seq)):
        tx.correlation = run[0].envelope.correlationid or run[0].envelope.id
        feed = await _feed_of(tx, system, run[0], dictionary, raw)
        verdicts += await answer_run(tx, feed, run)
    for part in _cut(verdicts):
        tx.publish(VerdictGiven(system=system, items=tuple(part)), key=system)


def _cut(verdicts: Sequence[MessageVerdict]) -> Iterator[list[MessageVerdict]]:
    """Cut verdicts into parts that a message can hold."""
    part: list[MessageVerdict] = []
    fates = 0
    for verdict in verdicts:
        if part and fates + len(verdict.rows) > FATES_PER_EVENT:
            yield part
            part, fates = [], 0
        part.append(verdict)
        fates += len(verdict.rows)
    yield part


def _runs(ordered: Sequence[Received]) -> Iterator[list[Received]]:
    """Group messages in a row for the same subject and feed."""
    for _, run in groupby(ordered, key=lambda each: (each.subject, feed_named(each))):
        yield list(run)


async def _feed_of(
    tx: Transaction, system: str, each: Received, dictionary: Dictionary, raw: RawEvents
) -> Feed:
    named = feed_named(each)
    if dictionary.entity(entity_of(each)).is_raw:
        return await raw.feed_of(tx, system, dictionary)
    if named is None:
        return await feeds.find_feed(tx, system, entity_of(each), dictionary)
    feed = await feeds.get_feed(tx, named, dictionary, to_deliver=True)
    if feed.source != system or feed.entity.name != entity_of(each):
        place = f"{system}/{entity_of(each)}"
        said = f"数据源约定 {named} 不属于 {place} (feed {named} is not of {place})"
        raise PoisonError("foreign-feed", said)
    return feed


async def _answer_run(
    tx: Transaction,
    feed: Feed,
    run: Sequence[Received],
    inspector: Inspector,
    raw: RawEvents,
) -> list[MessageVerdict]:
    if mode_of(run[0]) != "snapshot":
        return await _ingest_run(tx, feed, run, inspector, raw)
    return [await _answer_part(tx, feed, each, inspector) for each in run]


async def _answer_part(
    tx: Transaction, feed: Feed, each: Received, inspector: Inspector
) -> MessageVerdict:
    """Keep a part of a snapshot; with its end the whole of it takes effect."""
    match each.event:
        case EndMessage() as end:
            taken = await pushed.end_snapshot(tx, feed, end.snapshot, end.told(), inspector)
            aside = taken.aside
            return _message_verdict(each, taken.batch, taken.received, aside.rows, aside.verdicts)
        case ChunkMessage() as part:
            await pushed.keep_part(tx, feed, part.snapshot, part.number, part.records)
        case _:
            await pushed.begin_snapshot(tx, feed)
    return _message_verdict(each, None, len(records_of(each)), 0, ())


async def _ingest_run(
    tx: Transaction,
    feed: Feed,
    run: Sequence[Received],
    inspector: Inspector,
    raw: RawEvents,
) -> list[MessageVerdict]:
    mode = mode_of(run[0])
    batch = await batches.start_batch(tx, feed, mode=mode, channel="nats")
    rows = [record for each in run for record in records_of(each)]
    owners = _owners(run)
    instants = [int(each.stored_at.timestamp() * 1_000_000) for each in run]
    observed = {line: instants[place] for line, place in enumerate(owners, 1)}
    delivery = Delivery(feed=feed, batch=batch, mode=mode, inspector=inspector, ends_at_once=True)
    if feed.entity.is_raw:
        outcome = await raw.take(tx, delivery, rows)
    else:
        outcome = await deliveries.ingest_records(tx, delivery, rows, observed)
    return _message_verdicts(run, owners, outcome.verdicts, batch)


async def _count_repeats(
    tx: Transaction, feed: Feed, run: Sequence[Received]
) -> list[MessageVerdict]:
    """Count the rows of messages whose source and id came before; nothing else is done."""
    batch = await batches.start_batch(tx, feed, mode=mode_of(run[0]), channel="nats")
    owners = _owners(run)
    ledger = Ledger(received=len(owners), duplicate=len(owners))
    await batches.add_to_batch(tx, batch, ledger, finished=True)
    verdicts = [
        RowVerdict(
            row=line,
            verdict=Verdict.DUPLICATE,
            code="repeated-message",
            path="$",
            message="此前已收到 source 与 id 都相同的消息 (its source and id came before)",
        )
        for line in range(1, len(owners) + 1)
    ]
    return _message_verdicts(run, owners, verdicts, batch)


def _owners(run: Sequence[Received]) -> list[int]:
    """Return, for each record of a run, the place of its message."""
    return [place for place, each in enumerate(run) for _ in records_of(each)]


def _message_verdicts(
    run: Sequence[Received],
    owners: Sequence[int],
    verdicts: Sequence[RowVerdict],
    batch: int | None,
) -> list[MessageVerdict]:
    sizes = Counter(owners)
    first = dict(zip(range(len(run)), accumulate([0, *sizes.values()]), strict=False))
    by_message: dict[int, list[RowVerdict]] = {}
    for verdict in verdicts:
        by_message.setdefault(owners[verdict.row - 1], []).append(verdict)
    return [
        _message_verdict(
            each,
            batch,
            sizes[place],
            len({verdict.row for verdict in by_message.get(place, [])}),
            by_message.get(place, []),
            first[place],
        )
        for place, each in enumerate(run)
    ]


def _message_verdict(
    each: Received,
    batch: int | None,
    received: int,
    aside: int,
    verdicts: Sequence[RowVerdict],
    before: int = 0,
) -> MessageVerdict:
    """Return the verdict on a message.

    Args:
        aside: how many of its rows are not simply in the records.
        before: rows of its batch that came in other messages, before it.
    """
    return MessageVerdict(
        message=each.envelope.id,
        source=each.envelope.source,
        stream_seq=each.stream_seq,
        batch=batch,
        received=received,
        accepted=received - aside,
        rows=tuple(
            RowFate(
                row=verdict.row - before,
                verdict=cast("Fate", verdict.verdict.value),
                code=verdict.code,
                path=verdict.path[:MAX_WORDS],
                message=verdict.message[:MAX_WORDS],
            )
            for verdict in verdicts[:MAX_TOLD]
        ),
    )


def _answer_poison(tx: Transaction, message: Msg, error: PoisonError) -> None:
    """Tell the source system why its message could not be taken at all."""
    system = subject_of(message).split(".")[3]
    reason = error.en[:MAX_WORDS]
    fate = RowFate(row=1, verdict="rejected", code=error.reason, path="$", message=reason)
    envelope = _envelope_of(message)
    verdict = MessageVerdict(
        message=envelope.id if envelope else "",
        source=envelope.source if envelope else "",
        stream_seq=message.metadata.sequence.stream,
        batch=None,
        received=1,
        accepted=0,
        rows=(fate,),
    )
    tx.publish(VerdictGiven(system=system, items=(verdict,)), key=system)


def _envelope_of(message: Msg) -> Envelope | None:
    """Return the envelope of a message; None where it cannot be read."""
    try:
        return read_envelope(message)
    except PoisonError:
        return None
