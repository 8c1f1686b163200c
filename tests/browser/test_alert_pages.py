"""What people do in the rule workshop: make a rule, try it, publish it, and be quiet."""

from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from shared.kit.clock import now

pytestmark = pytest.mark.needs("chromium")


async def test_a_rule_is_made_tried_published_and_silenced(
    signed_in: Page, portal: httpx.AsyncClient
) -> None:
    await signed_in.goto("/rules")
    await signed_in.get_by_role("link", name="新建规则").click()
    await signed_in.click("text=改用 JSON 写条件")
    await signed_in.select_option("[name='scopes.kind']", "unit")
    await signed_in.fill("[name=key]", "portal-task")
    await signed_in.fill("[name=title]", "门户任务逾期")
    await signed_in.select_option("[name=family]", "task")
    await signed_in.fill("[name=condition]", '{"is": "task", "progress_below": "2"}')
    await signed_in.get_by_role("button", name="检查").click()
    await expect(signed_in.locator("[name=condition]")).to_have_attribute("aria-invalid", "true")
    await expect(signed_in.locator(".fault").first).to_contain_text("progress_below")
    await expect(signed_in.locator("[name=title]")).to_have_value("门户任务逾期")
    await signed_in.fill("[name=condition]", '{"is": "task", "overdue": true}')
    await signed_in.get_by_role("button", name="试算", exact=True).click()
    await expect(signed_in.locator("#trial")).to_contain_text("这段历史里一次也不会预警")
    await signed_in.get_by_role("button", name="保存为新版本").click()
    await expect(signed_in.locator(".toast")).to_contain_text("规则已保存")
    await signed_in.locator("summary", has_text="发布第 1 版").click()
    await signed_in.get_by_role("button", name="发布第 1 版").click()
    await expect(signed_in.locator(".toast")).to_have_text("规则已发布")
    await expect(signed_in.locator(".title .chip").nth(1)).to_have_text("已启用")
    kept = (await portal.get("/api/alert/v1/rules/portal-task")).json()

    await signed_in.goto("/silences")
    await signed_in.locator("summary", has_text="新建静默").click()
    await signed_in.select_option("[name='matchers[0].label']", "rule")
    await signed_in.select_option("[name='matchers[0].op']", "=~")
    await signed_in.fill("[name='matchers[0].value']", "(")
    await signed_in.fill("[name=ends_at]", "2099-01-01")
    await signed_in.fill("[name=reason]", "门户检修")
    await signed_in.get_by_role("button", name="新建静默").click()
    await expect(signed_in.locator("[name='matchers[0].value']")).to_have_value("(")
    await expect(signed_in.locator(".silence .problem")).to_be_visible()
    await signed_in.fill("[name='matchers[0].value']", "rule/portal-task")
    day = (now() + timedelta(days=3)).strftime("%Y-%m-%d")
    await signed_in.fill("[name=ends_at]", day)
    await signed_in.get_by_role("button", name="新建静默").click()
    await expect(signed_in.locator(".toast")).to_have_text("静默已生效")
    await signed_in.get_by_role("button", name="立即结束：门户检修").click()
    await expect(signed_in.locator(".toast")).to_contain_text("静默已结束")
    await expect(signed_in.locator(".entries li", has_text="门户检修")).to_contain_text("已结束")

    assert (kept["published"], kept["document"]["condition"]["overdue"]) == (1, True)
