"""Pages of what is kept by key, profiles, letters and channels, on services that stand in."""

import gzip
import re
from typing import Any

import httpx
import pytest

EVIL = '"><img src=x onerror=alert(1)>'
AT = "2026-11-20T08:00:00Z"
SCOPE = "course/C0001"
PERIOD = "term:2026-2027-1"
LIMIT = {"op": ">=", "value": "0.8", "upper": None}
SCREENS = (
    *("/plans", "/plans/p1", "/plans/p1?edit=1", "/plans/_new", "/standards", "/standards/s1"),
    *("/standards/s1?edit=1", "/standards/_new", "/bindings", "/bindings/b1", "/selectors"),
    *("/selectors/c1", "/assessments", "/assessments/r1?subject=unit/JWC", "/assessment-schemes"),
    *("/assessment-schemes/a1", "/registers/bodies", "/registers/bodies/k1", "/registers/risks/k1"),
    f"/profiles?of={SCOPE}&period={PERIOD}",
    f"/profiles?of={SCOPE}&period={PERIOD}&influences=1",
    f"/trace?cell=i|{SCOPE}|{PERIOD}",
    *("/guide", "/guide?as=student", "/plans/_import"),
    *("/inbox", "/channels", "/channels/k1", "/notification-policy", "/developers"),
)


SERVING = {"duty": "1", "task": EVIL, "state": "in_progress", "progress": "0.5", "overdue": True}


def entry(**more: Any) -> dict[str, Any]:
    said = {"key": "k1", "version": 2, "title": EVIL, "updated_by": EVIL, "updated_at": AT}
    return said | {"withdrawn_at": None} | more


def standard(**more: Any) -> dict[str, Any]:
    criterion = {"indicator": "i", "title": EVIL, "tiers": {"floor": LIMIT}, "warning": LIMIT}
    said = {"key": "s1", "kind": "course_building", "state": "draft", "author": EVIL}
    said |= {"sections": [{"title": EVIL, "text": EVIL}], "criteria": [criterion], "tiers": {}}
    return entry(**said, **more)


def kept() -> dict[str, Any]:
    duties = [{"key": each, "text": EVIL} for each in ("1", "2")]
    body = {"members": [{"party": EVIL, "place": "head"}], "duties": duties}
    follows = {"duties_done": 0, "duties": 2, "members_today": [EVIL], "tasks": [SERVING]}
    watch = [{"binding": EVIL, "period": "year:2026", "state": "no_data", "warning": True}]
    risk = {"scope": SCOPE, "likelihood": 4, "impact": 5, "owner": EVIL, "measure": EVIL}
    plan = {"key": "p1", "kind": "year", "period": "year:2026", "scope": SCOPE, "owner": EVIL}
    plan |= {"state": "submitted", "swot": {"strengths": [EVIL]}, "basis": [EVIL]}
    plan |= {"may": {"approve": True}, "blockedBy": [EVIL]}
    goal = {"state": "published", "key": "g1", "title": EVIL, "scope": SCOPE, "weight": "1"}
    goal |= {"version": 1, "period": "year:2026", "level": "course", "kind": "key"}
    goal |= {"allocation": "same", "aggregation": "sum", "updated_at": AT}
    binding = {"key": "b1", "indicator": "i", "scope": SCOPE, "period": PERIOD, "owner": EVIL}
    binding |= {"tiers": {"floor": LIMIT}, "target": None, "attainment": {"state": "met_target"}}
    selector = {"key": "c1", "indicator": "i", "period": PERIOD, "kind": "course", "tags": [EVIL]}
    binding |= {"selector": "c1"}
    item = {"key": "m", "title": EVIL, "takes": "marks", "weight": "1"}
    item |= {"sources": [{"rater": "peers", "weight": "1"}], "rule": {"rule": EVIL}}
    scheme = {"key": "a1", "purpose": "department", "kind": "unit", "author": EVIL, "made_at": AT}
    scheme |= {"document": {"items": [item], "opt_in": True}, "approved_by": None}
    run = {"key": "r1", "scheme": "a1", "scheme_version": 1, "period": "year:2026"}
    run |= {"state": "reviewed", "opened_by": EVIL, "opened_at": AT, "blockedBy": [EVIL]}
    run |= {"may": {"decide": True}}
    result = {"subject": "unit/JWC", "title": EVIL, "points": "90", "coverage": "1", "thin": True}
    result |= {"vetoed": True, "place": 1, "choice": None, "grade": EVIL, "verdicts": [EVIL]}
    result |= {"decision": None, "decision_reason": None, "decided_by": None}
    line = {"item": "m", "title": EVIL, "takes": "marks", "weight": "1", "value": None}
    line |= {"score": None, "points": None, "vetoes": True, "short": ["peers"]}
    objection = {"number": 1, "subject": "unit/JWC", "item": EVIL, "reason": EVIL}
    objection |= {"raised_by": EVIL, "raised_at": AT, "upheld": None, "answer": None}
    return {
        "/v1/plans": [entry(**plan)],
        "/v1/plans/p1": entry(**plan),
        "/v1/plans/p1/goals": [goal],
        "/v1/standards": [standard()],
        "/v1/standards/s1": standard(),
        "/v1/bindings": [entry(**binding)],
        "/v1/bindings/b1": entry(**binding),
        "/v1/selectors": [entry(**selector)],
        "/v1/selectors/c1": entry(**selector),
        "/v1/assessment-schemes": [entry(**scheme)],
        "/v1/assessment-schemes/a1": entry(**scheme),
        "/v1/assessment-runs": [entry(**run)],
        "/v1/assessment-runs/r1": entry(**run),
        "/v1/assessment-runs/r1/results": [result],
        "/v1/assessment-runs/r1/results/unit/JWC": result | {"lines": [line]},
        "/v1/assessment-runs/r1/objections": [objection | {"answered_by": None}],
        "/v1/assessment-runs/r1/acts": [{"act": "review", "by": EVIL, "at": AT}],
        "/v1/bodies": [entry(document=body, follows=follows)],
        "/v1/bodies/k1": entry(document=body, follows=follows, hidden=[EVIL]),
        "/v1/risks/k1": entry(
            document=risk, follows={"level": 20, "colour": "red", "watch": watch}
        ),
        "/v1/attainments": [
            {"binding": "b1", "title": EVIL, "goal": EVIL, "owner": EVIL, "state": "met_target"}
            | {"scope": SCOPE, "period": PERIOD, "indicator": "i", "standard_version": 1}
        ],
    }


def profile() -> dict[str, Any]:
    point = {"name": EVIL, "unit": "ratio", "value": "0.9", "masked": False, "state": "met_target"}
    point |= {"target": LIMIT, "standard": LIMIT, "median": "0.8", "peers": 9}
    point |= {"history": [{"period": "term:2025-2026-2", "value": "0.7"}], "explanation": "/x"}
    series = [{"name": "现值", "values": ["0.9", None, "1"], "colour": "x"}]
    return {
        "scope": SCOPE,
        "name": EVIL,
        "level": "course",
        "period": PERIOD,
        "as_of": AT,
        "basics": [{"label": EVIL, "text": EVIL}],
        "points": [{"indicator": each, **point} for each in ("i", "j", "k")],
        "radar": {"categories": [EVIL, "b", "c"], "series": series},
        "tags": [{"key": "all_met", "zh": EVIL, "en": EVIL, "because": [EVIL]}],
        "events": [{"at": AT, "kind": "alert", "zh": EVIL, "link": "javascript:alert(1)"}],
        "reports": [{"id": "x", "title": EVIL, "number": EVIL, "period": PERIOD}],
    }


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """Services whose every name is hostile."""
    matcher = [{"label": EVIL, "op": "=", "value": EVIL}]
    policy = {"root": {"name": "root", "receivers": [{"channel": "inbox", "to": EVIL}]}}
    policy["root"] |= {"routes": [{"name": EVIL, "matchers": matcher}]}
    version = {"version": 1, "made_by": EVIL, "made_at": AT, "policy": policy | {"note": EVIL}}
    letter = {"id": 5, "person": EVIL, "severity": "red", "title": EVIL, "lines": [EVIL] * 2}
    letter |= {"alerts": ["a", "b"], "at": AT, "read_at": None}
    channel = {"key": "k1", "version": 3, "name": EVIL, "kind": "webhook", "enabled": True}
    channel |= {"settings": {"kind": "webhook", "url": EVIL}, "secrets": ["secret"]}
    channel |= {"templates": {"title": EVIL, "line": EVIL}, "changed_by": EVIL, "changed_at": AT}
    health = {"state": "failing", "failures": 2, "rests_until": None, "sent_at": AT}
    channel |= {"health": health | {"failed_at": AT, "failure": EVIL, "waiting": 1}}
    origin = {
        "entity": "attendance",
        "source": EVIL,
        "feed": EVIL,
        "batch": 3,
        "records": 5,
        "received_at": AT,
    }
    cell = {"indicator": "i", "scope": SCOPE, "period": PERIOD, "value": "0.9", "n": 5}
    document = {"unit": "ratio", "zh": EVIL, "en": EVIL}
    explanation = {"measurement": cell, "definition": document, "sources": [origin]}
    factor = {"indicator": "i", "name": EVIL, "factor": "j", "factor_name": EVIL, "kind": "course"}
    factor |= {"n": 9, "few": True, "r": "-0.9", "explained_ratio": "0.81"}
    said = {
        "target": kept(),
        "report": {"/v1/profile": profile(), "/v1/reports": [], "/v1/influences": [factor]},
        "spiral": {"/v1/corrections": [], "/v1/cycles": []},
        "datahub": {
            "/v1/scopes": [{"scope": SCOPE, "name": EVIL}],
            "/v1/indicators": [{"indicator": "i", "document": document}],
            f"/v1/measurements/i%7C{SCOPE}%7C{PERIOD.replace(':', '%3A')}/explanation": explanation,
        },
        "alert": {
            "/v1/alerts": [],
            "/v1/inbox": [letter],
            "/v1/inbox/unread": {"unread": 1},
            "/v1/channels": [channel],
            "/v1/channels/k1": channel,
            "/v1/notifications": [],
            "/v1/notification-policy": version,
            "/v1/notification-policy/versions": [version],
        },
    }
    for name, documents in said.items():
        gateway.services[name].answers = documents
        gateway.services[name].seen.clear()


def posted(gateway: Any, service: str) -> Any:
    [seen] = [each for each in gateway.services[service].seen if each.method != "GET"]
    return seen


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_that_is_kept_becomes_markup(demo: httpx.AsyncClient, language: str) -> None:
    wrong = {}
    for path in SCREENS:
        answer = await demo.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        bare = "<img src=x" in answer.text or "暂不可用" in answer.text
        bare = bare or "javascript:" in answer.text
        if answer.status_code != 200 or bare or EVIL in answer.text:
            wrong[path] = (answer.status_code, bare)

    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/culture?period=zz", 422, "周期写作 kind:key"),
        ("/culture?of=zz", 422, "诊改对象写作 kind/key"),
        ("/profiles?of=zz", 200, "没有可看的画像"),
    ],
)
async def test_what_is_no_scope_or_period_is_no_outage(
    gateway: Any, demo: httpx.AsyncClient, path: str, status: int, said: str
) -> None:
    gateway.services["target"].answers["/v1/attainments"] = (422, [], {})
    answer = await demo.get(path)

    assert (answer.status_code, said in answer.text) == (status, True)


async def test_a_standard_is_changed_on_the_version_that_was_seen(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["target"].answers["POST /v1/standards"] = standard(version=3)
    form = {"title": "标准", "kind": "course_building", "version": "2", "do": "save"}
    form |= {"criteria.0.indicator": "i", "criteria.0.tiers.floor": "≥ 0.7"}
    answer = await demo.post("/portal/kept/standards/form/s1", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/standards/s1?done=kept")
    assert posted(gateway, "target").headers["if-match"] == '"2"'


async def test_a_new_one_takes_the_place_of_none(gateway: Any, demo: httpx.AsyncClient) -> None:
    problem = {"detail": "已有此编号", "validationErrors": {"$.criteria[0].indicator": ["没有"]}}
    gateway.services["target"].answers["POST /v1/standards"] = (422, [], problem)
    form = {"key": "s2", "title": "标准", "kind": "major", "criteria.4.indicator": "x"}
    headers = {"referer": f"{demo.base_url}/standards/_new?edit=1"}
    answer = await demo.post("/portal/kept/standards/form/_new", data=form, headers=headers)

    assert answer.status_code == 422
    assert posted(gateway, "target").headers["if-none-match"] == "*"
    assert 'id="fault-form-criteria-0-indicator"' in answer.text
    assert 'href="/standards/_new?edit=1&amp;lang=en"' in answer.text
    assert 'data-page="/standards/_new?edit=1"' in answer.text


async def test_a_refused_form_of_another_site_leads_home(demo: httpx.AsyncClient) -> None:
    headers = {"referer": "https://evil.example/plans"}
    answer = await demo.post("/portal/kept/plans/nothing/p1", data={}, headers=headers)

    assert 'href="/?lang=en"' in answer.text


async def test_a_draft_is_approved_and_a_letter_read(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["target"].answers["POST /v1/standards/s1/decision"] = standard(version=3)
    gateway.services["alert"].answers["POST /v1/inbox/read"] = {"unread": 0}
    approved = await demo.post("/portal/kept/standards/approve/s1", data={"version": "2"})
    read = await demo.post("/portal/inbox/read", data={"up_to": "5"})

    assert approved.headers["location"] == "/standards/s1?done=taken"
    assert posted(gateway, "target").path == "/v1/standards/s1/decision"
    assert read.headers["location"] == "/inbox"
    assert posted(gateway, "alert").path == "/v1/inbox/read"


async def test_a_duty_without_a_task_is_made_one_and_leads_to_it(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    path = "POST /v1/bodies/k1/duties/2/task"
    gateway.services["target"].answers[path] = {"key": "body:k1:2"}
    page = await demo.get("/registers/bodies/k1")
    form = {"duty": "2", "owner": "unit/JWC", "starts_on": "", "ends_on": "2026-12-31"}
    made = await demo.post("/portal/kept/bodies/duties/k1", data=form)
    elsewhere = await demo.post("/portal/kept/risks/duties/k1", data=form)

    assert re.findall(r'name="duty" value="(.)"', page.text) == ["2"]
    assert made.headers["location"] == "/sheets/tasks/body%3Ak1%3A2"
    assert posted(gateway, "target").path == "/v1/bodies/k1/duties/2/task"
    assert elsewhere.status_code == 404


async def test_a_channel_is_kept_and_a_fault_stands_in_its_settings(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    problem = {"detail": "请检查", "validationErrors": {"$.settings.webhook.url": ["不是网址"]}}
    gateway.services["alert"].answers["PUT /v1/channels/k1"] = (422, [], problem)
    form = {"name": "质量办", "kind": "webhook", "settings.url": "x", "version": "3"}
    answer = await demo.post("/portal/channels/form/k1", data=form)

    assert answer.status_code == 422
    assert 'id="fault-form-settings-url"' in answer.text
    assert posted(gateway, "alert").headers["if-match"] == '"3"'


async def test_a_key_is_made_shown_once_and_revoked(demo: httpx.AsyncClient) -> None:
    wrong = await demo.post("/portal/keys", data={"name": "教务", "subject": "academic"})
    form = {"name": "教务系统", "subject": "system/academic", "scopes": "datahub:read"}
    made = await demo.post("/portal/keys", data=form)
    key = made.text.partition('id="made-key">')[2].partition("<")[0]
    listed = await demo.get("/developers")
    revoked = await demo.post(f"/portal/keys/{key.split('_')[1]}/revocation")
    headers = {"authorization": f"Bearer {key}", "cookie": ""}
    refused = await demo.get("/api/datahub/v1/scopes", headers=headers)

    assert wrong.status_code == 422
    assert 'id="fault-key-subject"' in wrong.text
    assert 'id="fault-key-scopes"' in wrong.text
    assert key.startswith("h8k_")
    assert key not in listed.text
    assert "教务系统" in listed.text
    assert revoked.headers["location"] == "/developers?done=key-revoked"
    assert refused.status_code == 401


async def test_every_page_keeps_to_its_budget(demo: httpx.AsyncClient) -> None:
    most = {"css": 10_000, "js": 40_000, "svg": 2_000}
    beyond = {}
    for path in (*SCREENS, "/wall?size=1920x1080", "/rules/_new", "/import"):
        page = await demo.get(path)
        found = dict.fromkeys(most, 0)
        for link in set(re.findall(r'(?:src|href)="(/portal/static/[^"]+)"', page.text)):
            file = await demo.get(link)
            assert file.headers["content-encoding"] == "gzip"
            found[link.rpartition(".")[2]] += len(gzip.compress(file.content, mtime=0))
        over = {kind: size for kind, size in found.items() if size > most[kind]}
        if over or len(page.content) > 120_000 or page.text.count('rel="stylesheet"') != 1:
            beyond[path] = (over, len(page.content))

    assert beyond == {}


async def test_who_may_not_is_told_so_and_sees_no_button(
    demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    reader = {"login": "T069", "password": "the right password"}
    more = {"subject": "person/T069", "name": "周敏", "roles": ["reader"]}
    await demo.post("/api/gateway/v1/accounts", json=reader | more)
    await anyone.post("/api/gateway/v1/sessions", json=reader)
    refused = {}
    for path in (
        *("/plans/_new", "/standards/s1?edit=1", "/selectors/_new", "/assessment-schemes/_new"),
        *("/registers/bodies/_new", "/channels/_new", "/developers", "/review-packages"),
        "/operations",
    ):
        page = await anyone.get(path)
        refused[path] = (page.status_code, "没有查看权限" in page.text)
    seen = await anyone.get("/standards/s1")
    key = await anyone.post("/portal/keys", data={"name": "x"})

    assert {path: told for path, told in refused.items() if told != (403, True)} == {}
    assert seen.status_code == 200
    assert "kept-edit" not in seen.text
    assert "step-approve" not in seen.text
    assert key.status_code == 403
