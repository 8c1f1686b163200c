"""API4:2023, unrestricted resource consumption: pages, heads, bodies and waiting have an end."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.access import api
from tests.conftest import Suite
from tests.security.conftest import Wire


@pytest.mark.parametrize(
    "query",
    ["limit=1000000", "limit=0", "limit=-1", "pageSize=99999999", "limit=1e9", "offset=-5"],
)
async def test_no_page_is_larger_than_the_largest(portal: httpx.AsyncClient, query: str) -> None:
    for path in ("datahub/v1/records/course", "target/v1/goals", "alert/v1/alerts"):
        answer = await portal.get(f"/api/{path}?{query}")
        assert answer.status_code == 422, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_head_that_does_not_end_is_cut_off(suite: Suite, wire: Wire) -> None:
    key = suite.secret("demo-key").encode()
    known = b"GET /api/datahub/v1/code-sets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key
    long = await wire.say(known + b"\r\nX-Long: " + b"a" * 2_000_000 + b"\r\n\r\n")
    many = await wire.say(known + b"".join(b"\r\nX-%d: 1" % n for n in range(20_000)) + b"\r\n\r\n")
    target = await wire.say(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    for said in (long, many, target):
        status = said.split(b" ", 2)[1] if said else b"closed"
        assert status in {b"closed", b"400", b"414", b"431"}
    # Whoever asks decently is answered.
    said = await wire.say(known + b"\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")


async def test_who_sends_or_reads_too_slowly_does_not_occupy_us_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(api, "GRACE_SECONDS", 0.1)
    seen: list[str] = []

    async def reads(_scope: Any, receive: Any, _send: Any) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except api.SlowClientError as error:
            seen.append(error.code)

    async def writes(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": b"x", "more_body": True})

    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def drops() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def nobody_reads(_message: Any) -> None:
        await asyncio.Event().wait()

    scope: dict[str, Any] = {"type": "http"}
    async with asyncio.timeout(5):
        await api.Pacing(reads)(scope, silent, nobody_reads)
        await api.Pacing(reads)(scope, drops, nobody_reads)
        with pytest.raises(api.SlowReaderError):
            await api.Pacing(writes)(scope, silent, nobody_reads)
    assert seen == ["slow-request", "slow-request"]


async def test_slow_senders_take_nothing_from_the_others(
    suite: Suite, portal: httpx.AsyncClient
) -> None:
    """300 of them, who have sent the half of a head or of a body and nothing more."""
    port = int(suite.url.rpartition(":")[2])
    key = suite.secret("demo-key").encode()
    half_body = (
        b"POST /api/datahub/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + key
        + b"\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\nkch,"
    )
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    for place, (_, writer) in enumerate(slow):
        writer.write(b"GET /api/datahub/v1/c" if place % 2 else half_body)
        await writer.drain()
    answers = [await portal.get("/api/datahub/v1/code-sets?limit=1") for _ in range(20)]
    for _, writer in slow:
        writer.close()

    assert {each.status_code for each in answers} == {200}
    assert max(each.elapsed.total_seconds() for each in answers) < 2
