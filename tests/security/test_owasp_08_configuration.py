"""API8:2023, security misconfiguration: headers, origins, hosts, methods, words."""

import re
from typing import Final

import httpx
import psutil
import pytest

from helix8.state import load_state
from tests.conftest import Suite
from tests.security.conftest import Wire, browser

PATHS: Final = (
    "/login",
    "/docs",
    "/events",
    "/healthz",
    "/readyz",
    "/.well-known/jwks.json",
    "/api/openapi.json",
    "/api/datahub/v1/code-sets",
    "/api/gateway/v1/me",
    "/nowhere",
    "/verify",
)
EVIL: Final = "http://evil.example"


async def test_every_answer_bears_the_headers_that_browsers_need(
    suite: Suite, root: httpx.AsyncClient
) -> None:
    async with browser(suite) as stranger:
        answers = [await client.get(path) for client in (stranger, root) for path in PATHS]
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", answer.url
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert "server" not in headers or "/" not in headers["server"]
        assert "x-powered-by" not in headers


async def test_no_other_origin_reads_or_changes_anything(
    suite: Suite, root: httpx.AsyncClient
) -> None:
    cookies = dict(root.cookies)
    async with httpx.AsyncClient(base_url=suite.url, cookies=cookies, trust_env=False) as page:
        for origin in (EVIL, "null", f"{suite.url}.evil.example", "http://127.0.0.1:1"):
            read = await page.get("/api/gateway/v1/me", headers={"origin": origin})
            asked = {"origin": origin, "access-control-request-method": "DELETE"}
            preflight = await page.options("/api/gateway/v1/keys", headers=asked)
            changed = await page.post("/api/gateway/v1/keys", headers={"origin": origin}, json={})
            for answer in (read, preflight, changed):
                assert "access-control-allow-origin" not in answer.headers
                assert "access-control-allow-credentials" not in answer.headers
            assert changed.status_code == 403
            # A form of another site: no preflight, cookie and all.
            form = await page.post("/logout", headers={"origin": origin}, data={"x": "1"})
            assert form.status_code == 403
        assert (await page.get("/api/gateway/v1/me")).status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX: 1", "///e.x"]
)
async def test_signing_in_leads_nowhere_else(suite: Suite, target: str) -> None:
    async with browser(suite) as client:
        form = {"login": "demo", "password": suite.secret("demo-password"), "next": target}
        answer = await client.post("/login", data=form)
        assert answer.status_code == 303
        there = httpx.URL(suite.url).join(answer.headers["location"])
        assert (there.host, there.scheme) == ("127.0.0.1", "http")
        assert "x" not in answer.headers


async def test_the_host_that_a_request_names_is_in_no_answer(suite: Suite) -> None:
    hosts = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-host": "evil.example"}
    async with browser(suite) as client:
        slashes = ("/api/gateway/v1/keys/", "/api/datahub/v1/code-sets/", "/alerts/")
        for path in (*PATHS, "/", "/alerts", "/login/cas/none", *slashes):
            answer = await client.get(path, headers={**hosts, **suite.api_key})
            assert "evil.example" not in answer.text, path
            assert "evil.example" not in str(answer.headers), path
            assert "://" not in answer.headers.get("location", ""), path


async def test_methods_that_nobody_needs_are_refused(wire: Wire) -> None:
    for method in (b"TRACE", b"CONNECT", b"PROPFIND", b"FOO"):
        said = await wire.say(
            method + b" /login HTTP/1.1\r\nHost: x\r\nX-Secret: s3cret\r\nConnection: close\r\n\r\n"
        )
        assert b"s3cret" not in said
        assert not said or re.match(rb"HTTP/1.1 4\d\d", said), said[:100]


async def test_no_refusal_tells_how_we_are_made(portal: httpx.AsyncClient) -> None:
    answers = [
        await portal.get("/api/datahub/v1/records/course/%00"),
        await portal.get("/api/datahub/v1/records/'%20OR%201=1--/x"),
        await portal.post("/api/datahub/v1/batches?feed=none", content=b"\xff\xfe"),
        await portal.get("/api/target/v1/goals/%F0%9F%92%A3"),
        await portal.get("/api/alert/v1/alerts/not-a-uuid"),
        await portal.get("/nowhere"),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        assert not re.search(
            r"Traceback|File \"|asyncpg|sqlalchemy|SELECT |site-packages|/work/|\.py\b", answer.text
        ), answer.text


def test_only_loopback_is_listened_at(suite: Suite) -> None:
    """By the suite that runs on one machine; in compose the gateway alone is published."""
    state = load_state(suite.home.state)
    assert state is not None
    ports = set(state.ports().values())
    listening = [each for each in psutil.net_connections("tcp") if each.status == "LISTEN"]
    addresses = {each.laddr.ip for each in listening if each.laddr.port in ports}
    assert addresses == {"127.0.0.1"}
