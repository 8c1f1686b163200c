"""Where the facts are read again from: the streams, or the services that published them.

Streams end after a while, what services keep does not: their facts (``/v1/facts``) and the history
of the hub's measured values. Both hold the same words.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from nats.aio.client import Client
from nats.errors import TimeoutError as NothingYet
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from report_service.subscriptions import SUBSCRIPTIONS, Fact, read_fact, read_facts
from shared.contracts.base import Event
from shared.contracts.datahub import IndicatorMeasured
from shared.kit.worker import Subscription

BATCH: Final = 500
PAGE: Final = 1000
IDLE_SECONDS: Final = 60.0
PASSES: Final = 5
"""How often what was published meanwhile is asked for."""

HISTORY: Final = "/api/datahub/v1/measurement-history"
SECONDS: Final = 60.0


class NotToldError(Exception):
    """A service does not tell what it published."""


async def from_stream(client: Client, subscription: Subscription) -> AsyncIterator[list[Fact]]:
    """Yield every fact that a stream still holds, the oldest first."""
    js = client.jetstream(timeout=5)
    made = await js.add_consumer(
        subscription.stream,
        ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.ALL,
            filter_subjects=subscription.filters(),
            inactive_threshold=IDLE_SECONDS,
        ),
    )
    source = await js.pull_subscribe_bind(consumer=made.name, stream=subscription.stream)
    left = made.num_pending or 0
    while left > 0:
        with suppress(NothingYet):
            messages = await source.fetch(min(BATCH, left), timeout=5)
            left -= len(messages)
            yield read_facts(messages, subscription)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services, through the portal that stands before them.

    Args:
        url: of the portal, ``https://qa.college.edu.cn``.
        key: an API key that may read operations (``operations:read``).
    """

    url: str
    key: str = field(repr=False)

    async def facts(self) -> AsyncIterator[list[Fact]]:
        """Yield every fact that was published, each service's oldest first.

        What is published meanwhile comes at the end, as long as reading it takes no longer than
        until there is more.

        Raises:
            NotToldError: one refuses, or does not answer.
        """
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=SECONDS, trust_env=False
        ) as client:
            read: dict[str, int] = {}
            for _ in range(PASSES):
                before = dict(read)
                async for page in _unread(client, read):
                    yield page
                if read == before:
                    break


def _publishers() -> dict[str, list[str]]:
    """Return the types that are taken in, by the service that keeps the facts of them."""
    found: dict[str, list[str]] = {}
    for subscription in SUBSCRIPTIONS:
        for event in subscription.events:
            if event is not IndicatorMeasured:
                kind = event.type
                found.setdefault(kind.split(".")[1], []).append(kind)
    return found


async def _unread(client: httpx.AsyncClient, read: dict[str, int]) -> AsyncIterator[list[Fact]]:
    """Yield what was not read yet; ``read`` says how far each source was, and then is."""
    for service, types in _publishers().items():
        async for page in _kept(client, service, types, read):
            yield page
    async for page in _measured(client, read):
        yield page


async def _kept(
    client: httpx.AsyncClient, service: str, types: Sequence[str], read: dict[str, int]
) -> AsyncIterator[list[Fact]]:
    models: dict[str, type[Event]] = {
        name: model for each in SUBSCRIPTIONS for name, model in each.by_type.items()
    }
    asked = {"after": read.get(service, 0), "limit": PAGE, "type": list(types)}
    while rows := await _asked(client, f"/api/{service}/v1/facts", asked):
        yield [read_fact(each["event"], models) for each in rows]
        asked["after"] = read[service] = rows[-1]["seq"]


async def _measured(client: httpx.AsyncClient, read: dict[str, int]) -> AsyncIterator[list[Fact]]:
    asked = {"after": read.get(HISTORY, 0), "limit": PAGE}
    while True:
        page = await _asked(client, HISTORY, asked)
        if page["last"] == asked["after"]:
            return
        asked["after"] = read[HISTORY] = page["last"]
        yield [
            (
                IndicatorMeasured.model_validate({"items": [each]}),
                datetime.fromisoformat(each.pop("measured_at")),
            )
            for each in page["values"]
        ]


async def _asked(client: httpx.AsyncClient, path: str, asked: dict[str, Any]) -> Any:
    try:
        answer = await client.get(path, params=asked)
    except httpx.TransportError as error:
        raise NotToldError(f"{path}: 没有应答 · no answer ({type(error).__name__})") from error
    if answer.is_error:
        raise NotToldError(f"{path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()
