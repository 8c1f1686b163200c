"""A document is kept, mended and changed; a key is made; the way of an alert is tried."""

import re

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.needs("chromium")


async def test_a_basis_document_is_written_mended_changed_and_compared(signed_in: Page) -> None:
    await signed_in.goto("/registers/basis-documents")
    await signed_in.click("#kept-new")
    await signed_in.fill("#form-key", "portal-basis")
    await signed_in.fill("#form-title", "门户管理办法")
    for row in (0, 1):
        await signed_in.fill(f"#form-clauses-{row}-key", "第一条")
    await signed_in.get_by_role("button", name="保存").click()
    await expect(signed_in.locator("#form-clauses-1-key")).to_have_attribute("aria-invalid", "true")
    await expect(signed_in).to_have_url(re.compile("/registers/basis-documents/_new$"))
    await signed_in.get_by_role("link", name="English").click()
    await expect(signed_in.get_by_role("heading", level=1)).to_contain_text("New")
    await signed_in.goto("/registers/basis-documents/_new?lang=zh")
    await signed_in.fill("#form-key", "portal-basis")
    await signed_in.fill("#form-title", "门户管理办法")
    await signed_in.fill("#form-clauses-0-key", "第一条")
    await signed_in.get_by_role("button", name="保存").click()
    await expect(signed_in.locator(".toast")).to_have_text("已保存")

    await signed_in.click("#kept-edit")
    await signed_in.fill("#form-clauses-0-text", "门户由质量办管理")
    await signed_in.get_by_role("button", name="保存").click()
    await expect(signed_in.locator("ins")).to_have_text("门户由质量办管理")


async def test_a_key_is_made_and_the_way_of_a_red_alert_is_tried(signed_in: Page) -> None:
    await signed_in.goto("/developers")
    await signed_in.get_by_text("新建密钥").first.click()
    await signed_in.fill("#key-name", "门户测试")
    await signed_in.fill("#key-subject", "system/portal-test")
    await signed_in.fill("#key-scopes", "datahub:read")
    await signed_in.get_by_role("button", name="新建密钥").click()
    await expect(signed_in.locator("#made-key")).to_contain_text("h8k_")

    await signed_in.goto("/notification-policy")
    await signed_in.fill("#try-labels", "severity=red")
    await signed_in.get_by_role("button", name="试路由").click()
    await expect(signed_in.locator("#way")).to_contain_text("红色预警")
