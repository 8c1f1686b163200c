"""Somebody who runs the suite, people with accounts of their own, and a wire without a client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.conftest import Suite

PASSWORD = "a password for these tests alone"
SESSIONS = "/api/gateway/v1/sessions"

Enter = Callable[..., Awaitable[httpx.AsyncClient]]


def browser(suite: Suite) -> httpx.AsyncClient:
    """A browser that has been nowhere yet."""
    headers = {"origin": suite.url}
    return httpx.AsyncClient(base_url=suite.url, headers=headers, timeout=30, trust_env=False)


async def sign_in(client: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await client.post(SESSIONS, json={"login": login, "password": password})


@pytest_asyncio.fixture
async def root(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """The demonstration's administrator, signed in."""
    async with browser(suite) as client:
        answer = await sign_in(client, "demo", suite.secret("demo-password"))
        assert answer.status_code == 201, answer.text
        yield client


@pytest_asyncio.fixture
async def enter(suite: Suite, root: httpx.AsyncClient) -> AsyncIterator[Enter]:
    """Make an account, where there is none yet, and sign in with it."""
    async with AsyncExitStack() as stack:

        async def entered(login: str, *roles: str) -> httpx.AsyncClient:
            account = {"login": login, "subject": f"person/{login}", "name": "张三"}
            more = {"password": PASSWORD, "roles": list(roles)}
            made = await root.post("/api/gateway/v1/accounts", json={**account, **more})
            assert made.status_code in {201, 409}, made.text
            client = await stack.enter_async_context(browser(suite))
            answer = await sign_in(client, login, PASSWORD)
            assert answer.status_code == 201, answer.text
            return client

        yield entered


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes to the gateway and back, as no client would send them."""

    port: int

    async def say(self, *pieces: bytes, seconds: float = 3.0) -> bytes:
        """Send pieces; return everything that comes until the end, or until nothing comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        said = b""
        with suppress(ConnectionError, TimeoutError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(seconds):
                while piece := await reader.read(65_536):
                    said += piece
        writer.close()
        return said


@pytest.fixture
def wire(suite: Suite) -> Wire:
    return Wire(int(suite.url.rpartition(":")[2]))
