"""Pieces of the portal in the pages of another site, as its back end and its readers have them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from nats.aio.client import Client
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.test_overview import raise_alert
from tests.conftest import Suite, until

pytestmark = pytest.mark.needs("chromium")

READ = ["datahub:read", "target:read", "spiral:read", "alert:read", "report:read"]
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>智慧校园</title>
<link rel="icon" href="data:,"><script type="module" src="{hub}/embed/v1/embed.js"></script>
<h1>智慧校园</h1>
<helix8-embed src="{hub}/embed/overview" token-url="/token" self-test></helix8-embed>
<h8-alerts token-url="/token"></h8-alerts>"""
POLICY = (
    "default-src 'self'; script-src {hub}; frame-src {hub}; connect-src 'self' {hub};"
    " style-src {hub}; img-src data:"
)


@dataclass
class ForeignPortal:
    """The campus portal: another site, with a back end that mints tokens."""

    hub: str
    key: str = ""
    origin: str = ""
    ttl: int = 300
    given: list[str] = field(default_factory=list)

    async def page(self, _request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": POLICY.format(hub=self.hub)}
        text = PAGE.format(hub=self.hub)
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def token(self, _request: web.Request) -> web.Response:
        answer = await self.mint()
        self.given.append(answer.json()["token"])
        return web.json_response(answer.json())

    async def mint(self, **more: Any) -> httpx.Response:
        """Ask for a token as the back end does."""
        wanted = {"subject": "demo", "origin": self.origin, "resources": ["overview", "alerts"]}
        async with httpx.AsyncClient(base_url=self.hub, trust_env=False) as client:
            return await client.post(
                "/api/gateway/v1/embed/tokens",
                json=wanted | {"ttl": self.ttl} | more,
                headers={"Authorization": f"Bearer {self.key}"},
            )


@pytest_asyncio.fixture
async def administrator(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """The demonstration's account, as its browser would call."""
    headers = {"origin": suite.url}
    async with httpx.AsyncClient(base_url=suite.url, headers=headers, trust_env=False) as client:
        form = {"login": "demo", "password": suite.secret("demo-password")}
        (await client.post("/api/gateway/v1/sessions", json=form)).raise_for_status()
        yield client


@pytest_asyncio.fixture
async def foreign(suite: Suite, administrator: httpx.AsyncClient) -> AsyncIterator[ForeignPortal]:
    """Another site: browsers tell localhost from 127.0.0.1."""
    portal = ForeignPortal(hub=suite.url)
    app = web.Application()
    app.add_routes([web.get("/", portal.page), web.get("/token", portal.token)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    portal.origin = f"http://localhost:{port}"
    key = {"name": "统一信息门户", "subject": "system/portal", "scopes": READ}
    made = await administrator.post("/api/gateway/v1/keys", json=key)
    portal.key = made.raise_for_status().json()["key"]
    client = {
        "name": "统一信息门户",
        "subject": "system/portal",
        "origins": [portal.origin],
        "resources": ["overview", "alerts"],
    }
    made = await administrator.post("/api/gateway/v1/embed/clients", json=client)
    made.raise_for_status()
    yield portal
    await administrator.delete(f"/api/gateway/v1/embed/clients/{made.json()['id']}")
    await runner.cleanup()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser that keeps no cookies of third parties."""
    async with async_playwright() as playwright:
        blocking = [*QUIET, "--test-third-party-cookie-phaseout"]
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=blocking)
        yield started
        await started.close()


async def opened(browser: Browser, url: str) -> tuple[Page, list[str]]:
    """Return a page of the other site, and what the browser complains of there."""
    page = await browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    await page.goto(url)
    return page, complaints


async def test_a_foreign_page_shows_the_overview_and_a_single_figure(
    browser: Browser,
    foreign: ForeignPortal,
    portal: httpx.AsyncClient,
    integrator: Client,
) -> None:
    await raise_alert(portal, integrator, "E")
    foreign.ttl = 5

    page, complaints = await opened(browser, foreign.origin)

    frame = page.frame_locator("helix8-embed iframe")
    await expect(frame.get_by_role("link", name="工程测量五班").first).to_be_visible(timeout=15_000)
    await expect(page.locator("h8-alerts [data-alert]").first).to_be_visible()
    passed = page.locator("helix8-embed li")
    await expect(passed).to_have_count(5)
    assert [await each.get_attribute("data-passed") for each in await passed.all()] == ["true"] * 5
    box = await page.locator("helix8-embed iframe").bounding_box()
    inside = await frame.locator("main").bounding_box()
    assert box is not None
    assert inside is not None
    assert (box["height"] > 400, abs(box["height"] - inside["height"]) < 2) == (True, True)
    assert await page.context.cookies() == []

    # The token of five seconds ends: the page asks its back end for another one.
    before = len(foreign.given)
    await page.wait_for_timeout(5_500)
    await page.evaluate("document.querySelector('helix8-embed').filter = {severity: 'red'}")

    async def given() -> int:
        return len(foreign.given)

    await until(given, lambda count: count > before)
    await expect(frame.get_by_role("heading", name="预警").first).to_be_visible()
    assert [each for each in complaints if "status of 401" not in each] == []


async def test_a_token_is_worth_nothing_elsewhere_and_only_narrows(
    suite: Suite, foreign: ForeignPortal, administrator: httpx.AsyncClient
) -> None:
    given = (await foreign.mint()).json()
    headers = {"authorization": f"Bearer {given['token']}"}
    async with httpx.AsyncClient(base_url=suite.url, headers=headers, trust_env=False) as embedded:
        path = "/embed/fragments/overview"
        shown = await embedded.get(path, headers={"origin": foreign.origin})
        assert (shown.status_code, shown.headers["access-control-allow-origin"]) == (
            200,
            foreign.origin,
        )
        stolen = await embedded.get(path, headers={"origin": "https://evil.example"})
        framed = await embedded.get(path, headers={"embed-origin": "https://evil.example"})
        assert (stolen.status_code, framed.status_code) == (403, 403)
        other = await embedded.get(
            "/embed/fragments/tasks", headers={"embed-origin": foreign.origin}
        )
        assert (other.status_code, "tasks" in other.json()["detail"]) == (403, True)
        # It opens nothing but embedded pieces.
        api = await embedded.get("/api/alert/v1/alerts")
        assert api.status_code == 401
        asked = await embedded.options(path, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in asked.headers

    refused = [
        ({"origin": "https://evil.example"}, "$.origin"),
        ({"resources": ["tasks"]}, "$.resources"),
        ({"subject": "nobody"}, "$.subject"),
    ]
    for wish, place in refused:
        answer = await foreign.mint(**wish)
        assert (answer.status_code, list(answer.json()["validationErrors"])) == (403, [place])
    acting = await foreign.mint(resources=["alerts:act"])
    assert (acting.status_code, list(acting.json()["validationErrors"])) == (
        422,
        ["$.resources[0]"],
    )
    browser = await administrator.post(
        "/api/gateway/v1/embed/tokens",
        json={"subject": "demo", "origin": foreign.origin, "resources": ["overview"]},
    )
    assert browser.status_code == 403
    for wrong in ("https://a.example/path", "http://a.example", "*", "https://*.example"):
        client = {"name": "x", "subject": "system/portal", "origins": [wrong]}
        answer = await administrator.post(
            "/api/gateway/v1/embed/clients", json=client | {"resources": ["overview"]}
        )
        assert (answer.status_code, list(answer.json()["validationErrors"])) == (
            422,
            ["$.origins[0]"],
        )
    audit = await administrator.get("/api/gateway/v1/audit", params={"kind": "embed-token-given"})
    assert audit.json()[0]["detail"]["subject"] == "person/demo"


async def test_a_shell_holds_nothing_and_opens_for_registered_sites_alone(
    suite: Suite, foreign: ForeignPortal
) -> None:
    async with httpx.AsyncClient(base_url=suite.url, trust_env=False) as anyone:
        shell = await anyone.get("/embed/overview")
        policy = shell.headers["content-security-policy"]
        assert (shell.status_code, policy.endswith(f"frame-ancestors {foreign.origin}")) == (
            200,
            True,
        )
        assert (shell.headers["referrer-policy"], shell.headers.get("set-cookie")) == (
            "no-referrer",
            None,
        )
        other = await anyone.get("/embed/overview", params={"client": str(UUID(int=0))})
        assert other.headers["content-security-policy"].endswith("frame-ancestors 'none'")
        assert (await anyone.get("/embed/nothing")).status_code == 404
        told = (await anyone.get("/oembed", params={"url": f"{suite.url}/embed/alerts"})).json()
        assert (told["type"], f'src="{suite.url}/embed/alerts"' in told["html"]) == ("rich", True)
        none = await anyone.get("/oembed", params={"url": "https://evil.example/embed/alerts"})
        assert none.status_code == 404
        todo = await anyone.get("/api/gateway/v1/me/todo-count", headers=suite.api_key)
        assert set(todo.json()) == {"open", "overdue"}


async def test_the_address_of_a_figure_shows_that_figure_and_opens_nothing_else(
    foreign: ForeignPortal, administrator: httpx.AsyncClient, portal: httpx.AsyncClient
) -> None:
    await a_cycle(portal)
    task = {"key": "figure-task", "title": "图件任务", "scope": "school/P9003"}
    task |= {"kind": "routine", "system": "decision", "starts_on": "2026-01-01"}
    await portal.post("/api/target/v1/tasks", json=task | {"ends_on": "2026-12-31"})
    site = {"name": "大屏", "subject": "system/portal", "origins": ["https://wall.example.edu.cn"]}
    made = await administrator.post(
        "/api/gateway/v1/embed/clients", json=site | {"resources": ["spiral", "onepage"]}
    )
    wanted = {"subject": "demo", "origin": site["origins"][0], "figure": "spiral", "format": "png"}
    bearer = {"Authorization": f"Bearer {foreign.key}"}
    async with httpx.AsyncClient(base_url=foreign.hub, trust_env=False) as stranger:
        path = "/api/gateway/v1/embed/figures"
        given = await stranger.post(path, json=wanted, headers=bearer)
        beyond = await stranger.post(path, json=wanted | {"figure": "profile"}, headers=bearer)
        sheet = wanted | {"figure": "onepage", "format": "svg", "asked": {"of": "school/P9003"}}
        of_sheet = await stranger.post(path, json=sheet, headers=bearer)
        page = await stranger.get(of_sheet.json()["url"])
        png, token = given.json()["url"], given.json()["url"].split("/")[-1].partition(".")[0]
        shown = await stranger.get(png)
        drawn = await stranger.get(png.replace(".png", ".svg"))
        as_figure = {"Authorization": f"Bearer {token}", "Embed-Origin": "figure"}
        opened = [
            await stranger.get(f"/embed/fragments/{each}", headers=as_figure)
            for each in ("spiral", "spiral%3F")
        ]
        await administrator.delete(f"/api/gateway/v1/embed/clients/{made.json()['id']}")
        ended = await stranger.get(png)

    assert (given.status_code, beyond.status_code) == (201, 403)
    assert shown.content.startswith(b"\x89PNG")
    assert page.headers["content-type"] == "image/svg+xml"
    assert task["title"] in page.text
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "style-src 'unsafe-inline'" in drawn.headers["content-security-policy"]
    assert "阶段改进" in drawn.text
    assert "var(" not in drawn.text
    assert [each.status_code for each in (*opened, ended)] == [403, 403, 401]


async def a_cycle(portal: httpx.AsyncClient) -> None:
    """Let the hub know a school, and open a cycle of it."""
    school = {"school_code": "P9003", "name": "图件学院"}
    feed = {"feed": "portal.school", "source": "academic", "entity": "school"}
    fields = {name: {"from": name} for name in school}
    await portal.put("/api/datahub/v1/feeds/portal.school", json=feed | {"fields": fields})
    await portal.post(
        "/api/datahub/v1/records/school", json=school, params={"feed": "portal.school"}
    )
    cycle = {"key": "2026/school/P9003", "scope": "school/P9003", "period": "year:2026"}

    async def opened() -> int:
        return (await portal.post("/api/spiral/v1/cycles", json=cycle)).status_code

    await until(opened, lambda status: status in {200, 201, 409})
