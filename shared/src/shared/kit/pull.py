"""A durable pull consumer: it keeps what it holds, and knows whether it gets on.

JetStream delivers again what is not acknowledged within ``ACK_WAIT_SECONDS``. That is short, so
that what a killed process held comes back soon; who still works on it says so in time, for every
message, until it is brought to its end. Nothing rests on the wait: an event that comes twice is
known by the inbox.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.kit.bus import JetStreamView
from shared.kit.loops import is_ending
from shared.kit.telemetry import CONSUMER_LAG

BATCH: Final = 256
FETCH_SECONDS: Final = 5.0
ACK_WAIT_SECONDS: Final = 5.0
BEAT_SECONDS: Final = ACK_WAIT_SECONDS / 3
MAX_ACK_PENDING: Final = 256


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
        self._pull: JetStreamContext.PullSubscription | None = None
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
        self._held = ()
        if self._pull is not None:
            await self._pull.unsubscribe()
        await js.add_consumer(self._stream, config)
        self._pull = await js.pull_subscribe_bind(self._name, stream=self._stream)

    async def fetch(self) -> Sequence[Msg]:
        """Return what waits; after some seconds without anything, nothing."""
        assert self._pull is not None
        try:
            self._held = await self._pull.fetch(BATCH, timeout=FETCH_SECONDS)
        except (NatsTimeoutError, TimeoutError):
            self._held = ()
        if not self._held and self._client.is_connected:
            await self.look()
        return self._held

    def done(self) -> None:
        """Note that what was fetched last was brought to its end."""
        CONSUMER_LAG.labels(self._name).set(self._held[-1].metadata.num_pending or 0)
        self._held = ()
        self._moved_at = time.monotonic()

    async def keep_held(self) -> None:
        """Tell JetStream, for ever, that the work on what was fetched goes on."""
        while not is_ending():
            await asyncio.sleep(BEAT_SECONDS)
            for message in self._held if self._client.is_connected else ():
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
