"""``/readyz`` says what stands still, since when and by how much, and says so no longer after."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from nats.aio.client import Client
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from shared.contracts.base import Envelope, Event, subject_of
from shared.errors import UnavailableError
from shared.kit.app import Parts, ServiceSpec, create_service
from shared.kit.database import Database, Transaction
from shared.kit.loops import Job
from shared.kit.settings import ServiceSettings
from shared.kit.worker import Received, Subscription
from shared.testing import TestServers
from shared.tests.cable import Cable

NAME = "target-kit"
LIMIT_SECONDS = 1.0


class Told(Event):
    """An event of these tests."""

    type: ClassVar[str] = "qa.target.goal.told.v1"

    number: int


class Handler:
    """Does what the test wants: at first nothing but count."""

    def __init__(self) -> None:
        self.trouble: Callable[[], Any] | None = None
        self.taken = 0

    async def __call__(self, _: Transaction, received: Sequence[Received]) -> None:
        """Take a batch, or get into trouble."""
        if self.trouble is not None:
            await self.trouble()
        self.taken += len(received)


class Service:
    """A service of the kit alone, with one consumer and one job."""

    def __init__(self, app: FastAPI, client: AsyncClient, handler: Handler) -> None:
        self.app = app
        self.client = client
        self.handler = handler

    async def ask(self) -> Response:
        """Ask how it is."""
        return await self.client.get("/readyz")

    async def becomes(self, status: int, check: str = "") -> dict[str, Any]:
        """Ask until it is ready, or until a check fails; return the document."""
        async with asyncio.timeout(20):
            while True:
                answer = await self.ask()
                document: dict[str, Any] = answer.json()
                failing = {name for name, each in document["checks"].items() if not each["ok"]}
                if answer.status_code == status and (not check or check in failing):
                    return document
                await asyncio.sleep(0.05)

    async def takes(self, count: int) -> None:
        """Wait until its consumer has taken so many events in all."""
        async with asyncio.timeout(20):
            while self.handler.taken < count:  # noqa: ASYNC110 — the consumer works
                await asyncio.sleep(0.02)

    def task(self, name: str) -> "asyncio.Task[None]":
        """Return the task of a loop."""
        parts: Parts = self.app.state.parts
        [task] = [loop.task for loop in parts.loops if loop.name == name]
        return task


@asynccontextmanager
async def serving(
    database: Database, servers: TestServers, jobs: dict[str, Job] | None = None, **more: Any
) -> AsyncIterator[Service]:
    handler = Handler()
    events = Subscription(name=NAME, stream="QA_EVT", events=(Told,), handler=handler)
    spec = ServiceSpec(
        name="target",
        title="kit",
        routers=[],
        subscriptions=[events],
        jobs=lambda _: jobs or {},
    )
    given = {
        "database_url": database.engine.url.render_as_string(hide_password=False),
        "nats_url": servers.nats_url,
        "nats_user": "target" if servers.nats_passwords else "",
        "nats_password": SecretStr(servers.nats_passwords.get("target", "")),
        "stalled_seconds": LIMIT_SECONDS,
    }
    app = create_service(spec, ServiceSettings(**(given | more)))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://target") as client,
    ):
        yield Service(app, client, handler)


async def send(broker: Client, count: int) -> None:
    for number in range(count):
        envelope = Envelope(
            id=str(uuid4()), source="urn:helix8:target", type=Told.type, data={"number": number}
        )
        await broker.jetstream().publish(
            subject_of(Told.type, "k"), envelope.model_dump_json(exclude_none=True).encode()
        )


async def fail() -> None:
    raise UnavailableError("总是不在", "always away")


async def hang() -> None:
    await asyncio.Event().wait()


async def be_cancelled() -> None:
    raise asyncio.CancelledError


async def test_a_service_that_is_well_says_so_of_every_part(
    database: Database, broker: Client, servers: TestServers
) -> None:
    async def once() -> None:
        """Return at once."""

    async with serving(database, servers, {"once": once, "ever": hang}) as service:
        await send(broker, 3)
        await service.takes(3)
        document = await service.becomes(200)

    assert document == {
        "ready": True,
        "service": "target",
        "checks": {
            "database": {"ok": True},
            "nats": {"ok": True},
            "loop:relay": {"ok": True, "state": "running"},
            "loop:inbox-tidy": {"ok": True, "state": "running"},
            "loop:audit-seal": {"ok": True, "state": "running"},
            "loop:audit-retire": {"ok": True, "state": "running"},
            "loop:idempotency-tidy": {"ok": True, "state": "running"},
            f"loop:{NAME}": {"ok": True, "state": "running"},
            "loop:once": {"ok": True, "state": "done"},
            "loop:ever": {"ok": True, "state": "running"},
            "outbox": {"ok": True, "events": 0, "age_seconds": 0.0},
            "streams": {"ok": True},
            f"lag:{NAME}": {"ok": True, "messages": 0, "still_seconds": 0.0},
        },
    }


async def test_a_refusal_is_a_problem_in_both_languages(
    database: Database, broker: Client, servers: TestServers
) -> None:
    async with serving(database, servers) as service:
        service.handler.trouble = fail
        await send(broker, 3)
        await service.becomes(503)
        answer = await service.ask()
        alive = await service.client.get("/healthz")

    document = answer.json()
    lag = document["checks"][f"lag:{NAME}"]
    seconds = f"{lag['still_seconds']:.0f}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert document["title"] == "未就绪 · Not ready"
    assert document["type"] == "urn:helix8:problem:not-ready"
    assert document["detail"] == lag["why"]
    assert lag["why"] == (
        f"{NAME} 有 3 条消息在等，{seconds} 秒没有进展"
        f" · 3 messages wait for {NAME}, none was done for {seconds} s"
    )
    assert (alive.status_code, alive.json()["status"]) == (200, "alive"), "it lives all the same"


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_consumer_that_makes_no_progress_is_not_ready(
    database: Database,
    broker: Client,
    servers: TestServers,
    hangs: bool,  # noqa: FBT001
) -> None:
    let_go = asyncio.Event()
    async with serving(database, servers) as service:
        await send(broker, 1)
        await service.takes(1)
        service.handler.trouble = let_go.wait if hangs else fail
        await send(broker, 2)
        document = await service.becomes(503, f"lag:{NAME}")
        service.handler.trouble = None
        let_go.set()
        await service.becomes(200)
        await service.takes(3)

    lag = document["checks"][f"lag:{NAME}"]
    assert (lag["messages"], lag["still_seconds"] >= LIMIT_SECONDS) == (2, True)
    assert document["checks"][f"loop:{NAME}"] == {"ok": True, "state": "running"}


async def test_a_consumer_that_was_paused_on_the_server_is_not_ready(
    database: Database, broker: Client, servers: TestServers
) -> None:
    js = broker.jetstream()
    async with serving(database, servers) as service:
        await service.becomes(200)
        await js.pause_consumer("QA_EVT", NAME, "2100-01-01T00:00:00Z")
        await send(broker, 1)
        document = await service.becomes(503, f"lag:{NAME}")
        await js.resume_consumer("QA_EVT", NAME)
        await service.becomes(200)

    assert document["checks"][f"lag:{NAME}"]["messages"] == 1


async def test_a_consumer_far_behind_that_moves_is_ready_and_says_its_lag(
    database: Database, broker: Client, servers: TestServers
) -> None:
    """Neither of its two batches takes the limit, both together take more."""
    await send(broker, 900)
    lags = []
    limit_seconds = 5.0
    async with serving(database, servers, stalled_seconds=limit_seconds) as service:

        async def take_long() -> None:
            await asyncio.sleep(0.55 * limit_seconds)

        service.handler.trouble = take_long
        async with asyncio.timeout(60):
            while service.handler.taken < 900:
                answer = await service.ask()
                assert answer.status_code == 200, answer.text
                lags.append(answer.json()["checks"][f"lag:{NAME}"]["messages"])
                await asyncio.sleep(0.05)

    assert lags[0] == 900
    assert lags == sorted(lags, reverse=True)


async def test_a_loop_that_fails_says_by_what_and_comes_back(
    database: Database, broker: Client, servers: TestServers
) -> None:
    """What a library cancels under a consumer must not end it without a word."""
    async with serving(database, servers) as service:
        service.handler.trouble = be_cancelled
        await send(broker, 1)
        document = await service.becomes(503, f"loop:{NAME}")
        service.handler.trouble = None
        await service.becomes(200)

    loop = document["checks"][f"loop:{NAME}"]
    assert loop["state"] == "restarting"
    assert (loop["error"], loop["failures"] >= 1) == ("CancelledByNobodyError", True)
    assert loop["why"].startswith(f"后台任务 {NAME} 正在重试：自 {loop['since']} 起失败")


async def test_a_loop_that_was_ended_is_said_until_the_process_starts_again(
    database: Database, broker: Client, servers: TestServers
) -> None:
    assert broker.is_connected
    async with serving(database, servers) as service:
        await service.becomes(200)
        service.task(NAME).cancel()
        document = await service.becomes(503, f"loop:{NAME}")
    async with serving(database, servers) as service:
        await service.becomes(200)

    assert document["checks"][f"loop:{NAME}"]["state"] == "ended"


async def test_events_that_cannot_be_sent_are_said_with_their_age(
    database: Database, broker: Client, servers: TestServers
) -> None:
    js = broker.jetstream()
    config = (await js.stream_info("QA_EVT")).config
    async with serving(database, servers) as service:
        await service.becomes(200)
        await js.delete_stream("QA_EVT")
        async with database.transaction() as tx:
            tx.publish(Told(number=1), key="k")
            tx.publish(Told(number=2), key="k")
        document = await service.becomes(503, "outbox")
        await js.add_stream(config)
        after = await service.becomes(200)

    outbox = document["checks"]["outbox"]
    assert (outbox["events"], outbox["age_seconds"] >= LIMIT_SECONDS) == (2, True)
    assert after["checks"]["outbox"]["events"] == 0


async def test_a_stream_that_lost_its_tail_is_named_with_both_numbers(
    database: Database, broker: Client, servers: TestServers
) -> None:
    js = broker.jetstream()
    config = (await js.stream_info("QA_EVT")).config
    async with serving(database, servers) as service:
        async with database.transaction() as tx:
            tx.publish(Told(number=1), key="k")
            tx.publish(Told(number=2), key="k")
        await service.takes(2)
        await js.delete_stream("QA_EVT")
        await js.add_stream(config)
        await send(broker, 1)
        document = await service.becomes(503, "streams")
        await send(broker, 1)
        await service.becomes(200)

    streams = document["checks"]["streams"]
    assert streams["short"] == {"QA_EVT": {"acknowledged": 2, "holds": 1}}
    assert "QA_EVT 确认过 2，只到 1" in streams["why"]


@pytest.mark.parametrize("server", ["database", "nats"])
async def test_a_server_that_is_away_is_named_and_the_service_comes_back_with_it(
    database: Database, broker: Client, servers: TestServers, server: str
) -> None:
    url = database.engine.url
    addresses = {"database": url, "nats": make_url(servers.nats_url)}
    cable = Cable(addresses[server].host or "", addresses[server].port or 0)
    await cable.plug()
    through = addresses[server].set(host="127.0.0.1", port=cable.port)
    more = {f"{server}_url": through.render_as_string(hide_password=False)}
    async with serving(database, servers, **more) as service:
        await service.becomes(200)
        await cable.cut()
        document = await service.becomes(503, server)
        await cable.plug()
        await send(broker, 1)
        await service.becomes(200)
        await service.takes(1)
    await cable.cut()

    assert "暂时不可用" in document["checks"][server]["why"]
