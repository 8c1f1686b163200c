"""The live alerts: what comes, what was missed, and what a restart of NATS leaves whole."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import nats
import pytest

from gateway.portal.domain.live import KEPT
from gateway.portal.usecases import QUEUE
from helix8.embedded.launch import end, spawn
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import free_port
from helix8.vault import Vault
from shared.contracts.streams import STREAMS
from shared.kit.bus import Publisher, declare_streams
from shared.testing import TestServers

CONSUMERS = ("gateway-scopes", "gateway-bodies", "gateway-erased", "gateway-erased-hub")
URL = "/api/gateway/v1/alerts/stream"


@dataclass
class Broker:
    """A NATS server that may be killed."""

    server: NatsServer
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it answers."""
        self.process = spawn(self.server.launch(), log=self.log)
        self.server.wait_ready(self.log, 10)

    def kill(self) -> None:
        """Die without a word."""
        assert self.process is not None
        end(self.process, signal.SIGKILL, grace=5)

    async def connect(self) -> nats.aio.client.Client:
        """Connect as the administrator."""
        return await nats.connect(
            self.server.url,
            user="admin",
            password=self.server.passwords["admin"],
            inbox_prefix=b"_INBOX_admin",
        )


@pytest.fixture(scope="module")
def broker_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    directory = tmp_path_factory.mktemp("nats")
    server = NatsServer(directory, port=free_port(), vault=Vault(directory / "secrets"))
    server.prepare()
    broker = Broker(server, directory / "log")
    broker.start()

    async def declare() -> None:
        client = await broker.connect()
        await declare_streams(client.jetstream(), STREAMS)
        await client.close()

    asyncio.run(declare())
    yield broker
    broker.kill()


@pytest.fixture(scope="module")
def broker_for_gateway(servers: TestServers, broker_of_our_own: Broker) -> TestServers:
    """The gateway of this module uses the broker that may be killed."""
    server = broker_of_our_own.server
    return TestServers(dsn=servers.dsn, nats_url=server.url, nats_passwords=dict(server.passwords))


async def publish(broker: Broker, *numbers: int, event: str = "raised", padding: int = 0) -> None:
    """State facts about alerts, one after the other."""
    client = await broker.connect()
    messages = []
    for number in numbers:
        envelope: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": "urn:helix8:alert",
            "type": f"qa.alert.alert.{event}.v1",
            "data": {"alert": f"a{number}", "title": "退选率\n高于标准", "pad": "x" * padding},
        }
        body = json.dumps(envelope, ensure_ascii=False, indent=1).encode()
        subject = f"qa.evt.v1.alert.alert.{event}.0{number % 10}"
        messages.append((subject, body, envelope["id"]))
    acks = await Publisher(client).publish_many(messages)
    assert [ack for ack in acks if isinstance(ack, Exception)] == []
    await client.close()


async def events(answer: httpx.Response) -> AsyncIterator[tuple[int, str, str]]:
    """Yield (id, event, alert) of a stream."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "event" in fields:
            alert = json.loads(fields["data"]).get("alert", "")
            yield int(fields["id"]), fields["event"], alert
        fields = {}


async def take(stream: AsyncIterator[Any], count: int, seconds: float = 10) -> list[Any]:
    async with asyncio.timeout(seconds):
        return [await anext(stream) for _ in range(count)]


async def wait_begun(system: httpx.AsyncClient) -> None:
    for _ in range(100):
        async with system.stream("GET", URL) as answer:
            if answer.status_code == 200:
                return
        await asyncio.sleep(0.1)
    pytest.fail("the feed did not begin")


async def test_facts_arrive_as_events_in_one_line_each(
    system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    await wait_begun(system)
    async with system.stream("GET", URL) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        await asyncio.sleep(0.3)
        await publish(broker_of_our_own, 1, event="raised")
        await publish(broker_of_our_own, 1, event="settled")
        await publish(broker_of_our_own, 1, event="escalated")
        await publish(broker_of_our_own, 2, event="acknowledged")
        found = await take(events(answer), 3)
    assert [(event, alert) for _, event, alert in found] == [
        ("raised", "a1"),
        ("settled", "a1"),
        ("acknowledged", "a2"),
    ]


async def test_who_comes_back_misses_nothing_and_gets_nothing_twice(
    system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    async with system.stream("GET", URL) as answer:
        await asyncio.sleep(0.3)
        await publish(broker_of_our_own, 10)
        [(last, _, _)] = await take(events(answer), 1)
    await publish(broker_of_our_own, 11, 12)
    async with system.stream("GET", URL, headers={"last-event-id": str(last)}) as answer:
        await publish(broker_of_our_own, 13)
        found = await take(events(answer), 3)
    assert [alert for _, _, alert in found] == ["a11", "a12", "a13"]


async def test_a_restart_of_nats_leaves_no_gap(
    system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    async with system.stream("GET", URL) as answer:
        await asyncio.sleep(0.3)
        await publish(broker_of_our_own, 20)
        first = asyncio.create_task(take(events(answer), 4, seconds=30))
        await asyncio.sleep(0.5)
        broker_of_our_own.kill()
        await asyncio.sleep(0.5)
        broker_of_our_own.start()
        await publish(broker_of_our_own, 21, 22, 23)
        found = await first
    assert [alert for _, _, alert in found] == ["a20", "a21", "a22", "a23"]


async def test_without_nats_the_gateway_serves_and_says_what_stands_still(
    broker_of_our_own: Broker, system: httpx.AsyncClient
) -> None:
    async def until_status(status: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                answer = await system.get("/readyz")
                document: dict[str, Any] = answer.json()
                if document["status"] == status:
                    assert answer.status_code == 200
                    return document
                await asyncio.sleep(0.05)

    whole = await until_status("ready")
    broker_of_our_own.kill()
    without = await until_status("degraded")
    async with asyncio.timeout(20):
        while without["checks"]["loop:alert-feed"]["ok"]:
            without = await until_status("degraded")
    broker_of_our_own.start()
    await until_status("ready")

    loops = {
        *("demo", "purge", "quotas", "alert-feed", "change-feed", "relay", "audit", "audit-seal"),
        *("audit-retire", "inbox-tidy", "embed-tidy", "idempotency-tidy", "replicas", *CONSUMERS),
    }
    assert whole["checks"] == {
        "database": {"ok": True},
        "signing_key": {"ok": True},
        "nats": {"ok": True},
        "streams": {"ok": True},
        "outbox": whole["checks"]["outbox"],
        **{f"loop:{each}": {"ok": True, "state": "running"} for each in loops},
        **{f"lag:{each}": {"ok": True, "messages": 0, "still_seconds": 0.0} for each in CONSUMERS},
    }
    assert whole["checks"]["outbox"]["ok"] is True
    assert without["checks"]["nats"]["why"] == "NATS 暂时不可用 · NATS is away for now"
    feed = without["checks"]["loop:alert-feed"]
    assert (feed["state"], feed["error"]) == ("restarting", "BrokenOffError")


async def test_what_lies_before_the_kept_frames_is_read_from_the_stream(
    gateway: Any, system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    await publish(broker_of_our_own, 30)
    await asyncio.sleep(0.5)
    async with system.stream("GET", URL, headers={"last-event-id": "0"}) as answer:
        everything = await take(events(answer), 12)
    start = everything[-1][0]
    await publish(broker_of_our_own, *range(100, 100 + KEPT + 50))
    gateway.stop()
    gateway.start()
    await wait_begun(system)
    async with system.stream("GET", URL, headers={"last-event-id": str(start)}) as answer:
        found = await take(events(answer), KEPT + 50)
    assert [alert for _, _, alert in found] == [f"a{n}" for n in range(100, 100 + KEPT + 50)]
    assert [seq for seq, _, _ in found] == sorted({seq for seq, _, _ in found})


async def test_the_gateway_stops_in_spite_of_open_streams(
    gateway: Any, system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    async with system.stream("GET", URL) as answer:
        await asyncio.sleep(0.3)
        publishing = asyncio.create_task(publish(broker_of_our_own, *range(500)))
        await take(events(answer), 10)
        await asyncio.to_thread(gateway.stop)
        await publishing
    gateway.start()
    await wait_begun(system)


async def test_an_id_from_another_stream_means_read_anew(system: httpx.AsyncClient) -> None:
    async with system.stream("GET", URL, headers={"last-event-id": "99999999"}) as answer:
        [(_, event, _)] = await take(events(answer), 1)
    assert event == "reset"


async def test_a_reader_that_does_not_read_is_let_go_and_the_others_are_served(
    system: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    bursts, size = 12, QUEUE // 2
    async with system.stream("GET", URL) as slow, system.stream("GET", URL) as quick:
        await asyncio.sleep(0.3)
        reader = events(quick)
        for _ in range(bursts):
            # Padded, so that all together is more than the buffers of a connection hold.
            await publish(broker_of_our_own, *range(size), padding=20_000)
            alerts = [alert for _, _, alert in await take(reader, size, seconds=20)]
            assert alerts == [f"a{number}" for number in range(size)]
        async with asyncio.timeout(10):
            received = [seq async for seq, _, _ in events(slow)]
    assert QUEUE <= len(received) < bursts * size
    assert received == list(range(received[0], received[0] + len(received)))


async def test_nobody_listens_without_signing_in(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get(URL)).status_code == 401


async def test_signing_out_ends_the_stream_though_it_is_never_silent(
    demo: httpx.AsyncClient, broker_of_our_own: Broker
) -> None:
    async def go_on() -> None:
        while True:
            await publish(broker_of_our_own, 1)
            await asyncio.sleep(3)

    async with demo.stream("GET", URL) as answer:
        assert answer.status_code == 200
        await demo.delete("/api/gateway/v1/sessions/current")
        going_on = asyncio.create_task(go_on())
        async with asyncio.timeout(25):
            async for _ in answer.aiter_raw():
                pass
        going_on.cancel()


async def test_head_of_the_stream_is_over_at_once(system: httpx.AsyncClient) -> None:
    await wait_begun(system)

    for _ in range(20):
        head = await system.head(URL)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
