"""Fixtures of the spiral service's tests: a running service, and a world that tells it facts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
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
from shared.contracts.target import (
    AssessedResult,
    AssessmentPublished,
    Attainment,
    AttainmentChanged,
    BindingChanged,
    GoalFact,
    GoalPublished,
    GoalWithdrawn,
    StandardApproved,
)
from shared.contracts.target_tasks import TaskAccepted, TaskFact, TaskIssued, TaskProgressed
from shared.kit.bus import Publisher
from shared.kit.identity import Caller, TokenSigner
from shared.kit.ids import uuid7
from shared.testing import Running, Start
from spiral_service.app import create_app
from spiral_service.settings import Settings
from spiral_service.tables import OutsideFactRow, ScopeRow
from spiral_service.usecases.facts import facts_of

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


AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
_CELL = {"scope": SCOPE, "period": PERIOD}


def tell_goal(version: int = 1, *, withdrawn: bool = False, **more: Any) -> GoalFact:
    """Goal G1; it is SMART."""
    said = {
        "id": "G1",
        "version": version,
        **_CELL,
        "title": "降低退学率",
        "owner": "teacher/T001",
        "indicator": "withdrawn_rate",
        "target": None,
        "deadline": None,
        "state": "published",
    }
    kind: type[GoalFact] = GoalWithdrawn if withdrawn else GoalPublished
    return kind.model_validate(said | more)


def tell_binding(version: int = 1, **more: Any) -> BindingChanged:
    """Binding B1 of goal G1, with an approved standard that has a floor."""
    said = {
        "id": "B1",
        "version": version,
        **_CELL,
        "indicator": "withdrawn_rate",
        "title": "退学率",
        "target": None,
        "tiers": {"floor": {"op": "<=", "value": "0.5"}},
        "warning": None,
        "alert_from": "either",
        "owner": "teacher/T001",
        "goal": "G1",
        "standard": "S1",
        "standard_version": 2,
    }
    return BindingChanged.model_validate(said | more)


def tell_task(version: int = 1, state: str = "issued", **more: Any) -> TaskFact:
    """Task K1 of goal G1."""
    said = {
        "id": "K1",
        "version": version,
        "state": state,
        "title": "走访学生",
        "kind": "key",
        "system": "generation",
        "scope": SCOPE,
        "unit": None,
        "owner": "teacher/T002",
        "goals": ["G1"],
        "starts_on": "2026-09-01",
        "ends_on": "2026-12-31",
        "due_at": AT,
        "resourced": True,
        "progress": "0",
        "at": AT,
    }
    if state == "issued":
        return TaskIssued.model_validate(said | more)
    if state == "accepted":
        return TaskAccepted.model_validate(said | {"by": "person/T002"} | more)
    progress = {
        "progress": "0.5",
        "planned": "0.5",
        "budget": None,
        "spent": "0",
        "light": "green",
        "reported_by": "person/T002",
        "approved_by": "person/T001",
    }
    return TaskProgressed.model_validate(said | progress | more)


def tell_attainment(
    seq: int = 1, state: str = "met_standard", indicator: str | None = None
) -> AttainmentChanged:
    """How goal G1 stands."""
    item = Attainment.model_validate(
        {
            "id": "goal/G1",
            "binding": None,
            "goal": "G1",
            "indicator": indicator,
            **_CELL,
            "state": state,
            "warning": False,
            "attainment": "0.9",
            "coverage": "1",
            "value": "0.2",
            "gap": None,
            "seq": seq,
        }
    )
    return AttainmentChanged(items=(item,))


def tell_assessment(version: int = 1, subject: str | None = SCOPE) -> AssessmentPublished:
    """A result of the scope; of persons none is told."""
    result = AssessedResult(
        subject=subject or "",
        title="课堂",
        points="90",
        coverage="1",
        thin=False,
        vetoed=False,
        place=1,
        choice=None,
        grade="A",
        verdicts=(),
        decision=None,
    )
    return AssessmentPublished(
        id="R1",
        version=version,
        title="课堂考核",
        scheme="C1",
        scheme_version=1,
        purpose="evaluation",
        kind="class",
        period=PERIOD,
        count=1,
        part=1,
        parts=1,
        items=(result,) if subject else (),
    )


WORK = ("qa.spiral.step.", "qa.spiral.workitem.")
ALL = frozenset({"spiral:*"})
STEPS = (
    "standard", "design", "organise", "implement",
    "diagnose", "incentive", "learn", "innovate", "improve",
)  # fmt: skip


def tell_standard(version: int = 1) -> StandardApproved:
    """Standard S1 took effect."""
    return StandardApproved(id="S1", version=version, title="退学", effective_from="2026-09-01")


@dataclass(frozen=True, kw_only=True)
class World:
    """The running service and the publishers around it."""

    running: Running
    signer: TokenSigner

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

    async def knows(self, *events: Event, key: str = SCOPE) -> None:
        """Tell facts that gates are judged on, and wait until the newest of each is known."""
        await self.tell(*events, key=key)
        wanted = {
            (fact.kind, fact.key): fact.version for event in events for fact in facts_of(event)
        }

        async def known() -> Any:
            query = select(OutsideFactRow.kind, OutsideFactRow.key, OutsideFactRow.version)
            async with self.running.app.state.database.transaction() as tx:
                rows = await tx.session.execute(query)
                return {(row.kind, row.key): row.version for row in rows}

        await eventually(
            known, lambda has: all(has.get(name, 0) >= wanted[name] for name in wanted)
        )

    async def ready(self, *, but: str = "") -> None:
        """Tell of everything that the gates of the stage loop ask of the other services."""
        facts = {
            "goal": tell_goal(),
            "binding": tell_binding(),
            "task": tell_task(3, "in_progress"),
            "attainment": tell_attainment(),
            "assessment": tell_assessment(),
        }
        await self.knows(*(event for name, event in facts.items() if name != but))

    async def post(self, path: str, body: Any, **headers: str) -> Any:
        """Return what a POST answers."""
        return await self.running.client.post(f"/v1/{path}", json=body, headers=headers)

    async def post_as(
        self,
        who: str,
        path: str,
        body: Any,
        *,
        may: frozenset[str] = ALL,
        holds: tuple[str, str] = ("reader", "*"),
        **headers: str,
    ) -> Any:
        """Return what a POST of somebody else answers: he sees all, and may do all unless asked."""
        caller = Caller(subject=who, scopes=may, holds=frozenset({holds}))
        token = {"authorization": f"Bearer {self.signer.sign(caller, 'spiral')}"}
        return await self.running.client.post(f"/v1/{path}", json=body, headers=token | headers)

    async def prepare(self, key: str, step: str, cause: str | None = None) -> None:
        """Do what a step after the work asks for, by two persons."""
        why = {"cause": cause}
        made: dict[str, tuple[str, dict[str, Any], str | None, Any]] = {
            "diagnose": ("diagnoses", {"goal": "G1", "conclusion": "结论"} | why, "signature", {}),
            "learn": ("lessons", {"title": "尽早走访", "text": "两周内走访"} | why, None, None),
            "innovate": ("proposals", {"title": "家校联系", "text": "建立家校联系"}, None, None),
            "improve": (
                "measures",
                {"text": "开学两周内走访", "owner": "teacher/T001"},
                "decision",
                {"accepted": True},
            ),
        }
        if step in made:
            path, body, then, said = made[step]
            first = await self.post(path, {"cycle": key} | body)
            assert first.status_code == 201, first.text
            if then:
                place = f"{path}/{first.json()['id']}/{then}"
                second = await self.post_as("person/T009", place, said)
                assert second.status_code == 200, second.text

    async def walk_to(self, key: str, step: str, cause: str | None = None) -> Any:
        """Move a cycle along the stage loop until it stands at a step; return it."""
        return await self.walk(key, *STEPS[: STEPS.index(step) + 1], cause=cause)

    async def walk(self, key: str, *steps: str, cause: str | None = None) -> Any:
        """Move a cycle along steps, doing what they ask for; return it."""
        cycle = await self.get(f"cycles/{key}")
        for step in steps:
            await self.prepare(key, cycle["step"], cause)
            moved = await self.post(f"cycles/{key}/moves", {"to": step, "reason": "因为"})
            assert moved.status_code == 200, moved.text
            cycle = moved.json()
        return cycle

    async def get(self, path: str, **params: Any) -> Any:
        """Return what a GET answers."""
        answer = await self.running.client.get(f"/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def facts(self, count: int, word: str = "") -> list[dict[str, Any]]:
        """Return what the service has published, once there are ``count``.

        Args:
            word: kind of thing that they are about; unless one is given, all besides human steps.
        """

        async def told() -> list[dict[str, Any]]:
            events = [row["event"] for row in await self.get("facts", limit=1000)]
            if word:
                return [each for each in events if each["type"].split(".")[2] == word]
            return [each for each in events if not each["type"].startswith(WORK)]

        facts = await eventually(told, lambda all_: len(all_) >= count)
        assert len(facts) == count, [each["type"] for each in facts]
        return list(facts)

    async def work_facts(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Return what inboxes and the work list were told of a kind, once there is so much."""

        async def told() -> Any:
            every = await self.get("facts", limit=1000)
            of_kind = [row["event"] for row in every if f".{kind}." in row["event"]["type"]]
            return [item for each in of_kind for item in each["data"].get("items", [each["data"]])]

        return await eventually(told, lambda all_: len(all_) >= count)


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
def told() -> SimpleNamespace:
    """Makers of facts of the target service about the scope."""
    return SimpleNamespace(
        goal=tell_goal,
        binding=tell_binding,
        task=tell_task,
        attainment=tell_attainment,
        assessment=tell_assessment,
        standard=tell_standard,
    )


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    """Ask until the answer holds."""
    return eventually


@pytest_asyncio.fixture
async def world(
    start_service: Start, signing_keys: tuple[TokenSigner, str]
) -> AsyncIterator[World]:
    """A running spiral service on empty stores."""
    async with start_service("spiral_service", create_app, Settings) as running:
        world = World(running=running, signer=signing_keys[0])
        await world.scope(SCOPE)
        yield world
