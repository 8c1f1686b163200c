"""``POST /reports``: from events to PostgreSQL, outbox and document."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from report_service.repository.facts import read_in_one_snapshot


async def test_a_report_tells_what_the_events_said(world: Any, told: Any) -> None:
    await told.everything(world)
    made = await world.make()

    assert made.status_code == 201
    report = made.json()
    assert made.headers["location"] == f"reports/{report['id']}"
    assert report["number"].startswith("ZZ-20261123-")
    assert (report["scope_name"], report["created_by"]) == ("社会科学导论", "person/admin")
    detail = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()
    content = detail.pop("content")
    assert detail == report
    standard = told.cells(content, "standards")
    assert (standard["current"], standard["state"]) == (["24%", "120 ÷ 385"], ["达到标准"])
    alert, correction = told.cells(content, "alerts"), told.cells(content, "corrections")
    assert alert["line"] == ["标准 ≤ 25%"]
    assert (alert["before"], alert["current"][0]) == (["31.17%"], "24%")
    assert (correction["title"][1], correction["effect"]) == ("标准 ≤ 25%", ["−7.17个百分点"])
    goal = told.cells(content, "goals")
    assert (goal["target"], goal["owner"]) == (["≤ 15%"], ["张伟"])
    last = content["sections"][0]["blocks"][0]["entries"][-1]
    assert last["spans"] == [{"text": "2013–2014学年第一学期，当前环节：目标"}]
    [fact] = await world.facts(1)
    assert fact["event"]["type"] == "qa.report.report.opened.v1"
    assert fact["event"]["data"] == {
        "report": report["id"],
        "scope": report["scope"],
        "period": report["period"],
        "template": "self_diagnosis",
        "template_version": 6,
        "as_of": report["as_of"],
        "sha256": report["sha256"],
    }


async def test_a_correction_is_told_as_its_alert_is_now_and_what_both_were(
    world: Any, told: Any
) -> None:
    floor = {"line": "floor", "op": "<=", "value": "0.4", "upper": None}
    worst = {"severity": "red", "value": "0.612", "crossed": floor, "at": "2026-11-23T08:00:00Z"}
    red = {"severity": "red", "crossed": floor, "value_before": "0.612", "worst": worst}
    now = {"severity": "yellow", "due_at": "2026-11-25T09:00:00Z", "worst": worst}
    await world.tell(told.indicator(), told.scope())
    await world.tell(
        told.alert("raised", 1, "0.612", **red),
        told.correction(1, **red, value="0.612"),
        told.alert("merged", 2, "0.26", **now, family="welfare"),
        told.correction(2, **now, value="0.26"),
    )

    report = (await world.make()).json()
    content = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()["content"]

    for table in ("alerts", "corrections"):
        assert told.cells(content, table)["severity"] == ["黄", "曾达 红 · 61.2%"]
    # Everybody may read a report: what is said of care for students is no more than that.
    assert told.cells(content, "alerts")["title"] == ["学生关爱类预警"]
    assert told.cells(content, "alerts")["current"] == ["26%", "现值"]
    assert told.cells(content, "alerts")["acknowledged"] == [
        "未签收，还剩 2 天",
        "签收时限 2026年11月25日 17:00",
    ]


async def test_the_document_comes_with_a_strict_policy(world: Any, told: Any) -> None:
    await told.everything(world)
    report = (await world.make()).json()
    document = await world.running.client.get(f"/v1/reports/{report['id']}/html")

    assert document.headers["content-type"] == "text/html; charset=utf-8"
    policy = document.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert document.headers["etag"] == f'"{report["sha256"]}"'
    cached = await world.running.client.get(
        f"/v1/reports/{report['id']}/html", headers={"if-none-match": document.headers["etag"]}
    )
    assert (cached.status_code, cached.content) == (304, b"")


async def test_the_same_facts_give_the_same_report_and_new_facts_a_new_one(
    world: Any, told: Any
) -> None:
    await told.everything(world)
    first, again = await world.make(), await world.make()
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json(), again.headers["changed"]) == (again.json(), "false")

    await world.tell(told.measured(8, "0.2"), told.judged(3, "met_standard", "0.2"))
    third = await world.make()

    assert third.status_code == 201
    assert third.json()["number"] != first.json()["number"]
    listed = await world.running.client.get(
        "/v1/reports", params={"scope": "class/AAA-2013J", "limit": 1, "totalCount": True}
    )
    stands = {"state": "draft", "due_at": None}
    assert (listed.headers["total-count"], listed.json()) == ("2", [third.json() | stands])
    issued = await world.running.client.get("/v1/reports", params={"state": "issued"})
    assert issued.json() == []
    old = (await world.running.client.get(f"/v1/reports/{first.json()['id']}")).json()
    assert told.cells(old["content"], "standards")["current"][0] == "24%"


async def test_facts_that_come_late_or_twice_change_nothing(world: Any, told: Any) -> None:
    await told.everything(world)
    before = (await world.make()).json()
    await world.tell(
        told.measured(7, "0.99"), told.measured(3, "0.9"), told.scope(seq=0, name_zh="旧名")
    )
    await world.tell(
        told.judged(1, "below_floor", "0.9"),
        told.alert("merged", 1, "0.5"),
        told.correction(1, closed=False),
        told.binding(title="旧"),
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    again = await world.make()

    assert (again.status_code, again.json()) == (200, before)


async def test_the_newest_of_many_in_one_batch_is_kept(world: Any, told: Any) -> None:
    await world.tell(told.scope())
    await asyncio.gather(
        world.tell(*[told.measured(seq, f"0.{seq:03}") for seq in range(1, 200)]),
        world.tell(told.binding(withdrawn=True, version=2), told.binding()),
    )
    report = (await world.make()).json()
    content = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()["content"]

    assert told.cells(content, "values")["current"][0] == "0.199"
    assert [each["key"] for each in content["sections"]][:3] == ["basics", "overview", "standards"]


async def test_a_scope_named_like_a_script_is_text(world: Any, told: Any) -> None:
    await world.tell(told.scope(name_zh="<script>alert(1)</script>"), told.measured(1, "0.2"))
    report = (await world.make()).json()
    html = (await world.running.client.get(f"/v1/reports/{report['id']}/html")).text

    assert "<script" not in html
    assert "&lt;script&gt;" in html


async def test_a_scope_without_data_is_a_named_problem(world: Any, told: Any) -> None:
    await world.tell(told.scope())
    refused = await world.make()

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:report-without-data",
    )
    assert refused.json()["fixes"]
    assert (await world.running.client.get("/v1/reports")).json() == []


async def test_a_period_without_data_is_answered_with_those_that_have_some(
    world: Any, told: Any
) -> None:
    await told.everything(world)
    refused = await world.make(period="year:2026")

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:report-without-data",
    )
    assert refused.json()["validationErrors"] == {
        "$.period": ["有数据的周期：term:2013-2014-1 (periods with data: term:2013-2014-1)"]
    }


async def test_a_scope_that_nobody_told_of_is_refused_with_what_is_like_it(
    world: Any, told: Any
) -> None:
    for key in ("AAA-2013B", "AAA-2013J", "BBB-2013J", "ZZZ"):
        await world.tell(told.scope(scope=f"class/{key}", name_zh=f"{key} 班"))
    await world.tell(told.measured(1, "0.2", scope="class/AAA-2013X"))
    refused = await world.make(scope="class/AAA-2013X")

    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:helix8:problem:reference-unknown",
    )
    [reason] = refused.json()["validationErrors"]["$.scope"]
    assert "class/AAA-2013B（AAA-2013B 班）" in reason
    assert "class/AAA-2013J（AAA-2013J 班）" in reason
    assert "ZZZ" not in reason


async def test_bad_requests_are_named_problems(world: Any) -> None:
    wrong = await world.make(period="someday", colour="red")
    absent = await world.running.client.get(f"/v1/reports/00000000-0000-0000-0000-{'0' * 12}/html")
    token = await world.running.client.get("/v1/reports", params={"pageToken": "WzFd"})

    assert wrong.status_code == 422
    assert set(wrong.json()["validationErrors"]) == {"$.period", "$.colour"}
    assert (absent.status_code, absent.json()["title"]) == (404, "没有这份报告")
    assert token.json()["type"] == "urn:helix8:problem:page-token"


async def test_a_report_is_read_from_one_snapshot(world: Any) -> None:
    async def level(*, snapshot: bool) -> str:
        async with world.running.app.state.database.transaction() as tx:
            if snapshot:
                await read_in_one_snapshot(tx)
            return str(await tx.session.scalar(text("SHOW transaction_isolation")))

    assert await level(snapshot=True) == "repeatable read"
    assert await level(snapshot=False) == "read committed"


async def test_the_same_report_asked_for_at_once_is_stored_once(world: Any, told: Any) -> None:
    await told.everything(world)
    await world.settle()
    answers = await asyncio.gather(*[world.make() for _ in range(4)])

    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} <= {200, 201, 503}
    assert len((await world.running.client.get("/v1/reports")).json()) == 1
