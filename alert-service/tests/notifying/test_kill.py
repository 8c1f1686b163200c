"""A process that is killed between decision and send loses nothing, and its successor sends it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from nats.aio.client import Client
from sqlalchemy import text

from shared.kit.database import Database
from shared.kit.identity import Caller, TokenSigner
from shared.testing import TestServers, drop_database, new_database


@asynccontextmanager
async def service(environment: dict[str, str], log: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Run the alert service as a process; yield it when it is there."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 — it starts in milliseconds
            [sys.executable, "-m", "alert_service"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def ready(url: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while not await _is_ready(client, url):  # noqa: ASYNC110 — another process answers
            await asyncio.sleep(0.05)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/readyz")).is_success
    except httpx.TransportError:
        return False


@dataclass
class Receiver:
    """Keeps the keys that it is sent; hangs on the first."""

    url: str = ""
    keys: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep a key."""
        self.keys.append(request.headers["Idempotency-Key"])
        if len(self.keys) == 1:
            await asyncio.sleep(60)
        return web.Response()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def environment(
    servers: TestServers, signing_keys: tuple[TokenSigner, str], broker: Client
) -> AsyncIterator[dict[str, str]]:
    assert broker.is_connected
    database_url = await new_database(servers, "alert_service")
    yield {
        **os.environ,  # noqa: TID251 — the process needs its paths
        "ALERT_DATABASE_URL": database_url,
        "ALERT_NATS_URL": servers.nats_url,
        "ALERT_NATS_USER": "alert" if servers.nats_passwords else "",
        "ALERT_NATS_PASSWORD": servers.nats_passwords.get("alert", ""),
        "ALERT_JWKS_URL": signing_keys[1],
        "ALERT_PORT": str(_port()),
        "ALERT_NOTIFY_HOSTS": "127.0.0.1",
    }
    await drop_database(servers, database_url)


async def prepare(url: str, headers: dict[str, str], hook: str) -> None:
    """Have twenty alerts told to a hook, each on its own."""
    route = {
        "name": "root",
        "group_by": ["..."],
        "wait_seconds": 0,
        "receivers": [{"channel": "hook"}],
    }
    alerts = [{"labels": {"alertname": f"A{number}"}} for number in range(20)]
    settings = {"kind": "webhook", "url": hook}
    await ready(url)
    async with httpx.AsyncClient(base_url=url, trust_env=False, headers=headers) as client:
        for method, path, body in (
            ("PUT", "channels/hook", {"name": "hook", "settings": settings}),
            ("PUT", "notification-policy", {"root": route}),
            ("POST", "api/v2/alerts", alerts),
        ):
            answer = await client.request(method, f"/v1/{path}", json=body)
            assert answer.is_success, answer.text


@pytest.mark.long
async def test_a_killed_process_leaves_what_it_was_sending_to_its_successor(
    environment: dict[str, str], signing_keys: tuple[TokenSigner, str], tmp_path: Path
) -> None:
    caller = Caller(subject="person/admin", scopes=frozenset({"*"}))
    headers = {"Authorization": f"Bearer {signing_keys[0].sign(caller, 'alert')}"}
    url = f"http://127.0.0.1:{environment['ALERT_PORT']}"
    database = Database(environment["ALERT_DATABASE_URL"], "alert")
    async with receiver() as hook, asyncio.timeout(120):
        async with service(environment, tmp_path / "log") as first:
            await prepare(url, headers, hook.url)
            while not hook.keys:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            first.send_signal(signal.SIGKILL)
            first.wait()
        async with service(environment, tmp_path / "log"):
            while await _waiting(database) != (20, 0):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    await database.dispose()
    # Each once, but for the one that was under way: that one again, with the same key.
    assert (len(hook.keys), len(set(hook.keys)), hook.keys.count(hook.keys[0])) == (21, 20, 2)


async def _waiting(database: Database) -> tuple[int, int]:
    """Return how many were sent, and how many wait or were not decided yet."""
    async with database.transaction() as tx:
        row = (
            await tx.session.execute(
                text(
                    "SELECT count(*) FILTER (WHERE state = 'sent') AS sent,"
                    " count(*) FILTER (WHERE state <> 'sent') AS waiting FROM notification"
                )
            )
        ).one()
        return row.sent, row.waiting


def _port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])
