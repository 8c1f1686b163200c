"""Pages: with all services, with none; and what browsers are told to refuse."""

import asyncio
import gzip
import re
from typing import Any

import httpx
import pytest

PASSWORD = "correct horse battery staple"
PARTS = (
    *("asof", "levels", "spiral", "alerts", "corrections", "flow"),
    *("all-alerts", "all-corrections"),
)


def alert(number: int, severity: str = "red", **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "rule": "withdrawal",
        "family": "indicator",
        "scope": "class/AAA-2013J",
        "scope_name": "AAA 2013J",
        "level": "course",
        "period": "term:2013-2014-1",
        "severity": severity,
        "title": "退选率高于标准",
        "state": "below_standard",
        "value": "0.156397",
        "crossed": {"line": "standard", "op": "<=", "value": "0.15", "upper": None},
        "indicator": "withdrawal_rate",
        "owner": "T001",
        "raised_at": "2026-11-20T08:00:00Z",
        "due_at": "2026-11-21T08:00:00Z",
        "acknowledged_at": None,
        "settled_at": None,
    } | more


def fill(gateway: Any, **more: Any) -> None:
    """Let the services answer as the real ones do."""
    cycle = {"key": "c1", "scope": "class/AAA-2013J", "scope_name": "AAA 2013J"}
    cycle |= {"period": "term:2013-2014-1", "step": "implement", "state": "open"}
    cycle |= {"open_corrections": 3}
    batch = {"source": "oulad", "entity": "enrolment", "received": 13529, "created": 13500}
    batch |= {"quarantined": 29, "finished_at": "2026-11-23T05:20:00Z"}
    causes = [{"verdict": "quarantined", "leading": 29}, {"verdict": "parked", "leading": 5}]
    document = {"unit": "ratio", "en": "Withdrawal rate"}
    indicator = {"indicator": "withdrawal_rate", "document": document}
    entity = {"name": "enrolment", "zh": "选课", "en": "Enrolment"}
    answers = {
        "alert": {
            "/v1/alerts/summary": {"levels": {"course": {"red": 3, "yellow": 1}}},
            "/v1/alerts": (200, [("total-count", "196")], [alert(1), alert(2, "yellow")]),
        },
        "target": {
            "/v1/attainments/summary": {
                "levels": {
                    "course": {
                        "met_target": 5,
                        "below_floor": 3,
                        "below_target": 2,
                        "no_data": 4,
                    }
                },
                "level_rates": {
                    "course": {
                        "standard": {"of": 8, "met": 5},
                        "target": {"of": 7, "met": 5},
                    }
                },
            }
        },
        "spiral": {"/v1/cycles": [cycle], "/v1/corrections": []},
        "datahub": {
            "/v1/batches": [batch],
            "/v1/quarantine/causes": causes,
            "/v1/indicators": [indicator],
            "/v1/dictionary/entities": [entity],
            "/v1/scopes": [{"scope": "teacher/T001", "name": "王芳"}],
            "/v1/changes": (200, [("feed-watermark", "123456")], []),
        },
        "report": {"/v1/reports": (201, [], {"id": "r/1"})},
    }
    for name, documents in answers.items():
        gateway.services[name].answers = documents | more.get(name, {})


async def test_the_overview_shows_what_the_services_say(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    fill(gateway)
    page = (await demo.get("/", headers={"accept": "text/html"})).text
    for told in (
        "演示管理员",
        "数据截至 2026-11-23 13:20",
        "<strong>62.5</strong>",
        "3 红",
        'href="/alerts">全部 196 条',
        "AAA 2013J",
        "退选率高于标准",
        "15.64%",
        "标准 ≤ 15%",
        "3 项纠偏进行中",
        "<b>OULAD</b> 选课",
        "王芳 <small>T001</small>",
        "123,456",
        "隔离 29",
        "没有进行中的纠偏",
    ):
        assert told in page, told
    assert page.count('data-alert="') == 2
    assert 'class="step small now"' in page
    assert "暂不可用" not in page


def changed(points: str, met: int) -> dict[str, Any]:
    """What target-service says of two terms, of which the earlier has 62.5 %."""
    newest = {"period": "term:2013-2014-2", "standard": {"of": 1280, "met": met}}
    earlier = {"period": "term:2013-2014-1", "standard": {"of": 1000, "met": 625}}
    return {"newest": newest, "earlier": earlier, "points": points}


async def test_level_cards_say_how_the_rate_changed_and_nothing_where_it_did_not_begin(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    changes = {
        "school": changed("3.1", 840),
        "major": changed("-2.5", 768),
        "course": changed("0.0", 800),
        "teacher": None,
    }
    summary = {"levels": {}, "level_rates": {}, "level_changes": changes}
    fill(gateway, target={"/v1/attainments/summary": summary})

    chinese = (await demo.get("/", headers={"accept": "text/html"})).text
    english = (await demo.get("/?lang=en", headers={"accept": "text/html"})).text

    found = re.compile(r'<p class="hint since" title="([^"]*)">(.*?)</p>')
    arrow = '<span aria-hidden="true">{}</span><span class="unseen">{}</span>'
    assert [said for _, said in found.findall(chinese)] == [
        f"最近一期达标率 65.6%，较上期 {arrow.format('▲', '上升')} 3.1 个百分点",
        f"最近一期达标率 60.0%，较上期 {arrow.format('▼', '下降')} 2.5 个百分点",
        "最近一期达标率 62.5%，较上期 持平",
    ]
    assert [said for _, said in found.findall(english)] == [
        f"Newest period 65.6% met, {arrow.format('▲', 'up')} 3.1 points since the last period",
        f"Newest period 60.0% met, {arrow.format('▼', 'down')} 2.5 points since the last period",
        "Newest period 62.5% met, as in the last period",
    ]
    assert found.findall(chinese)[0][0] == (
        "2013-2014 学年第 2 学期：65.6%（有标准且有数据的绑定 1,280）；"
        "2013-2014 学年第 1 学期：62.5%（1,000）"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [("floor", "底线"), ("standard", "标准"), ("warning", "预警值"), ("target", "目标值")],
)
async def test_an_alert_names_the_line_it_was_raised_on(
    gateway: Any, demo: httpx.AsyncClient, line: str, said: str
) -> None:
    crossed = {"line": line, "op": ">", "value": "0.22"}
    fill(gateway, alert={"/v1/alerts": [alert(1, crossed=crossed)]})

    chinese = (await demo.get("/", headers={"accept": "text/html"})).text
    english = (await demo.get("/?lang=en", headers={"accept": "text/html"})).text

    assert f"<small>{said} &gt; 22%</small>" in chinese
    assert f"<small>{line} &gt; 22%</small>" in english


async def test_english_on_demand_stays(gateway: Any, demo: httpx.AsyncClient) -> None:
    fill(gateway)
    page = (await demo.get("/?lang=en", headers={"accept": "text/html"})).text
    assert '<html lang="en">' in page
    for told in ("Open alerts", "Withdrawal rate", "Enrolment", "term 1 of 2013-2014"):
        assert told in page, told
    assert "Open alerts" in (await demo.get("/", headers={"accept": "text/html"})).text


async def test_texts_of_a_source_system_are_only_text(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    evil = "<script>alert(1)</script>"
    bad = alert(3, title=evil, scope_name=evil, owner=evil, id='x" onclick="y')
    fill(gateway, alert={"/v1/alerts": [bad]})
    gateway.services["spiral"].answers["/v1/cycles"][0]["scope_name"] = evil
    page = (await demo.get("/", headers={"accept": "text/html"})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert 'onclick="y' not in page


@pytest.mark.parametrize("name", PARTS)
async def test_an_answer_that_cannot_be_read_empties_its_own_card_only(
    gateway: Any, demo: httpx.AsyncClient, name: str
) -> None:
    fill(gateway)
    for service in gateway.services.values():
        service.answers = {path: [{"nonsense": True}] for path in service.answers}
    answer = await demo.get(f"/portal/fragments/{name}")
    assert answer.status_code == 200
    assert "暂不可用" in answer.text or "数据时间未知" in answer.text


async def test_with_every_service_away_the_page_still_stands(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    for service in gateway.services.values():
        service.stop()
    try:
        answer = await demo.get("/", headers={"accept": "text/html"})
        found = await demo.get("/", headers={"accept": "application/json"})
        docs = await demo.get("/docs")
        report = await demo.post(
            "/portal/reports", data={"scope": "class/A", "period": "term:2013-2014-1"}
        )
    finally:
        for service in gateway.services.values():
            service.start()
    assert answer.status_code == 200
    assert answer.text.count("暂不可用") == 5
    assert "预警服务没有应答" in answer.text
    assert "数据时间未知" in answer.text
    assert found.json()["watermarks"] == {}
    assert docs.status_code == 200
    assert (report.status_code, report.headers["retry-after"]) == (503, "2")
    assert "报告没有生成" in report.text


async def test_discovery_tells_programs_where_everything_is(
    gateway: Any, anyone: httpx.AsyncClient
) -> None:
    fill(gateway)
    await asyncio.sleep(1.1)  # an answer is remembered for a second
    found = (await anyone.get("/", headers={"accept": "application/json"})).json()
    assert found["services"] == ["alert", "datahub", "report", "spiral", "target", "gateway"]
    assert found["urls"]["datahub"] == "/api/datahub/v1"
    assert found["watermarks"] == {"datahub": 123456}


async def test_a_report_is_made_and_shown(gateway: Any, demo: httpx.AsyncClient) -> None:
    fill(gateway)
    wish = {"scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
    answer = await demo.post("/portal/reports", data=wish)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/reports/r%2F1"


async def test_strangers_see_the_login_page_only(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/?severity=red", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F%3Fseverity%3Dred"
    assert (await anyone.get("/portal/fragments/alerts")).status_code == 401


@pytest.mark.parametrize(
    ("target", "led_to"),
    [
        ("/?severity=red", "/?severity=red"),
        ("//evil.example/", "/home"),
        ("https://evil.example/", "/home"),
        ("/\\evil.example", "/home"),
    ],
)
async def test_the_login_form_leads_back_to_our_own_pages_only(
    anyone: httpx.AsyncClient, target: str, led_to: str
) -> None:
    form = {"login": "demo", "password": PASSWORD, "next": target}
    answer = await anyone.post("/login", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == led_to
    assert (await anyone.post("/logout")).headers["location"] == "/login"
    assert (await anyone.get("/", headers={"accept": "text/html"})).status_code == 303


async def test_the_login_form_says_what_was_wrong(anyone: httpx.AsyncClient) -> None:
    wrong = await anyone.post("/login", data={"login": "someone", "password": "x"})
    assert wrong.status_code == 401
    assert "账号或密码不正确" in wrong.text
    for _ in range(5):
        wrong = await anyone.post("/login", data={"login": "someone", "password": "x"})
    assert wrong.status_code == 429
    assert "尝试次数过多" in wrong.text
    evil = await anyone.post(
        "/login",
        data={"login": "demo", "password": PASSWORD},
        headers={"origin": "http://evil.example"},
    )
    assert evil.status_code == 403
    assert "set-cookie" not in evil.headers


@pytest.mark.parametrize(
    "path", ["/login", "/", "/alerts", "/docs", "/events", "/healthz", "/api/datahub/v1/count"]
)
async def test_every_answer_carries_the_security_headers(
    demo: httpx.AsyncClient, path: str
) -> None:
    answer = await demo.get(path, headers={"accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "server" not in answer.headers or answer.headers["server"] != "uvicorn"


async def test_static_files_are_kept_for_ever_and_the_page_is_within_budget(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    fill(gateway)
    page = await demo.get("/", headers={"accept": "text/html"})
    assert "style=" not in page.text
    assert len(page.content) < 120_000
    links = set(re.findall(r'(?:src|href)="(/portal/static/[^"]+)"', page.text))
    budget = {"css": 10_000, "js": 40_000, "svg": 2_000}
    assert {link.rpartition(".")[2] for link in links} == set(budget)
    for link in links:
        answer = await demo.get(link)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert len(gzip.compress(answer.content)) < budget[link.rpartition(".")[2]]
    assert re.findall(r'(?:src|href)="(?!/|\?|#)[^"]*"', page.text) == []


async def test_pages_take_any_query_and_the_own_api_none_that_it_does_not_know(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    fill(gateway)
    pages = [await demo.get(path) for path in ("/?utm=1", "/docs?x=1", "/healthz?x=1", "/readyz?x")]

    me = await demo.get("/api/gateway/v1/me", params={"verbose": "1"})
    stream = await demo.get("/api/gateway/v1/alerts/stream", params={"after": "1"})

    assert [each.status_code for each in pages] == [200, 200, 200, 200]
    for answer, name in ((me, "verbose"), (stream, "after")):
        assert answer.status_code == 422
        assert list(answer.json()["validationErrors"]) == [f"query.{name}"]


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nothing", "/nothing/<b>", "/portal/reports"])
async def test_a_browser_gets_a_page_where_there_is_none_and_a_program_a_problem(
    demo: httpx.AsyncClient, path: str
) -> None:
    page = await demo.get(path, headers=BROWSER)
    english = await demo.get(f"{path}?lang=en", headers=BROWSER)
    program = await demo.get(path)
    below_api = await demo.get("/api/gateway/v1/nothing", headers=BROWSER)

    status = 405 if path == "/portal/reports" else 404
    assert [each.status_code for each in (page, english, program)] == [status] * 3
    assert "<h1>没有这个页面</h1>" in page.text
    assert "<h1>No such page</h1>" in english.text
    assert '<a href="/">返回总览</a>' in page.text
    assert "演示管理员" in page.text
    assert "<b>" not in page.text
    for answer in (program, below_api):
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stranger_gets_the_page_too_and_a_bad_key_no_fault(
    anyone: httpx.AsyncClient,
) -> None:
    strange = await anyone.get("/nothing", headers=BROWSER)
    bad = await anyone.get("/nothing", headers=BROWSER | {"authorization": "Bearer h8k_x_y"})

    assert (strange.status_code, bad.status_code) == (404, 404)
    assert 'href="/login"' in strange.text


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/alerts", "/corrections", "/docs", "/events", "/login", "/nothing"),
        *("/healthz", "/readyz", "/api/openapi.json", "/api/gateway/v1/me"),
        *("/api/datahub/v1/batches", "/api/datahub/v1/none"),
    ],
)
async def test_head_answers_as_get_does_without_a_body(
    gateway: Any, demo: httpx.AsyncClient, path: str
) -> None:
    fill(gateway)
    got = await demo.get(path, headers=BROWSER)

    head = await demo.head(path, headers=BROWSER)
    again = await demo.get(path, headers=BROWSER)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers.get("content-type") == got.headers.get("content-type")
    assert again.status_code == got.status_code


async def test_head_of_a_stream_is_over_at_once(gateway: Any, demo: httpx.AsyncClient) -> None:
    head = await demo.head("/api/datahub/v1/forever")

    assert head.headers["content-type"].startswith("text/event-stream")
    hub = gateway.services["datahub"]
    async with asyncio.timeout(10):
        while hub.open_streams:  # noqa: ASYNC110 — another thread answers
            await asyncio.sleep(0.05)
    assert hub.open_streams == 0
