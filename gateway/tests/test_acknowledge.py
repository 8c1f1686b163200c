"""Acknowledging an alert from the lists, and what the rows of alerts and corrections tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

ID = "019aa000-0000-7000-8000-000000000001"
PATH = f"/portal/alerts/{ID}/acknowledgement"
API = f"/v1/alerts/{ID}/acknowledgement"
FIRST = {"acknowledged_by": "teacher/T001", "acknowledged_at": "2026-11-20T09:00:00Z"}
WORST = {"severity": "red", "value": "0.612", "at": "2026-11-20T08:00:00Z"}


def alert(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "scope": "course/C0001",
        "scope_name": "建筑力学",
        "scope_name_en": "Mechanics",
        "period": "term:2026-2027-1",
        "severity": "yellow",
        "title": "《建筑力学》及格率",
        "value": "0.7",
        "crossed": {"line": "standard", "op": ">=", "value": "0.85", "upper": None},
        "worst": WORST,
        "indicator": "pass_rate",
        "owner": "T001",
        "raised_at": "2026-11-20T08:00:00Z",
        "due_at": (datetime.now(UTC) + timedelta(hours=5, minutes=30)).isoformat(),  # noqa: TID251
        "acknowledged_by": None,
        "acknowledged_at": None,
        "settled_at": None,
        "may": {"acknowledge": True},
    } | more


def correction(**more: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "scope": "course/C0001",
        "scope_name": "建筑力学",
        "scope_name_en": "Mechanics",
        "severity": "orange",
        "worst": WORST,
        "title": "《建筑力学》平均分",
        "owner": "T001",
        "value_before": "51.5",
        "value": "57.25",
        "indicator": "mean_score",
        "opened_at": "2026-11-20T08:00:00Z",
        "due_at": "2026-11-21T08:00:00Z",
        "closed_at": None,
    } | more


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """What the services answer unless a test says otherwise."""
    gateway.services["alert"].answers = {"/v1/alerts": [alert()]}
    gateway.services["spiral"].answers = {"/v1/corrections": [correction()]}
    measures = {
        "pass_rate": {"unit": "ratio", "zh": "及格率", "en": "Pass rate"},
        "mean_score": {"unit": "score", "zh": "平均分", "en": "Mean score"},
    }
    gateway.services["datahub"].answers = {
        "/v1/indicators": [{"indicator": n, "document": each} for n, each in measures.items()],
        "/v1/scopes": [{"scope": "teacher/T001", "name": "王芳"}],
    }
    for service in gateway.services.values():
        service.seen.clear()


async def told_by(demo: httpx.AsyncClient, path: str) -> str:
    """Return a page, its white space as a reader sees it."""
    return " ".join((await demo.get(path)).text.split())


async def test_an_alert_that_the_visitor_may_acknowledge_has_a_button(
    demo: httpx.AsyncClient,
) -> None:
    zh, en = (
        await told_by(demo, "/alerts?sort=due"),
        await told_by(demo, "/alerts?sort=due&lang=en"),
    )

    for page in (zh, en):
        assert f'<form method="post" action="{PATH}"' in page
        assert '<input type="hidden" name="next" value="/alerts?sort=due">' in page
    for told in ("签收时限</th>", "剩 5 小时", ">签收</button>", "曾达 红 · 61.2%</small>"):
        assert told in zh, told
    for told in ("Acknowledge by</th>", "5 h left", ">Acknowledge</button>", "was red · 61.2%<"):
        assert told in en, told
    assert "处理时限" not in zh


async def test_one_who_may_not_gets_none_and_reads_who_did(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    seen = alert(may={"acknowledge": False}, **FIRST)
    gateway.services["alert"].answers = {"/v1/alerts": [seen]}

    zh, en = await told_by(demo, "/alerts?lang=zh"), await told_by(demo, "/alerts?lang=en")

    assert PATH not in zh + en
    assert 'title="2026-11-20 17:00">王芳 ' in zh
    assert "前签收</time>" in zh
    assert "王芳 acknowledged " in en
    assert "剩 5 小时" not in zh


async def test_the_button_acknowledges_and_leads_back(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["alert"].answers[API] = (200, [("changed", "true")], FIRST)

    answer = await demo.post(PATH, data={"next": "/alerts?sort=due"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?sort=due")
    [seen] = gateway.services["alert"].seen
    assert (seen.method, seen.path, seen.subject) == ("POST", API, "person/demo")


async def test_a_second_acknowledgement_says_who_was_first(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["alert"].answers[API] = (200, [("changed", "false")], FIRST)

    answer = await demo.post(PATH, data={"next": "/alerts"})
    english = await demo.post(f"{PATH}?lang=en", data={"next": "/alerts"})

    assert answer.status_code == 200
    assert "王芳 已于 2026-11-20 17:00 签收" in answer.text
    assert '<a href="/alerts">返回</a>' in answer.text
    assert "王芳 acknowledged it on 2026-11-20 17:00" in english.text


@pytest.mark.parametrize("status", [404, 409])
async def test_a_refusal_is_told_on_a_page(
    gateway: Any, demo: httpx.AsyncClient, status: int
) -> None:
    gateway.services["alert"].answers[API] = (status, [], {"detail": "预警已销号，不能再签收"})

    answer = await demo.post(PATH, data={"next": "//evil.example/"})

    assert (answer.status_code, "没有签收" in answer.text) == (409, True)
    assert "预警已销号，不能再签收" in answer.text
    assert "evil" not in answer.text


async def test_another_site_or_a_stranger_acknowledges_nothing(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    evil = {"origin": "http://evil.example"}

    crossed = await demo.post(PATH, data={"next": "/"}, headers=evil)
    strange = await anyone.post(PATH, data={"next": "/"})

    assert (crossed.status_code, strange.status_code) == (403, 401)
    assert gateway.services["alert"].seen == []


async def test_the_value_of_a_settled_alert_is_that_at_settling(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    over = alert(settled_at="2026-11-21T08:00:00Z", how="line-changed", may={"acknowledge": False})
    gateway.services["alert"].answers = {"/v1/alerts": [over]}

    zh = await told_by(demo, "/alerts?state=settled&lang=zh")
    en = await told_by(demo, "/alerts?state=all&lang=en")

    assert "销号时的值</th>" in zh
    assert "<b>70%</b> <small>标准 ≥ 85%</small>" in zh
    assert "<small>标准已调整</small>" in zh
    assert "<small>the line was changed</small>" in en
    assert "<small>未签收</small>" in zh
    assert "<b>70%</b> <small>value at settling</small>" in en


async def test_a_row_names_its_object_once_and_its_numbers_with_their_unit(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    zh, en = (
        await told_by(demo, "/corrections?lang=zh"),
        await told_by(demo, "/corrections?lang=en"),
    )
    alerts = await told_by(demo, "/alerts?lang=zh")
    closed = correction(closed_at="2026-11-21T08:00:00Z", severity="red")
    gateway.services["spiral"].answers = {"/v1/corrections": [closed]}
    over = await told_by(demo, "/corrections?state=closed&lang=zh")

    assert "建筑力学</a><small>平均分</small>" in zh
    assert "建筑力学</a><small>及格率</small>" in alerts
    assert "51.5分 → <b>57.25分</b>" in zh
    assert "曾达 红 · 0.612分" in zh
    assert "Mechanics</a><small>Mean score</small>" in en
    assert "51.5 points → <b>57.25 points</b>" in en
    assert "<b>57.25分</b> <small>销号时的值</small>" in over
    assert "曾达" not in over


async def test_an_alert_that_is_held_says_why(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["alert"].answers = {"/v1/alerts": [alert(hold_reason="thin")]}

    zh = await told_by(demo, "/alerts?lang=zh")
    en = await told_by(demo, "/alerts?lang=en")

    assert '<small class="warn">暂缓：数据覆盖不足</small>' in zh
    assert '<small class="warn">held: too little data</small>' in en
