"""A gateway as it is shipped (its own process, granian) before services that stand in.

The stand-ins are tiny ASGI applications on uvicorn, each on a port of its own; they verify the
internal token with the kit's verifier and the gateway's public keys, like the real ones.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import psutil
import pytest
import uvicorn
from joserfc.jwk import ECKey

from shared.errors import DomainError
from shared.kit.identity import Caller, TokenVerifier
from shared.testing import TestServers, new_database

PASSWORD = "correct horse battery staple"
KEY = "h8k_demo0001_" + "s" * 43
SERVICES = ("datahub", "target", "spiral", "alert", "report")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Seen:
    """A request as it reached a service."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: int
    subject: str
    act: str | None
    caller: Caller


@dataclass
class StandIn:
    """One service that stands in."""

    name: str
    port: int
    jwks_url: str
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    """JSON by path, or by method and path; a tuple (status, headers, JSON) says more."""

    verifiers: dict[str, TokenVerifier] = field(default_factory=dict)
    open_streams: int = 0
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, and return when it does."""
        self.verifiers.clear()
        config = uvicorn.Config(
            self.serve, port=self.port, interface="asgi3", log_level="critical", lifespan="off"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 30
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        """Die at once, connections and all."""
        if self.server and self.thread:
            self.server.should_exit = True
            self.server.force_exit = True
            self.thread.join(10)

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """Verify the token, note the request, answer it."""
        assert scope["type"] == "http"
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        path = scope["raw_path"].decode()
        if path in {"/readyz", "/healthz"}:
            await _json(send, 200, {"ready": True, "service": self.name, "checks": {}})
            return
        try:
            token = headers.get("authorization", "").removeprefix("Bearer ")
            verifier = self.verifiers.get(self.name)
            if verifier is None:
                verifier = self.verifiers[self.name] = TokenVerifier(self.jwks_url, self.name)
            caller = await verifier.verify(token, headers.get("x-request-id", ""))
        except DomainError as error:
            await _json(send, 401, {"why": error.en})
            return
        query = scope["query_string"].decode()
        body = await _count(receive) if path != "/v1/echo" else 0
        self.seen.append(
            Seen(scope["method"], path, query, headers, body, caller.subject, caller.actor, caller)
        )
        await self._answer(scope["method"], path, parse_qs(query), body, receive, send)

    async def _answer(
        self, method: str, path: str, query: Any, body: int, receive: Any, send: Any
    ) -> None:
        special = {
            "/v1/echo": _echo,
            "/v1/down": _down,
            "/v1/half": _half,
            "/v1/page": _page,
            "/v1/forever": self._tick,
            "/v1/slow": self._slow,
            "/v1/exports/slow": self._slow,
            "/v1/who": self._who,
        }
        if path in special:
            await special[path](query, receive, send)
        elif path == "/v1/count":
            await _json(send, 200, {"bytes": body}, [("set-cookie", "evil=1"), ("te", "x")])
        else:
            none = (404, [], {"type": "urn:helix8:problem:none"})
            found = self.answers.get(f"{method} {path}", self.answers.get(path, none))
            status, headers, document = found if isinstance(found, tuple) else (200, [], found)
            await _json(send, status, document, headers)

    async def _slow(self, query: Any, _receive: Any, send: Any) -> None:
        await asyncio.sleep(float(query["seconds"][0]))
        await _json(send, 200, {"service": self.name})

    async def _who(self, _query: Any, _receive: Any, send: Any) -> None:
        await _json(send, 200, {"port": self.port})

    async def _tick(self, _query: Any, receive: Any, send: Any) -> None:
        await _start(send, 200, [("content-type", "text/event-stream")])
        gone = asyncio.create_task(receive())
        self.open_streams += 1
        while not gone.done():
            await _chunk(send, b": tick\n\n")
            await asyncio.sleep(0.05)
        self.open_streams -= 1


async def _echo(_query: Any, receive: Any, send: Any) -> None:
    await _start(send, 200, [("content-type", "application/octet-stream")])
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        await _chunk(send, message["body"])
    await _chunk(send, b"", more=False)


async def _down(query: Any, _receive: Any, send: Any) -> None:
    size = int(query["size"][0])
    await _start(send, 200, [("content-length", str(size))])
    piece = b"x" * 65_536
    for _ in range(size // len(piece)):
        await _chunk(send, piece)
    await _chunk(send, b"", more=False)


async def _half(query: Any, _receive: Any, send: Any) -> None:
    length = {"small": "1000", "large": "1000000"}.get(query["kind"][0])
    await _start(send, 200, [("content-length", length)] if length else [])
    await _chunk(send, b"half an answer")
    raise ConnectionResetError("the service dies here")


async def _page(_query: Any, _receive: Any, send: Any) -> None:
    await _start(send, 200, [("content-type", "text/html; charset=utf-8")])
    await _chunk(send, b"<style>p{color:red}</style><p>report", more=False)


async def _count(receive: Any) -> int:
    total, more = 0, True
    while more:
        message = await receive()
        total += len(message.get("body", b""))
        more = message.get("more_body", False)
    return total


async def _start(send: Any, status: int, headers: list[tuple[str, str]]) -> None:
    raw = [(k.encode(), v.encode()) for k, v in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _chunk(send: Any, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def _json(send: Any, status: int, document: Any, headers: Any = ()) -> None:
    body = json.dumps(document, ensure_ascii=False).encode()
    plain = [("content-type", "application/json"), ("content-length", str(len(body)))]
    await _start(send, status, [*plain, *headers])
    await _chunk(send, body, more=False)


@dataclass
class Gateway:
    """A gateway that runs as a process."""

    url: str
    services: dict[str, StandIn]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and return when it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway"],
                env=os.environ | self.environment,  # noqa: TID251
                stdout=log,
                stderr=log,
            )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until it answers and the demonstration's account is there."""
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                headers = {"authorization": f"Bearer {KEY}"}
                answer = httpx.get(f"{self.url}/api/gateway/v1/me", headers=headers)
                if answer.status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8")[-3000:])

    def stop(self) -> None:
        """Stop as a supervisor does."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def resident(self) -> int:
        """Bytes of memory that the process holds."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def client(self, **more: Any) -> httpx.AsyncClient:
        """A client that shows the demonstration's key."""
        headers = {"authorization": f"Bearer {KEY}", **more.pop("headers", {})}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60, **more)

    def browser(self, **more: Any) -> httpx.AsyncClient:
        """A client that shows nothing yet and keeps cookies."""
        headers = {"origin": self.url, **more.pop("headers", {})}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60, **more)


@pytest.fixture(scope="module")
def signing_key() -> str:
    key = ECKey.generate_key("P-256", auto_kid=True)
    return json.dumps({"keys": [key.as_dict(private=True)]})


MakeGateway = Callable[..., Gateway]


def _environment(servers: TestServers, dsn: str, signing_key: str, port: int) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "GATEWAY_DATABASE_URL": dsn,
        "GATEWAY_NATS_URL": servers.nats_url,
        "GATEWAY_NATS_USER": "gateway" if servers.nats_passwords else "",
        "GATEWAY_NATS_PASSWORD": servers.nats_passwords.get("gateway", ""),
        "GATEWAY_SIGNING_KEY": signing_key,
        "GATEWAY_DEMO_PASSWORD": PASSWORD,
        "GATEWAY_DEMO_KEY": KEY,
    }


@pytest.fixture(scope="module")
def broker_for_gateway(servers: TestServers) -> TestServers:
    """The servers that the gateway uses; a module may name others."""
    return servers


@pytest.fixture(scope="module")
def more_settings() -> Callable[[str], dict[str, str]]:
    """Settings beside the ordinary ones, by the gateway's address; a module may name some."""
    return lambda _url: {}


@pytest.fixture(scope="module")
def gateway(
    broker_for_gateway: TestServers,
    signing_key: str,
    more_settings: Callable[[str], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    """A gateway with all five services standing in; one per module of tests."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    services = {
        name: StandIn(name, free_port(), f"{url}/.well-known/jwks.json") for name in SERVICES
    }
    dsn = asyncio.run(new_database(broker_for_gateway, "gateway"))
    environment = _environment(broker_for_gateway, dsn, signing_key, port) | {
        f"GATEWAY_{name.upper()}_URL": f"http://127.0.0.1:{each.port}"
        for name, each in services.items()
    }
    environment |= more_settings(url)
    log = tmp_path_factory.mktemp("gateway") / "log"
    running = Gateway(url, services, environment, log)
    try:
        for service in services.values():
            service.start()
        running.start()
        yield running
    finally:
        running.stop()
        for service in services.values():
            service.stop()


@pytest.fixture
async def anyone(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has signed in with."""
    async with gateway.browser() as client:
        yield client


@pytest.fixture
async def demo(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the demonstration's account is signed in."""
    async with gateway.browser() as client:
        answer = await client.post(
            "/api/gateway/v1/sessions", json={"login": "demo", "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        yield client


@pytest.fixture
async def system(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A program with the demonstration's key."""
    async with gateway.client() as client:
        yield client
