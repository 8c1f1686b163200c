"""People hand values in by the page: with evidence, by sheet; others decide; tasks lead there."""

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import openpyxl
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.test_every_page import faults, sideways
from tests.conftest import Suite, until

pytestmark = pytest.mark.needs("chromium")

PASSWORD = "a-good-long-password-1"
PDF = b"%PDF-1.7 the answers of 50 employers"
INDICATOR = {
    "indicator": "handing_employers",
    "zh": "用人单位满意度（填报）",
    "en": "Employers' satisfaction (handed in)",
    "unit": "ratio",
    "direction": "higher",
    "basis": "浏览器旅程",
    "manual": True,
    "minimum_sample": 10,
    "scopes": [{"kind": "major", "period": "year"}],
}
PEOPLE = {
    "T911": ("handing-lead", "王专", "major_lead"),
    "T910": ("handing-head", "李院", "unit_head"),
}
RECORDS = {
    "org_unit": "org_code,name,leader_no\nHU1,旅程学院,T910\n",
    "staff": "staff_no,name\nT910,李院\nT911,王专\n",
    "major": "major_code,name,org_code,director_no\n"
    + "".join(f"HM{each},旅程专业{each},HU1,T911\n" for each in range(1, 5)),
}
Visit = Callable[[str], Awaitable[Page]]


async def prepare(portal: httpx.AsyncClient) -> None:
    """A unit with its head, four majors with their lead, and an indicator that nobody counts."""
    for entity, rows in RECORDS.items():
        feed = f"handing.{entity}"
        names = rows.partition("\n")[0].split(",")
        document = {
            "feed": feed,
            "source": "academic",
            "entity": entity,
            "fields": {name: {"from": name} for name in names},
        }
        answer = await portal.put(f"/api/datahub/v1/feeds/{feed}", json=document)
        assert answer.is_success, answer.text
        answer = await portal.post(
            f"/api/datahub/v1/batches?feed={feed}",
            content=rows.encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.json()["quarantined"] == 0, answer.text
    path = f"/api/datahub/v1/indicators/{INDICATOR['indicator']}"
    answer = await portal.put(path, json=INDICATOR)
    assert answer.is_success, answer.text

    async def known() -> int:
        found = await portal.get("/api/datahub/v1/scopes?scope=major/HM4&scope=unit/HU1")
        return len(found.json())

    await until(known, lambda count: count == 2)


@pytest_asyncio.fixture
async def visit(suite: Suite, portal: httpx.AsyncClient) -> AsyncIterator[Visit]:
    """Open the portal as one of the people of the journey."""
    await prepare(portal)
    admin = httpx.AsyncClient(base_url=suite.url, headers={"origin": suite.url}, trust_env=False)
    who = {"login": "demo", "password": suite.secret("demo-password")}
    assert (await admin.post("/api/gateway/v1/sessions", json=who)).is_success
    for number, (login, name, role) in PEOPLE.items():
        account = {"login": login, "subject": f"person/{number}", "name": name}
        answer = await admin.post(
            "/api/gateway/v1/accounts", json={**account, "password": PASSWORD, "roles": [role]}
        )
        assert answer.status_code in {201, 409}, answer.text
    await admin.aclose()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        complaints: list[str] = []

        async def open_as(number: str) -> Page:
            context = await browser.new_context(locale="zh-CN", base_url=suite.url)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text))
            await page.goto("/login")
            await page.fill("input[name=login]", PEOPLE[number][0])
            await page.fill("input[name=password]", PASSWORD)
            await page.press("input[name=password]", "Enter")
            await expect(page).not_to_have_url(re.compile("/login"))
            return page

        yield open_as
        await browser.close()
        # A browser notes an answer that refuses, too.
        assert [each for each in complaints if "status of 4" not in each] == []


async def fill_in(page: Page, scope: str, year: int, n: str = "50") -> None:
    await page.goto("/handed-in")
    await page.select_option("#handed-indicator", INDICATOR["indicator"])
    await page.fill("#handed-scope", scope)
    await page.fill("#handed-period", f"year:{year}")
    await page.fill("#handed-numerator", "45")
    await page.fill("#handed-denominator", "50")
    await page.fill("#handed-n", n)
    file = {"name": "问卷.pdf", "mimeType": "application/pdf", "buffer": PDF}
    await page.set_input_files("#handed-file", [file])  # type: ignore[list-item]
    await expect(page.locator("#handed-told")).to_have_text("问卷.pdf · 已上传")


async def send(page: Page, scope: str, year: int) -> str:
    """Hand a value in; return the address of its page."""
    await fill_in(page, scope, year)
    await page.get_by_role("button", name="提交待批准").click()
    await expect(page).to_have_url(re.compile(r"/handed-in/[0-9a-f-]{36}$"))
    await expect(page.locator(".chip.is-waiting")).to_be_visible()
    return page.url


async def value_of(portal: httpx.AsyncClient, scope: str, year: int) -> Any:
    which = {"indicator": INDICATOR["indicator"], "scope": scope, "period": f"year:{year}"}
    found = (await portal.get("/api/datahub/v1/measurements", params=which)).json()
    return found[0]["value"] if found else None


async def test_a_value_is_handed_in_with_evidence_and_another_person_approves_it(
    visit: Visit, portal: httpx.AsyncClient
) -> None:
    lead, head = await visit("T911"), await visit("T910")
    address = await send(lead, "major/HM1", 2025)
    await expect(lead.get_by_role("button", name=re.compile("^批准"))).to_have_count(0)
    task = head.locator(f"a[href='{address[address.index('/handed-in') :]}']")

    async def waits() -> int:
        await head.goto("/tasks")
        return await task.count()

    await until(waits)
    await task.click()
    async with head.expect_download() as got:
        await head.get_by_role("link", name="问卷.pdf").click()
    await head.get_by_role("button", name=re.compile("^批准")).click()
    await expect(head.locator(".chip.is-approved")).to_be_visible()

    assert (await got.value).suggested_filename == "问卷.pdf"
    await until(lambda: value_of(portal, "major/HM1", 2025), lambda value: value == "0.900000")
    await head.reload()
    await expect(head.locator(".chip.good")).to_have_text(["现为测量值"])
    await expect(head.locator(".steps li")).to_contain_text(["填报 王专", "批准 李院"])

    async def is_done() -> bool:
        await head.goto("/tasks")
        return await task.count() == 0

    await until(is_done)


async def test_a_rejected_value_is_revised_and_a_waiting_one_withdrawn(visit: Visit) -> None:
    lead, head = await visit("T911"), await visit("T910")
    address = await send(lead, "major/HM2", 2025)
    await head.goto(address)
    await head.locator("summary", has_text="退回").click()
    await head.get_by_label("原因").first.fill("样本算错")
    await head.get_by_role("button", name="确认退回").click()
    await expect(head.locator(".steps q")).to_have_text("样本算错")

    await lead.goto(address)
    await expect(lead.locator(".chip.is-rejected")).to_be_visible()
    await lead.locator("summary", has_text="修订").click()
    await lead.fill("#handed-numerator", "60")
    await lead.fill("#handed-denominator", "0")
    await lead.get_by_role("button", name="提交待批准").click()
    await expect(lead.locator("#fault-denominator")).to_contain_text("不能为 0")
    await expect(lead.locator("#handed-numerator")).to_have_value("60")
    await lead.fill("#handed-numerator", "40")
    await lead.fill("#handed-denominator", "50")
    await lead.get_by_role("button", name="提交待批准").click()
    await expect(lead.locator(".num b")).to_have_text("80%")

    await lead.locator("summary", has_text="撤回").click()
    await lead.get_by_label("原因").fill("重报")
    await lead.get_by_role("button", name="确认撤回").click()
    await expect(lead.locator(".chip.is-withdrawn")).to_be_visible()


async def test_what_is_wrong_is_told_beside_its_field(visit: Visit) -> None:
    lead = await visit("T911")
    await fill_in(lead, "unit/HU1", 2025, n="3")
    await lead.get_by_role("button", name="提交待批准").click()
    elsewhere = lead.locator("#fault-scope")
    await expect(elsewhere).to_contain_text("不在您填报的范围")
    await lead.fill("#handed-scope", "major/HM3")
    await lead.get_by_role("button", name="提交待批准").click()

    await expect(lead.locator("#fault-n")).to_contain_text("样本至少 10")
    await expect(lead.locator("#handed-n")).to_have_attribute("aria-invalid", "true")
    await expect(lead.locator("#handed-told")).to_have_text("问卷.pdf")


async def test_a_sheet_is_checked_cell_by_cell_and_then_sent(visit: Visit) -> None:
    lead = await visit("T911")
    await lead.goto("/handed-in")
    await lead.select_option("#sheet-indicator", INDICATOR["indicator"])
    await lead.fill("#sheet-period", "year:2024")
    async with lead.expect_download() as got:
        await lead.get_by_role("button", name="下载模板").click()
    book = openpyxl.load_workbook(io.BytesIO((await (await got.value).path()).read_bytes()))
    sheet = book.active
    assert sheet is not None
    head = [each.value for each in sheet[1]]
    rows = {each[1].value: each[1].row for each in sheet.iter_rows(min_row=2)}
    for scope, n in {"major/HM3": 50, "major/HM4": 3}.items():
        told = {"数值": 0.82, "样本数": n, "佐证链接": "https://survey.example.edu/2024"}
        for name, value in told.items():
            sheet.cell(int(rows[scope]), 1 + head.index(name), value)
    out = io.BytesIO()
    book.save(out)
    file = {"name": "填报.xlsx", "mimeType": "", "buffer": out.getvalue()}
    await lead.set_input_files("#sheet-file", [file])  # type: ignore[list-item]
    told_of = lead.locator("#sheet-told")
    await expect(told_of).to_contain_text("新填 1，修订 0，不变 0，有误 1")
    cell = lead.locator("#sheet-faults tbody tr")
    await expect(cell.locator("td")).to_have_text(
        [f"G{rows['major/HM4']}", re.compile("样本至少 10")]
    )
    await lead.get_by_role("button", name="提交其余 1 行").click()
    await expect(told_of).to_contain_text("已提交：新填 1")
    await lead.get_by_role("link", name="查看待批准的填报").click()

    assert sorted(rows) == [f"major/HM{each}" for each in range(1, 5)]
    row = lead.locator("[data-handed]", has_text="旅程专业3")
    await expect(row.locator(".num b")).to_have_text("82%")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_pages_have_no_fault_in_any_width(visit: Visit, language: str) -> None:
    lead, head = await visit("T911"), await visit("T910")
    year = 2021 if language == "zh" else 2020
    address = await send(lead, "major/HM1", year)
    wrong: dict[str, Any] = {}
    for path in ("/handed-in?state=all", address, "/tasks"):
        await head.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        for width in (390, 1440):
            await head.set_viewport_size({"width": width, "height": 900})
            wrong[f"{path} {width}"] = await faults(head)
        wrong[path] = await sideways(head)

    assert {path: found for path, found in wrong.items() if found} == {}
