"""The page on which people hand values in, and decide on what others did."""

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
        "n": 50,
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
        "may": {"approve": True, "reject": True, "revise": True, "withdraw": False},
    } | more


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """What the hub answers unless a test says otherwise."""
    document = {"unit": "ratio", "zh": "用人单位满意度", "en": "Employers", "manual": True}
    gateway.services["datahub"].answers = {
        "/v1/indicators": [{"indicator": "employers_content", "document": document}],
        "/v1/scopes": [{"scope": "teacher/T001", "name": "王芳"}],
        "/v1/handed-in": [handed()],
    }
    for service in gateway.services.values():
        service.seen.clear()


def posted(gateway: Any) -> Any:
    [seen] = [each for each in gateway.services["datahub"].seen if each.method == "POST"]
    return seen


async def test_a_stranger_is_asked_to_sign_in(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/handed-in")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fhanded-in")


async def test_the_page_tells_what_waits_and_what_the_visitor_may_do(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    page = (await demo.get("/handed-in")).text
    [asked] = [each for each in gateway.services["datahub"].seen if each.path == "/v1/handed-in"]

    assert "state=waiting" in asked.query
    assert "用人单位满意度" in page
    assert "王芳" in page
    assert f'href="/api/datahub/v1/evidence/{DIGEST}"' in page
    assert f'action="/portal/handed-in/{ID}/approval"' in page
    assert f'action="/portal/handed-in/{ID}/rejection"' in page
    assert f'action="/portal/handed-in/{ID}/withdrawal"' not in page
    assert "<script>" not in page.partition("</head>")[2]
    assert '<option value="employers_content">' in page


async def test_every_state_can_be_asked_for(gateway: Any, demo: httpx.AsyncClient) -> None:
    rows = [handed(state=each) for each in ("approved", "rejected", "withdrawn", "replaced")]
    gateway.services["datahub"].answers["/v1/handed-in"] = [
        *rows,
        handed(value=None, n=None, counts=True, evidence=None, link=None),
    ]
    page = (await demo.get("/handed-in?state=all&lang=en")).text
    [asked] = [each for each in gateway.services["datahub"].seen if each.path == "/v1/handed-in"]

    assert "state" not in asked.query
    for word in ("Approved", "Rejected", "Withdrawn", "Replaced", "fewer than 5: hidden"):
        assert f"{word}" in page


async def test_a_value_is_handed_in_by_the_form(gateway: Any, demo: httpx.AsyncClient) -> None:
    gateway.services["datahub"].answers["POST /v1/handed-in"] = (201, [], handed())
    form = {"indicator": "employers_content", "scope": "major/440501", "period": "year:2025"}
    answer = await demo.post("/portal/handed-in", data={**form, "value": "0.9", "n": "50"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/handed-in")
    assert posted(gateway).subject.startswith("person/")


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    refusal = {"detail": "填报有误：n", "validationErrors": {"$.n": ["样本至少 10"]}}
    gateway.services["datahub"].answers["POST /v1/handed-in"] = (422, [], refusal)
    form = {"indicator": "employers_content", "scope": "major/1", "period": "year:2025", "n": "3"}
    answer = await demo.post("/portal/handed-in", data=form)

    assert answer.status_code == 422
    assert '<p class="problem" id="fault-n">样本至少 10</p>' in answer.text
    assert 'value="major/1"' in answer.text


@pytest.mark.parametrize("step", ["approval", "rejection", "withdrawal"])
async def test_a_decision_is_on_the_version_that_was_seen(
    gateway: Any, demo: httpx.AsyncClient, step: str
) -> None:
    gateway.services["datahub"].answers[f"/v1/handed-in/{ID}/{step}"] = handed()
    form = {"version": "3", "reason": "佐证不符"}
    answer = await demo.post(f"/portal/handed-in/{ID}/{step}", data=form)
    seen = posted(gateway)

    assert (answer.status_code, answer.headers["location"]) == (303, "/handed-in")
    assert seen.path == f"/v1/handed-in/{ID}/{step}"
    assert seen.headers["if-match"] == '"3"'


async def test_a_refused_decision_says_why(gateway: Any, demo: httpx.AsyncClient) -> None:
    refusal = {"detail": "须由另一人审批", "fixes": ["请另一位审批"]}
    gateway.services["datahub"].answers[f"/v1/handed-in/{ID}/approval"] = (403, [], refusal)
    answer = await demo.post(f"/portal/handed-in/{ID}/approval", data={"version": "3"})

    assert answer.status_code == 409
    assert "须由另一人审批；请另一位审批" in answer.text
