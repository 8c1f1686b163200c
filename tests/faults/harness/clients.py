"""Source systems: each pushes version after version of its own records until it is acknowledged."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import httpx
import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from harness.contracts import CODES, UNMAPPED
from harness.model import Model, Push, Row
from harness.waiting import until

ACCEPTED = range(200, 300)
AWAY = {502, 503, 504}
RETRY_SECONDS = 0.1
ACK_SECONDS = 2.0


@dataclass(slots=True)
class Flow:
    """Lets records through as the kills go on, so that every kill meets a stream of them."""

    total: int
    systems: int
    """Source systems that share the total, or the fastest channel would push it all."""

    allowed: float = 0.0
    """Share of the total that may be pushed by now."""

    started: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)

    async def take(self, system: str, rows: int) -> bool:
        """Wait for leave to push ``rows`` more; False when a system has pushed its part."""
        part = self.total / self.systems
        await until(
            lambda: self.started[system] >= part or self.started[system] < part * self.allowed,
            seconds=None,
        )
        if self.started[system] >= part:
            return False
        self.started[system] += rows
        return True

    @property
    def done(self) -> float:
        """Share of the total that has been acknowledged."""
        return self.acknowledged.total() / self.total


async def post(
    hub: httpx.AsyncClient, model: Model, key: str, rows: Sequence[Row], **query: str
) -> None:
    """Send rows under an idempotency key until the hub has answered 2xx."""
    body = "\n".join(json.dumps(row) for row in rows)
    headers = {"Idempotency-Key": key, "Content-Type": "application/x-ndjson"}
    while True:
        try:
            answer = await hub.post("/v1/batches", content=body, headers=headers, params=query)
        except httpx.HTTPError:
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if answer.status_code in ACCEPTED:
            document = answer.json()
            model.answers[document["batch"]] = document
            return
        is_under_way = answer.status_code == 409 and "retry-after" in answer.headers
        if answer.status_code not in AWAY and not is_under_way:
            model.faults.append(f"HTTP {answer.status_code}: {answer.text[:300]}")
        await asyncio.sleep(RETRY_SECONDS)


async def publish(
    broker: Client, model: Model, subject: str, message: str, rows: Sequence[Row], **more: str
) -> None:
    """Publish rows as one message until JetStream has acknowledged it."""
    envelope = {
        "specversion": "1.0",
        "id": message,
        "source": "urn:campus:academic",
        "type": "qa.ingest",
        "datacontenttype": "application/json",
        "data": {"records": list(rows), **more},
    }
    js = broker.jetstream(timeout=ACK_SECONDS)
    while True:
        try:
            await js.publish(
                subject, msgspec.json.encode(envelope), headers={"Nats-Msg-Id": message}
            )
        except (NatsError, TimeoutError, OSError):
            await asyncio.sleep(RETRY_SECONDS)
        else:
            model.messages.add(message)
            return


@dataclass(slots=True, kw_only=True)
class SourceSystem:
    """Owns some records and pushes them, one push after the other.

    Args:
        channels: it changes between them from push to push; a record that went over NATS may be
            overtaken by its next version over REST, and must not win against it.
    """

    name: str
    channels: tuple[str, ...]
    classes: Sequence[str]
    students: int
    hub: httpx.AsyncClient
    broker: Client
    model: Model
    flow: Flow
    random: Random
    _version: int = field(default=0)

    async def run(self) -> None:
        """Push until the flow ends."""
        while True:
            push = self._next()
            if not await self.flow.take(self.name, len(push.rows)):
                return
            await self._hand_over(push)
            self.model.take(push)
            self.flow.acknowledged[self.name] += len(push.rows)

    def _next(self) -> Push:
        channel = self.random.choice(self.channels)
        # Also one that overtakes, on the other channel, the record that it deletes.
        deletes = self.random.random() < 0.08
        keys = self._keys(self.random.randint(1, 6 if channel == "nats" else 30))
        rows = [self._row(*key) for key in keys]
        if channel == "nats":
            cut = self.random.randint(1, 3)
            parts = tuple(tuple(rows[at : at + cut]) for at in range(0, len(rows), cut))
        else:
            # Now and then a record comes twice in a request: the later row counts.
            twice = self.random.random() < 0.1 and not deletes
            again = [self._row(*keys[0])] if twice else []
            parts = (tuple(rows + [row for row in again if row["result"] != UNMAPPED]),)
        if deletes:
            parts = tuple(tuple(_key_of(row) for row in part) for part in parts)
        return Push(channel=channel, op="delete" if deletes else "upsert", parts=parts)

    def _keys(self, count: int) -> list[tuple[str, str]]:
        chosen = self.random.sample(range(self.students), min(count, self.students))
        return [
            (self.classes[number % len(self.classes)], f"{self.name}-{number}") for number in chosen
        ]

    def _row(self, class_no: str, student: str) -> Row:
        self._version += 1
        unmapped = self.random.random() < 0.01
        result = UNMAPPED if unmapped else self.random.choice(list(CODES))
        return {
            "class": class_no,
            "student": student,
            "result": result,
            "version": str(self._version),
        }

    async def _hand_over(self, push: Push) -> None:
        if push.channel == "rest":
            query = {"source": "academic", "entity": "enrolment", "mode": push.op}
            await post(self.hub, self.model, self._id(), push.rows, **query)
            return
        subject = f"qa.ingest.v1.academic.enrolment.{push.op}"
        async with asyncio.TaskGroup() as group:
            for part in push.parts:
                group.create_task(publish(self.broker, self.model, subject, self._id(), part))

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128)))


def _key_of(row: Row) -> Row:
    return {"class": row["class"], "student": row["student"]}
