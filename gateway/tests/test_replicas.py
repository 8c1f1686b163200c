"""A service that fails, in every way: the others go on, and it is asked again when it is back.

Replicas, and the route table that names them, are changed while requests are under way.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.schemas import Visitor
from gateway.access.usecases.limiting import (
    MOST_AT_ONCE,
    Limiter,
    Limits,
    TooManyRequestsError,
)
from gateway.proxy.domain.costs import is_costly
from gateway.proxy.domain.replicas import Breaker, Replica, RetryBudget, pick
from gateway.proxy.upstream import CONNECTIONS
from shared.kit.identity import Caller

WHO, COUNT = "/api/target/v1/who", "/api/{}/v1/count"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("routes") / "routes.toml"


@pytest.fixture(scope="module")
def more_settings(table: Path) -> Callable[[str], dict[str, str]]:
    return lambda _url: {"GATEWAY_ROUTE_TABLE": str(table)}


def test_a_breaker_needs_a_floor_of_requests_opens_and_lets_one_try() -> None:
    breaker = Breaker()
    assert [breaker.failed(1.0) for _ in range(9)] == [False] * 9
    assert breaker.admits(1.0)
    assert breaker.failed(1.0)
    assert [breaker.admits(at) for at in (1.0, 5.9, 6.1, 6.2)] == [False, False, True, False]
    assert not breaker.failed(6.3)
    assert [breaker.admits(at) for at in (11.2, 11.4)] == [False, True]
    assert breaker.answered(11.5)
    assert breaker.admits(11.5)


def test_a_breaker_stays_closed_while_fewer_than_half_fail_and_forgets_after_its_window() -> None:
    breaker = Breaker()
    told = [breaker.answered(0.0) if n % 5 < 3 else breaker.failed(0.0) for n in range(100)]
    assert not any(told)
    assert not breaker.failed(20.0)
    # An answer that was noted and broke off then counts once, as a failure.
    half = [breaker.answered(20.0) or breaker.failed(20.0, answered=True) for _ in range(9)]
    assert half == [False] * 8 + [True]


def test_what_may_be_sent_again_is_limited() -> None:
    budget = RetryBudget()
    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]
    for _ in range(19):
        budget.earn()
    assert [budget.take(), budget.take()] == [True, False]


def test_the_least_busy_healthy_replica_is_asked_and_a_sick_one_before_none() -> None:
    busy, idle, sick = Replica("b", waiting=3), Replica("i", waiting=1), Replica("s")
    sick.healthy = False
    assert pick([busy, idle, sick], 0.0) is idle
    assert pick([busy, idle, sick], 0.0, after=idle) is busy
    assert pick([sick], 0.0) is sick
    idle.breaker.open_until = busy.breaker.open_until = 9.0
    assert pick([busy, idle, sick], 0.0) is sick
    sick.breaker.open_until = 9.0
    assert pick([busy, idle, sick], 0.0) is None


def test_costly_questions_are_known_by_their_path() -> None:
    asked = [
        ("datahub", "GET", "/v1/exports/score"),
        ("datahub", "GET", "/v1/records/score"),
        ("alert", "POST", "/v1/rules/x/trial"),
        ("report", "GET", "/v1/reports"),
        ("datahub", "GET", "/v1/%65xports/score"),
    ]
    assert [is_costly(*each) for each in asked] == [True, False, True, False, True]


def test_one_caller_leaves_connections_for_the_others() -> None:
    async def none(_key: str, _day: date) -> int:
        return 0

    limiter = Limiter(Limits(), none, costly_at_once=4)
    one, other = (
        Visitor(caller=Caller(subject=f"person/{name}"), name=name, by="session", until=None)
        for name in ("one", "other")
    )
    costly = [limiter.enter(one, costly=True) for _ in range(4)]
    with pytest.raises(TooManyRequestsError, match="4 such requests"):
        limiter.enter(one, costly=True)
    plain = [limiter.enter(one, costly=False) for _ in range(MOST_AT_ONCE - 4)]
    with pytest.raises(TooManyRequestsError, match="200 such requests"):
        limiter.enter(one, costly=False)
    limiter.enter(other, costly=True)()
    costly[0]()
    limiter.enter(one, costly=True)
    assert (len(plain), MOST_AT_ONCE < CONNECTIONS) == (196, True)


async def until(question: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 — another process
            await asyncio.sleep(0.05)


async def taken_over(gateway: Any, before: int) -> None:
    """Wait until the gateway has read its table once more, or refused it."""

    async def read() -> bool:
        log = gateway.log.read_text(encoding="utf-8")
        return bool(log.count("routes_loaded") + log.count("routes_refused") > before)

    await until(read)


async def write(gateway: Any, table: Path, text: str) -> None:
    """Change the table, and wait until it is in force."""
    log = gateway.log.read_text(encoding="utf-8")
    before = log.count("routes_loaded") + log.count("routes_refused")
    await asyncio.to_thread(table.write_text, text, encoding="utf-8")
    await taken_over(gateway, before)


def replicas(*ports: int) -> str:
    addresses = ", ".join(f'"http://127.0.0.1:{port}"' for port in ports)
    return f"[target]\naddresses = [{addresses}]\n"


async def ports_of(system: httpx.AsyncClient, number: int) -> Counter[int]:
    """Ask so often, some at a time; return who answered. Every one of them must."""
    gate = asyncio.Semaphore(16)

    async def one() -> int:
        async with gate:
            answer = await system.get(WHO)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["port"])

    return Counter(await asyncio.gather(*(one() for _ in range(number))))


async def test_replicas_share_the_work_and_one_that_dies_costs_no_request(
    gateway: Any, system: httpx.AsyncClient, table: Path
) -> None:
    first, second = gateway.services["target"], gateway.services["spiral"]
    # The token is for the service, whichever replica takes it.
    second.name = "target"
    try:
        await write(gateway, table, replicas(first.port, second.port))
        assert set(await ports_of(system, 60)) == {first.port, second.port}

        asked = asyncio.create_task(ports_of(system, 200))
        await asyncio.sleep(0.05)
        second.stop()
        assert (await asked).total() == 200
        assert set(await ports_of(system, 30)) == {first.port}

        second.start()

        async def shares() -> bool:
            return second.port in await ports_of(system, 20)

        await until(shares)
    finally:
        second.name = "spiral"
        await write(gateway, table, "")


async def test_a_new_table_takes_effect_and_no_request_under_way_is_dropped(
    gateway: Any, system: httpx.AsyncClient, table: Path
) -> None:
    first, second = gateway.services["target"], gateway.services["spiral"]
    second.name = "target"
    try:
        async with system.stream("GET", "/api/target/v1/forever") as stream:
            pieces = stream.aiter_raw()
            await anext(pieces)
            slow = asyncio.create_task(system.get("/api/target/v1/slow?seconds=2"))
            steady = asyncio.create_task(ports_of(system, 150))
            await write(gateway, table, replicas(second.port))
            assert set(await ports_of(system, 20)) == {second.port}
            for wrong in ("[target]\naddresses = []", "[nobody]\n", "not = [toml"):
                await write(gateway, table, wrong)
            assert set(await ports_of(system, 20)) == {second.port}
            await write(gateway, table, replicas(first.port))
            assert set(await ports_of(system, 20)) == {first.port}
            assert (await slow).json() == {"service": "target"}
            assert (await steady).total() == 150
            assert await anext(pieces) == b": tick\n\n"
    finally:
        second.name = "spiral"
        await write(gateway, table, "")


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[int]:
    """A service that answers the same bytes to everybody, and hangs up; yield its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


HALF = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"
FAULTS = {
    "garbage": (b"\x00\xff\x13\x37 not HTTP\r\n\r\n", 502, "bad-gateway"),
    "half": (HALF, 502, "bad-gateway"),
    "nothing": (b"", 502, "bad-gateway"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_service_that_talks_nonsense_is_left_alone_and_nobody_else(
    gateway: Any, system: httpx.AsyncClient, table: Path, fault: str
) -> None:
    said, status, code = FAULTS[fault]
    good = gateway.services["target"].port
    async with speaking(said) as port:
        await write(gateway, table, replicas(port))
        answers = [await system.get(WHO) for _ in range(15)]
        others = [await system.get(COUNT.format(each)) for each in ("datahub", "alert", "report")]
    assert {each.status_code for each in others} == {200}
    first, last = answers[0], answers[-1]
    assert (first.status_code, first.json()["type"]) == (status, f"urn:helix8:problem:{code}")
    assert (last.status_code, last.json()["type"]) == (503, "urn:helix8:problem:unavailable")
    assert "连续出错" in last.json()["detail"]
    assert 1 <= int(last.headers["retry-after"]) <= 5
    assert "breaker_opened" in gateway.log.read_text(encoding="utf-8")
    await write(gateway, table, replicas(good))
    assert (await system.get(WHO)).status_code == 200
    await write(gateway, table, "")


async def test_a_dead_service_opens_its_breaker_which_closes_when_it_is_back(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    service = gateway.services["spiral"]
    service.stop()
    refused = [await system.get(COUNT.format("spiral")) for _ in range(14)]
    assert {each.status_code for each in refused} == {503}
    assert "连续出错" in refused[-1].json()["detail"]
    metrics = (await system.get("/metrics")).text
    assert 'helix8_gateway_breaker_open{address="http://127.0.0.1:' in metrics
    assert (await system.get(COUNT.format("datahub"))).status_code == 200
    service.start()
    began = time.monotonic()

    async def back() -> bool:
        return (await system.get(COUNT.format("spiral"))).status_code == 200

    await until(back)
    assert time.monotonic() - began < 8
    assert "breaker_closed" in gateway.log.read_text(encoding="utf-8")


async def test_a_service_that_takes_ten_seconds_holds_up_nobody_else(
    gateway: Any, system: httpx.AsyncClient, table: Path
) -> None:
    port = gateway.services["target"].port
    await write(gateway, table, f"{replicas(port)}read_seconds = 0.3\n")
    began = time.monotonic()
    slow = [asyncio.create_task(system.get("/api/target/v1/slow?seconds=10")) for _ in range(12)]
    others = [await system.get(COUNT.format("datahub")) for _ in range(20)]
    quick = time.monotonic() - began
    answers = await asyncio.gather(*slow)
    assert {each.status_code for each in others} == {200}
    assert quick < 10, "nobody waited for it"
    assert {each.status_code for each in answers} == {504}
    assert answers[0].json()["type"] == "urn:helix8:problem:gateway-timeout"
    assert (await system.get(WHO)).status_code == 503
    await write(gateway, table, "")

    async def back() -> bool:
        return (await system.get(WHO)).status_code == 200

    await until(back)


async def test_a_body_that_is_longer_than_the_route_takes_is_refused(
    gateway: Any, system: httpx.AsyncClient, table: Path
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 65_536

    port = gateway.services["target"].port
    await write(gateway, table, f"{replicas(port)}most_bytes = 100000\n")
    told = await system.post(COUNT.format("target"), content=b"x" * 100_001)
    streamed = await system.post(COUNT.format("target"), content=pieces())
    fits = await system.post(COUNT.format("target"), content=b"x" * 100_000)
    assert [each.status_code for each in (told, streamed, fits)] == [413, 413, 200]
    assert streamed.json()["type"] == "urn:helix8:problem:body-too-long"
    await write(gateway, table, "")


async def test_costly_questions_count_as_ten_and_wait_for_one_another(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    key = {"name": "导出", "subject": "system/export", "scopes": ["datahub:*"], "per_minute": 35}
    made = (await demo.post("/api/gateway/v1/keys", json=key)).json()
    gateway.services["datahub"].answers["/v1/exports/score"] = [{"key": "1"}]
    shown = {"authorization": f"Bearer {made['key']}"}
    slow = "/api/datahub/v1/exports/slow?seconds=0.5"
    at_once = await asyncio.gather(*(demo.get(slow) for _ in range(6)))
    assert sorted(each.status_code for each in at_once) == [200] * 4 + [429] * 2
    assert (await demo.get(slow)).status_code == 200
    async with gateway.browser(headers=shown) as client:
        answers = [await client.get("/api/datahub/v1/exports/score") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"].startswith('"key";r=25;')
    del gateway.services["datahub"].answers["/v1/exports/score"]
