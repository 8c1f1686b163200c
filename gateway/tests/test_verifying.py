"""Whether a report is what it says is told to anybody who holds its number, without a login."""

from typing import Any

import httpx
import pytest

NUMBER = "ZZ-20261123-9CDD6359"
DIGEST = "ab" * 32
REPORT = {
    "number": NUMBER,
    "title": "学生自我诊改报告",
    "scope_name": "张**",
    "period": "term:2026-2027-1",
    "as_of": "2026-11-23T08:00:00Z",
    "state": "issued",
    "digest": DIGEST,
    "files": {"pdf": DIGEST},
    "issued_at": "2026-11-24T08:00:00Z",
    "superseded_by": None,
}


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("issued", 200, "有效"),
        ("superseded", 200, "已被新的一份取代"),
        ("draft", 404, "没有已签发"),
    ],
)
async def test_a_stranger_verifies_an_issued_report_and_no_draft(
    gateway: Any, anyone: httpx.AsyncClient, state: str, status: int, said: str
) -> None:
    path = f"/v1/verifications/{NUMBER}"
    gateway.services["report"].answers = {path: [REPORT | {"state": state}]}

    page = await anyone.get(f"/verify/{NUMBER}", headers={"accept": "text/html"})
    document = await anyone.get(f"/verify/{NUMBER}", headers={"accept": "application/json"})

    assert (page.status_code, said in page.text, DIGEST in page.text) == (
        status,
        True,
        status == 200,
    )
    assert (document.status_code, len(document.json())) == (status, int(status == 200))


async def test_a_number_that_is_none_asks_nobody(gateway: Any, anyone: httpx.AsyncClient) -> None:
    gateway.services["report"].seen.clear()
    form = await anyone.get("/verify")
    wrong = await anyone.get("/verify", params={"number": "<script>"})
    typed = await anyone.get("/verify", params={"number": f" {NUMBER.lower()} "})
    path = await anyone.get("/verify/ZZ-1%2F..")

    assert [each.status_code for each in (form, wrong, typed, path)] == [200, 404, 303, 404]
    assert typed.headers["location"] == f"/verify/{NUMBER}"
    assert "<script>" not in wrong.text
    assert gateway.services["report"].seen == []
