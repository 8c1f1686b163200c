"""Promise 12: alerts and notifications survive every process that dies, and every receiver.

Two replicas of the alert service hear judgements over NATS and tell a webhook that answers 500, too
late, or never. NATS, PostgreSQL and the replicas are killed meanwhile: at any time, and at named
points between decision and send. No alert is lost or doubled, every notification arrives, and what
arrives twice has the same key.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from harness.keeper import Part
from harness.receiver import Receiver, receiving
from harness.tree import Patch, copy_tree
from harness.world import World, start_world
from nats.errors import Error as NatsError

from helix8.embedded.ports import free_port
from shared.contracts.base import Envelope, Event, subject_of
from shared.contracts.target import AttainmentChanged, BindingChanged

PERIOD = "term:2026-2027-1"
SENDING = "alert_service/jobs/sending.py"
ATTEMPT = "        verdict = await self._attempt(waiting, began)\n"
TELLING = "await _look(database, known, portal):\n                pass"
DECIDED, BEGUN, SENT = "decided-not-begun", "begun-not-sent", "sent-not-noted"


def _kill(point: str) -> str:
    return f"__import__('faultpoint').kill({point!r})"


PATCHES = (
    Patch(SENDING, "TIMEOUT_SECONDS: Final = 10.0", "TIMEOUT_SECONDS: Final = 1.0"),
    Patch(SENDING, ATTEMPT, f"        {_kill(BEGUN)}\n{ATTEMPT}        {_kill(SENT)}\n"),
    Patch("alert_service/jobs/telling.py", TELLING, TELLING.replace("pass", _kill(DECIDED))),
)
MANNERS = (*("well", "well", "500", "well", "well", "well", "late", "well"), *["well"] * 7, "hangs")
ROUTE = {
    "name": "root",
    "group_by": ["..."],
    "wait_seconds": 0,
    "interval_seconds": 1,
    "receivers": [{"channel": "hook"}],
}
DONE = """
SELECT NOT EXISTS (SELECT FROM noted) AND NOT EXISTS (SELECT FROM outbox)
   AND (SELECT count(*) FROM notification WHERE state = 'sent') = $1
"""
STATES = "SELECT state, count(*), count(DISTINCT cell) FROM alert GROUP BY 1 ORDER BY 1"
STEPS = """
SELECT split_part(type, '.', 4), count(*),
       count(DISTINCT convert_from(payload, 'UTF8')::jsonb -> 'data' ->> 'alert')
  FROM fact WHERE type LIKE 'qa.alert.alert.%' GROUP BY 1 ORDER BY 1
"""


@asynccontextmanager
async def two_replicas(root: Path) -> AsyncIterator[World]:
    """Run the alert service twice, alone with its servers."""
    async with start_world(root, ["alert"]) as world:
        await world.add_service("alert", copy_tree(root / "tree", PATCHES))
        first = world.keeper.parts["alert"]
        port = world.ports["alert2"] = free_port(taken=world.ports.values())
        world.keeper.parts["alert2"] = Part(
            launch=replace(first.launch, name="alert2"),
            log=world.log("alert2"),
            environment={**first.environment, "ALERT_PORT": str(port)},
            is_ready=first.is_ready,
        )
        yield world


async def prepare(world: World, hook: Receiver) -> None:
    """Have each alert told to the hook on its own."""
    settings = {"kind": "webhook", "url": hook.url, "secret": "s3cret"}
    async with world.client("alert") as client:
        for path, body in (
            ("channels/hook", {"name": "hook", "settings": settings}),
            ("notification-policy", {"root": ROUTE}),
        ):
            (await client.put(f"/v1/{path}", json=body)).raise_for_status()


def judged(number: int, seq: int, state: str, value: str) -> list[Event]:
    """Return a binding, and how it is judged."""
    about = {"indicator": "pass_rate", "scope": f"course/C{number}", "period": PERIOD}
    binding = {
        "id": f"b{number}",
        "version": 1,
        "title": "t",
        "alert_from": "either",
        "owner": "p",
        "target": {"op": ">=", "value": "0.9"},
        "tiers": {"qualified": {"op": ">=", "value": "0.8"}},
        "warning": None,
    }
    item = {
        "id": f"b{number}",
        "binding": f"b{number}",
        "state": state,
        "warning": False,
        "attainment": None,
        "coverage": "1",
        "gap": None,
        "value": value,
        "seq": seq,
    }
    return [
        BindingChanged.model_validate(binding | about),
        AttainmentChanged.model_validate({"items": [item | about]}),
    ]


async def publish(world: World, events: Iterable[tuple[str, Event]], pause: float) -> None:
    """Publish events one after another, each until NATS has taken it; each has one id for good."""
    broker = await world.broker("target")
    try:
        for key, event in events:
            document = event.model_dump(mode="json")
            name = str(uuid5(NAMESPACE_URL, f"{event.type} {document}"))
            envelope = Envelope(
                id=name,
                source="urn:helix8:target",
                type=event.type,
                partitionkey=key,
                data=document,
            )
            await _put(broker, subject_of(event.type, key), envelope)
            await asyncio.sleep(pause)
    finally:
        await broker.close()


async def _put(broker: Any, subject: str, envelope: Envelope) -> None:
    headers = {"Nats-Msg-Id": envelope.id}
    while True:
        try:
            payload = envelope.model_dump_json().encode()
            await broker.jetstream().publish(subject, payload, timeout=2, headers=headers)
        except (NatsError, OSError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            return


async def trouble(world: World, random: Random, rounds: int) -> None:
    """Kill the servers and both replicas, and have a replica die at each of the named points."""
    for _ in range(rounds):
        faults = ["nats", "postgres", "alert", "alert2", DECIDED, BEGUN, SENT]
        random.shuffle(faults)
        for fault in faults:
            if fault in world.keeper.parts:
                world.keeper.kill(fault)
            else:
                (world.root / fault).touch()
            await asyncio.sleep(random.uniform(0.3, 1.2))


async def told(world: World, count: int) -> None:
    """Wait until so many notifications were sent, and nothing waits."""
    base = await world.connect("alert")
    async with asyncio.timeout(240):
        while not await base.fetchval(DONE, count):  # noqa: ASYNC110 — other processes
            await asyncio.sleep(0.1)
    await base.close()


async def found(world: World) -> tuple[list[Any], list[Any], set[str]]:
    """Return how many alerts and cells are in each state, what was told, keys of notifications."""
    base = await world.connect("alert")
    states = [tuple(row) for row in await base.fetch(STATES)]
    facts = [tuple(row) for row in await base.fetch(STEPS)]
    keys = {row["id"] for row in await base.fetch("SELECT id FROM notification")}
    await base.close()
    return states, facts, keys


@pytest.mark.parametrize(
    ("alerts", "rounds"), [(60, 1), pytest.param(600, 6, marks=pytest.mark.long)]
)
async def test_whatever_dies_every_alert_is_raised_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alerts: int, rounds: int
) -> None:
    monkeypatch.setenv("ALERT_NOTIFY_HOSTS", "127.0.0.1")
    monkeypatch.setenv("ALERT_SECRETS_KEY", "a key of the tests")
    random, back = Random(12), range(0, alerts, 3)  # noqa: S311 — the same faults each time
    down = [
        (f"course/C{n}", e) for n in range(alerts) for e in judged(n, 1, "below_standard", "0.75")
    ]
    up = [(f"course/C{n}", judged(n, 2, "met_target", "0.95")[1]) for n in back]
    async with receiving(*MANNERS) as hook, two_replicas(tmp_path) as world:
        await prepare(world, hook)
        # The first time is the hard one; what is still armed goes off in the second.
        for events, sent, times in ((down, alerts, rounds), (up, alerts + len(back), rounds - 1)):
            await asyncio.gather(
                publish(world, events, 6 * times / len(events)), trouble(world, random, times)
            )
            await told(world, sent)
        states, facts, keys = await found(world)
    reached = [each for each in (DECIDED, BEGUN, SENT) if (tmp_path / f"{each}.reached").exists()]

    settled, is_open = len(back), alerts - len(back)
    assert states == [("open", is_open, is_open), ("settled", settled, settled)]
    assert facts == [("raised", alerts, alerts), ("settled", settled, settled)]
    assert (len(keys), set(hook.taken)) == (alerts + settled, keys)
    expected = {(f"course/C{n}", "firing") for n in range(alerts)}
    expected |= {(f"course/C{n}", "resolved") for n in back}
    assert {about: len(found) for about, found in hook.told().items()} == dict.fromkeys(expected, 1)
    # The receiver did everything that it can do, and every point between decision and send was met.
    assert sorted(hook.seen) == ["500", "hangs", "late", "well"]
    assert reached == [DECIDED, BEGUN, SENT]
    assert any(len(each) > 1 for each in hook.taken.values()), "nothing came twice: no test of keys"
