"""Every page for everybody: no fault that axe finds, no sideways scrolling, all by keyboard."""

import re

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.conftest import Suite

pytestmark = pytest.mark.needs("chromium")

PAGES = (
    "/",
    "/alerts",
    "/alerts?level=school&severity=blue&state=settled",
    "/corrections?state=all",
    "/handed-in?state=all",
    "/tasks",
    "/account",
    "/docs",
    "/docs/gateway",
    "/events",
)
SCREENS = (
    *("/cycles", "/chains", "/sheets", "/map", "/data", "/quarantine", "/dictionary"),
    *("/dictionary/course", "/lineage", "/import", "/calendar", "/operations", "/wall"),
    *("/reports", "/report-batches", "/reviews"),
    *("/rules", "/rules/attendance-course-low", "/rules/attendance-course-low/edit"),
    *("/rules/_new?written=1", "/silences", "/notification-policy", "/channels"),
    *("/channels/_new?kind=email", "/inbox", "/mine", "/profiles", "/trace", "/developers"),
    *("/standards", "/standards/_new", "/plans", "/plans/_new", "/bindings", "/selectors"),
    *("/assessments", "/assessment-schemes/_new", "/registers/bodies", "/registers/risks/_new"),
    *("/review-packages", "/wall?size=1920x1080", "/guide", "/plans/_import"),
    *("/culture", "/statements?state=all"),
)
"""Each is looked at once, in English, which is the longer of the two."""

WIDTHS = (320, 390, 768, 1280, 1440, 1920)


async def sideways(page: Page) -> list[int]:
    """Return the widths of screens on which a page is wider than the screen."""
    wide = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(width)
    return wide


async def faults(page: Page) -> list[str]:
    """Return what axe finds wrong with a page."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_page_scrolls_sideways(signed_in: Page, language: str) -> None:
    await signed_in.goto(f"/?lang={language}")

    wide = {}
    for path in PAGES:
        await signed_in.goto(path)
        wide[path] = await sideways(signed_in)

    assert {path: widths for path, widths in wide.items() if widths} == {}


@pytest.mark.parametrize("width", [390, pytest.param(1440, marks=pytest.mark.long)])
async def test_axe_finds_no_fault(signed_in: Page, width: int) -> None:
    await signed_in.set_viewport_size({"width": width, "height": 900})

    wrong = {}
    for path in PAGES:
        await signed_in.goto(path)
        wrong[path] = await faults(signed_in)

    assert {path: found for path, found in wrong.items() if found} == {}


async def test_every_screen_fits_and_axe_finds_no_fault(signed_in: Page) -> None:
    await signed_in.goto("/?lang=en")

    wrong = {}
    for path in SCREENS:
        answer = await signed_in.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        found = [f"wider than {width}" for width in await sideways(signed_in)]
        for width in (390, 1280):
            await signed_in.set_viewport_size({"width": width, "height": 900})
            found += await faults(signed_in)
        wrong[path] = found

    assert {path: found for path, found in wrong.items() if found} == {}


async def test_the_page_to_sign_in_has_no_fault_either(page: Page) -> None:
    await page.goto("/login")

    assert await faults(page) == []
    assert await sideways(page) == []


async def test_everything_is_reached_by_keyboard(signed_in: Page) -> None:
    """Skip link, the list of all alerts, a filter, and back: without a mouse."""
    await signed_in.keyboard.press("Tab")
    await expect(signed_in.locator(":focus")).to_have_text("跳到正文")
    await signed_in.keyboard.press("Enter")
    await press_until_focused(signed_in, "#all-alerts")
    await signed_in.keyboard.press("Enter")
    await expect(signed_in).to_have_url(re.compile(r"/alerts$"))
    await press_until_focused(signed_in, "#severity-red")
    await signed_in.keyboard.press("Enter")
    await expect(signed_in).to_have_url(re.compile(r"/alerts\?severity=red$"))
    await expect(signed_in.locator("#severity-red")).to_have_attribute("aria-current", "true")
    await signed_in.go_back()
    await expect(signed_in.locator("#severity-all")).to_have_attribute("aria-current", "true")


async def press_until_focused(page: Page, selector: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        if await page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


async def test_the_documentation_lists_every_operation_of_the_running_suite(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient
) -> None:
    merged = (await portal.get("/api/openapi.json")).json()
    operations = sum(len(each) for each in merged["paths"].values())

    await signed_in.goto("/docs")
    listed = await signed_in.locator(".ops a").evaluate_all("(all) => all.map((a) => a.href)")
    await signed_in.goto(listed[0])

    assert len(listed) == operations > 60
    name = listed[0].partition("#")[2]
    await expect(signed_in.locator(f"section#{name} pre")).to_contain_text(f"{suite.url}")


async def test_an_operation_is_tried_out_with_files_of_this_host_alone(signed_in: Page) -> None:
    """By Swagger UI; the page's fixture sees to it that nobody outside is asked."""
    await signed_in.goto("/docs/_try")
    await signed_in.locator(".opblock-tag", has_text="identity").click()
    operation = signed_in.locator(".opblock", has_text="/api/gateway/v1/me").first
    await operation.locator(".opblock-summary").click()
    await operation.get_by_role("button", name="Try it out").click()
    await operation.get_by_role("button", name="Execute", exact=True).click()

    answer = operation.locator(".live-responses-table")
    await expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    assert "person/demo" in await answer.inner_text()
