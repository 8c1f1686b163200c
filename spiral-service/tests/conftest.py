"""Fixtures of the spiral service's tests: a running service, and a world that tells it facts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import select

from shared.contracts.alert import (
    AlertAcknowledged,
    AlertDismissed,
    AlertFact,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertReopened,
    AlertSettled,
)
from shared.contracts.base import Event, subject_of
from shared.contracts.datahub import ScopeChanged, ScopeItem
from shared.kit.bus import Publisher
from shared.kit.ids import uuid7
from shared.testing import Running, Start
from spiral_service.app import create_app
from spiral_service.settings import Settings
from spiral_service.tables import ScopeRow

SCOPE = "class/AAA-2013J"
PERIOD = "term:2013-2014-1"


def alert_fact(what: str, version: int, **more: Any) -> AlertFact:
    """Return a fact about alert A1, an hour after the one before."""
    models: dict[str, type[AlertFact]] = {
        "raised": AlertRaised,
        "merged": AlertMerged,
        "acknowledged": AlertAcknowledged,
        "held": AlertHeld,
        "reopened": AlertReopened,
        "settled": AlertSettled,
        "dismissed": AlertDismissed,
    }
    fact = {
        "alert": "A1",
        "version": version,
        "rule": "binding/withdrawn",
        "family": "indicator",
        "scope": SCOPE,
        "period": PERIOD,
        "severity": "yellow",
        "indicator": "withdrawn_rate",
        "title": "退学率",
        "state": "below_standard",
        "value": "0.311688",
        "crossed": {"line": "standard", "op": "<=", "value": "0.25"},
        "owner": "T001",
        "raised_at": datetime(2026, 11, 23, 8, tzinfo=UTC),
        "due_at": datetime(2026, 11, 26, 8, tzinfo=UTC),
        "at": datetime(2026, 11, 23, 7 + version, tzinfo=UTC),
    }
    if what == "settled":
        fact |= {"how": "recovered", "effect": None}
    return models[what].model_validate(fact | more)


@dataclass(frozen=True, kw_only=True)
class World:
    """The running service and the publishers around it."""

    running: Running

    async def tell(self, *events: Event, key: str = "A1", ids: list[str] | None = None) -> None:
        """Publish facts on the broker, as another service would."""
        messages = []
        for number, event in enumerate(events):
            id_ = ids[number] if ids else str(uuid7())
            kind = event.event_type()
            envelope = {
                "specversion": "1.0",
                "id": id_,
                "source": "urn:helix8:test",
                "type": kind,
                "time": "2026-11-23T08:00:00Z",
                "partitionkey": key,
                "data": event.model_dump(mode="json"),
            }
            body = msgspec.json.encode(envelope)
            messages.append((subject_of(kind, key), body, str(uuid7())))
        answers = await Publisher(self.running.broker).publish_many(messages)
        assert [answer for answer in answers if isinstance(answer, Exception)] == []

    async def scope(self, scope: str, seq: int = 1, **more: Any) -> None:
        """Tell of a scope, and wait until it is known."""
        item = ScopeItem(scope=scope, name_zh=f"名 {scope}", seq=seq).model_copy(update=more)
        await self.tell(ScopeChanged(items=(item,)), key=scope)

        async def told() -> Any:
            async with self.running.app.state.database.transaction() as tx:
                query = select(ScopeRow.seq).where(ScopeRow.scope == scope)
                return await tx.session.scalar(query)

        await eventually(told, lambda known: known is not None and known >= seq)

    async def get(self, path: str, **params: Any) -> Any:
        """Return what a GET answers."""
        answer = await self.running.client.get(f"/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def facts(self, count: int) -> list[dict[str, Any]]:
        """Return what the service has published besides steps, once there are ``count``."""

        async def told() -> list[dict[str, Any]]:
            events = [row["event"] for row in await self.get("facts", limit=1000)]
            return [each for each in events if ".step." not in each["type"]]

        facts = await eventually(told, lambda all_: len(all_) >= count)
        assert len(facts) == count, [each["type"] for each in facts]
        return list(facts)


async def eventually(
    ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool], seconds: float = 10
) -> Any:
    """Ask until the answer holds."""
    for _ in range(int(seconds / 0.03)):
        if holds(answer := await ask()):
            return answer
        await asyncio.sleep(0.03)
    pytest.fail(f"not within {seconds} s")


@pytest.fixture
def fact() -> Callable[..., AlertFact]:
    """A maker of facts about alert A1."""
    return alert_fact


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    """Ask until the answer holds."""
    return eventually


@pytest_asyncio.fixture
async def world(start_service: Start) -> AsyncIterator[World]:
    """A running spiral service on empty stores."""
    async with start_service("spiral_service", create_app, Settings) as running:
        world = World(running=running)
        await world.scope(SCOPE)
        yield world
