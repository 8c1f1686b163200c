"""Declares the JetStream streams of the suite on a server."""

import nats
from nats.js import JetStreamContext

from shared.contracts.streams import STREAMS


async def declare(url: str, user: str | None, password: str | None) -> list[str]:
    """Create the streams that are missing and widen those that grew; return what was done."""
    client = await nats.connect(
        url, user=user, password=password, inbox_prefix=f"_INBOX_{user}".encode()
    )
    try:
        js = client.jetstream()
        if await _as_declared(js):
            return []
        from shared.kit.bus import declare_streams  # noqa: PLC0415 - slow to load, seldom needed

        return await declare_streams(js, STREAMS)
    finally:
        await client.close()


async def _as_declared(js: JetStreamContext) -> bool:
    """Whether every stream is there and holds what its declaration says."""
    present = {info.config.name: info.config for info in await js.streams_info()}
    return all(
        (config := present.get(spec.name)) is not None
        and set(config.subjects or []) == set(spec.subjects)
        and config.max_age == spec.max_age
        for spec in STREAMS
    )
