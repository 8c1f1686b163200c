"""The main job, end to end: a record pushed on NATS → indicator → alert → correction → report.

Everything through the gateway, on a suite started as a user starts it.
"""

import asyncio
import json
from typing import Any

import httpx
from nats.aio.client import Client

from shared.kit.ids import uuid7
from tests.conftest import Suite, until

CLASS = "J-2026-01"
SCOPE = f"class/{CLASS}"
PERIOD = "term:2096-2097-1"

FEEDS = [
    {
        "feed": "journey.teaching_class",
        "source": "academic",
        "entity": "teaching_class",
        "fields": {
            "class_no": {"from": "jxbh"},
            "course_code": {"from": "kch"},
            "term": {"from": "xq"},
            "name": {"from": "mc"},
        },
    },
    {
        "feed": "journey.student",
        "source": "academic",
        "entity": "student",
        "fields": {"student_no": {"from": "xh"}},
    },
    {
        "feed": "journey.enrolment",
        "source": "academic",
        "entity": "enrolment",
        "fields": {
            "class_no": {"from": "jxbh"},
            "student_no": {"from": "xh"},
            "final_result": {
                "from": "jg",
                "codes": {"及格": "pass", "不及格": "fail", "退选": "withdrawn"},
            },
        },
    },
]
STUDENTS = 10
"""S0 to S9."""

INDICATOR = {
    "indicator": "journey_withdrawal_rate",
    "zh": "退选率",
    "en": "Withdrawal rate",
    "unit": "ratio",
    "direction": "lower",
    "basis": "系统旅程",
    "formula": "count(enrolment where final_result = 'withdrawn') / count(enrolment)",
    "scopes": [
        {
            "kind": "class",
            "key": "class_no",
            "period": {"kind": "term", "from": "teaching_class.term"},
        }
    ],
}
BINDING = {
    "key": f"journey@{SCOPE}@{PERIOD}",
    "title": "退选率不高于两成",
    "indicator": "journey_withdrawal_rate",
    "scope": SCOPE,
    "period": PERIOD,
    "target": {"op": "<=", "value": "0.1"},
    "tiers": {
        "qualified": {"op": "<=", "value": "0.2"},
        "floor": {"op": "<=", "value": "0.5"},
    },
    "owner": "J001",
}


async def push(integrator: Client, student: str, result: str, *, class_no: str = CLASS) -> None:
    """Push one enrolment as the academic system writes it; return when the stream has it."""
    event = {
        "specversion": "1.0",
        "id": str(uuid7()),
        "source": "urn:campus:academic",
        "type": "qa.ingest.enrolment",
        "feed": "journey.enrolment",
        "data": {"jxbh": class_no, "xh": student, "jg": result},
    }
    ack = await integrator.jetstream().publish(
        "qa.ingest.v1.academic.enrolment.upsert",
        json.dumps(event).encode(),
        headers={"Nats-Msg-Id": event["id"]},
    )
    assert ack.stream == "QA_INGEST_ACADEMIC"


async def prepare(portal: httpx.AsyncClient) -> None:
    """Publish the definitions, students and two classes, and for each a binding and a cycle."""
    for feed in FEEDS:
        answer = await portal.put(f"/api/datahub/v1/feeds/{feed['feed']}", json=feed)
        assert answer.status_code in {200, 201}, answer.text
    answer = await portal.put(
        f"/api/datahub/v1/indicators/{INDICATOR['indicator']}", json=INDICATOR
    )
    assert answer.status_code in {200, 201}, answer.text
    classes = (
        f"jxbh,kch,xq,mc\n{CLASS},J01,2096-2097-1,工程测量一班\n"
        f"{CLASS}B,J01,2096-2097-1,工程测量二班\n"
    )
    students = "xh\n" + "".join(f"S{number}\n" for number in range(STUDENTS))
    for feed, csv in (("teaching_class", classes), ("student", students)):
        answer = await portal.post(
            f"/api/datahub/v1/batches?feed=journey.{feed}",
            content=csv.encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text
    for class_no in (CLASS, f"{CLASS}B"):
        scope = f"class/{class_no}"
        cycle = {"key": f"journey-{class_no}", "scope": scope, "period": PERIOD}
        answer = await portal.post("/api/spiral/v1/cycles", json=cycle)
        assert answer.status_code in {200, 201}, answer.text
        binding = BINDING | {"key": f"journey@{scope}@{PERIOD}", "scope": scope}
        answer = await portal.post("/api/target/v1/bindings", json=binding)
        assert answer.status_code in {200, 201}, answer.text


async def rows(portal: httpx.AsyncClient, path: str, **query: str) -> list[dict[str, Any]]:
    answer = await portal.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_a_pushed_record_becomes_indicator_alert_correction_and_report(
    portal: httpx.AsyncClient, integrator: Client
) -> None:
    await prepare(portal)

    for number in range(3):
        await push(integrator, f"S{number}", "及格")
    await push(integrator, "S3", "退选")

    cell = {"scope": SCOPE, "indicator": INDICATOR["indicator"]}

    async def measured() -> str | None:
        found = await rows(portal, "/api/datahub/v1/measurements", **cell)
        return found[0]["value"] if found else None

    assert await until(measured, lambda value: value == "0.250000")

    async def alerts() -> list[dict[str, Any]]:
        return await rows(portal, "/api/alert/v1/alerts", scope=SCOPE, state="open")

    [alert] = await until(alerts)
    assert (alert["severity"], alert["value"]) == ("orange", "0.250000")
    assert (alert["crossed"]["line"], alert["crossed"]["words"]) == ("standard", "≤ 20%")
    assert (alert["owner"], alert["scope_name"]) == ("J001", "工程测量一班")

    async def corrections() -> list[dict[str, Any]]:
        return await rows(portal, "/api/spiral/v1/corrections", scope=SCOPE, state="open")

    [correction] = await until(corrections)
    assert correction["alert"] == alert["id"]
    assert correction["cycle"] == f"journey-{CLASS}"

    async def report() -> str:
        made = await portal.post("/api/report/v1/reports", json={"scope": SCOPE, "period": PERIOD})
        if made.status_code not in {200, 201}:
            return ""
        page = await portal.get(f"/api/report/v1/reports/{made.json()['id']}/html")
        assert page.headers["content-type"].startswith("text/html")
        return page.text

    page = await until(report, lambda html: "工程测量一班" in html and "J001" in html)
    assert "退选率" in page
    assert "25%" in page
    assert "标准 ≤ 20%" in page

    await push(integrator, "S3", "及格")
    assert await until(measured, lambda value: value == "0.000000")
    assert await until(alerts, lambda found: found == []) == []
    assert await until(corrections, lambda found: found == []) == []
    settled = await rows(portal, "/api/alert/v1/alerts", scope=SCOPE, state="settled")
    assert [each["id"] for each in settled] == [alert["id"]]


async def test_what_does_not_exist_is_refused_everywhere(portal: httpx.AsyncClient) -> None:
    await prepare(portal)
    scope = f"class/{CLASS}-never"
    binding = BINDING | {"key": "journey@none", "scope": scope, "indicator": "journey_rate"}
    cycle = {"key": "journey-none", "scope": scope, "period": PERIOD}

    answers = await asyncio.gather(
        portal.post("/api/target/v1/bindings", json=binding),
        portal.post("/api/spiral/v1/cycles", json=cycle),
        portal.post("/api/report/v1/reports", json={"scope": scope, "period": PERIOD}),
    )

    assert [answer.status_code for answer in answers] == [422] * 3
    for answer in answers:
        problem = answer.json()
        assert problem["type"] == "urn:helix8:problem:reference-unknown"
        assert f"{SCOPE}（工程测量一班）" in problem["validationErrors"]["$.scope"][0]
    assert set(answers[0].json()["validationErrors"]) == {"$.scope", "$.indicator"}


async def test_bad_messages_are_answered_and_nothing_good_is_lost_with_them(
    portal: httpx.AsyncClient, integrator: Client
) -> None:
    js = integrator.jetstream()
    for subject, body in (
        ("qa.ingest.v1.academic.enrolment.upsert", b"{no json"),
        ("qa.ingest.v1.academic.dragon.upsert", b'{"id":"x","source":"s","type":"t","data":{}}'),
    ):
        await js.publish(subject, body)
    await push(integrator, "S9", "没有这个词")
    await push(integrator, "S8", "及格")

    async def good() -> int:
        answer = await portal.get(f"/api/datahub/v1/records/enrolment/{CLASS}/S8")
        return answer.status_code

    assert await until(good, lambda status: status == 200) == 200

    async def letters() -> set[str]:
        found = await rows(portal, "/api/datahub/v1/dead-letters")
        return {letter["reason"] for letter in found}

    assert await until(letters, lambda found: found >= {"undecodable", "unknown-entity"})
    causes = await rows(portal, "/api/datahub/v1/quarantine", code="unmapped-code")
    assert causes[0]["raw"] == {"jxbh": CLASS, "xh": "S9", "jg": "没有这个词"}


async def test_a_message_over_the_limit_is_refused_when_it_is_sent(integrator: Client) -> None:
    refused = ""
    try:
        await integrator.jetstream().publish(
            "qa.ingest.v1.academic.enrolment.upsert", b"x" * 300 * 1024
        )
    except Exception as error:  # noqa: BLE001 — the client wraps it in one of several ways
        refused = str(error)
    assert "message size exceeds" in refused.lower() or "10054" in refused


async def test_a_stranger_sees_nothing(suite: Suite) -> None:
    async with httpx.AsyncClient(base_url=suite.url, trust_env=False) as stranger:
        answers = [
            await stranger.get("/api/datahub/v1/batches"),
            await stranger.get("/api/alert/v1/alerts"),
            await stranger.get("/api/gateway/v1/me"),
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["type"] for answer in answers} == {"urn:helix8:problem:unauthenticated"}
