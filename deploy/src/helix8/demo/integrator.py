"""Source systems on NATS: each pushes under its own user and hears its own verdicts."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from helix8.demo.access import Access
from shared.kit.bus import Publisher, PublishError
from shared.kit.ids import uuid7

PAUSE_SECONDS: Final = 1.0
"""Between two attempts to hand over a message."""


@dataclass(slots=True)
class Integrators:
    """The source systems of a suite; each connects when it first has something to say."""

    access: Access
    verdicts: Counter[str]
    """Grows as verdicts on our own messages arrive: records by fate, ``accepted`` and so on."""

    answers: dict[str, dict[str, Any]] | None = None
    """Where it is given, the verdicts themselves, by message."""

    _awaited: set[str] = field(default_factory=set)
    """Ids of messages without a verdict: others may push as the same system."""

    _clients: dict[str, Client] = field(default_factory=dict)
    _publishers: dict[str, Publisher] = field(default_factory=dict)

    async def push(
        self, system: str, entity: str, op: str, data: Mapping[str, Any], at: datetime
    ) -> str:
        """Push a record, or a part of a delivery; return the id of the message.

        It returns when the stream has the message, however long NATS is away.

        A repeated attempt carries the same id, so that the stream keeps one of them.
        """
        message = uuid7()
        self._awaited.add(str(message))
        envelope = {
            "specversion": "1.0",
            "id": str(message),
            "source": f"urn:campus:{system}",
            "type": "qa.ingest",
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "data": dict(data),
        }
        subject = f"qa.ingest.v1.{system}.{entity}.{op}"
        payload = msgspec.json.encode(envelope)
        while True:
            try:
                await (await self._publisher(system)).publish(subject, payload, str(message))
            except (PublishError, nats.errors.Error, OSError):
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return str(message)

    async def close(self) -> None:
        """Disconnect every system."""
        for client in self._clients.values():
            await client.close()

    async def _publisher(self, system: str) -> Publisher:
        if system not in self._publishers:
            client = await self._connect(system)
            await client.subscribe(f"qa.verdict.v1.{system}", cb=self._hear)
            self._clients[system] = client
            self._publishers[system] = Publisher(client)
        return self._publishers[system]

    async def _connect(self, system: str) -> Client:
        broker = self.access.broker(system)
        return await nats.connect(
            broker.url,
            name=f"demo-{system}",
            user=broker.user,
            password=broker.password,
            inbox_prefix=f"_INBOX_{broker.user}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            error_cb=_ignore,
        )

    async def _hear(self, message: Msg) -> None:
        for item in msgspec.json.decode(message.data)["data"]["items"]:
            if item["message"] not in self._awaited:
                continue
            self._awaited.discard(item["message"])
            if self.answers is not None:
                self.answers[item["message"]] = item
            self.verdicts["accepted"] += item["accepted"]
            for row in item["rows"]:
                self.verdicts[row["verdict"]] += 1


async def _ignore(_: Exception) -> None:
    """A lost connection shows in the publish that fails; the client reconnects by itself."""
