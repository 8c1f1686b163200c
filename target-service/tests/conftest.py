"""A running target service, and a desk from which tests speak to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

import pytest
import pytest_asyncio
from httpx import Response

from shared.contracts.base import Envelope, Event, subject_of
from shared.contracts.datahub import (
    IndicatorMeasured,
    IndicatorPublished,
    MeasuredFor,
    MeasuredValue,
    ScopeChanged,
    ScopeItem,
)
from shared.contracts.target import Attainment
from shared.kit.identity import TokenSigner
from shared.testing import Running, Start, TestServers, connect_as, empty_streams, starting
from target_service.app import create_app
from target_service.settings import Settings

PATIENCE_SECONDS = 20.0
SCOPES = (
    *("course/C0001", "course/C0002", "course/C1", "course/C2"),
    *("class/K1", "major/M1", "major/g1", "major/g2", "unit/U1", "teacher/T001"),
)
INDICATORS = {"pass_rate": "ratio", "mean_score": "score", "papers": "count"}
"""What the hub has told of when a test begins: of these more is better, of ``drop_rate`` less."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a test does to the service, from outside."""

    running: Running
    signer: TokenSigner

    async def put(self, collection: str, body: dict[str, Any], **headers: str) -> Response:
        """Upsert, and return the answer whatever it is."""
        return await self.running.client.post(f"/v1/{collection}", json=body, headers=headers)

    async def get(self, path: str, **query: Any) -> Any:
        """Return the body of an answer that must be 200."""
        response = await self.running.client.get(f"/v1/{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def measure(self, value: str | None, seq: int, **more: Any) -> str:
        """Publish one measured value as the data hub does; return the id of the event."""
        return await self.send([make_measured(value, seq, **more)])

    async def send(self, items: list[MeasuredValue], event_id: str | None = None) -> str:
        """Publish measured values as the data hub does; return the id of the event."""
        return await self.tell(IndicatorMeasured(items=tuple(items)), items[0].scope, event_id)

    async def scope(self, scope: str, seq: int = 1, **more: Any) -> str:
        """Tell of a scope as the data hub does; return the id of the event."""
        item = ScopeItem(scope=scope, name_zh=f"名 {scope}", seq=seq).model_copy(update=more)
        return await self.tell(ScopeChanged(items=(item,)), scope)

    async def indicator(
        self,
        indicator: str,
        unit: str,
        version: int = 1,
        measured_for: tuple[tuple[str, str], ...] = (),
        *,
        core: bool = False,
        direction: Literal["higher", "lower", "band"] = "higher",
    ) -> str:
        """Publish an indicator as the data hub does; return the id of the event."""
        event = IndicatorPublished(
            indicator=indicator,
            version=version,
            name_zh=f"名 {indicator}",
            name_en=indicator,
            unit=unit,
            direction=direction,
            core=core,
            measured_for=tuple(
                MeasuredFor(scope=scope, period=period) for scope, period in measured_for
            ),
        )
        return await self.tell(event, indicator)

    async def tell(self, event: Event, key: str, event_id: str | None = None) -> str:
        """Publish an event as the data hub does; return its id."""
        envelope = Envelope(
            id=event_id or str(uuid4()),
            source="urn:helix8:datahub",
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

    async def facts(self, word: str) -> list[Any]:
        """Return the data of the facts published so far whose type holds ``word``."""
        facts = await self.get("facts", limit=1000)
        return [fact["event"]["data"] for fact in facts if word in fact["event"]["type"]]

    async def judged(self, count: int) -> list[Any]:
        """Wait until ``count`` judgements of bindings were published; return them all."""

        async def enough() -> list[Any]:
            changed = await self.facts("attainment.changed")
            items = [item for event in changed for item in event["items"] if item["binding"]]
            items = [Attainment.model_validate(each).model_dump(mode="json") for each in items]
            return items if len(items) >= count else []

        items = await self.until(enough)
        assert len(items) == count
        return list(items)

    async def handled(self, event_id: str) -> None:
        """Wait until an event has taken its effect, or has been found to have none."""
        await self.until(lambda: self._in_inbox(event_id))

    async def _in_inbox(self, event_id: str) -> bool:
        connection = self.running.app.state.database.engine
        async with connection.connect() as connected:
            result = await connected.exec_driver_sql(
                "SELECT count(*) FROM inbox WHERE event_id = $1", (event_id,)
            )
            return bool(result.scalar())


def make_measured(
    value: str | None,
    seq: int,
    *,
    indicator: str = "pass_rate",
    scope: str = "course/C0001",
    period: str = "term:2096-2097-1",
    coverage: str = "1",
    freshest_at: datetime = datetime(2096, 11, 23, 8, tzinfo=UTC),
    formula_version: int = 1,
) -> MeasuredValue:
    """Return a measured value of the cell that the tests use."""
    return MeasuredValue.model_validate(
        {
            "id": f"{indicator}@{scope}@{period}",
            "indicator": indicator,
            "scope": scope,
            "period": period,
            "value": value,
            "numerator": None,
            "denominator": None,
            "n": 100,
            "coverage": coverage,
            "freshest_at": freshest_at,
            "formula_version": formula_version,
            "reason": None if value else "zero-denominator",
            "seq": seq,
        }
    )


@asynccontextmanager
async def open_desk(start: Start, signer: TokenSigner) -> AsyncIterator[Desk]:
    """Run the service; it has heard of the scopes and indicators of the tests."""
    async with start("target_service", create_app, Settings) as running:
        desk = Desk(running=running, signer=signer)
        told = [await desk.scope(scope) for scope in SCOPES]
        told += [await desk.indicator(*each) for each in INDICATORS.items()]
        told.append(await desk.indicator("drop_rate", "ratio", direction="lower"))
        for event_id in told:
            await desk.handled(event_id)
        yield desk


@pytest_asyncio.fixture
async def desk(start_service: Start, signing_keys: tuple[TokenSigner, str]) -> AsyncIterator[Desk]:
    async with open_desk(start_service, signing_keys[0]) as desk:
        yield desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_desk(
    servers: TestServers, signing_keys: tuple[TokenSigner, str]
) -> AsyncIterator[Desk]:
    """One service for the tests of a module; each of them clears what it needs empty."""
    broker = await connect_as(servers, "admin")
    await empty_streams(broker.jetstream())
    async with open_desk(starting(servers, broker, signing_keys), signing_keys[0]) as desk:
        yield desk
    await broker.close()


@pytest.fixture(name="measured")
def _measured() -> Callable[..., MeasuredValue]:
    return make_measured
