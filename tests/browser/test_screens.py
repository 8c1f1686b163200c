"""What people do on the screens: bring a file in and mend a row; set a goal and open its cycle."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.conftest import until

pytestmark = pytest.mark.needs("chromium")

CSV = """单位号,单位名称,隶属学校,负责人号,成立日期
P01,门户测试处,P9001,T901,2020-09-01
P02,<b>质量</b>办,P9001,T902,九月
"""


async def test_a_file_is_brought_in_and_its_bad_row_mended(
    signed_in: Page, portal: httpx.AsyncClient, tmp_path: Path
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(CSV, encoding="utf-8")
    await signed_in.goto("/import")
    await signed_in.set_input_files("#import-file", file)
    await signed_in.select_option("#import-system", "hr")
    await signed_in.select_option("#import-entity", "org_unit")
    await signed_in.click("#import-read")
    await expect(signed_in.locator("#columns tr")).to_have_count(5)
    await signed_in.locator("select[data-column=成立日期]").select_option("valid_from")
    await signed_in.click("#import-try")
    await expect(signed_in.locator("#tried")).to_contain_text("隔离 1")
    await expect(signed_in.locator("#faults td.bad").first).to_contain_text("成立日期")
    await signed_in.click("#import-take")
    await expect(signed_in.locator("#taken")).to_contain_text("新增 1")

    await signed_in.click("#import-aside")
    await signed_in.locator(".entries .what a").first.click()
    await expect(signed_in.locator("input[aria-invalid=true]")).to_have_value("九月")
    await signed_in.fill("input[aria-invalid=true]", "2021-09-01")
    await signed_in.fill("textarea[name=reason]", "已向人事处核实")
    await signed_in.get_by_role("button", name="修改并重放").click()
    await expect(signed_in.locator(".toast")).to_have_text("已放行入库")
    mended = (await portal.get("/api/datahub/v1/records/org_unit/P02")).json()

    assert (mended["name"], mended["valid_from"]) == ("<b>质量</b>办", "2021-09-01")


async def test_a_goal_is_set_and_its_cycle_opened_and_moved(
    signed_in: Page, portal: httpx.AsyncClient
) -> None:
    school = {"school_code": "P9001", "name": "门户学院"}
    feed = {"feed": "portal.school", "source": "academic", "entity": "school"}
    fields = {name: {"from": name} for name in school}
    await portal.put("/api/datahub/v1/feeds/portal.school", json=feed | {"fields": fields})
    await portal.post(
        "/api/datahub/v1/records/school", json=school, params={"feed": "portal.school"}
    )

    async def known() -> int:
        goal = {
            "key": "portal-root",
            "title": "门户",
            "scope": "school/P9001",
            "period": "year:2026",
        }
        return (await portal.post("/api/target/v1/goals", json=goal)).status_code

    await until(known, lambda status: status in {200, 201})
    await signed_in.goto("/chains")
    await signed_in.get_by_text("新建目标").click()
    await signed_in.fill("#goal-key", "portal-goal")
    await signed_in.fill("#goal-title", "提高门户使用率")
    await signed_in.fill("#goal-scope", "school/P9001")
    await signed_in.fill("#goal-period", "2026")
    await signed_in.get_by_role("button", name="保存").click()
    await expect(signed_in.locator("#goal-period")).to_have_attribute("aria-invalid", "true")
    await expect(signed_in.locator("#goal-title")).to_have_value("提高门户使用率")
    await signed_in.fill("#goal-period", "year:2026")
    await signed_in.get_by_role("button", name="保存").click()
    await expect(signed_in.locator(".toast")).to_have_text("目标已保存")
    await expect(signed_in.locator(".letters i.no").first).to_be_visible()

    await signed_in.goto("/cycles")
    await signed_in.get_by_text("开启周期").first.click()
    await signed_in.fill("#open-scope", "school/P9001")
    await signed_in.fill("#open-period", "year:2026")
    await signed_in.get_by_role("button", name="开启周期").click()
    await expect(signed_in).to_have_url(re.compile("/cycles/2026/school/P9001$"))
    await signed_in.locator("summary", has_text="强制放行").click()
    await signed_in.fill("#force-reason", "试点先行")
    await signed_in.get_by_role("button", name="强制放行").click()
    await expect(signed_in.locator(".toast")).to_have_text("周期已流转")
    await expect(signed_in.locator(".steps li").first).to_contain_text("试点先行")
    await expect(signed_in.locator(".gates li.now h3")).to_contain_text("标准")
    lit = signed_in.locator("svg.eight.wide .step.big.now text")
    assert "标准" in str(await lit.text_content())


async def test_an_open_page_learns_what_others_do(
    signed_in: Page, portal: httpx.AsyncClient
) -> None:
    school = {"school_code": "P9002", "name": "直播学院"}
    feed = {"feed": "portal.school", "source": "academic", "entity": "school"}
    fields = {name: {"from": name} for name in school}
    await portal.put("/api/datahub/v1/feeds/portal.school", json=feed | {"fields": fields})
    await portal.post(
        "/api/datahub/v1/records/school", json=school, params={"feed": "portal.school"}
    )
    await signed_in.goto("/cycles")
    await expect(signed_in.get_by_text("直播学院")).to_have_count(0)

    cycle = {"key": "2026/school/P9002", "scope": "school/P9002", "period": "year:2026"}
    answer = await portal.post("/api/spiral/v1/cycles", json=cycle)

    assert answer.status_code == 201, answer.text
    await expect(signed_in.get_by_text("直播学院")).to_be_visible(timeout=10_000)
