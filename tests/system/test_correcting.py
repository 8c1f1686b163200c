"""The routine loop, end to end: alert → correction → measure → measured again → verified → settled.

The alert and the correction live in two services, which hear of each other by events alone.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio
from nats.aio.client import Client

from shared.calendar import CAMPUS
from shared.kit.clock import now
from tests.conftest import Suite, until
from tests.system.test_journey import BINDING, INDICATOR, prepare, push, rows

CLASS = "K-2026-01"
SCOPE = f"class/{CLASS}"
ALERTS, CORRECTIONS = "/api/alert/v1/alerts", "/api/spiral/v1/corrections"


@pytest_asyncio.fixture
async def person(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the gateway as the person of the demonstration."""
    headers = {"origin": suite.url}
    async with httpx.AsyncClient(
        base_url=suite.url, headers=headers, timeout=30, trust_env=False
    ) as client:
        who = {"login": "demo", "password": suite.secret("demo-password")}
        assert (await client.post("/api/gateway/v1/sessions", json=who)).is_success
        yield client


async def bind(portal: httpx.AsyncClient) -> None:
    """Put a class of its own beside those of the other journeys, and a binding on it."""
    await prepare(portal)
    answer = await portal.post(
        "/api/datahub/v1/batches?feed=journey.teaching_class",
        content=f"jxbh,kch,xq,mc\n{CLASS},J01,2096-2097-1,工程测量三班\n".encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    binding = BINDING | {"key": f"correcting@{SCOPE}", "scope": SCOPE, "owner": "K001"}
    answer = await portal.post("/api/target/v1/bindings", json=binding)
    assert answer.status_code in {200, 201}, answer.text


async def act(client: httpx.AsyncClient, correction: str, what: str, **body: Any) -> Any:
    """Take a step with a correction on its present version; return it.

    A value measured meanwhile is written on the correction too, so the step is tried again then,
    as the answer says.
    """
    while True:
        seen = (await client.get(f"{CORRECTIONS}/{correction}")).json()
        answer = await client.post(
            f"{CORRECTIONS}/{correction}/{what}",
            json=body,
            headers={"If-Match": f'"{seen["version"]}"'},
        )
        if answer.status_code != 412:
            assert answer.status_code == 200, answer.text
            return answer.json()


def is_told(correction: Any, value: str) -> bool:
    """Return whether a correction has heard of a value, from its alert and as measured again."""
    return bool(correction["value"] == correction["remeasured"] == value)


async def work(portal: httpx.AsyncClient, correction: str) -> None:
    """Plan a measure and hand in evidence of it."""
    due = now().astimezone(CAMPUS).date() + timedelta(days=14)
    await act(
        portal,
        correction,
        "plan",
        cause="execution",
        cause_text="没有答疑",
        measure="每周答疑一次",
        due_on=due.isoformat(),
    )
    file = await portal.post("/api/spiral/v1/evidence", content="答疑记录".encode())
    named = {"digest": file.json()["digest"], "name": "记录.txt"}
    await act(portal, correction, "evidence", said="已答疑", files=[named])


async def test_a_correction_without_effect_lifts_its_alert_and_one_with_effect_settles_it(
    portal: httpx.AsyncClient, person: httpx.AsyncClient, integrator: Client
) -> None:
    await bind(portal)
    for number, result in enumerate(("及格", "及格", "退选", "退选")):
        await push(integrator, f"S{number}", result, class_no=CLASS)

    async def alert() -> Any:
        found = await rows(portal, ALERTS, scope=SCOPE, indicator=INDICATOR["indicator"])
        return found[0] if found else None

    async def correction() -> Any:
        found = await rows(portal, CORRECTIONS, scope=SCOPE)
        return found[0] if found else None

    raised = await until(alert, lambda each: each and each["value"] == "0.500000")
    opened = await until(correction, lambda each: each and each["value"] == "0.500000")
    assert (raised["severity"], opened["stage"], opened["alert"]) == (
        "orange",
        "assigned",
        raised["id"],
    )
    await work(portal, opened["id"])
    await push(integrator, "S4", "及格", class_no=CLASS)
    await until(correction, lambda each: is_told(each, "0.400000"))
    await act(person, opened["id"], "verification", effective=False, note="仍高于标准")

    lifted = await until(alert, lambda each: each["reopened"] == 1)
    assert (lifted["severity"], lifted["in_hand"]) == ("red", True)
    again = await until(correction, lambda each: each["severity"] == "red")
    assert (again["stage"], again["reopened"]) == ("assigned", 1)

    await work(portal, opened["id"])
    for number in (2, 3):
        await push(integrator, f"S{number}", "及格", class_no=CLASS)
    held = await until(alert, lambda each: each["value"] == "0.000000")
    assert (held["state"], held["hold_reason"]) == ("open", "verification")
    await until(correction, lambda each: is_told(each, "0.000000"))
    closed = await act(person, opened["id"], "verification", effective=True, note="属实")

    settled = await until(alert, lambda each: each["state"] == "settled")
    assert (settled["how"], settled["effect"]) == ("corrected", "-0.500000")
    assert (closed["how"], closed["effect"], closed["reopened"]) == ("verified", "-0.500000", 1)
    assert [each["id"] for each in await rows(portal, ALERTS, scope=SCOPE)] == [raised["id"]]
