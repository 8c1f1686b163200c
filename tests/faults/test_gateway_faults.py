"""A service of a whole suite is killed, or silent for ten seconds: the others are unaffected.

What a service cannot be made to do (garbage, half a body) a stand-in does for the real gateway in
``gateway/tests/test_replicas.py`` and ``test_proxy.py``.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.conftest import Suite, until

from helix8.state import load_state

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

ASKED = {
    "datahub": "/api/datahub/v1/source-systems",
    "target": "/api/target/v1/goals",
    "spiral": "/api/spiral/v1/cycles",
    "report": "/api/report/v1/kinds",
}
SICK = "/api/alert/v1/alerts"
QUICK = 1.0
"""Seconds in which the others answer."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=suite.url, headers=suite.api_key, timeout=60, trust_env=False
    ) as opened:
        yield opened


def process_of(suite: Suite, name: str) -> int:
    state = load_state(suite.home.state)
    assert state is not None
    return next(each.pid for each in state.processes if each.name == name)


async def others(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return of each other service that does not answer well and at once what it did."""
    wrong = {}
    for name, path in ASKED.items():
        began = time.monotonic()
        answer = await client.get(path)
        took = time.monotonic() - began
        if answer.status_code != 200 or took > QUICK:
            wrong[name] = (answer.status_code, took)
    return wrong


async def test_a_service_that_is_killed_is_said_to_be_away_and_comes_back(
    suite: Suite, client: httpx.AsyncClient
) -> None:
    os.kill(process_of(suite, "alert"), signal.SIGKILL)
    began = time.monotonic()
    answers = [await client.get(SICK) for _ in range(12)]
    refused = [each for each in answers if each.status_code != 200]

    assert await others(client) == {}
    assert refused, "it was away"
    assert {(each.status_code, each.json()["type"]) for each in refused} <= {
        (503, "urn:helix8:problem:unavailable"),
        (502, "urn:helix8:problem:bad-gateway"),
    }
    assert all("retry-after" in each.headers for each in refused if each.status_code == 503)

    async def back() -> bool:
        return (await client.get(SICK)).status_code == 200

    await until(back)
    assert time.monotonic() - began < 20


async def test_a_service_that_is_silent_for_ten_seconds_holds_up_nobody_else(
    suite: Suite, client: httpx.AsyncClient
) -> None:
    silent = process_of(suite, "alert")
    os.kill(silent, signal.SIGSTOP)
    try:
        waiting = [asyncio.create_task(client.get(SICK)) for _ in range(20)]
        end = time.monotonic() + 10
        rounds = 0
        while time.monotonic() < end:
            assert await others(client) == {}
            rounds += 1
        page = await client.get("/", headers={"accept": "text/html"})
    finally:
        os.kill(silent, signal.SIGCONT)
    answers = await asyncio.gather(*waiting)

    assert rounds > 10
    assert page.status_code == 200
    assert {each.status_code for each in answers} == {200}
