"""A running report service, and the facts that the other services state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from report_service.app import create_app
from report_service.settings import Settings
from shared.contracts import spiral, spiral_culture
from shared.contracts.alert import AlertMerged, AlertRaised, AlertSettled
from shared.contracts.base import Event, subject_of
from shared.contracts.datahub import IndicatorMeasured, IndicatorPublished, ScopeChanged
from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionClosed,
    CorrectionOpened,
    CycleOpened,
)
from shared.contracts.target import AttainmentChanged, BindingChanged, GoalPublished
from shared.kit.bus import Publisher
from shared.kit.ids import uuid7
from shared.testing import Running, Start

SCOPE = "class/AAA-2013J"
PERIOD = "term:2013-2014-1"
DAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
STANDARD = {"line": "standard", "op": "<=", "value": "0.25"}
PLACE = {"scope": SCOPE, "period": PERIOD}


class Told:
    """Facts as the other services state them, about one teaching class."""

    @staticmethod
    def scope(seq: int = 1, **more: Any) -> ScopeChanged:
        """A scope with a name."""
        item = {"scope": SCOPE, "name_zh": "社会科学导论", "seq": seq}
        return ScopeChanged.model_validate({"items": [item | more]})

    @staticmethod
    def indicator() -> IndicatorPublished:
        """The definition of the withdrawal rate."""
        return IndicatorPublished(
            indicator="withdrawn_rate",
            version=1,
            name_zh="退学率",
            name_en="Withdrawn rate",
            unit="ratio",
            direction="lower",
        )

    @staticmethod
    def measured(seq: int, value: str, **more: Any) -> IndicatorMeasured:
        """A measured value of the withdrawal rate."""
        item = PLACE | {
            "id": "M1",
            "indicator": "withdrawn_rate",
            "value": value,
            "numerator": "120",
            "denominator": "385",
            "n": 385,
            "coverage": "1",
            "freshest_at": "2026-11-23T06:00:00Z",
            "formula_version": 1,
            "seq": seq,
        }
        return IndicatorMeasured.model_validate({"items": [item | more]})

    @staticmethod
    def binding(**more: Any) -> BindingChanged:
        """The withdrawal rate bound to the class."""
        fact = PLACE | {
            "id": "B1",
            "version": 1,
            "indicator": "withdrawn_rate",
            "title": "AAA-2013J 退学率",
            "target": {"op": "<=", "value": "0.15"},
            "tiers": {"qualified": {"op": "<=", "value": "0.25"}},
            "warning": None,
            "alert_from": "standard",
            "owner": "T001",
        }
        return BindingChanged.model_validate(fact | more)

    @staticmethod
    def goal() -> GoalPublished:
        """A goal on the withdrawal rate."""
        fact = PLACE | {
            "id": "G1",
            "version": 1,
            "title": "退学率降到 15% 以内",
            "owner": "T001",
            "indicator": "withdrawn_rate",
            "target": {"op": "<=", "value": "0.15"},
            "deadline": "2014-01-31",
        }
        return GoalPublished.model_validate(fact)

    @staticmethod
    def judged(seq: int, state: str, value: str) -> AttainmentChanged:
        """A judgement of the binding."""
        item = PLACE | {
            "id": "B1",
            "binding": "B1",
            "indicator": "withdrawn_rate",
            "state": state,
            "warning": False,
            "attainment": None,
            "coverage": "1",
            "value": value,
            "numerator": "120",
            "denominator": "385",
            "gap": None,
            "formula_version": 1,
            "seq": seq,
        }
        return AttainmentChanged.model_validate({"items": [item]})

    @staticmethod
    def alert(what: str, version: int, value: str, **more: Any) -> Event:
        """What happened to alert A1, an hour after the version before."""
        models = {"raised": AlertRaised, "merged": AlertMerged, "settled": AlertSettled}
        fact = (
            PLACE
            | {
                "alert": "A1",
                "version": version,
                "rule": "binding/B1",
                "family": "indicator",
                "severity": "orange",
                "indicator": "withdrawn_rate",
                "title": "AAA-2013J 退学率",
                "state": "below_standard",
                "value": value,
                "value_before": "0.311688",
                "crossed": STANDARD,
                "owner": "T001",
                "raised_at": "2026-11-23T08:00:00Z",
                "due_at": None,
                "at": f"2026-11-23T0{7 + version}:00:00Z",
            }
            | more
        )
        return models[what].model_validate(
            fact | ({"how": "recovered"} if what == "settled" else {})
        )

    @staticmethod
    def cycle() -> CycleOpened:
        """The cycle of the class."""
        fact = PLACE | {
            "cycle": "C1",
            "version": 1,
            "definition": "figure_eight@1",
            "step": "goal",
            "at": "2026-11-23T08:00:00Z",
        }
        return CycleOpened.model_validate(fact)

    @staticmethod
    def correction(version: int, *, closed: bool = False, **more: Any) -> Event:
        """The correction that answers alert A1."""
        fact = (
            PLACE
            | {
                "correction": "K1",
                "version": version,
                "cycle": "C1",
                "alert": "A1",
                "severity": "orange",
                "indicator": "withdrawn_rate",
                "title": "AAA-2013J 退学率",
                "owner": "T001",
                "crossed": STANDARD,
                "value_before": "0.311688",
                "opened_at": "2026-11-23T08:00:00Z",
                "due_at": None,
                "at": f"2026-11-23T0{7 + version}:00:00Z",
            }
            | more
        )
        if not closed:
            event = CorrectionOpened if version == 1 else CorrectionChanged
            return event.model_validate(fact)
        outcome = {"how": "recovered", "value_after": "0.24", "effect": "-0.071688"}
        return CorrectionClosed.model_validate(fact | outcome)

    @staticmethod
    def cells(content: Any, table: str, row: int = 0) -> dict[str, list[str]]:
        """Return the texts of a row of a table of a document, by column."""
        blocks = [block for section in content["sections"] for block in section["blocks"]]
        [found] = [block for block in blocks if block.get("key") == table]
        names = [column["key"] for column in found["columns"]]
        texts = [[span["text"] for span in cell] for cell in found["rows"][row]["cells"]]
        return dict(zip(names, texts, strict=True))

    @staticmethod
    async def everything(world: Any) -> None:
        """Tell all there is of the class."""
        told = Told
        await world.tell(told.indicator(), told.scope(), told.measured(7, "0.24"))
        await world.tell(told.scope(scope="teacher/T001", name_zh="张伟"))
        await world.tell(
            told.binding(),
            told.goal(),
            told.judged(2, "met_standard", "0.24"),
            told.alert("raised", 1, "0.311688"),
            told.alert("settled", 2, "0.24"),
            told.cycle(),
            told.correction(1, closed=False),
            told.correction(2, closed=True),
        )


@pytest.fixture
def told() -> type[Told]:
    """Makers of facts as the other services state them."""
    return Told


@dataclass(frozen=True, kw_only=True)
class World:
    """The running service and the publishers around it."""

    running: Running

    async def tell(self, *events: Event, key: str = SCOPE, at: datetime = DAY) -> None:
        """Publish facts on the broker, as another service would."""
        messages = []
        for event in events:
            kind, id_ = event.event_type(), str(uuid7())
            envelope = {
                "specversion": "1.0",
                "id": id_,
                "source": "urn:helix8:test",
                "type": kind,
                "time": at.isoformat(),
                "partitionkey": key,
                "data": event.model_dump(mode="json"),
            }
            messages.append((subject_of(kind, key), msgspec.json.encode(envelope), id_))
        answers = await Publisher(self.running.broker).publish_many(messages)
        assert [answer for answer in answers if isinstance(answer, Exception)] == []

    async def settle(self) -> None:
        """Wait until everything that was told is taken in."""
        js = self.running.broker.jetstream()
        for stream, consumer in (("QA_DATA", "report-data"), ("QA_EVT", "report-decisions")):

            async def left(stream: str = stream, consumer: str = consumer) -> int:
                info = await js.consumer_info(stream, consumer)
                return (info.num_pending or 0) + (info.num_ack_pending or 0)

            await eventually(left, lambda count: count == 0)

    async def until(self, ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
        """Ask until the answer holds."""
        return await eventually(ask, holds, seconds=30)

    @staticmethod
    def event(name: str, data: dict[str, Any]) -> Event:
        """A fact of the spiral service, by the name of its model."""
        model: type[Event] = getattr(spiral, name, None) or getattr(spiral_culture, name)
        return model.model_validate(data)

    async def facts(self, count: int) -> list[dict[str, Any]]:
        """Return what the service has published, once there are ``count`` facts."""

        async def published() -> list[dict[str, Any]]:
            answer = await self.running.client.get("/v1/facts")
            found: list[dict[str, Any]] = answer.json()
            return found

        return list(await eventually(published, lambda rows: len(rows) >= count))

    async def make(self, **wanted: str) -> Any:
        """Ask for the report, after everything that was told is taken in."""
        await self.settle()
        return await self.running.client.post("/v1/reports", json=PLACE | wanted)


async def eventually(
    ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool], seconds: float = 10
) -> Any:
    """Ask until the answer holds."""
    for _ in range(int(seconds / 0.03)):
        if holds(answer := await ask()):
            return answer
        await asyncio.sleep(0.03)
    pytest.fail(f"not within {seconds} s")


@pytest_asyncio.fixture
async def world(start_service: Start) -> AsyncIterator[World]:
    """A running report service on empty stores, whose consumers are there."""
    async with start_service("report_service", create_app, Settings) as running:
        told = World(running=running)
        js = running.broker.jetstream()

        async def consumers() -> int:
            streams = [await js.stream_info(name) for name in ("QA_DATA", "QA_EVT")]
            return sum(stream.state.consumer_count for stream in streams)

        await eventually(consumers, lambda count: count == 4)
        yield told
