"""The portal in a real browser: sign in, see the overview move when an alert is raised."""

import httpx
import pytest
from nats.aio.client import Client
from playwright.async_api import Page, expect

from tests.conftest import Suite
from tests.system.test_journey import CLASS, prepare, push

pytestmark = pytest.mark.needs("chromium")


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

    shown = page.locator("[data-alert]", has_text="退选率不高于两成")
    await expect(shown.first).to_be_visible(timeout=15_000)
    assert "工程测量二班" in await shown.first.inner_text()


async def test_a_wrong_password_says_so_and_lets_nobody_in(page: Page) -> None:
    await page.goto("/login")
    await page.fill("input[name=login]", "demo")
    await page.fill("input[name=password]", "not-the-password")
    await page.press("input[name=password]", "Enter")

    await expect(page.get_by_role("alert")).to_be_visible()
    await page.goto("/")
    assert "/login" in page.url
