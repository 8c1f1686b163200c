"""Signing in by a provider that others wrote, in a real browser: its keys rotate, it goes away."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, async_playwright, expect
from tests.browser.conftest import CHROMIUM, QUIET
from tests.idp.witness import Witness

from helix8.embedded.ports import free_port

pytestmark = [pytest.mark.needs("npm"), pytest.mark.needs("chromium")]

ME = "fetch('/api/gateway/v1/me').then(answer => answer.json())"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """Installed now, started when the gateway's address is known."""
    running = Witness(free_port(), "", tmp_path_factory.mktemp("witness"))
    running.install()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def more_settings(witness: Witness) -> Callable[[str], dict[str, str]]:
    def settings(url: str) -> dict[str, str]:
        witness.gateway = url
        witness.start()
        provider = {
            "kind": "oidc",
            "id": "witness",
            "name_zh": "第二认证",
            "name_en": "Witness",
            "issuer": witness.url,
            "client_id": "helix8",
            "client_secret": "known to both of them alone",
            "person": "employee",
            "role": "kind",
            "roles": {"teacher": "teacher"},
        }
        return {"GATEWAY_PUBLIC_URL": url, "GATEWAY_PROVIDERS": json.dumps([provider])}

    return settings


@pytest_asyncio.fixture
async def page(gateway: Any) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield await new_page(running, gateway)
        await running.close()


async def new_page(running: Browser, gateway: Any) -> Page:
    """A page in a browser of its own; the provider's pages want a font from elsewhere."""
    context = await running.new_context(locale="zh-CN", base_url=gateway.url)
    await context.route(lambda url: "//127.0.0.1:" not in url, lambda route: route.abort())
    return await context.new_page()


async def enter(page: Page, login: str, home: str) -> None:
    """Sign in there, agree, and come back."""
    await page.goto("/login?next=/account")
    await page.get_by_role("link", name="第二认证").click()
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", "any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url(f"{home}/**")


async def test_a_person_enters_keys_rotate_and_the_provider_goes_away_and_comes_back(
    gateway: Any, witness: Witness, page: Page
) -> None:
    await enter(page, "t501", gateway.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的账号")
    me = await page.evaluate(ME)
    assert (me["subject"], me["name"], me["roles"]) == ("person/T501", "王五", ["teacher"])

    # Away: who is in stays in, who comes is told so on a page.
    witness.stop()
    assert (await page.evaluate(ME))["subject"] == "person/T501"
    assert page.context.browser is not None
    late = await new_page(page.context.browser, gateway)
    refused = None
    async for _ in attempts():
        with suppress(Error):  # sent on to where nobody answers any more
            refused = await late.goto("/login/oidc/witness")
            break
    assert refused is not None
    assert refused.status == 503
    await expect(late.locator("main")).to_contain_text("统一身份认证暂时不可用")

    # Back, with keys that nobody has seen.
    witness.start()
    await enter(late, "t502", gateway.url)
    async for _ in attempts():
        if (await late.locator("h1").text_content()) == "我的账号":
            break
        await late.goto("/login/oidc/witness?next=/account")
    assert (await late.evaluate(ME))["subject"] == "person/T502"
    assert witness.starts == 2

    # Signed out at the provider, which tells the gateway by its back channel.
    await late.goto(f"{witness.url}/session/end")
    await late.get_by_role("button", name="Yes, sign me out").click()
    # Whoever leaves before the provider has answered takes back what he said.
    await late.wait_for_url(f"{witness.url}/session/end/success*")
    await late.goto("/account")
    await expect(late).to_have_url(f"{gateway.url}/login?next=%2Faccount")
    assert (await page.evaluate(ME))["subject"] == "person/T501"


async def attempts() -> AsyncIterator[int]:
    """It is believed to be there for three seconds, and its keys are fetched anew after five."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        yield 1
