"""Reads a stream from its first message to its last."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig


async def read_stream(broker: Client, stream: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every event of a stream."""
    js = broker.jetstream(timeout=5)
    left = (await js.stream_info(stream)).state.messages
    config = ConsumerConfig(ack_policy=AckPolicy.NONE)
    reader = await js.pull_subscribe("", stream=stream, config=config)
    while left > 0:
        try:
            messages = await reader.fetch(min(left, 500), timeout=5)
        except NatsTimeoutError:
            break
        left -= len(messages)
        for message in messages:
            yield msgspec.json.decode(message.data)
    await reader.unsubscribe()
