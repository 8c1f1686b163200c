"""Who is told, over REST: inbox, policy, channels, silences, Prometheus, boards, and why not."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import uvicorn

from alert_service.usecases.alertmanager import end_overdue
from shared.contracts.spiral_work import WorkItemEscalated, WorkItemReminded
from shared.kit.identity import Caller

SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()  # noqa: TID251
FAR = "2099-01-01T00:00:00Z"
ROOT = {
    "name": "root",
    "receivers": [{"to": "owner"}],
    "group_by": ["alertname"],
    "wait_seconds": 0,
    "interval_seconds": 1,
}


def headers_of(desk: Any, subject: str, roles: frozenset[str] = frozenset()) -> dict[str, str]:
    caller = Caller(subject=subject, roles=roles, scopes=frozenset({"alert:read"}))
    return {"Authorization": f"Bearer {desk.signer.sign(caller, 'alert')}"}


async def ask(desk: Any, method: str, path: str, **more: Any) -> Any:
    return await desk.running.client.request(method, f"/v1/{path}", **more)


async def foreign(desk: Any, **labels: str) -> None:
    answer = await ask(desk, "POST", "api/v2/alerts", json=[{"labels": labels}])
    assert (answer.status_code, answer.json()) == (200, {"received": 1})


async def test_who_answers_for_an_alert_is_told_of_it_in_the_inbox_and_over_its_stream(
    desk: Any,
) -> None:
    await desk.bind()
    await desk.judge(1, "below_floor", "0.3", relative_gap="0.6")
    mine = headers_of(desk, "person/T001")

    async def letters() -> Any:
        return (await ask(desk, "GET", "inbox", headers=mine)).json()

    [letter] = await desk.until(letters)
    assert letter["title"] == "诊改预警：红色 1"
    assert letter["lines"][0].startswith("红色｜通过率｜course/C0001｜term:2026-2027-1｜现值 0.3｜")
    assert (letter["severity"], letter["read_at"]) == ("red", None)
    [alert] = await desk.get("alerts")
    told = await desk.get(f"alerts/{alert['id']}/notifications")
    office = [each for each in told["told"] if each["person"] == "role/qa_office"]
    assert [each["person"] for each in told["told"]] == ["person/T001", "role/qa_office"]
    assert (office[0]["channel"], office[0]["state"], office[0]["open"]) == (
        *("inbox", "sent"),
        [alert["id"]],
    )
    assert [(each["person"], each["reason"]) for each in told["not_told"]] == [
        ("unit_head", "no-person")
    ]
    theirs = headers_of(desk, "person/Q1", frozenset({"quality_office"}))
    assert len((await ask(desk, "GET", "inbox", headers=theirs)).json()) == 1
    assert (await ask(desk, "GET", "inbox/unread", headers=mine)).json() == {"unread": 1}
    read = await ask(desk, "POST", "inbox/read", headers=mine, json={"up_to": letter["id"]})
    assert read.json() == {"unread": 0}

    async def listed(headers: Any, **only: Any) -> list[int]:
        answer = await ask(desk, "GET", "inbox", headers=headers, params=only)
        return [each["id"] for each in answer.json()]

    assert await listed(mine, unread=True) == []
    assert await listed(mine, unread=False, alert=alert["id"]) == [letter["id"]]
    assert await listed(mine, alert="another") == []
    assert len(await listed(theirs, unread=True)) == 1
    # Whoever shares an inbox reads it for himself.
    assert (await ask(desk, "GET", "inbox/unread", headers=theirs)).json() == {"unread": 1}


async def test_prometheus_posts_what_becomes_alerts_until_it_says_that_they_are_over(
    desk: Any,
) -> None:
    # As Prometheus 2 posts it.
    posted = {
        "labels": {"alertname": "HubLagging", "severity": "critical", "job": "datahub"},
        "annotations": {"summary": "积压 10 分钟"},
        "startsAt": "2026-11-01T00:00:00Z",
        "endsAt": SOON,
        "generatorURL": "http://prometheus:9090/graph",
    }
    for _ in range(2):
        assert (await ask(desk, "POST", "api/v2/alerts", json=[posted])).status_code == 200
    [alert] = await desk.get("alerts")
    assert (alert["family"], alert["severity"], alert["scope"], alert["title"]) == (
        *("data", "red", "feed/datahub"),
        "HubLagging：积压 10 分钟",
    )
    await desk.until(lambda: desk.get("api/v2/alerts"))
    [shown] = await desk.get("api/v2/alerts")
    assert {name: shown[name] for name in ("labels", "annotations", "generatorURL")} == {
        name: posted[name] for name in ("labels", "annotations", "generatorURL")
    }
    assert shown["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": []}
    assert shown["receivers"] == [{"name": "root/data"}]
    over = posted | {"endsAt": "2026-11-01T01:00:00Z"}
    assert (await ask(desk, "POST", "api/v2/alerts", json=[over])).status_code == 200
    assert await desk.get("api/v2/alerts") == []
    [alert] = await desk.get("alerts")
    assert (alert["state"], alert["how"]) == ("settled", "recovered")


async def test_what_prometheus_says_of_nobody_and_at_any_length_is_told_the_office(
    desk: Any,
) -> None:
    never = [
        {"labels": {"alertname": "X"}, name: "1800-01-01T00:00:00Z"}
        for name in ("startsAt", "endsAt")
    ]
    refused = [await ask(desk, "POST", "api/v2/alerts", json=[each]) for each in never]
    varied = "".join(chr(0x4E00 + at * 7919 % 20_000) for at in range(2_000))
    await foreign(desk, alertname="Long", severity="critical", owner="platform-team", note=varied)
    body = {
        "root": ROOT | {"group_by": ["..."], "receivers": [{"channel": "inbox", "to": "owner"}]}
    }
    policy = await ask(desk, "GET", "notification-policy")
    await ask(
        *(desk, "PUT", "notification-policy"),
        json=body,
        headers={"If-Match": policy.headers["ETag"]},
    )

    async def told() -> Any:
        [alert] = await desk.get("alerts")
        found = (await desk.get(f"alerts/{alert['id']}/notifications"))["told"]
        return [each["person"] for each in found if each["person"] == "role/qa_office"]

    assert [each.status_code for each in refused] == [422, 422]
    assert [[*each.json()["validationErrors"]] for each in refused] == [
        ["$[0].startsAt"],
        ["$[0].endsAt"],
    ]
    assert await desk.until(told)


async def test_what_nobody_tells_of_again_ends_once_also_where_people_dismissed_it(
    desk: Any,
) -> None:
    ends_at = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251
    posted = {"labels": {"alertname": "Gone"}, "endsAt": ends_at.isoformat()}
    await ask(desk, "POST", "api/v2/alerts", json=[posted])
    [alert] = await desk.get("alerts")
    answer = await ask(
        *(desk, "POST", f"alerts/{alert['id']}/dismissal"),
        json={"how": "false-alarm", "reason": "演练"},
        headers={"If-Match": f'"{alert["version"]}"'},
    )
    assert answer.status_code == 200, answer.text

    ended = []
    parts = desk.running.app.state
    for _ in range(2):
        async with parts.database.transaction() as tx:
            later = ends_at + timedelta(minutes=1)
            ended.append(await end_overdue(tx, later, parts.parts.settings.clocks()))

    assert ended == [True, False]


async def test_a_policy_is_checked_kept_in_versions_and_tried(desk: Any) -> None:
    assert (await desk.get("notification-policy"))["version"] == 0
    wrong = {
        "root": ROOT
        | {
            "receivers": [{"channel": "nowhere"}],
            "routes": [{"name": "a", "matchers": [{"label": "x", "op": "=~", "value": "(a+)+"}]}],
        }
    }
    answer = await ask(desk, "PUT", "notification-policy", json=wrong)
    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.root.routes[0].matchers[0].value"]
    del wrong["root"]["routes"]  # type: ignore[attr-defined]
    answer = await ask(desk, "PUT", "notification-policy", json=wrong)
    assert (answer.status_code, list(answer.json()["validationErrors"])) == (
        422,
        ["$.root.receivers[0].channel"],
    )
    good = {"root": ROOT, "note": "试行"}
    answer = await ask(desk, "PUT", "notification-policy", json=good)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    stale = await ask(desk, "PUT", "notification-policy", json=good, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    assert [each["version"] for each in await desk.get("notification-policy/versions")] == [1, 0]
    tried = await ask(desk, "POST", "notification-policy/trial", json={"labels": {"a": "b"}})
    assert (tried.json()["routes"], tried.json()["receivers"]) == (
        ["root"],
        [{"channel": "inbox", "to": "owner"}],
    )


async def test_channels_keep_their_secrets_and_lead_to_nobody_inside(desk: Any) -> None:
    async def put(key: str, settings: dict[str, Any], **more: Any) -> Any:
        body = {"name": "群", "settings": settings, **more}
        return await ask(desk, "PUT", f"channels/{key}", json=body)

    for url in ("http://127.0.0.1:9/x", "http://[::1]/", "http://localhost/", "http://2130706433/"):
        answer = await put("hook", {"kind": "webhook", "url": url})
        assert (answer.status_code, list(answer.json()["validationErrors"])) == (
            403,
            ["$.settings.url"],
        ), url
    bad = {"title": "{open.__class__}", "line": "{nobody}"}
    answer = await put("robot", {"kind": "wecom", "key": "K"}, templates=bad)
    assert (answer.status_code, list(answer.json()["validationErrors"])) == (
        422,
        ["$.templates.title", "$.templates.line"],
    )
    answer = await put("robot", {"kind": "wecom"})
    assert (answer.status_code, list(answer.json()["validationErrors"])) == (
        422,
        ["$.settings.key"],
    )
    answer = await put("robot", {"kind": "wecom", "key": "SECRET-KEY", "extra": 1})
    assert answer.status_code == 422
    assert "SECRET-KEY" not in answer.text
    assert (await put("robot", {"kind": "wecom", "key": "SECRET-KEY"})).status_code == 201
    answer = await put("robot", {"kind": "wecom"}, enabled=False)
    assert (answer.status_code, answer.json()["secrets"]) == (200, ["key"])
    assert (await desk.get("channels/robot"))["health"]["state"] == "off"
    tested = await ask(desk, "POST", "channels/robot/test")
    assert tested.status_code == 202
    [waits] = await desk.get("notifications", state="pending")
    assert waits["id"] == tested.json()["notification"]
    body = {"root": ROOT | {"receivers": [{"channel": "robot"}]}}
    assert (await ask(desk, "PUT", "notification-policy", json=body)).status_code == 200
    assert (await ask(desk, "DELETE", "channels/robot")).status_code == 409
    assert "SECRET-KEY" not in json.dumps([*await desk.get("channels"), waits])
    assert (await ask(desk, "GET", "channels/none")).status_code == 404


async def test_a_silence_has_an_author_and_a_reason_and_tells_what_it_holds_back(desk: Any) -> None:
    wrong = {"matchers": [], "ends_at": "2020-01-01T00:00:00Z", "reason": "x"}
    answer = await ask(desk, "POST", "silences", json=wrong)
    assert sorted(answer.json()["validationErrors"]) == ["$.matchers", "$.reason"]
    body = {
        "matchers": [{"label": "alertname", "value": "A"}],
        "ends_at": SOON,
        "reason": "机房停电检修",
    }
    rule = {"recurrence": {"rule": "FREQ=SECONDLY", "minutes": 5}}
    for more, faults in ((rule, ["$.recurrence.rule"]), ({"ends_at": FAR}, ["$.ends_at"])):
        refused = await ask(desk, "POST", "silences", json=body | more)
        assert (refused.status_code, list(refused.json()["validationErrors"])) == (422, faults)
    assert (await ask(desk, "PUT", "notification-policy", json={"root": ROOT})).status_code == 200
    made = (await ask(desk, "POST", "silences", json=body)).json()
    assert (made["state"], made["author"]) == ("active", "person/admin")
    await foreign(desk, alertname="A")
    [alert] = await desk.get("alerts")

    async def not_told() -> Any:
        found = await desk.get(f"alerts/{alert['id']}/notifications")
        return [(each["reason"], each["by"], each["words"]) for each in found["not_told"]]

    silenced = ("silenced", f"silence/{made['id']}", "已静默")
    found = await desk.until(not_told)
    assert set(found) == {silenced}
    assert (await desk.get(f"silences/{made['id']}"))["silences"] == 1
    listed = await desk.get("silences", state="active", limit=5, offset=0, totalCount="true")
    assert [each["id"] for each in listed] == [made["id"]]
    assert await desk.get("notifications", state="failed", limit=5) == []
    [shown] = await desk.get("api/v2/alerts")
    assert shown["status"]["silencedBy"] == [made["id"]]
    assert await desk.get("api/v2/alerts", silenced=False) == []
    ended = await ask(desk, "POST", f"silences/{made['id']}/expiry")
    assert ended.json()["state"] == "expired"
    assert (await ask(desk, "POST", f"silences/{made['id']}/expiry")).status_code == 409
    assert [await _count_silences(desk, each) for each in ("active", "expired")] == [0, 1]

    async def told() -> Any:
        return (await desk.get(f"alerts/{alert['id']}/notifications"))["told"]

    assert await desk.until(told)


async def _count_silences(desk: Any, state: str) -> int:
    asked = {"state": state, "limit": "1", "totalCount": "true"}
    listed = await ask(desk, "GET", "silences", params=asked)
    assert len(listed.json()) == int(listed.headers["total-count"])
    return len(listed.json())


async def test_boards_count_what_one_may_see_and_go_out_as_files(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_floor", "0.3", relative_gap="0.6")
    await desk.facts(1)
    await foreign(desk, alertname="=cmd", severity="info", scope="student/S1")
    await _make_welfare(desk)
    everybody = headers_of(desk, "person/X", frozenset({"reader"}))
    counsellor = headers_of(desk, "person/C1", frozenset({"reader", "counsellor"}))

    async def get(path: str, who: dict[str, str], **query: Any) -> Any:
        answer = await ask(desk, "GET", path, headers=who, params=query)
        assert answer.status_code == 200, answer.text
        return answer

    await desk.handled(await desk.publish(1, "percent", core=True))
    assert (await get("alerts/watch-list", everybody)).json() == [
        {
            "indicator": "pass_rate",
            "name_zh": "通过率",
            "name_en": "Pass rate",
            "bindings": 1,
            "states": {"below_floor": 1},
            "held": 0,
            "open": 1,
            "gravest": "red",
            "severities": {"blue": 0, "yellow": 0, "orange": 0, "red": 1},
        }
    ]
    board = (await get("alerts/board", everybody)).json()
    assert [(each["key"], each["open"]) for each in board["families"]] == [("indicator", 1)]
    full = (await get("alerts/board", counsellor)).json()
    assert [(each["key"], each["open"]) for each in full["families"]] == [
        ("indicator", 1),
        ("welfare", 1),
    ]
    assert [each["open"] for each in full["severities"]] == [1, 0, 0, 1]
    cells = {
        (each["level"], each["system"]): (each["open"], each["gravest"])
        for each in (await get("alerts/heat-map", counsellor)).json()["cells"]
    }
    assert len(cells) == 25
    assert {key: cell for key, cell in cells.items() if cell[0]} == {
        ("course", "generation"): (1, "red"),
        ("student", "support"): (1, "blue"),
    }
    for step in ("day", "week", "month"):
        moments = (await get("alerts/timeline", everybody, step=step)).json()
        assert moments[-1]["raised"] == {"blue": 0, "yellow": 0, "orange": 0, "red": 1}
        assert (moments[-1]["open"], moments[0]["open"], moments[-1]["ended"]) == (1, 0, 0) or (
            len(moments) == 1
        )
    assert len((await get("alerts", everybody)).json()) == 1
    hidden = next(a for a in await desk.get("alerts") if a["family"] == "welfare")["id"]
    for path in (f"alerts/{hidden}", f"alerts/{hidden}/notifications"):
        assert (await ask(desk, "GET", path, headers=everybody)).status_code == 404

    await _files(get, everybody, counsellor)


async def _files(get: Any, everybody: dict[str, str], counsellor: dict[str, str]) -> None:
    lines = (await get("alerts/export", counsellor)).content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("编号,状态,级别,曾达,类别")
    assert [line.split(",")[4] for line in lines[1:]] == ["指标", "学生关爱（限阅）"]
    assert ",'=cmd," in lines[2]
    book = openpyxl.load_workbook(
        io.BytesIO((await get("alerts/export", everybody, format="xlsx")).content)
    )
    assert [row[4] for row in book.active.iter_rows(values_only=True)] == ["类别", "指标"]
    calendar = (await get("alerts/deadlines.ics", counsellor)).text
    assert calendar.count("BEGIN:VEVENT") == 2
    assert "SUMMARY:蓝色预警待签收：学生关爱类预警\r\n" in calendar
    assert "S1" not in calendar
    assert "DTEND" not in calendar  # which must be later than the start: RFC 5545, 3.8.2.2
    assert all(len(line.encode()) <= 75 for line in calendar.split("\r\n"))


async def _make_welfare(desk: Any) -> None:
    """Let the alert of a student be one of welfare, as a rule of that family raises it."""
    async with desk.running.app.state.database.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE alert SET family = 'welfare' WHERE scope = 'student/S1'"
        )


async def test_the_stream_brings_letters_and_goes_on_where_one_was(desk: Any) -> None:
    """Read it as a browser does, over a real connection."""
    assert (await ask(desk, "PUT", "notification-policy", json={"root": ROOT})).status_code == 200
    config = uvicorn.Config(desk.running.app, port=0, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await desk.until(lambda: _started(server))
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1/inbox/stream"
    mine = headers_of(desk, "person/T001")

    async def read(last: str, until: str) -> str:
        got = ""
        async with (
            httpx.AsyncClient(trust_env=False, timeout=20) as client,
            client.stream("GET", url, headers=mine | {"Last-Event-ID": last}) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for piece in answer.aiter_text():
                got += piece
                if until in got:
                    return got
        raise AssertionError(got)

    waiting = asyncio.create_task(read("", "event: letter"))
    await foreign(desk, alertname="A", owner="teacher/T001", severity="critical")
    first = await waiting
    number = first.partition("event: letter")[0].rpartition("id: ")[2].strip()
    again = await read("0", "event: letter")
    assert f"id: {number}\nevent: letter\n" in again
    assert "诊改预警：红色 1" in again
    await read(number, ": alive")
    server.should_exit = True
    await serving


async def _started(server: Any) -> bool:
    return bool(server.started)


async def test_whom_a_ladder_reminds_or_calls_has_it_in_his_inbox_once_as_the_policy_says(
    desk: Any,
) -> None:
    item = {
        "step": "spiral/cycle/C1/1",
        "kind": "move",
        "title_zh": "目标：学生学期诊改",
        "title_en": "Goal: Student, term",
        "scope": "student/S1",
        "period": "term:2026-2027-1",
        "link": "/cycles/C1",
        "persons": ["student/S1"],
        "due_at": "2026-11-27T16:00:00Z",
        "role": "lead",
        "rung": 1,
    }
    late = item | {"rung": 3, "role": "office", "persons": []}
    call = {"root": ROOT | {"routes": [], "receivers": [{"to": "owner"}, {"to": "person/W1"}]}}
    await ask(desk, "PUT", "notification-policy", json=call)
    for _ in range(2):
        await desk.send(WorkItemReminded.model_validate({"items": [item]}), "0a")
        await desk.send(WorkItemEscalated.model_validate({"items": [late]}), "0a")

    async def letters(subject: str, *roles: str) -> Any:
        headers = headers_of(desk, subject, frozenset(roles))
        return (await ask(desk, "GET", "inbox", headers=headers)).json()

    await desk.until(lambda: letters("person/Q1", "quality_office"))
    [mine] = await letters("person/S1")
    [office] = await letters("person/Q1", "quality_office")
    watching = await letters("person/W1")

    assert mine["title"] == "提醒：目标：学生学期诊改"
    assert mine["lines"] == ["student/S1｜term:2026-2027-1｜时限 2026-11-28 00:00", "/cycles/C1"]
    # Nobody holds the role: the quality office is told.
    assert office["title"] == "督办：目标：学生学期诊改"
    assert [each["title"][:2] for each in watching] == ["督办", "提醒"]
