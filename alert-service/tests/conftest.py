"""A running alert service, and a desk from which tests speak to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest_asyncio
from pydantic import SecretStr

from alert_service.app import create_app
from alert_service.settings import Settings
from shared.contracts.base import Envelope, Event, subject_of
from shared.contracts.datahub import IndicatorPublished, ScopeChanged
from shared.contracts.target import AttainmentChanged, BindingChanged
from shared.kit.identity import Caller, TokenSigner
from shared.testing import Running, Start

PATIENCE_SECONDS = 20.0
SCOPE = "course/C0001"
PERIOD = "term:2026-2027-1"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a test does to the service, from outside."""

    running: Running
    signer: TokenSigner

    def reader(self, subject: str, *holds: tuple[str, str]) -> dict[str, str]:
        """Return the headers of one who may only read; all, where no role of his is named."""
        held = frozenset(holds or [("reader", "*")])
        roles = frozenset(role for role, _ in held)
        caller = Caller(subject=subject, roles=roles, scopes=frozenset({"alert:read"}), holds=held)
        return {"Authorization": f"Bearer {self.signer.sign(caller, 'alert')}"}

    async def get(self, path: str, **query: Any) -> Any:
        """Return the body of an answer that must be 200."""
        response = await self.running.client.get(f"/v1/{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def bind(self, key: str = "b1", version: int = 1, **more: Any) -> str:
        """Publish a binding as the target service does."""
        document = {
            "id": key,
            "version": version,
            "indicator": "pass_rate",
            "scope": SCOPE,
            "period": PERIOD,
            "title": "通过率",
            "target": {"op": ">=", "value": "0.9"},
            "tiers": {
                "floor": {"op": ">=", "value": "0.5"},
                "qualified": {"op": ">=", "value": "0.8"},
            },
            "warning": {"op": "<", "value": "0.85"},
            "alert_from": "either",
            "owner": "teacher/T001",
        }
        event = BindingChanged.model_validate(document | more)
        return await self.send(event, event.scope)

    async def judge(self, seq: int, state: str, value: str | None, **more: Any) -> str:
        """Publish one judgement as the target service does."""
        event_id = more.pop("event_id", None)
        event = AttainmentChanged.model_validate({"items": [judgement(seq, state, value) | more]})
        return await self.send(event, event.items[0].scope, event_id)

    async def judge_many(self, *judged: tuple[int, str, str | None]) -> str:
        """Publish several judgements of one binding in one event."""
        items = [judgement(seq, state, value) for seq, state, value in judged]
        return await self.send(AttainmentChanged.model_validate({"items": items}), SCOPE)

    async def scope(self, seq: int, scope: str = SCOPE, **more: Any) -> str:
        """Publish a scope as the data hub does."""
        item = {"scope": scope, "name_zh": "高等数学", "name_en": "Mathematics", "seq": seq}
        return await self.send(ScopeChanged.model_validate({"items": [item | more]}), scope)

    async def publish(self, version: int, unit: str, *, core: bool = False) -> str:
        """Publish a version of the indicator as the data hub does."""
        event = IndicatorPublished(
            indicator="pass_rate",
            version=version,
            name_zh="通过率",
            name_en="Pass rate",
            unit=unit,
            direction="higher",
            core=core,
        )
        return await self.send(event, event.indicator)

    async def send(self, event: Event, key: str, event_id: str | None = None) -> str:
        """Publish an event as its service does; return its id."""
        envelope = Envelope(
            id=event_id or str(uuid4()),
            source="urn:helix8:target",
            type=event.type,
            partitionkey=key,
            data=event.model_dump(mode="json"),
        )
        await self.running.broker.jetstream().publish(
            subject_of(event.type, key), envelope.model_dump_json().encode()
        )
        return envelope.id

    async def until(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask until the answer is truthy; a test that waits for nothing fails."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (answer := await ask()):  # noqa: ASYNC110 — another process answers
                await asyncio.sleep(0.01)
        return answer

    async def facts(self, count: int) -> list[tuple[str, Any]]:
        """Wait until ``count`` facts about alerts were published; return them as (event, data)."""

        async def enough() -> list[tuple[str, Any]]:
            every = [fact["event"] for fact in await self.get("facts", limit=1000)]
            events = [each for each in every if ".step." not in each["type"]]
            found = [(event["type"].split(".")[3], event["data"]) for event in events]
            return found if len(found) >= count else []

        found = await self.until(enough)
        assert len(found) == count
        return list(found)

    async def handled(self, event_id: str) -> None:
        """Wait until an event has taken its effect, or has been found to have none."""
        await self.until(lambda: self._in_inbox(event_id))

    async def _in_inbox(self, event_id: str) -> bool:
        async with self.running.app.state.database.engine.connect() as connection:
            result = await connection.exec_driver_sql(
                "SELECT count(*) FROM inbox WHERE event_id = $1", (event_id,)
            )
            return bool(result.scalar())


def judgement(seq: int, state: str, value: str | None) -> dict[str, Any]:
    """Return a judgement of the binding that the tests use."""
    return {
        "id": "b1",
        "binding": "b1",
        "indicator": "pass_rate",
        "scope": SCOPE,
        "period": PERIOD,
        "state": state,
        "warning": False,
        "attainment": None,
        "coverage": "1",
        "gap": None,
        "value": value,
        "seq": seq,
    }


@pytest_asyncio.fixture
async def desk(start_service: Start, signing_keys: tuple[TokenSigner, str]) -> AsyncIterator[Desk]:
    key = SecretStr("a key of the tests")
    async with start_service("alert_service", create_app, Settings, secrets_key=key) as running:
        yield Desk(running=running, signer=signing_keys[0])
