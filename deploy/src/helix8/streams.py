"""Declares the JetStream streams of the suite on a server."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from helix8.embedded.ports import LOOPBACK
from helix8.errors import StartError
from helix8.home import Home
from helix8.progress import say
from helix8.suite import ADMIN
from shared.contracts.streams import SOURCE_SYSTEMS, STREAMS, StreamSpec, ingest_spec

ATTEMPTS: Final = 10
"""To connect, one a second: a server may just be starting."""


async def declare(
    url: str, user: str | None, password: str | None, systems: Iterable[str] = ()
) -> list[str]:
    """Create the streams that are missing and widen those that grew; return what was done.

    Args:
        systems: source systems that are not among those of the installation.

    Raises:
        StartError: nobody lets us in at that address.
    """
    specs = [*STREAMS, *(ingest_spec(each) for each in systems if each not in SOURCE_SYSTEMS)]
    client = await _connect(url, user, password)
    try:
        js = client.jetstream()
        if await _as_declared(js, specs):
            return []
        from shared.kit.bus import declare_streams  # noqa: PLC0415 - slow to load, seldom needed

        return await declare_streams(js, specs)
    finally:
        await client.close()


async def _connect(url: str, user: str | None, password: str | None) -> Client:
    why: list[Exception] = []

    async def keep(error: Exception) -> None:
        why.append(error)

    inbox = f"_INBOX_{user}".encode()
    try:
        return await nats.connect(
            url,
            user=user,
            password=password,
            inbox_prefix=inbox,
            max_reconnect_attempts=ATTEMPTS,
            reconnect_time_wait=1,
            error_cb=keep,
        )
    except (OSError, NatsError) as error:
        place, last = url.rpartition("@")[2], [*why, error][-2:][0]
        raise StartError(
            say(f"连不上 NATS {place}：{last}", f"NATS cannot be reached at {place}: {last}")
        ) from error


async def _as_declared(js: JetStreamContext, specs: Sequence[StreamSpec]) -> bool:
    """Whether every stream is there and holds what its declaration says."""
    present = {info.config.name: info.config for info in await js.streams_info()}
    return all(
        (config := present.get(spec.name)) is not None
        and set(config.subjects or []) == set(spec.subjects)
        and config.max_age == spec.max_age
        for spec in specs
    )


def main(root: str, port: str, systems: Sequence[str]) -> None:
    """Declare the streams of new source systems on the server of a data directory."""
    password = Home(Path(root)).vault().read(f"nats-{ADMIN}")
    for line in asyncio.run(declare(f"nats://{LOOPBACK}:{port}", ADMIN, password, systems)):
        print(line)  # noqa: T201 - its log


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
