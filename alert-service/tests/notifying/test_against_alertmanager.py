"""The same alerts to us and to the real Alertmanager: the same notifications from both.

Each scenario is told on both sides by one timetable, in units of time. What differs on purpose:

===============  ===========================================================================
repeat           Alertmanager repeats at the first beat after the interval, we to the second.
silence-expires  It looks again at its beat, we when the silence ends.
silence-ended    The same, when somebody ends it.
inhibition       The same, when the source ends.
flapping         It forgets that an alert ended within a beat. Ours that comes again is
                 another alert with a life of its own: its receiver is told of both.
===============  ===========================================================================

In the first four only the instants differ; in the last the notifications do.
"""

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from alert_service.domain.alertmanager import fingerprint
from alert_service.schemas.notifying import SilenceBody
from alert_service.usecases import routing

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNIT = 0.5
"""Seconds of one unit of the timetables."""

ENDLESS = 1_000.0
Told = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of open alerts, and of ended ones, with their label ``c``."""

Groups = dict[str, list[Told]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens when, and how it is routed; times in units."""

    name: str
    events: Sequence[tuple[float, str, Any]]
    wait: float = 0
    interval: float = 2
    repeat: float = 500
    group_by: Sequence[str] = ("scenario",)
    lasts: float = 7
    tells_end: bool = True
    twice: bool = False
    """A second route takes them, too."""


def fire(at: float, name: str, c: str = "1", ends: float = ENDLESS) -> tuple[float, str, Any]:
    return at, "fire", (name, c, at + ends)


def end(at: float, name: str, c: str = "1") -> tuple[float, str, Any]:
    return at, "fire", (name, c, at)


def silence(at: float, until: float, **matched: str) -> tuple[float, str, Any]:
    return at, "silence", (until, matched)


SCENARIOS = [
    Scenario(name="group-wait", wait=2, events=[fire(0, "A"), fire(1, "B")]),
    Scenario(name="interval", interval=4, events=[fire(0, "A"), fire(1, "B"), fire(2.5, "C")]),
    Scenario(
        name="group-by", group_by=["scenario", "c"], events=[fire(0, "A"), fire(0.5, "B", "2")]
    ),
    Scenario(name="resolve-one", events=[fire(0, "A"), fire(0.5, "B"), end(3, "A")]),
    Scenario(name="resolve-all", events=[fire(0, "A"), end(1, "A")]),
    Scenario(name="resolve-unheard", wait=2, events=[fire(0, "A"), end(1, "A")]),
    Scenario(
        name="no-ends",
        wait=1,
        tells_end=False,
        events=[fire(0, "A"), fire(0.2, "B"), end(2, "A"), end(4, "B")],
    ),
    Scenario(name="runs-out", events=[fire(0, "A", ends=3)]),
    Scenario(name="repeat", repeat=4, lasts=7.5, events=[fire(0, "A")]),
    Scenario(
        name="inhibition",
        group_by=["scenario", "alertname", "c"],
        events=[fire(0, "Down"), fire(0.5, "Slow"), fire(0.6, "Slow", "2"), end(3, "Down")],
    ),
    Scenario(
        name="inhibition-by-silenced",
        group_by=["scenario", "alertname", "c"],
        events=[silence(0, 400, alertname="Down"), fire(0.5, "Down"), fire(1, "Slow")],
    ),
    Scenario(name="continue", twice=True, events=[fire(0, "A")]),
    Scenario(name="silence-expires", events=[silence(0, 3, c="1"), fire(0.5, "A")]),
    Scenario(
        name="silence-ended",
        events=[silence(0, 400, c="1"), fire(0.5, "A"), (3, "unsilence", None)],
    ),
    Scenario(
        name="silence-keeps-told",
        events=[fire(0, "A"), silence(1, 400, alertname="A"), fire(2.5, "B")],
    ),
    Scenario(
        name="flapping",
        interval=4,
        events=[fire(0, "A"), end(1, "A"), fire(2, "A")],
    ),
]
BY_NAME = {each.name: each for each in SCENARIOS}


def labels_of(scenario: Scenario, name: str, c: str) -> dict[str, str]:
    return {"alertname": name, "scenario": scenario.name, "c": c}


def named(document: Mapping[str, Any]) -> Told:
    """Return what a notification in the shape of Alertmanager tells."""
    found: dict[str, list[str]] = {"firing": [], "resolved": []}
    for each in document["alerts"]:
        found[each["status"]].append(each["labels"]["alertname"] + each["labels"]["c"])
    return tuple(sorted(found["firing"])), tuple(sorted(found["resolved"]))


def scenario_of(document: Mapping[str, Any]) -> str:
    [name] = {each["labels"]["scenario"] for each in document["alerts"]}
    return str(name)


def by_group(documents: Iterable[Mapping[str, Any]]) -> Groups:
    """Return what was told, in its order, by the labels of the group and the alerts of the first.

    Groups have beats of their own: which of two comes first says nothing.
    """
    found: Groups = {}
    for each in documents:
        key = json.dumps(each["groupLabels"], sort_keys=True)
        found.setdefault(key, []).append(named(each))
    return found


def config_of(url: str) -> dict[str, Any]:
    """Return the configuration of Alertmanager."""
    routes = []
    for each in SCENARIOS:
        route = {
            "matchers": [f'scenario="{each.name}"'],
            "receiver": "hook" if each.tells_end else "silent-ends",
            "group_by": list(each.group_by),
            "group_wait": f"{int(each.wait * UNIT * 1000)}ms",
            "group_interval": f"{int(each.interval * UNIT * 1000)}ms",
            "repeat_interval": f"{int(each.repeat * UNIT * 1000)}ms",
        }
        routes += (
            [route | {"continue": True}, route | {"receiver": "second"}] if each.twice else [route]
        )
    hook = {"url": url, "send_resolved": True}
    return {
        "route": {"receiver": "hook", "routes": routes},
        "receivers": [
            {"name": "hook", "webhook_configs": [hook]},
            {"name": "second", "webhook_configs": [hook]},
            {"name": "silent-ends", "webhook_configs": [hook | {"send_resolved": False}]},
        ],
        "inhibit_rules": [
            {
                "source_matchers": ["alertname=Down"],
                "target_matchers": ["alertname=Slow"],
                "equal": ["scenario", "c"],
            }
        ],
    }


def policy() -> dict[str, Any]:
    """Return the same as our policy."""
    routes = []
    for each in SCENARIOS:
        route = {
            "name": each.name,
            "matchers": [{"label": "scenario", "value": each.name}],
            "group_by": list(each.group_by),
            "wait_seconds": each.wait * UNIT,
            "interval_seconds": each.interval * UNIT,
            "repeat_seconds": each.repeat * UNIT,
            "tells_end": each.tells_end,
        }
        routes += (
            [route | {"continue": True}, route | {"name": f"{each.name}-2"}]
            if each.twice
            else [route]
        )
    return {
        "root": {"name": "root", "receivers": [{"to": "role/qa_office"}], "routes": routes},
        "inhibitions": [
            {
                "name": "down",
                "source": [{"label": "alertname", "value": "Down"}],
                "target": [{"label": "alertname", "value": "Slow"}],
                "equal": ["scenario", "c"],
            }
        ],
    }


@dataclass
class Real:
    """The real Alertmanager, and what it told."""

    client: httpx.AsyncClient
    told: list[dict[str, Any]] = field(default_factory=list)
    silences: dict[str, str] = field(default_factory=dict)

    async def play(self, scenario: Scenario) -> None:
        """Do what the timetable says, when it says it."""
        begin = asyncio.get_running_loop().time()
        for at, what, about in sorted(scenario.events, key=lambda each: each[0]):
            await asyncio.sleep(begin + at * UNIT - asyncio.get_running_loop().time())
            await self._do(scenario, at, what, about)
        await asyncio.sleep(begin + scenario.lasts * UNIT - asyncio.get_running_loop().time())

    async def _do(self, scenario: Scenario, at: float, what: str, about: Any) -> None:
        now = datetime.now(UTC)  # noqa: TID251
        if what == "unsilence":
            answer = await self.client.delete(f"silence/{self.silences[scenario.name]}")
        elif what == "silence":
            until, matched = about
            wanted = {"scenario": scenario.name, **matched}
            answer = await self.client.post(
                "silences",
                json={
                    "matchers": [
                        {"name": name, "value": value, "isRegex": False, "isEqual": True}
                        for name, value in wanted.items()
                    ],
                    "startsAt": now.isoformat(),
                    "endsAt": (now + timedelta(seconds=(until - at) * UNIT)).isoformat(),
                    "createdBy": "test",
                    "comment": "test",
                },
            )
            self.silences[scenario.name] = answer.json()["silenceID"]
        else:
            name, c, ends = about
            answer = await self.client.post(
                "alerts",
                json=[
                    {
                        "labels": labels_of(scenario, name, c),
                        "startsAt": now.isoformat(),
                        "endsAt": (now + timedelta(seconds=(ends - at) * UNIT)).isoformat(),
                    }
                ],
            )
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def real_alertmanager(folder: Path) -> AsyncIterator[Real]:
    """Start Alertmanager with a receiver that keeps what it is told."""
    found: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        found.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    ports = [free_port(), free_port()]
    await web.TCPSite(runner, "127.0.0.1", ports[0]).start()
    file = folder / "alertmanager.json"  # JSON is YAML
    file.write_text(json.dumps(config_of(f"http://127.0.0.1:{ports[0]}/")), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 — it starts in milliseconds
            [  # noqa: S607 — whichever comes first
                "prometheus-alertmanager",
                f"--config.file={file}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{ports[1]}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{ports[1]}/api/v2/"
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        try:
            await until_ready(client)
            yield Real(client=client, told=found)
        finally:
            process.terminate()
            process.wait()
            await runner.cleanup()


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while not await is_ready(client):  # noqa: ASYNC110 — another process answers
            await asyncio.sleep(0.05)


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("status")).is_success
    except httpx.TransportError:
        return False


async def play_ours(bell: Any) -> dict[str, Groups]:
    """Play every scenario on our side, one after the other on a clock of its own."""
    await bell.policy(policy())
    found: dict[str, Groups] = {}
    for scenario in SCENARIOS:
        begin = bell.at
        made = ""
        for at, what, about in sorted(scenario.events, key=lambda each: each[0]):
            await bell.wait((begin - bell.at).total_seconds() + at * UNIT)
            if what == "unsilence":
                await ended(bell, made)
            elif what == "silence":
                made = await silenced(bell, scenario, at, *about)
            else:
                name, c, ends = about
                labels = labels_of(scenario, name, c)
                await bell.fire(labels, ends_after=timedelta(seconds=(ends - at) * UNIT))
        await bell.wait((begin - bell.at).total_seconds() + scenario.lasts * UNIT)
        found[scenario.name] = by_group(
            each for each in await bell.documents() if scenario_of(each) == scenario.name
        )
    return found


async def ended(bell: Any, silence: str) -> None:
    async with bell.database.transaction() as tx:
        await routing.expire_silence(tx, silence, "person/admin", bell.at)
    await bell.settle()


async def silenced(
    bell: Any, scenario: Scenario, at: float, until: float, matched: Mapping[str, str]
) -> str:
    wanted = {"scenario": scenario.name, **matched}
    body = SilenceBody.model_validate(
        {
            "matchers": [{"label": name, "value": value} for name, value in wanted.items()],
            "ends_at": bell.at + timedelta(seconds=(until - at) * UNIT),
            "reason": "试验",
        }
    )
    async with bell.database.transaction() as tx:
        return await routing.silence(tx, body, "person/admin", bell.at)


@pytest.mark.needs("prometheus-alertmanager")
async def test_the_same_alerts_give_the_same_notifications(bell: Any, tmp_path: Path) -> None:
    async with real_alertmanager(tmp_path) as real:
        await asyncio.gather(*(real.play(each) for each in SCENARIOS))
        told = list(real.told)
    alerts = [one for document in told for one in document["alerts"]]
    assert all(fingerprint(one["labels"]) == one["fingerprint"] for one in alerts)
    theirs = {
        name: by_group(each for each in told if scenario_of(each) == name) for name in BY_NAME
    }
    ours = await play_ours(bell)

    # What differs is the difference that is written above, and no other.
    [flapping], [flapped] = theirs.pop("flapping").values(), ours.pop("flapping").values()
    assert (flapping, flapped) == ([(("A1",), ())], [(("A1",), ()), (("A1",), ("A1",))])
    assert ours == theirs
    assert sum(len(each) for groups in theirs.values() for each in groups.values()) == 25
