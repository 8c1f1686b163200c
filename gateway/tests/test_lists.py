"""Pages that list everything: what they ask their service, and what they show of its answer."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from shared.kit.identity import Caller

CORRECTION = {
    "id": "c1",
    "scope": "course/C0001",
    "scope_name": "建筑力学",
    "severity": "orange",
    "title": "《建筑力学》及格率",
    "owner": "role/qa_office",
    "value_before": "0.5",
    "value": "0.7",
    "indicator": "pass_rate",
    "opened_at": "2026-11-20T08:00:00Z",
    "due_at": None,
    "closed_at": None,
}


def alert(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "scope": "course/C0001",
        "scope_name": "建筑力学",
        "period": "term:2026-2027-1",
        "severity": "red",
        "title": "《建筑力学》及格率",
        "value": "0.5",
        "crossed": {"line": "standard", "op": ">=", "value": "0.85", "upper": None},
        "indicator": "pass_rate",
        "owner": "T001",
        "raised_at": "2026-11-20T08:00:00Z",
        "due_at": "2026-11-21T08:00:00Z",
        "settled_at": None,
    } | more


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """What the services answer unless a test says otherwise."""
    rows = [alert(number) for number in range(25)]
    gateway.services["alert"].answers = {"/v1/alerts": (200, [("total-count", "60")], rows)}
    gateway.services["spiral"].answers = {"/v1/corrections": [CORRECTION]}
    gateway.services["datahub"].answers = {
        "/v1/indicators": [{"indicator": "pass_rate", "document": {"unit": "ratio"}}],
        "/v1/dictionary/entities": [],
        "/v1/scopes": [{"scope": "teacher/T001", "name": "王芳"}],
    }
    for service in gateway.services.values():
        service.seen.clear()


def asked(gateway: Any, service: str, path: str) -> dict[str, list[str]]:
    """Return the query of the one question about ``path``."""
    [seen] = [each for each in gateway.services[service].seen if each.path == path]
    return parse_qs(seen.query)


async def test_the_filters_of_the_address_are_asked_of_the_service(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    query = "level=course&severity=red&state=settled&sort=due&page=2"
    page = (await demo.get(f"/alerts?{query}")).text

    assert asked(gateway, "alert", "/v1/alerts") == {
        "state": ["settled"],
        "level": ["course"],
        "severity": ["red"],
        "sort": ["due"],
        "limit": ["25"],
        "offset": ["25"],
        "totalCount": ["true"],
    }
    assert page.count('data-alert="') == 25
    assert "26–50，共 60 条" in page
    assert "第 2 / 3 页" in page
    same = "state=settled&amp;level=course&amp;severity=red&amp;sort=due"
    assert f'rel="prev" href="/alerts?{same}"' in page
    assert f'rel="next" href="/alerts?{same}&amp;page=3"' in page
    assert page.count('aria-current="true"') == 8
    assert f'data-asked="{query.replace("&", "&amp;")}"' in page


async def test_a_fragment_of_a_list_shows_the_same_rows(demo: httpx.AsyncClient) -> None:
    whole = (await demo.get("/alerts?page=2")).text
    fragment = await demo.get("/portal/fragments/all-alerts?page=2")

    assert fragment.text in whole


async def test_owners_go_by_their_names_with_the_key_beside(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    rows = [alert(1), alert(2, owner="demo"), alert(3, owner="person/T9"), alert(4, owner=None)]
    gateway.services["alert"].answers = {"/v1/alerts": rows}

    page = (await demo.get("/alerts")).text

    assert asked(gateway, "datahub", "/v1/scopes") == {"scope": ["teacher/T001", "teacher/T9"]}
    for told in (
        "王芳 <small>T001</small>",
        "演示管理员 <small>demo</small>",
        ">T9",
        "未指定",
    ):
        assert told in page, told


async def test_names_are_asked_with_the_visitors_own_rights(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    """Whoever may not read people in the hub reads keys; the list itself stays."""
    gateway.services["datahub"].answers["/v1/scopes"] = (403, [], {"type": "forbidden"})

    page = (await demo.get("/alerts")).text

    [seen] = [each for each in gateway.services["datahub"].seen if each.path == "/v1/scopes"]
    assert seen.subject == Caller(subject="person/demo").subject
    assert "王芳" not in page
    assert page.count("T001") == 25


async def test_corrections_show_the_office_where_nobody_answers(demo: httpx.AsyncClient) -> None:
    zh = (await demo.get("/corrections")).text
    en = (await demo.get("/corrections?lang=en")).text

    for told in ("建筑力学", "50% → <b>70%</b>", "质量办", "1–1，共 1 条"):
        assert told in zh, told
    for told in ("QA office", "1–1 of 1", "Earliest to acknowledge"):
        assert told in en, told
    assert 'class="pager"' not in zh


@pytest.mark.parametrize(
    ("path", "total", "told"),
    [
        ("/alerts", 0, "没有待处理的预警"),
        ("/alerts?severity=blue", 0, "没有符合条件的记录"),
        ("/alerts?page=9", 60, "这一页没有记录"),
    ],
)
async def test_nothing_to_show_says_why(
    gateway: Any, demo: httpx.AsyncClient, path: str, total: int, told: str
) -> None:
    empty = (200, [("total-count", str(total))], [])
    gateway.services["alert"].answers = {"/v1/alerts": empty}

    assert told in (await demo.get(path)).text


async def test_a_service_away_is_said_and_named(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["spiral"].answers = {}

    answer = await demo.get("/corrections")

    assert answer.status_code == 200
    assert "暂不可用" in answer.text
    assert "螺旋服务没有应答" in answer.text


async def test_a_stranger_signs_in_and_comes_back(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/alerts?severity=red&lang=en")

    assert answer.status_code == 303
    assert (
        answer.headers["location"] == "/login?next=%2Falerts%3Fseverity%3Dred%26lang%3Den&lang=en"
    )


async def test_an_address_that_asks_for_the_unknown_is_told_so_on_a_page(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    for path in ("/alerts?state=foo&page=abc&lang=zh", "/corrections?page=0&lang=zh"):
        answer = await demo.get(path)

        assert answer.status_code == 422
        assert "网址中的条件无法识别" in answer.text
    both = (await demo.get("/alerts?state=foo&page=abc&lang=en")).text
    fragment = await demo.get("/portal/fragments/all-alerts?state=foo")

    assert "state=foo（open settled all）" in both
    assert "page=abc（1–1000000）" in both
    assert '<a href="/alerts">' in both
    assert fragment.status_code == 422
    assert gateway.services["alert"].seen == []


async def test_alerts_are_filtered_by_the_gravest_colour_they_had(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    page = (await demo.get("/alerts?worst=red&lang=zh")).text

    assert asked(gateway, "alert", "/v1/alerts")["worst"] == ["red"]
    assert 'aria-label="曾达等级"' in page
    assert "曾达等级" not in (await demo.get("/corrections")).text


async def test_a_settled_list_says_once_that_it_shows_what_was_at_settling(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    settled = alert(1, settled_at="2026-11-22T08:00:00Z", how="recovered")
    gateway.services["alert"].answers = {"/v1/alerts": (200, [("total-count", "1")], [settled])}

    page = (await demo.get("/alerts?state=settled&lang=zh")).text
    mixed = (await demo.get("/alerts?state=all&lang=zh")).text

    assert page.count("销号时的值") == 1
    assert '<th scope="col">签收时限</th>' not in page
    assert '<th scope="col">销号</th>' in page
    assert "<small>销号时的值</small>" in mixed


async def test_one_who_may_only_read_reports_sees_a_link_to_those_that_were_made(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    there = {
        "id": "0193a5f2-7c1e-7d3a-9b21-5f0e6c1a2b3d",
        "scope": "course/C0001",
        "period": "term:2026-2027-1",
    }
    gateway.services["report"].answers = {"/v1/reports": [there]}
    reader = {"login": "T068", "subject": "person/T068", "name": "周敏"}
    reader |= {"password": "the right password"}
    await demo.post("/api/gateway/v1/accounts", json=reader | {"roles": ["reader"]})
    await anyone.post(
        "/api/gateway/v1/sessions", json={k: reader[k] for k in ("login", "password")}
    )

    page = (await anyone.get("/alerts?lang=zh")).text

    assert f'href="/reports/{there["id"]}"' in page
    assert "查看 建筑力学 的自诊报告" in page


async def test_one_who_may_not_make_reports_sees_no_button_for_it(
    demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    reader = {
        "login": "T067",
        "subject": "person/T067",
        "name": "周敏",
        "password": "the right password",
    }
    made = await demo.post("/api/gateway/v1/accounts", json=reader | {"roles": ["reader"]})
    assert made.status_code == 201, made.text
    await anyone.post(
        "/api/gateway/v1/sessions", json={k: reader[k] for k in ("login", "password")}
    )

    mine, own = (await anyone.get("/alerts?lang=zh")).text, (await demo.get("/alerts?lang=zh")).text

    assert "/portal/reports" in own
    assert "data-alert=" in mine
    assert "/portal/reports" not in mine
