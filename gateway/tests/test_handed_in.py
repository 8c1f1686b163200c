"""The page on which people hand values in, and decide on what others did."""

import re
from typing import Any

import httpx
import pytest

ID = "019aa000-0000-7000-8000-000000000009"
DIGEST = "ab" * 32


def handed(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "indicator": "employers_content",
        "scope": "major/440501",
        "period": "year:2025",
        "value": "0.9",
        "numerator": "45",
        "denominator": "50",
        "n": 50,
        "replaces": None,
        "evidence": DIGEST,
        "evidence_name": "问卷.pdf",
        "link": "https://survey.example.edu/<b>",
        "note": "<script>",
        "state": "waiting",
        "version": 3,
        "counts": False,
        "entered_by": "teacher/T001",
        "steps": [
            {
                "step": "entered",
                "by": "teacher/T001",
                "at": "2026-11-20T08:00:00Z",
                "reason": None,
            }
        ],
        "may": {
            "approve": True,
            "reject": True,
            "revise": True,
            "withdraw": False,
            "evidence": True,
        },
    } | more


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """What the hub answers unless a test says otherwise."""
    scopes = [{"kind": "major", "period": "year"}, {"kind": "unit", "period": {"kind": "term"}}]
    document = {
        "scopes": scopes,
        "unit": "ratio",
        "zh": "用人单位满意度",
        "en": "Employers",
        "manual": True,
    }
    gateway.services["datahub"].answers = {
        "/v1/indicators": [{"indicator": "employers_content", "document": document}],
        "/v1/scopes": [
            {"scope": "teacher/T001", "name": "王芳"},
            {"scope": "major/440501", "name": "建筑装饰"},
        ],
        "/v1/handed-in": (200, [("Total-Count", "61")], [handed()]),
        f"/v1/handed-in/{ID}": handed(),
    }
    for service in gateway.services.values():
        service.seen.clear()


def posted(gateway: Any) -> Any:
    seen_all = gateway.services["datahub"].seen
    [seen] = [each for each in seen_all if each.method in {"POST", "PUT"}]
    return seen


async def test_a_stranger_is_asked_to_sign_in(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/handed-in")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fhanded-in")


async def test_the_page_tells_what_waits_and_what_the_visitor_may_do(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    page = (await demo.get("/handed-in")).text
    [asked] = [each for each in gateway.services["datahub"].seen if each.path == "/v1/handed-in"]

    assert {"state=waiting", "sort=newest", "offset=0"} <= set(asked.query.split("&"))
    assert "用人单位满意度" in page
    assert "王芳" in page
    assert "建筑装饰" in page
    assert "共 61 条" in page
    assert 'href="?state=waiting&amp;page=2"' in page
    assert f'href="/api/datahub/v1/evidence/{DIGEST}"' in page
    assert f'action="/portal/handed-in/{ID}/approval"' in page
    assert f'action="/portal/handed-in/{ID}/rejection"' in page
    assert f'action="/portal/handed-in/{ID}/withdrawal"' not in page
    assert "<script>" not in page.partition("</head>")[2]
    assert 'data-unit="ratio" data-kinds="major unit" data-periods="year term">' in page


async def test_the_form_is_filled_in_as_far_as_the_work_list_knows(demo: httpx.AsyncClient) -> None:
    asked = "indicator=employers_content&scope=major/440501&period=year:2025"
    page = (await demo.get(f"/handed-in?{asked}")).text

    assert 'value="employers_content" selected' in page
    for name, value in (("scope", "major/440501"), ("period", "year:2025")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page)


async def test_every_state_can_be_asked_for(gateway: Any, demo: httpx.AsyncClient) -> None:
    rows = [handed(state=each) for each in ("approved", "rejected", "withdrawn", "replaced")]
    hidden = {"evidence_name": None, "may": handed()["may"] | {"evidence": False}}
    gateway.services["datahub"].answers["/v1/handed-in"] = [
        *rows,
        handed(value=None, n=None, denominator=None, counts=True, link=None, **hidden),
    ]
    page = (await demo.get("/handed-in?state=all&lang=en")).text
    [asked] = [each for each in gateway.services["datahub"].seen if each.path == "/v1/handed-in"]

    assert "state" not in asked.query
    for word in (
        "Approved",
        "Rejected",
        "Withdrawn",
        "Replaced",
        "hidden: few people",
        "which you may not see",
    ):
        assert f"{word}" in page


async def test_a_value_is_handed_in_by_the_form(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["datahub"].answers["POST /v1/handed-in"] = (201, [], handed())
    form = {"indicator": "employers_content", "scope": "major/440501", "period": "year:2025"}
    answer = await demo.post("/portal/handed-in", data={**form, "value": "0.9", "n": "50"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/handed-in/{ID}")
    assert posted(gateway).subject.startswith("person/")


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    refusal = {"detail": "填报有误：n", "validationErrors": {"$.n": ["样本至少 10"]}}
    gateway.services["datahub"].answers["POST /v1/handed-in"] = (422, [], refusal)
    form = {"indicator": "employers_content", "scope": "major/1", "period": "year:2025", "n": "3"}
    answer = await demo.post("/portal/handed-in", data=form)

    assert answer.status_code == 422
    assert '<p class="fault" id="fault-n">样本至少 10</p>' in answer.text
    assert 'value="major/1"' in answer.text


@pytest.mark.parametrize("step", ["approval", "rejection", "withdrawal"])
async def test_a_decision_is_on_the_version_that_was_seen(
    gateway: Any, demo: httpx.AsyncClient, step: str
) -> None:
    gateway.services["datahub"].answers[f"/v1/handed-in/{ID}/{step}"] = handed()
    form = {"version": "3", "reason": "佐证不符"}
    answer = await demo.post(f"/portal/handed-in/{ID}/{step}", data=form)
    seen = posted(gateway)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/handed-in/{ID}")
    assert seen.path == f"/v1/handed-in/{ID}/{step}"
    assert seen.headers["if-match"] == '"3"'


async def test_a_refused_decision_says_why(gateway: Any, demo: httpx.AsyncClient) -> None:
    refusal = {"detail": "须由另一人审批", "fixes": ["请另一位审批"]}
    gateway.services["datahub"].answers[f"/v1/handed-in/{ID}/approval"] = (403, [], refusal)
    answer = await demo.post(f"/portal/handed-in/{ID}/approval", data={"version": "3"})

    assert answer.status_code == 409
    assert "须由另一人审批；请另一位审批" in answer.text


async def test_one_value_has_a_page_of_its_own(demo: httpx.AsyncClient) -> None:
    page = (await demo.get(f"/handed-in/{ID}")).text

    assert "90%" in page
    assert "45 ÷ 50" in page
    assert f'action="/portal/handed-in/{ID}/approval"' in page
    assert f'action="/portal/handed-in/{ID}/revision"' in page
    assert 'name="numerator" inputmode=decimal autocomplete=off value="45"' in page


async def test_a_value_that_is_not_there_says_so(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["datahub"].answers[f"/v1/handed-in/{ID}"] = (404, [], {"detail": "没有填报"})
    answer = await demo.get(f"/handed-in/{ID}")

    assert answer.status_code == 404
    assert "没有填报" in answer.text


async def test_a_value_is_revised_by_its_form(gateway: Any, demo: httpx.AsyncClient) -> None:
    new = ID[:-1] + "8"
    gateway.services["datahub"].answers[f"PUT /v1/handed-in/{ID}"] = handed(id=new)
    form = {"indicator": "employers_content", "scope": "major/440501", "period": "year:2025"}
    answer = await demo.post(
        f"/portal/handed-in/{ID}/revision", data={**form, "value": "0.8", "n": "50", "version": "3"}
    )
    seen = posted(gateway)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/handed-in/{new}")
    assert (seen.method, seen.headers["if-match"]) == ("PUT", '"3"')


async def test_a_refused_revision_keeps_what_was_typed(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    refusal = {"detail": "填报有误：value", "validationErrors": {"$.value": ["须是小数"]}}
    gateway.services["datahub"].answers[f"PUT /v1/handed-in/{ID}"] = (422, [], refusal)
    form = {"indicator": "employers_content", "scope": "major/440501", "period": "year:2025"}
    answer = await demo.post(
        f"/portal/handed-in/{ID}/revision", data={**form, "value": "x", "n": "50", "version": "3"}
    )

    assert answer.status_code == 422
    assert '<p class="fault" id="fault-value">须是小数</p>' in answer.text
    assert '<details class="card form" open>' in answer.text


async def test_tasks_lead_to_where_they_are_done(gateway: Any, demo: httpx.AsyncClient) -> None:
    item = {
        "title_zh": "审批填报：用人单位满意度",
        "title_en": "Approve a value: Employers",
        "scope": "major/440501",
        "scope_name": "建筑装饰",
        "scope_name_en": None,
        "period": "year:2025",
        "link": f"/handed-in/{ID}",
        "opened_at": "2026-11-20T08:00:00Z",
        "due_at": "2020-11-27T08:00:00Z",
    }
    gateway.services["spiral"].answers["/v1/work-items"] = [item]
    page = (await demo.get("/tasks")).text
    gateway.services["spiral"].answers["/v1/work-items"] = []
    empty = (await demo.get("/tasks?lang=en")).text

    assert f'<a href="/handed-in/{ID}">建筑装饰 · 审批填报：用人单位满意度</a>' in page
    assert 'class="due late"' in page
    assert "Nothing to do" in empty


async def test_tasks_that_are_away_say_so(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["spiral"].answers["/v1/work-items"] = (503, [], {})
    answer = await demo.get("/tasks?lang=zh")

    assert answer.status_code == 503
    assert "待办暂不可用" in answer.text
