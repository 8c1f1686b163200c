"""Screens on services that stand in: what they say, refuse, keep, and never let through."""

import re
from typing import Any

import httpx
import pytest

from gateway.portal.domain import cycle_forms
from gateway.portal.queries import sheets
from shared.kit.clock import CAMPUS

EVIL = '"><img src=x onerror=alert(1)>'
AT = "2026-11-20T08:00:00Z"
KEY = "2026-2027-1/school/19001"
VOICE = "/voices/00000000-0000-0000-0000-000000000001/student"
SCREENS = (
    "/cycles",
    "/cycles?state=closed",
    f"/cycles/{KEY}",
    "/chains",
    "/chains?state=draft",
    "/goals/g1",
    "/goals/g1?version=1",
    "/corrections/c1",
    VOICE,
    "/sheets",
    "/sheets/tasks/t1",
    "/data",
    "/quarantine",
    "/quarantine/7",
    "/dictionary",
    "/dictionary?q=kc",
    "/dictionary/course",
    "/lineage?cell=i|school/19001|year:2026",
    "/import",
    "/map",
    "/wall",
    "/calendar",
)

MET = {"of": 3, "met": 2}
STANDING = {"state": "below_target", "value": "0.9", "attainment": "0.9", "coverage": "1"}
LIMIT = {"op": ">=", "value": "0.95", "upper": None}

SPOKEN = {"source": "student", "scope_name": EVIL, "period": "year:2026", "goal_title": EVIL}
SPOKEN |= {"due_at": AT, "spoken_at": AT, "rating": "80", "text": EVIL, "may": {"speak": True}}


def cycle(**more: Any) -> dict[str, Any]:
    gate = {"gate": "g", "zh": EVIL, "en": EVIL, "holds": False, "liftedBy": None}
    gate["blockers"] = [{"kind": "goal", "key": EVIL, "owner": EVIL, "zh": EVIL, "en": EVIL}]
    step = {"step": "goal", "zh": EVIL, "en": EVIL, "lit": True, "gates": [gate], "form": "f"}
    return {
        "key": KEY,
        "version": 4,
        "scope": "school/19001",
        "scope_name": EVIL,
        "level": "school",
        "period": "term:2026-2027-1",
        "definition": "figure_eight@1",
        "step": "goal",
        "step_zh": EVIL,
        "step_en": EVIL,
        "state": "open",
        "opened_at": AT,
        "entered_at": AT,
        "closed_at": None,
        "overdue_since": AT,
        "owners": {"lead": [EVIL]},
        "open_corrections": 2,
        "parent": EVIL,
        "steps": [step],
        "next_steps": ["standard"],
        "back_steps": ["goal"],
        "routine_loop": {"zh": EVIL, "en": EVIL, "inside": "goal", "steps": []},
        "alerts": [{"alert": EVIL, "title": EVIL, "severity": "red", "owner": EVIL}],
        "deadlines": [
            {"clock": "goal_due", "zh": EVIL, "en": EVIL, "step": "goal", "due_at": AT}
            | {"persons": [EVIL], "planned_at": AT, "state": "overdue", "reason": EVIL}
        ],
        "may": dict.fromkeys(("move", "sendBack", "force", "close", "file", "replan"), True),
        "blockedBy": [EVIL],
    } | more


def goal(**more: Any) -> dict[str, Any]:
    return {
        "key": "g1",
        "version": 2,
        "title": EVIL,
        "scope": "school/19001",
        "period": "year:2026",
        "level": "school",
        "indicator": "i",
        "target": LIMIT,
        "weight": "1",
        "owner": EVIL,
        "aggregation": "sum",
        "allocation": "same",
        "kind": "plan",
        "state": "draft",
        "updated_at": AT,
        "changed_by": EVIL,
        "aim": EVIL,
        "parent": EVIL,
        "standing": STANDING,
        "may": {"publish": True},
        "smart": [{"letter": "S", "met": False, "reason": EVIL, "remedy": EVIL}],
        "parts": [{"id": "a", "kind": "goal", "title": EVIL}] * 2,
        "attainments": [
            {**STANDING, "binding": "b", "title": EVIL, "indicator": "i"}
            | {"scope": "school/19001", "period": "year:2026", "measured_at": AT}
        ],
        "blockedBy": [EVIL],
    } | more


def task(**more: Any) -> dict[str, Any]:
    report = {"number": 1, "version": 1, "state": "waiting", "progress": "0.5", "said": EVIL}
    return {
        "key": "t1",
        "version": 1,
        "state": "accepted",
        "title": EVIL,
        "detail": EVIL,
        "scope": "school/19001",
        "owner": EVIL,
        "progress": "0.5",
        "pace": {"planned": "1", "actual": "0.5", "is_behind": True},
        "may": {"report": True, "approve": True, "cancel": True, "accept": True},
        "reports": [report | {"by": EVIL, "at": AT, "evidence": [{"digest": EVIL, "name": EVIL}]}],
        "blockedBy": [EVIL],
    } | more


def correction() -> dict[str, Any]:
    """One that is planned and evidenced, with what was written at each step."""
    file = {"digest": "ab" * 32, "name": EVIL}
    plan = {"cause_text": EVIL, "measure": EVIL, "due_on": "2026-12-20"}
    planned = {"what": "planned", "by": EVIL, "at": AT, "said": {**plan, "cause": "resources"}}
    evidenced = {"what": "evidenced", "by": EVIL, "at": AT, "said": {"said": EVIL, "files": [file]}}
    return {
        "id": "c1",
        "version": 4,
        "title": EVIL,
        "severity": "orange",
        "scope": "school/19001",
        "scope_name": EVIL,
        "period": "year:2026",
        "indicator": "i",
        "owner": EVIL,
        "cycle": KEY,
        "stage": "evidenced",
        "state": "open",
        "value": "0.9",
        "value_before": "0.8",
        "opened_at": AT,
        "due_at": AT,
        "may": {"verify": True},
        "cause": "resources",
        "plan": plan,
        "evidence": {"said": EVIL, "files": [file]},
        "acts": {"assign": True, "plan": True, "evidence": True, "verify": True},
        "blockedBy": [EVIL],
        "history": [{"what": "raised", "by": None, "at": AT, "said": None}, planned, evidenced],
    }


def aside(**more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "feed": EVIL,
        "batch": 3,
        "row": 9,
        "raw": {"XH": EVIL, EVIL: "1"},
        "verdict": "quarantined",
        "code": EVIL,
        "path": "$.XH",
        "message": EVIL,
        "reasons": [{"code": "c", "path": EVIL, "message": EVIL}],
        "state": "open",
        "put_aside_at": AT,
        "edits": [],
    } | more


RUN = {"key": "r1", "title": EVIL, "kind": "unit", "period": "year:2026", "state": "computed"}
RUN |= {"opened_at": AT, "objections_until": None}
LACK = {"kind": "things", "what": EVIL, "needed": "40", "available": "32", "unit": EVIL}
LACK |= {"task": "t1", "title": EVIL}


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """Services whose every name is hostile."""
    named = {"zh": EVIL, "en": EVIL}
    document = {"unit": "ratio", **named}
    field = {"name": EVIL, "type": EVIL, "privacy": EVIL, "unit": EVIL, "ref": EVIL, **named}
    node = {**STANDING, "key": "g1", "title": EVIL, "scope": "school/19001", "weight": "1"}
    node |= {"period": "year:2026", "allocation": "same", "owner": EVIL, "has_children": True}
    cell = {"indicator": "i", "scope": "school/19001", "period": "year:2026", "value": "0.9"}
    leg = {"leg": 0, "entity": EVIL, "rows": "/api/datahub/v1/x", **named}
    source = {"feed": EVIL, "source": EVIL, "entity": EVIL, "batch": 1, "records": 2}
    cause = {"verdict": "quarantined", "leading": 3, "rows": 3, "feed": EVIL, "code": EVIL}
    feed = {"feed": EVIL, "source": EVIL, "entity": "course", "quarantine": [{"rows": 3}]}
    feed |= {"last_batch": {"batch": 1, "received": 5, "started_at": AT}}
    hit = {"kind": "entity", "id": EVIL, "path": "/x", "within": EVIL, **named}
    form = {**named, "fields": [{"name": EVIL, "type": "text", **named}]}
    matrix = {"system": "decision", "level": "school", "goals": 1, "tasks": 2, "done": 1}
    matrix |= {"overdue": 1, "rates": {"standard": MET, "target": MET}}
    written = {"id": "m1", "version": 1, "text": EVIL, "title": EVIL, "state": "proposed"}
    written |= {"owner": EVIL, "may": {"decide": True}}
    diagnosis = {"goal": "g1", "goal_title": EVIL, "state": "draft", "conclusion": EVIL}
    diagnosis |= {"id": "d1", "known": {"value": "0.9", "indicator": "i"}}
    diagnosis |= {"may": {"sign": True, "ask": True}, "asked": [{**SPOKEN, "person": EVIL}]}
    entry = {"version": 2, "what": "forced", "step": "goal", "by": EVIL, "at": AT}
    unit = {"org_code": EVIL, "name": EVIL, "leader_no": EVIL, "parent_code": EVIL}
    term = {"term": "2026-2027-1", "starts_on": "2026-09-01", "ends_on": "2027-01-22"}
    week = {"week": "2026-2027-1/1", "starts_on": "2026-08-31", "ends_on": "2026-09-06"}
    watched = {"indicator": "i", "name_zh": EVIL, "name_en": EVIL, "bindings": 3}
    watched |= {"states": {"below_floor": 1, "below_target": 1}, "severities": {"red": 1}}
    said = {
        "spiral": {
            "/v1/culture/wall": {"values": [named | {"count": 7, "of": 8}], "counts": {}},
            "/v1/cycles": [cycle()],
            f"/v1/cycles/{KEY}": cycle(),
            "/v1/corrections/c1": correction(),
            f"/v1/cycles/{KEY}/entries": [entry | {"reason": EVIL, "lifted": [EVIL]}],
            "/v1/definitions/figure_eight": {"document": {**named, "forms": {"f": form}}},
            "/v1/diagnoses": [diagnosis],
            f"/v1{VOICE}": SPOKEN,
            "/v1/measures": [written],
            "/v1/lessons": [written],
            "/v1/proposals": [written | {"state": "submitted"}],
        },
        "target": {
            "/v1/chain": [node],
            "/v1/goals": [goal()],
            "/v1/goals/g1": goal(),
            "/v1/goals/g1/comments": [{"by": EVIL, "text": EVIL, "at": AT}],
            "/v1/goals/g1/decomposition": {"allocation": "same", "parts": []},
            "/v1/attainments/goal/g1/forecast": {"on": "2026-12-31", "pace": "0.9"},
            "/v1/attainments/goal/g1/history": [{"at": AT, "state": "no_data", "value": "0.9"}],
            "/v1/bindings": [],
            "/v1/tasks": [task()],
            "/v1/tasks/summary": {"budget": "9", "spent": "4", "shortages": [LACK]},
            "/v1/tasks/t1": task(),
            "/v1/sheet-definitions/school/19001": {},
            "/v1/coverage": {"cells": [matrix], "untagged": 4, "chain": {"score": "0.875"}},
            "/v1/assessment-runs": [RUN, RUN | {"key": "r2", "state": "published"}],
            "/v1/goals/transfer": [],
            "/v1/goals/lint": [{"rule": "hanging", "subject": EVIL, "title": EVIL, "reason": EVIL}],
            "/v1/attainments/summary": {"levels": {}, "level_rates": {}},
        },
        "alert": {
            "/v1/alerts": [],
            "/v1/alerts/summary": {"levels": {"school": {"red": 1}}},
            "/v1/alerts/watch-list": [watched],
            "/v1/alerts/heat-map": {"cells": []},
        },
        "datahub": {
            "/v1/scopes": [{"scope": "school/19001", "name": EVIL}],
            "/v1/indicators": [{"indicator": "i", "document": document}],
            "/v1/trend": {"periods": [{"period": "year:2026", "value": "0.9"}]},
            "/v1/quality/feeds": [feed],
            "/v1/source-systems": [{"id": EVIL, "name_zh": EVIL, "name_en": EVIL}],
            "/v1/quarantine/causes": [cause | {"path": EVIL, "oldest_at": AT}],
            "/v1/quarantine": [aside()],
            "/v1/quarantine/7": (200, [("ETag", '"2"')], aside()),
            "/v1/dictionary/entities": [{"name": "course", **named}],
            "/v1/dictionary/entities/course": {"name": EVIL, "fields": [field], **named},
            "/v1/dictionary/search": [hit],
            "/v1/feeds": [{"feed": EVIL}],
            "/v1/batches": [],
            "/v1/calendar": {"terms": [term], "weeks": [week | {"teaching": True}]}
            | {"warnings": [named]},
            "/v1/records/org_unit": [unit],
            "/v1/measurements/i%7Cschool/19001%7Cyear%3A2026/explanation": {
                "measurement": cell,
                "definition": document | {"basis": EVIL},
                "words": named,
                "legs": [leg],
                "sources": [source | {"received_at": AT}],
                "history": [{"value": "0.8", "n": 5, "measured_at": AT}],
            },
        },
    }
    for name, documents in said.items():
        gateway.services[name].answers = documents
        gateway.services[name].seen.clear()


def posted(gateway: Any, service: str) -> Any:
    [seen] = [each for each in gateway.services[service].seen if each.method != "GET"]
    return seen


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_that_a_source_system_says_becomes_markup(
    demo: httpx.AsyncClient, language: str
) -> None:
    wrong = {}
    for path in SCREENS:
        answer = await demo.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        bare = "<img src=x" in answer.text or "暂不可用" in answer.text
        if answer.status_code != 200 or bare or EVIL in answer.text:
            wrong[path] = (answer.status_code, bare)

    assert wrong == {}


async def test_a_stranger_is_asked_to_sign_in_and_comes_back(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/goals/g1?version=1")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fgoals%2Fg1%3Fversion%3D1"


@pytest.mark.parametrize(
    ("status", "shown", "said"),
    [(403, 403, "没有查看权限"), (404, 404, "没有这个周期"), (500, 503, "服务暂不可用")],
)
async def test_a_screen_says_why_it_cannot_be_shown(
    gateway: Any, demo: httpx.AsyncClient, status: int, shown: int, said: str
) -> None:
    problem = {"detail": "没有这个周期"}
    gateway.services["spiral"].answers[f"/v1/cycles/{KEY}"] = (status, [], problem)
    answer = await demo.get(f"/cycles/{KEY}")

    assert answer.status_code == shown
    assert said in answer.text


async def test_one_part_that_is_away_leaves_the_others(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["alert"].answers["/v1/alerts"] = (500, [], {})
    gateway.services["target"].answers["/v1/goals/g1/comments"] = (403, [], {})
    page = (await demo.get("/goals/g1")).text

    assert page.count("这一部分暂不可用") == 1
    assert page.count("没有查看这一部分的权限") == 1
    assert 'class="chart"' in page


async def test_every_cell_of_the_map_tells_what_is_met_and_which_alerts_are_open(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    none = {"of": 0, "met": 0}
    place = {"system": "support", "goals": 1, "tasks": 0, "done": 0, "overdue": 0}
    cells = [
        place | {"level": "school", "rates": {"standard": MET, "target": none}},
        place | {"level": "major", "rates": {"standard": none, "target": MET}},
        place | {"level": "course", "rates": {"standard": none, "target": none}},
        place | {"level": "teacher", "goals": 0, "rates": {"standard": none, "target": none}},
    ]
    gateway.services["target"].answers["/v1/coverage"] = {"cells": cells, "untagged": 0}
    hot = {"system": "support", "level": "course", "open": 4, "gravest": "orange"}
    cold = hot | {"level": "school", "open": 0, "gravest": None}
    gateway.services["alert"].answers["/v1/alerts/heat-map"] = {"cells": [hot, cold]}

    page = (await demo.get("/map")).text
    row = page.split("支持服务</th>")[1].split("</tr>")[0]
    told = [re.sub(r"<[^>]*>|\s+", " ", each).split() for each in row.split("<td>")[1:]]

    assert told == [
        ["1", "目标", "0", "任务", "达标", "66.7%", "2", "/", "3"],
        ["1", "目标", "0", "任务", "达目标", "66.7%", "2", "/", "3"],
        ["1", "目标", "0", "任务", "未判定", "预警", "4"],
        ["暂无"],
    ]
    assert '<span class="chip orange">预警 4</span>' in row


async def test_the_map_tells_of_spirals_engines_and_the_platform_too(
    demo: httpx.AsyncClient,
) -> None:
    page = (await demo.get("/map")).text
    engines = page.split('id="engines"')[1].split('id="watched"')[0]

    # Assessments published and under way; feeds, systems that deliver, and what was refused.
    figures = re.findall(r"<dd[^>]*>(?:<a[^>]*>)?([0-9]+)", engines)
    assert figures == ["1", "1", "1", "1", "0"]
    assert "<small>7 / 8 · <b>87.5%</b></small>" in engines
    assert "目标链健康度 <b>87.5%</b>" in page


async def test_a_move_is_made_on_the_version_that_was_seen_and_told(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["spiral"].answers[f"POST /v1/cycles/{KEY}/moves"] = cycle(version=5)
    form = {"to": "standard", "reason": "已审定", "version": "4"}
    answer = await demo.post(f"/portal/cycles/moves/{KEY}", data=form)
    sent = posted(gateway, "spiral")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/cycles/{KEY}?done=cycle-moved",
    )
    assert sent.headers["if-match"] == '"4"'
    assert sent.headers["accept-language"] == "zh-CN"
    told = await demo.get(answer.headers["location"])
    assert '<p class="toast" role="status">周期已流转</p>' in told.text


async def test_whoever_is_asked_hands_in_his_voice(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["spiral"].answers[f"POST /v1{VOICE}"] = {}
    form = {"text": "希望多走访", "rating": " "}
    answer = await demo.post(f"/portal{VOICE}", data=form)
    asked = {"source": "student", "persons": "student/X1\n\nT9\n", "due_at": "2026-12-01"}

    assert (answer.status_code, answer.headers["location"]) == (303, f"{VOICE}?done=written")
    assert posted(gateway, "spiral").path == f"/v1{VOICE}"
    assert cycle_forms.asking(asked, CAMPUS) == {
        "source": "student",
        "persons": ["student/X1", "teacher/T9"],
        "due_at": "2026-12-01T23:59:00+08:00",
    }


async def test_a_refused_form_comes_back_filled_in_with_its_faults(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    faults = {"$.due_at": ["晚于周期结束"], "$.clock": ["没有这个时限"]}
    problem = {"detail": "请检查", "validationErrors": faults, "fixes": ["改早一些"]}
    gateway.services["spiral"].answers[f"POST /v1/cycles/{KEY}/deadlines"] = (422, [], problem)
    form = {"clock": "goal_due", "due_at": "2027-12-01", "reason": "招聘推迟", "version": "4"}
    answer = await demo.post(f"/portal/cycles/deadlines/{KEY}", data=form)

    assert answer.status_code == 422
    for said in (
        "请检查；改早一些",
        "晚于周期结束",
        "没有这个时限",
        "招聘推迟",
        'value="2027-12-01"',
    ):
        assert said in answer.text, said
    assert 'id="deadlines-due_at" name="due_at"' in answer.text


async def test_a_mended_row_is_put_right_and_driven_through_again(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    hub = gateway.services["datahub"].answers
    hub["PUT /v1/quarantine/7/record"] = aside()
    hub["POST /v1/quarantine/replay"] = {"released": 1, "replayed": 1, "put_aside_again": 0}
    form = {"column.XH": "20260001", "reason": "学号写错"}
    answer = await demo.post("/portal/quarantine/7/record", data=form)
    mended, replayed = [each for each in gateway.services["datahub"].seen if each.method != "GET"]

    assert answer.headers["location"] == "/quarantine?done=released"
    assert (mended.method, mended.headers["if-match"]) == ("PUT", '"2"')
    assert (replayed.method, replayed.path) == ("POST", "/v1/quarantine/replay")


async def test_a_form_from_another_site_changes_nothing(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    answer = await demo.post(
        "/portal/goals/steps/publish/g1",
        data={"note": "x"},
        headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    )

    assert answer.status_code == 403
    assert [each for each in gateway.services["target"].seen if each.method != "GET"] == []


async def test_a_branch_of_the_tree_comes_by_itself(gateway: Any, demo: httpx.AsyncClient) -> None:
    answer = await demo.get("/portal/branches/g1")
    asked = [each.query for each in gateway.services["target"].seen if each.path == "/v1/chain"]

    assert answer.text.startswith('<ul class="tree">')
    assert 'data-branch="/portal/branches/g1"' in answer.text
    assert asked == ["parent=g1&limit=25&offset=0&totalCount=true"]


async def test_a_report_on_a_task_names_its_evidence() -> None:
    given = {"progress": "60", "said": "已审", "evidence": "ab" * 32, "evidence_name": "大纲.pdf"}

    assert sheets.report_of(given) == {
        "progress": "0.6",
        "said": "已审",
        "evidence": [{"digest": "ab" * 32, "name": "大纲.pdf"}],
    }
    assert "evidence" not in sheets.report_of(given | {"evidence": ""})
