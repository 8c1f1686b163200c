"""A report is made, written, reviewed by another and issued; a committee reviews a document."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shared.kit.clock import now
from tests.browser.test_every_page import faults, sideways
from tests.conftest import Suite, until
from tests.system.test_journey import PERIOD, SCOPE, prepare

pytestmark = pytest.mark.needs("chromium")

PASSWORD = "a-good-long-password-1"
EXPERTS = ("T981", "T982", "T983")
COMMITTEE = {"key": "pages-committee", "title": "专家委员会", "since": "2026-09-01"}
STAFF: dict[str, Any] = {
    "feed": "pages.staff",
    "source": "hr",
    "entity": "staff",
    "fields": {name: {"from": name} for name in ("staff_no", "name")},
}


async def open_as(browser: Browser, suite: Suite, login: str, password: str) -> Page:
    context = await browser.new_context(locale="zh-CN", base_url=suite.url)
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", password)
    await page.press("input[name=password]", "Enter")
    await expect(page).not_to_have_url(re.compile("/login"))
    return page


@pytest_asyncio.fixture
async def admin(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """The demonstration's account, to open others."""
    headers = {"origin": suite.url}
    async with httpx.AsyncClient(base_url=suite.url, headers=headers, trust_env=False) as client:
        who = {"login": "demo", "password": suite.secret("demo-password")}
        assert (await client.post("/api/gateway/v1/sessions", json=who)).is_success
        yield client


async def account(admin: httpx.AsyncClient, number: str, role: str) -> str:
    """Open an account; return its login."""
    who = {"login": f"paper-{number.lower()}", "subject": f"person/{number}", "name": number}
    more = {"password": PASSWORD, "roles": [role]}
    answer = await admin.post("/api/gateway/v1/accounts", json=who | more)
    assert answer.status_code in {201, 409}, answer.text
    return who["login"]


async def test_a_report_is_written_reviewed_by_another_and_issued(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await prepare(portal)

    async def has_facts() -> int:
        body = {"scope": SCOPE, "period": PERIOD}
        return (await portal.post("/api/report/v1/reports", json=body)).status_code

    await until(has_facts, lambda status: status in {200, 201})
    await signed_in.goto("/reports")
    await signed_in.locator(".tools summary", has_text="新建报告").click()
    await signed_in.fill("#make-scope", "class/NONE")
    await signed_in.fill("#make-period", PERIOD)
    await signed_in.get_by_role("button", name="新建报告").click()
    await expect(signed_in.locator(".sheet .problem")).to_be_visible()
    await signed_in.fill("#make-scope", SCOPE)
    await signed_in.get_by_role("button", name="新建报告").click()
    await expect(signed_in).to_have_url(re.compile(r"/reports/[0-9a-f-]{36}$"))
    address = signed_in.url

    await signed_in.get_by_role("button", name="提交审核").click()
    await expect(signed_in.locator(".doc .fault").first).to_contain_text("待填写")
    await signed_in.goto(address)
    first = signed_in.locator(".act.edit:has(textarea:text-is(''))").first
    await first.locator("summary").click()
    written = first.locator("textarea").first
    place = await written.get_attribute("id")
    await written.fill("自动保存的一段。")
    await expect(first.locator("[role=status]")).to_contain_text("已自动保存")
    await signed_in.goto(address)
    await expect(signed_in.locator(f"[id='{place}']")).to_have_text("自动保存的一段。")
    for _ in range(await signed_in.locator(".act.edit").count()):
        form = signed_in.locator(".act.edit:has(textarea:text-is(''))").first
        if not await form.count():
            break
        await form.locator("summary").click()
        for area in await form.locator("textarea").all():
            await area.fill("选课前未讲清课程要求，已在第一周补讲。")
        await form.get_by_role("button", name="保存").click()
        await expect(signed_in.locator(".toast")).to_have_text("已保存")
    await expect(signed_in.locator(".doc .blank")).to_have_count(0)
    await signed_in.get_by_role("button", name="提交审核").click()
    await expect(signed_in.locator(".title .chip")).to_have_text("待审核")
    await expect(signed_in.locator("#acts summary", has_text="审核通过")).to_have_count(0)

    browser = signed_in.context.browser
    assert browser is not None
    other = await open_as(browser, suite, await account(admin, "T980", "quality_office"), PASSWORD)
    await other.goto(address)
    await other.locator("#acts summary", has_text="审核通过").click()
    await other.locator("#acts button", has_text="审核通过").click()
    await expect(other.locator(".title .chip")).to_have_text("待签发")
    await other.locator("#acts summary", has_text="签字").click()
    await other.locator("#acts button", has_text="签字").click()
    await expect(other.locator("#acts .okay").first).to_contain_text("✓ T980")
    await other.locator("#acts summary", has_text="签发").click()
    await other.locator("#acts button", has_text="签发").click()
    await expect(other.locator(".title .chip")).to_have_text("已签发", timeout=20_000)
    await expect(other.locator(".files code")).to_have_count(4)
    async with other.expect_download() as got:
        await other.click("#file-docx")
    number = (await got.value).suggested_filename.removesuffix(".docx")
    await other.goto(f"/verify/{number}")
    await expect(other.locator(".facts")).to_contain_text("有效")

    await other.goto(f"/reports?state=issued&scope={SCOPE}&lang=en")
    await other.locator(".entries a").first.click()
    assert await faults(other) == []
    assert await sideways(other) == []
    await signed_in.goto("/report-batches")
    await signed_in.locator(".tools summary", has_text="批量生成").click()
    await signed_in.fill("#batch-scopes", SCOPE)
    await signed_in.fill("#batch-period", PERIOD)
    await signed_in.get_by_role("button", name="批量生成").click()
    # Nobody reloads the page: it learns by itself how far the batch has come.
    await expect(signed_in.locator("#zip")).to_be_visible(timeout=30_000)
    await expect(signed_in.locator("#progress .chip")).to_have_text("已完成")


async def committee(portal: httpx.AsyncClient) -> None:
    """Experts in the hub, and a body that asks them."""
    await prepare(portal)
    answer = await portal.put(f"/api/datahub/v1/feeds/{STAFF['feed']}", json=STAFF)
    assert answer.is_success, answer.text
    for number in EXPERTS:
        record = {"staff_no": number, "name": f"专家{number}"}
        await portal.post(
            "/api/datahub/v1/records/staff", json=record, params={"feed": STAFF["feed"]}
        )
    answer = await portal.post("/api/target/v1/bodies", json=COMMITTEE)
    assert answer.is_success, answer.text

    async def known() -> int:
        asked = "&".join(f"scope=teacher/{number}" for number in EXPERTS)
        return len((await portal.get(f"/api/datahub/v1/scopes?{asked}")).json())

    await until(known, lambda count: count == len(EXPERTS))


async def test_a_committee_comments_votes_and_decides(
    signed_in: Page, suite: Suite, portal: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await committee(portal)
    await signed_in.goto("/reviews")
    await signed_in.locator(".tools summary", has_text="送审").click()
    for name, text in {
        "title": "年度质量报告（送审稿）",
        "document": "pages-report",
        "scope": SCOPE,
        "body": COMMITTEE["key"],
        "text": "提请审议",
        "clauses": "2.2 存在问题\n2.3 改进措施",
        "due_at": f"{now() + timedelta(days=9):%Y-%m-%d}",
        "invited": "\n".join(EXPERTS),
    }.items():
        await signed_in.fill(f"#open-{name}", text)
    await signed_in.get_by_role("button", name="送审", exact=True).click()
    await expect(signed_in).to_have_url(re.compile(r"/reviews/[0-9a-f-]{36}(\?.*)?$"))
    address = signed_in.url
    browser = signed_in.context.browser
    assert browser is not None
    for number in EXPERTS:
        expert = await open_as(browser, suite, await account(admin, number, "leader"), PASSWORD)
        await expert.goto(address)
        if number == EXPERTS[0]:
            await expert.locator("#clause-1 summary").click()
            await expert.fill("#comment-1", "问题一没有写明原因")
            await expert.get_by_label("须修改").locator("visible=true").check()
            await expert.locator("#clause-1 button").click()
            await expect(expert.locator("#clause-1 .must")).to_contain_text("没有写明原因")
            await expert.locator("#vote summary").click()
            await expert.select_option("#votes-vote", "reject")
            await expert.locator("#vote button").click()
            await expect(expert.locator("#vote .problem")).to_contain_text("须说明理由")
            await expert.select_option("#votes-vote", "approve_with_changes")
            await expert.fill("#votes-reason", "补齐后同意")
        else:
            await expert.locator("#vote summary").click()
        await expert.locator("#vote button").click()
        await expect(expert.locator(".toast")).to_have_text("已表决")
        assert await faults(expert) == []
        await expert.context.close()

    await signed_in.goto(address)
    await signed_in.locator("#clause-1 summary", has_text="答复").click()
    await signed_in.get_by_label("怎样处理").fill("已补充")
    await signed_in.locator("#clause-1 button", has_text="答复").click()
    await expect(signed_in.locator("#clause-1 .answer")).to_contain_text("已补充")
    await signed_in.locator("#vote summary").click()
    await signed_in.fill("#decision-summary", "原则通过，按意见修改后定稿")
    await signed_in.locator("#vote button").click()
    await expect(signed_in.locator(".title .chip")).to_have_text("修改后通过")
    assert await sideways(signed_in) == []
