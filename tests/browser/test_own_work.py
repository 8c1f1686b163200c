"""One's own: a task is reported on with evidence, a result contested; another decides."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.test_handing import PDF, Visit, visit
from tests.browser.test_reports import admin
from tests.conftest import until

__all__ = ["admin", "visit"]

pytestmark = pytest.mark.needs("chromium")

TASK = {
    "key": "own-work",
    "title": "修订实训大纲",
    "kind": "routine",
    "system": "decision",
    "scope": "unit/HU1",
    "unit": "unit/HU1",
    "owner": "teacher/T911",
    "starts_on": "2026-09-01",
    "ends_on": "2099-12-31",
}
MARKS = {"key": "marks", "title": "督导评价", "takes": "marks", "weight": "1"}
SCHEME = {
    "key": "own-teaching",
    "title": "教学质量评价办法",
    "purpose": "evaluation",
    "kind": "teacher",
    "items": [MARKS | {"sources": [{"rater": "leader", "weight": "1"}]}],
    "objection_days": 5,
}
RUN = {"key": "own-teaching-1", "title": "教学质量评价", "scheme": "own-teaching"}
RUN |= {"period": "year:2026"}


async def done(client: httpx.AsyncClient, path: str, body: Any = None) -> None:
    answer = await client.post(f"/api/target/v1/{path}", json=body)
    assert answer.is_success, answer.text


async def open_until(page: Page, path: str, seen: Locator) -> None:
    """Open a page again and again until something is on it: who leads what is told by facts."""

    async def is_there() -> int:
        await page.goto(path)
        return await seen.count()

    await until(is_there)


async def test_a_task_is_reported_on_with_evidence_and_its_head_approves(
    visit: Visit, portal: httpx.AsyncClient
) -> None:
    await done(portal, "tasks", TASK)
    await done(portal, "tasks/own-work/issue")
    owner, head = await visit("T911"), await visit("T910")
    await owner.goto("/sheets/tasks/own-work")
    await owner.get_by_role("button", name="接受").click()
    await owner.locator("summary", has_text="报告进展").click()
    await owner.fill("#reports-progress", "60")
    await owner.fill("#reports-said", "大纲初稿已审")
    file = {"name": "大纲.pdf", "mimeType": "application/pdf", "buffer": PDF}
    await owner.set_input_files("#handed-file", [file])  # type: ignore[list-item]
    await expect(owner.locator("#handed-told")).to_have_text("大纲.pdf · 已上传")
    await owner.locator("details[open] button.primary").click()
    await expect(owner.locator(".paper")).to_contain_text("大纲初稿已审")

    await open_until(head, "/sheets/tasks/own-work", head.get_by_role("button", name="批准"))
    async with head.expect_download() as got:
        await head.get_by_role("link", name="大纲.pdf").click()
    await head.get_by_role("button", name="批准").click()

    assert (await (await got.value).path()).read_bytes() == PDF
    await expect(head.locator(".paper .chip")).to_have_text("已批准")
    await owner.reload()
    await expect(owner.locator(".paper .chip.is-approved")).to_be_visible()


async def test_a_teacher_contests_his_result_on_his_page_and_another_answers(
    visit: Visit, signed_in: Page, portal: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await done(portal, "assessment-schemes", SCHEME)
    await done(admin, "assessment-schemes/own-teaching/approval")
    await done(portal, "assessment-runs", RUN | {"subjects": [{"subject": "teacher/T911"}]})
    path = "assessment-runs/own-teaching-1"
    await done(portal, f"{path}/steps", {"step": "collect"})
    mark = {"subject": "teacher/T911", "item": "marks", "source": "leader"}
    await done(portal, f"{path}/marks", {"marks": [mark | {"rater": "person/T910", "mark": "80"}]})
    for step in ("compute", "review"):
        await done(portal, f"{path}/steps", {"step": step})

    teacher = await visit("T911")
    own = teacher.locator("#assessed li", has_text="教学质量评价")
    await open_until(teacher, "/mine", own)
    await expect(own.locator("b")).to_have_text("80")
    await own.locator("summary", has_text="提出异议").click()
    await own.locator("textarea").fill("漏计一次公开课")
    await own.get_by_role("button", name="提出异议").click()
    await expect(teacher).to_have_url(re.compile("/assessments/own-teaching-1$"))
    await expect(teacher.locator(".paper")).to_contain_text("漏计一次公开课")

    await signed_in.goto("/assessments/own-teaching-1")
    await signed_in.locator("summary", has_text="答复").click()
    await signed_in.fill("#answers-answer", "已补计")
    await signed_in.select_option("[name=upheld]", "true")
    await signed_in.locator("details[open] button.primary").click()
    await expect(signed_in.locator(".toast")).to_have_text("已办理")
    await teacher.reload()

    await expect(teacher.locator(".paper .chip.good")).to_be_visible()
    await expect(teacher.locator(".paper")).to_contain_text("已补计")
