"""A durable pull consumer: it keeps what it holds, and knows whether it gets on.

JetStream delivers again what is not acknowledged within ``ACK_WAIT_SECONDS``. That is short, so
that what a killed process held comes back soon; who still works on it says so in time, for every
message, until it is brought to its end. Nothing rests on the wait: an event that comes twice is
known by the inbox.

nats-py's own ``fetch`` makes a task for each message, a tenth of a millisecond; here a request
stays open, and what it brings is gathered while the batch before it is handled.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StatusCode

from shared.errors import UnavailableError
from shared.kit.bus import JetStreamView
from shared.kit.loops import is_ending, woken
from shared.kit.telemetry import CONSUMER_LAG

BATCH: Final = 512
MAX_BYTES: Final = 64 * 1024 * 1024
"""Of messages that one request brings: as many as fit are few where they are large."""

FETCH_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 0.02
ACK_WAIT_SECONDS: Final = 5.0
BEAT_SECONDS: Final = ACK_WAIT_SECONDS / 3
MAX_ACK_PENDING: Final = 2 * BATCH
"""One batch is handled, and the next one comes meanwhile."""

_OVER: Final = {StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT, StatusCode.CONFLICT}
"""With these the server ends a request; with any other it says that something is wrong."""


class Source:
    """What one process takes from one durable consumer.

    Args:
        filters: subjects that the consumer takes.
    """

    def __init__(self, client: Client, stream: str, name: str, filters: Sequence[str]) -> None:
        self._client = client
        self._view = JetStreamView(client)
        self._stream = stream
        self._name = name
        self._filters = list(filters)
        self._inbox = ""
        self._arrived = asyncio.Event()
        self._waiting: deque[Msg] = deque()
        self._owed = 0
        """Messages that the open request may still bring."""

        self._asked_at = (0.0, 0)
        """When that was made, and on which connection."""

        self._refusal = ""
        self._held: Sequence[Msg] = ()
        self._moved_at = time.monotonic()

    async def open(self) -> None:
        """Declare the consumer, and get ready to take from it."""
        js = self._client.jetstream(timeout=5)
        config = ConsumerConfig(
            durable_name=self._name,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=MAX_ACK_PENDING,
            deliver_policy=DeliverPolicy.ALL,
            filter_subjects=self._filters,
        )
        self._held, self._owed, self._refusal = (), 0, ""
        self._waiting.clear()
        await js.add_consumer(self._stream, config)
        if not self._inbox:
            self._inbox = self._client.new_inbox()
            await self._client.subscribe(self._inbox, cb=self._on_message)

    async def fetch(self) -> Sequence[Msg]:
        """Return what waits; after some seconds without anything, nothing.

        Raises:
            UnavailableError: the server has no such consumer any more, or cannot answer.
        """
        if not self._is_open():
            await self._ask()
        if not self._waiting:
            self._arrived.clear()
            await woken(self._arrived, FETCH_SECONDS)
        await self._gather()
        if self._refusal:
            raise UnavailableError(f"NATS：{self._refusal}", f"NATS: {self._refusal}")
        self._held = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if self._held and not self._is_open():
            await self._ask()
        if not self._held and self._client.is_connected:
            await self.look()
        return self._held

    async def _gather(self) -> None:
        """Wait, for a moment, for what is on its way: a batch costs the same however full it is."""
        until = time.monotonic() + GATHER_SECONDS
        while (
            0 < len(self._waiting) < BATCH
            and self._waiting[-1].metadata.num_pending
            and time.monotonic() < until
        ):
            self._arrived.clear()
            await woken(self._arrived, until - time.monotonic())

    def _is_open(self) -> bool:
        at, connection = self._asked_at
        is_young = time.monotonic() < at + FETCH_SECONDS
        return self._owed > 0 and is_young and connection == self._client.stats["reconnects"]

    async def _ask(self) -> None:
        self._owed = BATCH
        self._asked_at = (time.monotonic(), self._client.stats["reconnects"])
        expires = int(FETCH_SECONDS * 1_000_000_000)
        request = {"batch": BATCH, "max_bytes": MAX_BYTES, "expires": expires}
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}",
            msgspec.json.encode(request),
            reply=self._inbox,
        )

    async def _on_message(self, message: Msg) -> None:
        if message.reply:
            self._owed -= 1
            self._waiting.append(message)
        else:
            self._heed(message.headers or {})
        self._arrived.set()

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Take in what the server says of the request; a message has a reply, this has none."""
        status = headers.get("Status", "")
        if status in _OVER:
            self._owed = 0
        elif status != StatusCode.CONTROL_MESSAGE:
            self._refusal = f"{status} {headers.get('Description', '')}".strip()

    def done(self) -> None:
        """Note that what was fetched last was brought to its end."""
        CONSUMER_LAG.labels(self._name).set(self._held[-1].metadata.num_pending or 0)
        self._held = ()
        self._moved_at = time.monotonic()

    async def keep_held(self) -> None:
        """Tell JetStream, for ever, that the work on what was fetched goes on."""
        while not is_ending():
            await asyncio.sleep(BEAT_SECONDS)
            for message in (*self._held, *self._waiting) if self._client.is_connected else ():
                await message.in_progress()

    async def look(self) -> tuple[int, float]:
        """Return how many messages wait, and for how many seconds nothing of them was done.

        Raises:
            UnavailableError: NATS is away.
        """
        waiting = await self._view.pending(self._stream, self._name)
        CONSUMER_LAG.labels(self._name).set(waiting)
        if not waiting:
            self._moved_at = time.monotonic()
        return waiting, time.monotonic() - self._moved_at
