"""A suite in containers for the tests here; it is started only when it is asked for."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from tests.compose.stack import Stack, start_stack

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--compose``; it is known when this directory is named."""
    parser.addoption("--compose", action="store_true", help="start the suite in containers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Building images takes minutes: in an ordinary run of all tests, leave it."""
    required = os.environ.get("REQUIRE", "").replace(",", " ").split()  # noqa: TID251
    if config.getoption("--compose", default=False) or "docker" in required:
        return
    unasked = pytest.mark.skip(reason="containers are started by make compose-test only")
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("needs"):
            item.add_marker(unasked)


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with start_stack(tmp_path_factory.mktemp("compose")) as stack:
        yield stack


@pytest_asyncio.fixture
async def portal(suite: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the gateway as the demo's system."""
    async with httpx.AsyncClient(
        base_url=suite.url, headers=suite.api_key, timeout=30, trust_env=False
    ) as client:
        yield client


@pytest_asyncio.fixture
async def integrator(suite: Stack) -> AsyncIterator[Client]:
    """Speaks to the broker as the academic system does."""
    user = "integrator-academic"
    client = await nats.connect(
        suite.nats_url,
        user=user,
        password=suite.secret(f"nats-{user}"),
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    yield client
    await client.close()
