"""A whole suite for journeys and pages, started once by ``helix8 up`` as a user would start it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from helix8.embedded.ports import free_port
from helix8.home import Home
from helix8.state import load_state

HELIX8 = Path(sys.executable).with_name("helix8")
SECONDS_TO_START = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A running suite, and the secrets of its demo."""

    home: Home
    url: str

    def secret(self, name: str) -> str:
        return self.home.vault().read(name)

    @property
    def api_key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret('demo-key')}"}


@pytest.fixture(scope="package")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    directory = tmp_path_factory.mktemp("suite")
    data = ["--data", str(directory / "data")]
    subprocess.run(
        [HELIX8, "up", *data, "--port", str(free_port()), "--detach"],
        check=True,
        timeout=SECONDS_TO_START,
        capture_output=True,
    )
    home = Home(directory / "data")
    state = load_state(home.state)
    assert state is not None
    yield Suite(home=home, url=state.url)
    subprocess.run([HELIX8, "down", *data], check=True, timeout=60, capture_output=True)


@pytest_asyncio.fixture
async def portal(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the gateway as the demo's system."""
    async with httpx.AsyncClient(
        base_url=suite.url, headers=suite.api_key, timeout=30, trust_env=False
    ) as client:
        yield client


@pytest_asyncio.fixture
async def integrator(suite: Suite) -> AsyncIterator[Client]:
    """Speaks to the broker as the academic system does."""
    state = load_state(suite.home.state)
    assert state is not None
    user = "integrator-academic"
    client = await nats.connect(
        f"nats://127.0.0.1:{state.ports()['nats']}",
        user=user,
        password=suite.secret(f"nats-{user}"),
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    yield client
    await client.close()


async def until(
    question: Callable[[], Awaitable[Any]],
    is_answer: Callable[[Any], bool] = bool,
    seconds: float = 30,
) -> Any:
    """Ask again and again until the answer will do."""
    end = time.monotonic() + seconds
    while True:
        answer = await question()
        if is_answer(answer):
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.1)
