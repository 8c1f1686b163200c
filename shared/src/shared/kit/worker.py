"""Consume a stream in batches: one transaction a batch, effects exactly once, poison aside.

A batch is deduplicated by the inbox, sorted by partition key (or two consumers deadlock),
handed to its handler and acknowledged after the commit. When a batch fails for a reason that
lies in a message, its messages are tried one by one; the bad one goes to the dead letters and
the others are not held up. When the reason is that PostgreSQL or NATS is away, the consumer
pauses: nothing is acknowledged, no delivery is burnt (``max_deliver: -1``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote
from zlib import crc32

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from shared.contracts.base import Envelope, Event, filter_of
from shared.contracts.streams import max_age_of
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import trace_id
from shared.kit.bus import Publisher
from shared.kit.database import Database, Transaction
from shared.kit.dead_letters import (
    FIRST_SUBJECT,
    STORED_AT,
    DeadLetter,
    announce_dead_letters,
    store_dead_letters,
)
from shared.kit.inbox import Arrival, take_new, take_repeats
from shared.kit.loops import is_ending, rest_after, unless_told
from shared.kit.pull import BATCH, Source
from shared.kit.telemetry import DEAD_LETTERS, MESSAGES
from shared.kit.validation import all_in_both

REPLAY_STREAM: Final = "QA_REPLAY"
PAUSE_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
LARGE: Final = 16
"""Messages from which on a batch is worth several transactions."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Received:
    """An event as its handler gets it."""

    envelope: Envelope
    event: Event
    subject: str
    stream_seq: int
    stored_at: datetime
    """When the stream took the message, by the server's clock."""

    @property
    def arrival(self) -> Arrival:
        """Return by what the inbox knows it."""
        envelope = self.envelope
        return Arrival(envelope.source, envelope.id, self.stream_seq, self.stored_at)


Handler = Callable[[Transaction, Sequence[Received]], Awaitable[None]]
Reader = Callable[[Msg], tuple[Envelope, Event]]
OnPoison = Callable[[Transaction, Msg, "PoisonError"], None]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What a consumer takes and who handles it.

    Args:
        name: durable name, ``<service>-<purpose>``; also its key in the inbox.
        events: event models by which ``data`` is read; they give the subject filters.
        handler: gets the new events of a batch, oldest first within a partition key.
    """

    name: str
    stream: str
    events: tuple[type[Event], ...]
    handler: Handler
    lanes: int = 1
    """A large batch is so many transactions beside each other, each of partition keys of its own:
    while PostgreSQL works on one, this process works on another."""

    subjects: tuple[str, ...] = ()
    """Filters instead of those that the event types give."""

    read: Reader | None = None
    """Reads a message where its type does not say by which model."""

    on_poison: OnPoison | None = None
    """Runs in the transaction that keeps a dead letter: may publish an answer."""

    on_repeat: Handler | None = None
    """Gets the messages whose event another message brought before: may publish an answer. A
    redelivery of one message is none."""

    by_type: dict[str, type[Event]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_type", {event.type: event for event in self.events})

    def filters(self) -> list[str]:
        """Return the subject filters of the durable consumer."""
        return list(self.subjects or (filter_of(event.type) for event in self.events))


class PoisonError(DomainError):
    """A message that cannot be handled, whatever is tried."""

    kind = ErrorKind.INVALID
    code = "poison"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, detail)
        self.reason = reason


class Worker:
    """Runs one subscription."""

    def __init__(self, subscription: Subscription, database: Database, client: Client) -> None:
        self.name = subscription.name
        self.kept = timedelta(seconds=max_age_of(subscription.stream))
        """For how long its stream keeps a message."""

        self._subscription = subscription
        self._database = database
        self._publisher = Publisher(client)
        replays = [f"qa.replay.v1.{self.name}"]
        self._sources = (
            Source(client, subscription.stream, self.name, subscription.filters()),
            Source(client, REPLAY_STREAM, f"{self.name}-replay", replays),
        )

    async def run(self) -> None:
        """Consume for ever; an error ends the call, and the caller starts it again."""
        for source in self._sources:
            await source.open()
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                # A task group takes a cancelled child for one that is done.
                group.create_task(unless_told(self._follow(source)))
                group.create_task(unless_told(source.keep_held()))

    async def look(self) -> tuple[int, float]:
        """Return how many messages wait, and for how many seconds none of them was done.

        Raises:
            UnavailableError: NATS is away.
        """
        looks = [await source.look() for source in self._sources]
        standing = [seconds for waiting, seconds in looks if waiting]
        return sum(waiting for waiting, _ in looks), max(standing, default=0.0)

    async def _follow(self, source: Source) -> None:
        while not is_ending():
            if messages := await source.fetch():
                began = asyncio.get_running_loop().time()
                await self.handle(messages)
                source.done()
                if len(messages) < BATCH:
                    # A full batch has others behind it; of few, more are handled at once later.
                    await rest_after(began)

    async def handle(self, messages: Sequence[Msg]) -> None:
        """Bring a batch to its end: every message acknowledged, or kept as a dead letter."""
        readable: list[tuple[Msg, Received]] = []
        poison: list[tuple[Msg, PoisonError]] = []
        for message in messages:
            try:
                readable.append((message, self._read(message)))
            except PoisonError as error:
                poison.append((message, error))
        readable.sort(key=lambda pair: pair[1].envelope.partitionkey or "")
        poison += await self._apply_in_lanes(readable)
        if poison:
            await self._bury(poison)

    async def _apply_in_lanes(
        self, batch: Sequence[tuple[Msg, Received]]
    ) -> list[tuple[Msg, PoisonError]]:
        """Handle a batch, a large one in lanes; return the bad messages."""
        lanes = self._subscription.lanes if len(batch) >= LARGE else 1
        parts: list[list[tuple[Msg, Received]]] = [[] for _ in range(lanes)]
        for pair in batch:
            parts[crc32((pair[1].envelope.partitionkey or "").encode()) % lanes].append(pair)
        # Each lane is brought to its end, also when another one fails.
        ends = await asyncio.gather(*map(self._apply, parts), return_exceptions=True)
        bad: list[tuple[Msg, PoisonError]] = []
        for end in ends:
            if isinstance(end, BaseException):
                raise end
            bad += end
        return bad

    async def _apply(self, batch: Sequence[tuple[Msg, Received]]) -> list[tuple[Msg, PoisonError]]:
        """Handle a batch, then its messages one by one if it fails; return the bad ones."""
        if not batch:
            return []
        failure = await self._attempt(batch)
        if failure is None:
            return []
        if len(batch) == 1 and failure.reason != "crashed":
            return [(batch[0][0], failure)]
        bad: list[tuple[Msg, PoisonError]] = []
        for pair in batch:
            error = await self._attempt([pair])
            if error is not None:
                bad.append((pair[0], error))
        return bad

    async def _attempt(self, batch: Sequence[tuple[Msg, Received]]) -> PoisonError | None:
        """Run one transaction until it ends for a reason that lies in the messages."""
        attempt = 0
        while True:
            try:
                await self._transact([received for _, received in batch])
            except DomainError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    return _as_poison(error)
                await self._pause(attempt, error)
                attempt += 1
                continue
            except Exception as error:
                log.exception("message_failed", consumer=self._subscription.name)
                return PoisonError("crashed", f"{type(error).__name__}: {error}")
            for message, _ in batch:
                await message.ack()
            MESSAGES.labels(self._subscription.name, "handled").inc(len(batch))
            return None

    async def _transact(self, batch: Sequence[Received]) -> None:
        name, on_repeat = self._subscription.name, self._subscription.on_repeat
        arrived = {each.arrival: each for each in batch}
        async with self._database.transaction() as tx:
            tx.consumer = name
            fresh = await take_new(tx, name, arrived)
            await _hand_over(tx, self._subscription.handler, arrived, fresh)
            if on_repeat is not None and (known := arrived.keys() - fresh):
                await _hand_over(tx, on_repeat, arrived, await take_repeats(tx, name, known))

    async def _pause(self, attempt: int, error: DomainError) -> None:
        """Wait while something is away."""
        seconds = PAUSE_SECONDS[min(attempt, len(PAUSE_SECONDS) - 1)]
        log.warning(
            "consumer_paused", consumer=self._subscription.name, seconds=seconds, why=error.en
        )
        await asyncio.sleep(seconds)

    def _read(self, message: Msg) -> Received:
        envelope, event = (self._subscription.read or self._read_by_type)(message)
        sequence = message.metadata.sequence.stream
        return Received(envelope, event, subject_of(message), sequence, stored_at_of(message))

    def _read_by_type(self, message: Msg) -> tuple[Envelope, Event]:
        envelope = read_envelope(message)
        model = self._subscription.by_type.get(envelope.type)
        if model is None:
            said = f"没有处理 {envelope.type} 的程序 (no handler for {envelope.type})"
            raise PoisonError("unknown-type", said)
        try:
            return envelope, model.model_validate(envelope.data)
        except ValidationError as error:
            raise PoisonError("schema", all_in_both(error.errors())) from error

    async def _bury(self, poison: Sequence[tuple[Msg, PoisonError]]) -> None:
        """Keep the bad messages where they can be read and mended, then end their delivery."""
        name = self._subscription.name
        letters = [
            DeadLetter(
                consumer=name,
                stream=message.metadata.stream,
                stream_seq=message.metadata.sequence.stream,
                subject=subject_of(message),
                reason=error.reason,
                detail=error.en[:2000].replace("\0", "\u2400"),
                payload=_whole(message),
                stored_at=stored_at_of(message),
            )
            for message, error in poison
        ]
        await self._keep(letters, poison)
        for message, error in poison:
            await message.term()
            DEAD_LETTERS.labels(name, error.reason).inc()
            log.error("message_buried", consumer=name, reason=error.reason, detail=error.en[:500])

    async def _keep(
        self, letters: Sequence[DeadLetter], poison: Sequence[tuple[Msg, PoisonError]]
    ) -> None:
        """Store and announce the letters; wait while something is away: nothing else holds them."""
        attempt = 0
        while True:
            try:
                await self._store(letters, poison)
                await announce_dead_letters(self._database.service, self._publisher, letters)
            except DomainError as error:
                await self._pause(attempt, error)
                attempt += 1
            else:
                return

    async def _store(
        self, letters: Sequence[DeadLetter], poison: Sequence[tuple[Msg, PoisonError]]
    ) -> None:
        answer = self._subscription.on_poison
        async with self._database.transaction() as tx:
            tx.consumer = self.name
            await store_dead_letters(tx, letters)
            for message, error in poison if answer is not None else ():
                assert answer is not None
                answer(tx, message, error)


async def _hand_over(
    tx: Transaction, handler: Handler, arrived: Mapping[Arrival, Received], which: set[Arrival]
) -> None:
    """Give a handler its part of a batch, in the order of the batch; nothing if it has none."""
    received = [each for arrival, each in arrived.items() if arrival in which]
    if received:
        first = received[0].envelope
        tx.correlation = first.correlationid or first.id
        tx.causation = first.id
        tx.sources += [
            (each.correlationid or each.id, trace_id(each.traceparent))
            for each in (one.envelope for one in received)
        ]
        await handler(tx, received)


def subject_of(message: Msg) -> str:
    """Return the subject under which a message first came; a replay has one of its own."""
    return _replay_headers(message).get(FIRST_SUBJECT, message.subject)


def stored_at_of(message: Msg) -> datetime:
    """Return when the stream took a message; of a replay, when it took its first delivery.

    A replayed message says what was so then: it must not pass for newer than what came since.
    """
    first = _replay_headers(message).get(STORED_AT)
    return datetime.fromisoformat(first) if first else message.metadata.timestamp


def _replay_headers(message: Msg) -> dict[str, str]:
    """Return what a replay says of its first delivery; nobody but us may say so."""
    return (message.headers or {}) if message.metadata.stream == REPLAY_STREAM else {}


def read_envelope(message: Msg) -> Envelope:
    """Read a CloudEvent, structured or binary (``ce-*`` headers).

    Raises:
        PoisonError: it is neither.
    """
    headers = {name.lower(): value for name, value in (message.headers or {}).items()}
    try:
        if "ce-specversion" not in headers:
            return Envelope.model_validate_json(message.data)
        attributes = {
            name.removeprefix("ce-"): unquote(value)
            for name, value in headers.items()
            if name.startswith("ce-")
        }
        return Envelope.model_validate({**attributes, "data": msgspec.json.decode(message.data)})
    except ValidationError as error:
        raise PoisonError("undecodable", all_in_both(error.errors())) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PoisonError("undecodable", f"不是合法的 JSON ({error})") from error


def _whole(message: Msg) -> bytes:
    """Return a message as one document: what the headers of a binary event say is put inside."""
    headers = {name.lower() for name in message.headers or {}}
    if "ce-specversion" not in headers:
        return message.data
    try:
        return read_envelope(message).model_dump_json(exclude_none=True).encode()
    except (PoisonError, ValueError):
        return message.data


def _as_poison(error: DomainError) -> PoisonError:
    if isinstance(error, PoisonError):
        return error
    return PoisonError(error.code, f"{error.zh} ({error.en})")
