"""Pages of an alert, of rules and of silences, on an alert service that stands in."""

from typing import Any

import httpx
import pytest

from gateway.portal.domain import rule_forms

EVIL = '"><img src=x onerror=alert(1)>'
AT = "2026-11-20T08:00:00Z"
CROSSED = {"line": "standard", "op": ">=", "value": "0.85", "upper": None}
CROSSED |= {"name_zh": "标准", "words": "≥ 85%", "words_en": "≥ 85%"}
LEAF = {"is": "value", "indicator": "i", "op": "<", "value": "0.85", "periods": 1}
DOCUMENT = {
    "title": EVIL,
    "title_en": EVIL,
    "family": "attendance",
    "unit": "ratio",
    "basis": EVIL,
    "scopes": {"kind": "course", "keys": [], "within": ["unit/JX"], "tags": [], "but": []},
    "periods": ["week"],
    "condition": LEAF,
    "severity": "yellow",
    "ladder": [{"severity": "orange", "when": {**LEAF, "value": "0.7"}}],
    "times": 2,
    "margin": "0.02",
    "least": {"n": 30, "coverage": None, "max_age_days": None},
    "owner": {"by": "scope", "kind": None, "owner": None},
}
FORM = {
    "title": "到课率低",
    "family": "attendance",
    "unit": "ratio",
    "scopes.kind": "course",
    "scopes.within": "unit/JX\nunit/JW",
    "periods.week": "1",
    "condition.indicator": "i",
    "condition.op": "<",
    "line.yellow": "0.85",
    "line.red": "0.6",
    "times": "2",
    "counter": "5",
}
WRITTEN = {
    "title": "到课率低",
    "family": "attendance",
    "unit": "ratio",
    "scopes": {"kind": "course", "within": ["unit/JX", "unit/JW"]},
    "periods": ["week"],
    "condition": {"is": "value", "indicator": "i", "op": "<", "value": "0.85"},
    "severity": "yellow",
    "ladder": [
        {
            "severity": "red",
            "when": {"is": "value", "indicator": "i", "op": "<", "value": "0.6"},
        }
    ],
    "times": "2",
    "least": {},
    "owner": {},
}
PAGES = (
    *("/alerts/a1", "/rules", "/rules?family=attendance&state=on", "/rules/r1", "/silences"),
    *("/rules/r1?version=1&cells=firing", "/rules/r1/edit", "/rules/r1/edit?written=1"),
    *("/rules/_new", "/rules/_new?like=r1", "/silences?state=active"),
)


def alert(**more: Any) -> dict[str, Any]:
    step = {"step": "raised", "at": AT, "severity": "red", "value": "0.5", "crossed": CROSSED}
    step |= {"owner": EVIL, "hold_reason": None, "by": EVIL, "note": EVIL, "how": None}
    return {
        "id": "a1",
        "version": 3,
        "state": "open",
        "rule": "rule/r1",
        "family": "attendance",
        "indicator": "i",
        "scope": "course/C0001",
        "scope_name": EVIL,
        "period": "term:2026-2027-1",
        "severity": "orange",
        "title": EVIL,
        "value": "0.6",
        "value_before": "0.5",
        "unit": "ratio",
        "crossed": CROSSED,
        "worst": {"severity": "red", "value": "0.5", "crossed": CROSSED, "at": AT},
        "owner": EVIL,
        "raised_at": AT,
        "due_at": AT,
        "escalated": 1,
        "supervisor": "role/qa_office",
        "may": {"acknowledge": True, "assign": True, "dismiss": True},
        "history": [step],
    } | more


def rule(**more: Any) -> dict[str, Any]:
    made = {"version": 2, "made_by": EVIL, "made_at": AT, "published_by": None}
    return {
        "key": "r1",
        "version": 2,
        "published": 1,
        "enabled": True,
        "shipped": True,
        "changed_by": EVIL,
        "changed_at": AT,
        "document": DOCUMENT,
        "words": EVIL,
        "versions": [made | {"published_at": None}, made | {"version": 1, "published_at": AT}],
        "states": {"firing": 1},
    } | more


TRIAL = {
    "since": AT,
    "until": AT,
    "signals": 900,
    "raised": 14,
    "settled": 9,
    "held": 0,
    "severities": {"yellow": 12, "red": 2},
    "scopes": 6,
    "helped": 5,
    "came_true": 0.3571,
    "median_lead_hours": 70.5,
    "examples": [
        {"scope": "course/C0001", "period": "week:2026-2027-1/3", "severity": "red"}
        | {"value": "0.5", "raised_at": AT, "settled_at": None, "helped": True, "lead_hours": 70.5}
    ],
}


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """Services whose every name is hostile."""
    sent = {"channel": "inbox", "person": EVIL, "number": 1, "title": EVIL, "made_at": AT}
    sent |= {"state": "failed", "over_at": None}
    sent |= {"history": [{"number": 1, "at": AT, "outcome": "failed", "detail": EVIL}]}
    untold = {"channel": EVIL, "person": EVIL, "reason": "silenced", "words": EVIL, "by": EVIL}
    untold |= {"first_at": AT, "last_at": AT, "until": AT, "over_at": None}
    summary = {"key": "r1", "title": EVIL, "title_en": EVIL, "family": "attendance"}
    summary |= {"severity": "yellow", "version": 2, "published": 1, "enabled": True}
    cell = {"scope": "course/C0001", "period": "week:2026-2027-1/3", "state": "firing"}
    silence = {"id": "s1", "state": "active", "starts_at": AT, "ends_at": AT, "author": EVIL}
    silence |= {"matchers": [{"label": "family", "op": "=", "value": EVIL}], "reason": EVIL}
    silence |= {"recurrence": {"rule": EVIL, "minutes": 5}, "made_at": AT, "silences": 3}
    worth = {"name": "rule/r1", "raised": 10, "recovered": 6, "false_alarms": 2, "precision": 0.8}
    mending = {"id": "c1", "title": EVIL, "state": "open", "stage": "planned", "owner": EVIL}
    periods = [{"period": "week:2026-2027-1/1", "value": "0.9"}]
    periods += [{"period": "week:2026-2027-1/2", "value": "0.5"}]
    said = {
        "alert": {
            "/v1/alerts": [alert()],
            "/v1/alerts/a1": alert(),
            "/v1/alerts/a1/notifications": {
                "alert": "a1",
                "told": [sent],
                "not_told": [untold],
                "waiting": [{"route": EVIL, "labels": {}, "due_at": AT}],
            },
            "/v1/alerts/statistics": {"groups": [worth]},
            "/v1/rules": [summary | {"open_alerts": 4}],
            "/v1/rules/r1": (200, [("ETag", '"5"')], rule()),
            "/v1/rules/r1/cells": [cell | {"detail": EVIL, "changed_at": AT}],
            "/v1/silences": [silence],
            "POST /v1/rules/lint": {"holds": True, "faults": {}, "scopes": 41},
            "POST /v1/rules/r1/trial": TRIAL,
        },
        "spiral": {"/v1/corrections": [mending]},
        "datahub": {
            "/v1/scopes": [{"scope": "course/C0001", "name": EVIL}],
            "/v1/indicators": [
                {"indicator": "i", "document": {"unit": "ratio", "zh": EVIL, "en": EVIL}}
            ],
            "/v1/trend": {"periods": periods},
        },
    }
    for name, documents in said.items():
        gateway.services[name].answers = documents
        gateway.services[name].seen.clear()


def sent(gateway: Any) -> list[tuple[str, str]]:
    """Return what was done at the alert service."""
    seen = gateway.services["alert"].seen
    return [(each.method, each.path) for each in seen if each.method != "GET"]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_that_is_said_of_alerts_and_rules_becomes_markup(
    demo: httpx.AsyncClient, language: str
) -> None:
    wrong = {}
    for path in PAGES:
        answer = await demo.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        bare = "<img src=x" in answer.text or "暂不可用" in answer.text
        if answer.status_code != 200 or bare or EVIL in answer.text:
            wrong[path] = (answer.status_code, bare)

    assert wrong == {}


async def test_an_alert_says_what_was_crossed_its_life_and_who_was_told_or_not(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    page = (await demo.get("/alerts/a1?lang=zh")).text

    for told in (
        *("<dd>50%</dd>", "<dd>60%</dd>", "<dd>标准 ≥ 85%</dd>", 'href="/rules/r1"'),
        *('href="/corrections/c1"', 'class="chart"', "已督办 1 次，现由 质量办 督办"),
        *("未送达", "失败，将重试", "已静默", "已逾期", 'href="/lineage?cell=i%7Ccourse/C0001'),
    ):
        assert told in page, told
    [asked] = [s.query for s in gateway.services["spiral"].seen if s.path == "/v1/corrections"]
    assert asked == "alert=a1&limit=1"
    over = alert(may={}, state="settled", how="accepted", settled_at=AT, dismissed_by="T002")
    gateway.services["alert"].answers |= {"/v1/alerts/a1": over, "/v1/alerts": [over]}
    assert "/portal/alerts/" not in (await demo.get("/alerts/a1")).text
    for path in ("/alerts/a1?lang=zh", "/alerts?state=settled&lang=zh"):
        assert "偏差已接受" in (await demo.get(path)).text, path


async def test_an_alert_is_assigned_and_dismissed_on_the_version_that_was_seen(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    alerts = gateway.services["alert"].answers
    alerts["POST /v1/alerts/a1/assignment"] = alert()
    faults = {"$.until": ["须给出日期"], "$.reason": ["太短"]}
    problem = {"detail": "请检查", "validationErrors": faults}
    alerts["POST /v1/alerts/a1/dismissal"] = (422, [], problem)

    done = await demo.post("/portal/alerts/assignment/a1", data={"owner": "T002", "version": "3"})
    [seen] = [each for each in gateway.services["alert"].seen if each.method == "POST"]
    form = {"how": "accepted", "reason": "误", "version": "3"}
    refused = await demo.post("/portal/alerts/dismissal/a1", data=form)

    assert done.headers["location"] == "/alerts/a1?done=alert-assignment"
    assert seen.headers["if-match"] == '"3"'
    assert refused.status_code == 422
    assert refused.text.count('aria-invalid="true"') == 2
    assert "须给出日期" in refused.text
    assert '<option value="accepted" selected>' in refused.text


async def test_a_rule_is_checked_and_its_faults_stand_beside_their_lines(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    faults = {
        "$.condition": ["永远不会成立 (it can never hold)"],
        "$.ladder[0].when.value": ["太低 (too low)"],
        "$.condition.value.indicator": ["没有听说过 (unknown)"],
        "$.scopes.within[1]": ["不是单位 (no unit)"],
    }
    answer = {"holds": False, "faults": faults, "scopes": 0}
    gateway.services["alert"].answers["POST /v1/rules/lint"] = answer
    page = await demo.post("/portal/rules/form/r1?lang=en", data=FORM | {"do": "check"})

    assert page.status_code == 422
    assert "the rule has 4 faults" in page.text
    for field, said in (
        ("line-yellow", "it can never hold"),
        ("line-red", "too low"),
        ("condition-indicator", "unknown"),
        ("scopes-within", "no unit"),
    ):
        assert f'<p class="fault" id="fault-rule-{field}">{said}</p>' in page.text, field
    assert 'name="line.red" inputmode="decimal" autocomplete="off" value="0.6"' in page.text
    assert sent(gateway) == [("POST", "/v1/rules/lint")]


async def test_a_rule_is_tried_on_history_before_it_is_kept(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["alert"].answers["PUT /v1/rules/r1"] = (200, [("ETag", '"6"')], rule())
    tried = await demo.post("/portal/rules/form/r1?lang=zh", data=FORM | {"do": "try"})
    kept = await demo.post("/portal/rules/form/r1", data=FORM | {"do": "save"})

    again = await demo.get("/portal/rules/form/r1?lang=en")
    assert again.headers["location"] == "/rules/r1/edit?lang=en"
    assert "本应预警 14 次，其中 5 次有用" in tried.text
    assert "涉及 41 个已知对象" in tried.text
    assert "提前 70 小时" in tried.text
    assert kept.headers["location"] == "/rules/r1?done=rule-saved"
    seen = [each for each in gateway.services["alert"].seen if each.method == "PUT"]
    assert [each.headers["if-match"] for each in seen] == ['"5"']


async def test_a_new_rule_takes_no_key_that_is_there_and_no_json_that_is_none(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    form = FORM | {"do": "save", "key": "r1", "lang": "zh"}
    taken = await demo.post("/portal/rules/form/_new?lang=zh", data=form)
    written = form | {"written": "1", "condition": '{"is": ', "key": "r2"}
    broken = await demo.post("/portal/rules/form/_new?lang=zh", data=written)

    assert (taken.status_code, broken.status_code) == (422, 422)
    assert '<p class="fault" id="fault-rule-key">已有这个编号的规则</p>' in taken.text
    assert "condition：第 1 行第 7 列不是 JSON" in broken.text
    assert sent(gateway) == []


async def test_a_rule_is_published_and_put_out_of_force(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    alerts = gateway.services["alert"].answers
    alerts["POST /v1/rules/r1/publication"] = rule()
    alerts["PUT /v1/rules/r1/enabled"] = (412, [], {"detail": "已被他人修改"})
    form = {"counter": "5", "version": "2"}
    published = await demo.post("/portal/rules/publication/r1", data=form)
    refused = await demo.post("/portal/rules/disable/r1?lang=zh", data={"counter": "5"})
    tried = await demo.post("/portal/rules/trial/r1?lang=zh", data={"since": "2026-09-01"})

    assert published.headers["location"] == "/rules/r1?done=rule-published"
    assert refused.status_code == 409
    assert "已被他人修改" in refused.text
    assert "本应预警 14 次，其中 5 次有用" in tried.text
    assert {each.headers["if-match"] for each in gateway.services["alert"].seen[:1]} == {'"5"'}


async def test_a_silence_is_made_refused_beside_its_fields_and_ended(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    alerts = gateway.services["alert"].answers
    faults = {"$.matchers[0].value": ["模式无法识别"], "$.ends_at": ["至多 365 天"]}
    alerts["POST /v1/silences"] = (422, [], {"detail": "请检查", "validationErrors": faults})
    alerts["POST /v1/silences/s1/expiry"] = {}
    form = {"matchers[0].label": "family", "matchers[0].op": "=~", "matchers[0].value": "("}
    form |= {"ends_at": "2099-01-01", "reason": "检修"}
    refused = await demo.post("/portal/silences", data=form)
    ended = await demo.post("/portal/silences/expiry/s1")

    assert refused.status_code == 422
    assert refused.text.count('aria-invalid="true"') == 2
    assert "模式无法识别" in refused.text
    assert ended.headers["location"] == "/silences?done=silence-ended"


async def test_the_queue_asks_for_ones_own_and_for_what_is_overdue(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    page = (await demo.get("/alerts?mine=true&overdue=true&lang=zh")).text
    [asked] = [each.query for each in gateway.services["alert"].seen if each.path == "/v1/alerts"]

    assert "mine=true&overdue=true" in asked
    assert 'href="/alerts/a1"' in page
    for name in ("mine", "overdue"):
        link = '<a id="{}-true" href="/alerts?mine=true&amp;overdue=true" aria-current="true">'
        assert link.format(name) in page, name


def test_the_form_of_a_rule_says_its_document() -> None:
    again = rule_forms.document(rule_forms.filled(DOCUMENT, written=False))
    by_hand = rule_forms.document(rule_forms.filled(DOCUMENT, written=True))

    assert rule_forms.document(FORM) == WRITTEN
    assert again["condition"] == {**LEAF, "periods": "1"}
    assert [each["severity"] for each in again["ladder"]] == ["orange"]
    assert by_hand["condition"] == LEAF
    assert rule_forms.is_plain(DOCUMENT)
    assert not rule_forms.is_plain(DOCUMENT | {"condition": {"is": "not", "of": LEAF}})
    assert not rule_forms.is_plain(DOCUMENT | {"severity": "red"})


async def test_a_calendar_program_reads_by_an_address_that_is_shown_once_and_ends(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient, system: httpx.AsyncClient
) -> None:
    alerts = gateway.services["alert"]
    alerts.answers["/v1/alerts/deadlines.ics"] = "BEGIN:VCALENDAR"
    first = (await demo.post("/api/gateway/v1/me/calendar")).json()["url"]
    read = await anyone.get(first)
    asked = alerts.seen[-1]
    page = await demo.post("/portal/calendar")
    second = page.text.partition(f"{gateway.url}/calendars/")[2].partition("<")[0]
    statuses = [(await anyone.get(each)).status_code for each in (first, f"/calendars/{second}")]
    again = await demo.get("/account")
    ended = await demo.post("/portal/calendar/end")
    statuses.append((await anyone.get(f"/calendars/{second}")).status_code)
    refused = await system.post("/api/gateway/v1/me/calendar")

    assert (read.status_code, read.text) == (200, '"BEGIN:VCALENDAR"')
    assert read.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (asked.subject, asked.query, asked.caller.scopes) == (
        "person/demo",
        "mine=true",
        {"alert:read"},
    )
    assert statuses == [404, 200, 404]
    assert second not in again.text
    assert (ended.headers["location"], refused.status_code) == ("/account", 409)
