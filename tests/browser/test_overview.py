"""The portal in a real browser: sign in, see the overview move when an alert is raised."""

import re

import httpx
import pytest
from nats.aio.client import Client
from playwright.async_api import Page, Route, expect

from tests.conftest import Suite, until
from tests.system.test_journey import BINDING, CLASS, PERIOD, prepare, push

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

    await push(integrator, "S4", "退选", class_no=f"{CLASS}B")

    shown = page.locator("[data-alert]", has_text="工程测量二班")
    await expect(shown.first).to_be_visible(timeout=15_000)
    assert "退选率不高于两成" in await shown.first.inner_text()
    await expect(shown.first).to_have_class("fresh")


async def test_what_was_there_before_the_page_is_not_marked_as_new(
    signed_in: Page, portal: httpx.AsyncClient, integrator: Client
) -> None:
    """The list comes late, as from a slow service: the page first stands without its rows."""
    await raise_alert(portal, integrator, "C")

    async def without_rows(route: Route) -> None:
        answer = await route.fetch()
        body = re.sub(r"<tr data-alert.*?</tr>", "", await answer.text(), flags=re.DOTALL)
        await route.fulfill(response=answer, body=body)

    await signed_in.route(signed_in.url, without_rows)
    await signed_in.goto("/")
    await expect(signed_in.locator("[data-alert]").first).to_be_visible(timeout=15_000)

    assert await signed_in.locator("tr.fresh").count() == 0


async def test_an_alert_is_acknowledged_without_leaving_the_page(
    signed_in: Page, portal: httpx.AsyncClient, integrator: Client
) -> None:
    await raise_alert(portal, integrator, "D")
    await signed_in.goto("/alerts?sort=newest")
    row = signed_in.locator("[data-alert]", has_text="工程测量四班")

    await row.get_by_role("button", name="签收").click()

    await expect(row.locator(".c-due")).to_contain_text("演示管理员 刚刚签收")
    await expect(row.get_by_role("button", name="签收")).to_have_count(0)
    await expect(signed_in.locator("#said")).to_contain_text("已签收：工程测量四班")
    assert signed_in.url.endswith("/alerts?sort=newest")


async def test_an_alert_is_acknowledged_without_javascript_and_a_second_time_harmlessly(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient, integrator: Client
) -> None:
    await raise_alert(portal, integrator, "E")
    browser = signed_in.context.browser
    assert browser is not None
    plain = await browser.new_context(
        locale="zh-CN",
        base_url=suite.url,
        java_script_enabled=False,
        storage_state=await signed_in.context.storage_state(),
    )
    first, second = await plain.new_page(), await plain.new_page()
    button = ".c-due button"
    for page in (first, second):
        await page.goto("/alerts?sort=newest")

    for page in (first, second):
        row = page.locator("[data-alert]", has_text="工程测量五班")
        await row.locator(button).click()

    row = first.locator("[data-alert]", has_text="工程测量五班")
    await expect(row.locator(".c-due")).to_contain_text("演示管理员 刚刚签收")
    assert first.url.endswith("/alerts?sort=newest")
    await expect(second.get_by_role("heading", level=1)).to_have_text("此前已签收")
    await expect(second.locator("main")).to_contain_text("演示管理员 已于")
    await plain.close()


async def raise_alert(portal: httpx.AsyncClient, integrator: Client, letter: str) -> None:
    """Let everybody withdraw from another class, and wait for its alert."""
    name = "工程测量" + {"C": "三", "D": "四", "E": "五"}[letter] + "班"
    scope = f"class/{CLASS}{letter}"
    await prepare(portal)
    answer = await portal.post(
        "/api/datahub/v1/batches?feed=journey.teaching_class",
        content=f"jxbh,kch,xq,mc\n{CLASS}{letter},J01,2096-2097-1,{name}\n".encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    binding = BINDING | {"key": f"journey@{scope}@{PERIOD}", "scope": scope}
    answer = await portal.post("/api/target/v1/bindings", json=binding)
    assert answer.status_code in {200, 201}, answer.text
    await push(integrator, "S5", "退选", class_no=f"{CLASS}{letter}")

    async def named() -> bool:
        found = await portal.get("/api/alert/v1/alerts", params={"scope": scope})
        return [alert["scope_name"] for alert in found.json()] == [name]

    await until(named)


async def test_a_wrong_password_says_so_and_lets_nobody_in(page: Page) -> None:
    await page.goto("/login")
    await page.fill("input[name=login]", "demo")
    await page.fill("input[name=password]", "not-the-password")
    await page.press("input[name=password]", "Enter")

    await expect(page.get_by_role("alert")).to_be_visible()
    await page.goto("/")
    assert "/login" in page.url


async def test_anything_is_found_from_anywhere(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient
) -> None:
    await prepare(portal)
    await signed_in.keyboard.press("Control+k")
    box = signed_in.get_by_role("dialog").get_by_role("searchbox")
    await box.fill("gccl")
    first = signed_in.get_by_role("dialog").get_by_role("link", name="工程测量").first
    await expect(first).to_be_visible(timeout=15_000)
    await box.fill("隔离")
    links = signed_in.get_by_role("dialog").get_by_role("link")
    await expect(links).to_have_count(1)

    await box.press("Enter")
    await signed_in.wait_for_load_state()

    assert signed_in.url == f"{suite.url}/quarantine"
