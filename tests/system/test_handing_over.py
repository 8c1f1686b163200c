"""What the services know is counted like any record: an alert, its handling, a value of both.

An indicator of the handling of alerts is bound itself, so that it warns of warnings; that ends.
"""

import asyncio
from typing import Any

import httpx
from nats.aio.client import Client

from shared.calendar import CAMPUS
from shared.kit.clock import now
from tests.conftest import until
from tests.system.test_journey import INDICATOR, prepare, push, rows

CLASS = "H-2026-01"
COURSE = "H01"
SCOPE = f"class/{CLASS}"
YEAR = f"year:{now().astimezone(CAMPUS).year}"
QUIET_SECONDS = 3

HANDLED = {
    "indicator": "handing_over_handled_rate",
    "zh": "预警处理率",
    "en": "Share of alerts that are over",
    "unit": "ratio",
    "direction": "higher",
    "basis": "系统旅程",
    "formula": "rate(closed_at is not null of alert)",
    "scopes": [{"kind": "course", "period": "year"}],
}
WITHDRAWAL = {
    "key": f"handing@{SCOPE}",
    "title": "退选率不高于两成",
    "indicator": INDICATOR["indicator"],
    "scope": SCOPE,
    "period": "term:2096-2097-1",
    "target": {"op": "<=", "value": "0.1"},
    "tiers": {
        "qualified": {"op": "<=", "value": "0.2"},
        "floor": {"op": "<=", "value": "0.5"},
    },
    "owner": "J001",
}
HALF = {
    "key": "handing@handled",
    "title": "预警处理率不低于一半",
    "indicator": HANDLED["indicator"],
    "scope": f"course/{COURSE}",
    "period": YEAR,
    "target": {"op": ">=", "value": "0.5"},
    "tiers": {"floor": {"op": ">=", "value": "0.1"}},
    "owner": "J001",
}


async def put(portal: httpx.AsyncClient, path: str, document: Any) -> None:
    answer = await portal.put(path, json=document)
    assert answer.status_code in {200, 201}, answer.text


async def bind(portal: httpx.AsyncClient, binding: Any) -> None:
    answer = await portal.post("/api/target/v1/bindings", json=binding)
    assert answer.status_code in {200, 201}, answer.text


async def deliver(portal: httpx.AsyncClient, feed: str, csv: str) -> None:
    answer = await portal.post(
        f"/api/datahub/v1/batches?feed={feed}",
        content=csv.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text


async def begin(portal: httpx.AsyncClient) -> None:
    """Have a course with a class, of which the rate of withdrawals is watched."""
    await prepare(portal)
    course = {
        "feed": "handing.course",
        "source": "academic",
        "entity": "course",
        "fields": {"course_code": {"from": "kch"}, "name": {"from": "mc"}},
    }
    await put(portal, "/api/datahub/v1/feeds/handing.course", course)
    await deliver(portal, "handing.course", f"kch,mc\n{COURSE},工程测量\n")
    await deliver(
        portal, "journey.teaching_class", f"jxbh,kch,xq,mc\n{CLASS},{COURSE},2096-2097-1,测量\n"
    )
    await put(portal, f"/api/datahub/v1/indicators/{HANDLED['indicator']}", HANDLED)
    await bind(portal, WITHDRAWAL)


async def measured(portal: httpx.AsyncClient) -> tuple[str, str] | None:
    """Return how many alerts of the course are over, and how many there are."""
    found = await rows(
        portal,
        "/api/datahub/v1/measurements",
        scope=f"course/{COURSE}",
        indicator=str(HANDLED["indicator"]),
    )
    return (found[0]["numerator"], found[0]["denominator"]) if found else None


async def alerts(portal: httpx.AsyncClient, scope: str, **query: str) -> list[dict[str, Any]]:
    return await rows(portal, "/api/alert/v1/alerts", scope=scope, **query)


async def newest_batch(portal: httpx.AsyncClient) -> Any:
    [batch] = await rows(portal, "/api/datahub/v1/batches", feed="helix8.alert", limit="1")
    return batch["batch"]


async def test_alerts_are_measured_and_a_warning_of_warnings_is_raised_once(
    portal: httpx.AsyncClient, integrator: Client
) -> None:
    await begin(portal)
    for number in range(3):
        await push(integrator, f"S{number}", "及格", class_no=CLASS)
    await push(integrator, "S3", "退选", class_no=CLASS)
    [alert] = await until(lambda: alerts(portal, SCOPE, state="open"))

    assert await until(lambda: measured(portal), lambda value: value == ("0", "1"))
    await bind(portal, HALF)
    [warning] = await until(lambda: alerts(portal, f"course/{COURSE}"))
    assert warning["severity"] == "red"
    assert await until(lambda: measured(portal), lambda value: value == ("0", "2"))

    answer = await portal.post(
        f"/api/alert/v1/alerts/{alert['id']}/acknowledgement", json={"note": "收到"}
    )
    assert answer.status_code == 200, answer.text

    async def record() -> dict[str, Any]:
        got = await portal.get(f"/api/datahub/v1/records/alert/{alert['id']}")
        assert got.status_code == 200, got.text
        found: dict[str, Any] = got.json()
        return found

    seen = await until(record, lambda each: each["acknowledged_at"] is not None)
    assert (seen["course_code"], seen["closed_at"]) == (COURSE, None)

    await push(integrator, "S3", "及格", class_no=CLASS)

    # One of two is over, and with it the warning of the two: then both are.
    assert await until(lambda: measured(portal), lambda value: value == ("2", "2"))
    closed = await record()
    assert closed["closed_at"] is not None
    assert (closed["severity"], closed["recurred"]) == ("orange", False)
    last = await newest_batch(portal)
    await asyncio.sleep(QUIET_SECONDS)
    assert await newest_batch(portal) == last
    assert await measured(portal) == ("2", "2")
    assert [each["id"] for each in await alerts(portal, f"course/{COURSE}")] == [warning["id"]]
    for feed in ("helix8.alert", "helix8.correction"):
        assert await rows(portal, "/api/datahub/v1/quarantine", feed=feed) == []
        assert await rows(portal, "/api/datahub/v1/batches", feed=feed) != []
