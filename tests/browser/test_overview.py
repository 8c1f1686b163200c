"""The portal in a real browser: sign in, see the overview move when an alert is raised."""

import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from nats.aio.client import Client
from playwright.async_api import Page, async_playwright, expect

from tests.conftest import Suite
from tests.system.test_journey import CLASS, prepare, push

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = pytest.mark.needs("chromium")


@pytest_asyncio.fixture
async def page(suite: Suite) -> AsyncIterator[Page]:
    """A page in a fresh browser, that refuses every request outside the suite."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(locale="zh-CN", base_url=suite.url)
        page = await context.new_page()
        outside: list[str] = []
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(suite.url) else outside.append(request.url)
            ),
        )
        yield page
        await browser.close()
        assert outside == []


async def test_an_alert_appears_on_the_open_page(
    page: Page, suite: Suite, portal: httpx.AsyncClient, integrator: Client
) -> None:
    await prepare(portal)
    await page.goto("/")
    await expect(page).to_have_url(f"{suite.url}/login")
    await page.fill("input[name=login]", "demo")
    await page.fill("input[name=password]", suite.secret("demo-password"))
    await page.press("input[name=password]", "Enter")
    await expect(page.get_by_text("五层面总览")).to_be_visible()

    await push(integrator, "B1", "退选", class_no=f"{CLASS}B")

    await expect(page.get_by_text("退选率不高于两成").first).to_be_visible(timeout=15_000)


async def test_a_wrong_password_says_so_and_lets_nobody_in(page: Page) -> None:
    await page.goto("/login")
    await page.fill("input[name=login]", "demo")
    await page.fill("input[name=password]", "not-the-password")
    await page.press("input[name=password]", "Enter")

    await expect(page.get_by_role("alert")).to_be_visible()
    await page.goto("/")
    assert "/login" in page.url
