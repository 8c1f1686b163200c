"""A browser for the tests, and somebody who has signed in."""

import shutil
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.conftest import Suite

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest_asyncio.fixture
async def page(suite: Suite) -> AsyncIterator[Page]:
    """A page in a fresh browser: it asks nobody outside the suite, and complains of nothing."""
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
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        yield page
        await browser.close()
        assert outside == []
        # A browser notes a refused password and a refused form, too.
        refused = ("status of 401", "status of 409", "status of 422")
        assert [each for each in complaints if not any(code in each for code in refused)] == []


@pytest_asyncio.fixture
async def signed_in(page: Page, suite: Suite) -> Page:
    """The page after the demonstration's account has signed in."""
    await page.goto("/login")
    await page.fill("input[name=login]", "demo")
    await page.fill("input[name=password]", suite.secret("demo-password"))
    await page.press("input[name=password]", "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("五层面总览")
    return page
