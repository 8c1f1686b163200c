"""The data path, through the shipped server, to services on real ports."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest

MEGABYTE = 1024 * 1024


async def zeros(megabytes: int) -> AsyncIterator[bytes]:
    piece = b"0" * 65_536
    for _ in range(megabytes * 16):
        yield piece


async def test_a_request_reaches_its_service_with_a_token_of_its_own(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    service = gateway.services["datahub"]
    answer = await system.post(
        "/api/datahub/v1/count?source=oulad&dryRun=true",
        content=b"abc",
        headers={"x-request-id": "my-id-1", "cookie": "a=b", "x-forwarded-for": "6.6.6.6"}
        | {"x-forwarded-prefix": "/evil"},
    )
    assert answer.status_code == 200
    assert answer.json() == {"bytes": 3}
    seen = service.seen[-1]
    assert (seen.method, seen.path, seen.query) == (
        "POST",
        "/v1/count",
        "source=oulad&dryRun=true",
    )
    assert seen.subject == "system/demo"
    assert seen.headers["x-request-id"] == answer.headers["x-request-id"] == "my-id-1"
    assert seen.headers["traceparent"] == answer.headers["traceparent"]
    assert seen.headers["x-forwarded-for"] == "127.0.0.1"
    assert seen.headers["x-forwarded-prefix"] == "/api/datahub"
    assert seen.headers["content-length"] == "3"
    assert "cookie" not in seen.headers
    assert "h8k_" not in json.dumps(seen.headers)


async def test_answers_bring_no_cookie_and_no_hop_header(system: httpx.AsyncClient) -> None:
    answer = await system.get("/api/target/v1/count")
    assert "set-cookie" not in answer.headers
    assert "te" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_headers_named_by_connection_go_no_further(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    await system.get(
        "/api/spiral/v1/count", headers={"connection": "x-secret, close", "x-secret": "1"}
    )
    assert "x-secret" not in gateway.services["spiral"].seen[-1].headers


async def test_a_given_traceparent_is_kept(system: httpx.AsyncClient) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await system.get("/api/spiral/v1/count", headers={"traceparent": trace})
    assert answer.headers["traceparent"] == trace


async def test_encoded_slashes_stay_encoded(gateway: Any, system: httpx.AsyncClient) -> None:
    await system.get("/api/datahub/v1/records/course/A%2FB%20C")
    assert gateway.services["datahub"].seen[-1].path == "/v1/records/course/A%2FB%20C"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/nobody/v1/x", 404, "unknown-service"),
        ("/api/datahub/v2/x", 404, "unknown-service"),
        ("/api/datahub/readyz", 404, "unknown-service"),
        ("/api/datahub/v1/%2e%2e/readyz", 400, "bad-path"),
        ("/api/datahub/v1/..%2freadyz", 400, "bad-path"),
        ("/api/datahub/v1/a%5c..%5cb", 400, "bad-path"),
    ],
)
async def test_paths_that_lead_nowhere(
    system: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await system.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:helix8:problem:{code}"
    assert answer.json()["correlationId"] == answer.headers["x-request-id"]


async def test_nobody_gets_through_without_credentials(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/api/datahub/v1/count")
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:helix8:problem:unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer h8k_demo0001_" + "x" * 43,
        "Bearer h8k_x_y",
        "Bearer ey.ey.ey",
        "Bearer",
        "Basic eDp5",
    ],
)
async def test_keys_that_are_none_of_ours_are_refused(
    anyone: httpx.AsyncClient, shown: str
) -> None:
    answer = await anyone.get("/api/datahub/v1/count", headers={"authorization": shown})
    assert answer.status_code == 401


async def test_fifty_megabytes_up_in_flat_memory(gateway: Any, system: httpx.AsyncClient) -> None:
    await system.post("/api/datahub/v1/count", content=zeros(5))
    before = gateway.resident()
    answer = await system.post("/api/datahub/v1/count", content=zeros(50))
    assert answer.json() == {"bytes": 50 * MEGABYTE}
    assert gateway.resident() - before < 15 * MEGABYTE


async def test_fifty_megabytes_down_in_flat_memory_to_a_slow_reader(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    before = gateway.resident()
    received = 0
    url = f"/api/report/v1/down?size={50 * MEGABYTE}"
    async with system.stream("GET", url) as answer:
        async for piece in answer.aiter_raw():
            received += len(piece)
            if received < 5 * MEGABYTE:
                await asyncio.sleep(0.005)
    assert received == 50 * MEGABYTE
    assert gateway.resident() - before < 15 * MEGABYTE


async def test_both_ways_at_the_same_time(gateway: Any, system: httpx.AsyncClient) -> None:
    # httpx sends the whole body before it reads, so the other client asks here.
    received = 0
    headers = dict(system.headers)
    async with aiohttp.ClientSession(headers=headers, auto_decompress=False) as client:
        url = f"{gateway.url}/api/alert/v1/echo"
        async with client.post(url, data=zeros(8)) as answer:
            async for piece in answer.content.iter_any():
                received += len(piece)
    assert received == 8 * MEGABYTE


async def test_hanging_up_ends_the_stream_at_the_service(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    service = gateway.services["alert"]
    async with system.stream("GET", "/api/alert/v1/forever") as answer:
        await anext(answer.aiter_raw())
        assert service.open_streams == 1
    for _ in range(100):
        if not service.open_streams:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the service still writes")


async def test_a_stream_arrives_as_it_is_made(system: httpx.AsyncClient) -> None:
    async with system.stream("GET", "/api/alert/v1/forever") as answer:
        pieces = answer.aiter_raw()
        assert await asyncio.wait_for(anext(pieces), 2) == b": tick\n\n"
        assert await asyncio.wait_for(anext(pieces), 2) == b": tick\n\n"


async def test_half_a_small_answer_becomes_a_refusal(system: httpx.AsyncClient) -> None:
    answer = await system.get("/api/report/v1/half?kind=small")
    assert answer.status_code == 502
    assert answer.json()["type"] == "urn:helix8:problem:bad-gateway"


@pytest.mark.parametrize("kind", ["large", "chunked"])
async def test_half_a_streamed_answer_never_looks_whole(
    system: httpx.AsyncClient, kind: str
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await system.get(f"/api/report/v1/half?kind={kind}")


async def test_a_document_without_a_policy_gets_one(system: httpx.AsyncClient) -> None:
    answer = await system.get("/api/report/v1/page")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


async def test_a_dead_service_is_said_to_be_away_and_comes_back(
    gateway: Any, system: httpx.AsyncClient
) -> None:
    service = gateway.services["spiral"]
    service.stop()
    answer = await system.get("/api/spiral/v1/count", headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["title"] == "Temporarily unavailable"
    ready = await system.get("/readyz")
    assert ready.status_code == 200
    spiral = ready.json()["services"]["spiral"]
    assert (spiral["ok"], " · " in spiral["why"]) == (False, True), "in both languages"
    assert ready.json()["status"] == "degraded"
    service.start()
    assert (await system.get("/api/spiral/v1/count")).status_code == 200
