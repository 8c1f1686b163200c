"""A standard is written by the quality office and approved by another; each begins on his page."""

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.test_embeds import a_cycle
from tests.browser.test_reports import PASSWORD, account, admin, open_as
from tests.conftest import Suite

__all__ = ["admin"]

pytestmark = pytest.mark.needs("chromium")


async def test_a_standard_is_written_by_one_and_approved_by_another(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    browser = signed_in.context.browser
    assert browser is not None
    await a_cycle(portal)
    office = await account(admin, "T971", "quality_office")
    leader = await account(admin, "T972", "leader")
    page = await open_as(browser, suite, office, PASSWORD)
    await page.goto("/standards/_new")
    await page.fill("#form-key", "journey-standard")
    await page.fill("#form-title", "课堂教学标准")
    await page.select_option("#form-kind", "course_teaching")
    await page.fill("#form-sections-0-title", "第一条")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    await page.fill("#form-sections-0-text", "按时到课")
    await page.fill("#form-scope", "school/P9003")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator(".toast")).to_have_text("已保存")
    address = page.url.partition("?")[0]

    other = await open_as(browser, suite, leader, PASSWORD)
    await other.goto(address)
    await other.locator("#step-approve").click()
    await other.locator("details[open] .sheet button").click()
    await expect(other.locator(".chip.is-approved").first).to_be_visible()
    kept = (await portal.get("/api/target/v1/standards/journey-standard")).json()

    assert (kept["state"], kept["approved_by"]) == ("approved", "person/T972")
    student = await open_as(browser, suite, await account(admin, "S971", "student"), PASSWORD)
    await expect(student).to_have_url(re.compile("/mine$"))
    await student.goto("/standards/_new")
    await expect(student.get_by_role("heading", level=1)).to_have_text("没有查看权限")
