"""Who may read what somebody did, and what else knows of it."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from datahub.dictionary.domain.entity import Dictionary
from datahub.tests.learning_events import KEEPS_LONG, now, push, statement, today, write_totals
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = KEEPS_LONG


async def test_events_are_read_page_by_page_both_ways(hub: Any) -> None:
    student = hub.name("S")
    start = now()
    await push(
        hub,
        [
            statement(student, timestamp=(start - timedelta(seconds=number // 2)).isoformat())
            for number in range(7)
        ],
    )
    whole = [each["event_id"] for each in await hub.get("learning-events", student=student)]

    by_token: list[str] = []
    query = {"student": student, "pageSize": "3"}
    while True:
        answer = await hub.client.get("/v1/learning-events", params=query)
        by_token += [each["event_id"] for each in answer.json()]
        if "next-page-token" not in answer.headers:
            break
        query["pageToken"] = answer.headers["next-page-token"]
    second = await hub.client.get(
        "/v1/learning-events",
        params={"student": student, "limit": 3, "offset": 3, "totalCount": "true"},
    )

    assert len(whole) == 7
    assert by_token == whole
    assert [each["event_id"] for each in second.json()] == whole[3:6]
    assert second.headers["total-count"] == "7"
    for query in (
        {},
        {"student": student, "from": "2026-11-02", "to": "2026-11-01"},
        {"student": student, "to": "9999-12-31"},
        {"student": student, "from": "0001-01-01"},
    ):
        assert (await hub.client.get("/v1/learning-events", params=query)).status_code == 422


async def test_behaviour_is_read_with_a_right_of_its_own_and_without_what_is_closed(
    hub: Any, signing_keys: Any
) -> None:
    student = hub.name("S")
    await push(hub, statement(student, result={"response": "我的答案"}))

    async def asked(*scopes: str) -> Response:
        caller = Caller(subject="person/x", roles=frozenset({"reader"}), scopes=frozenset(scopes))
        token = signing_keys[0].sign(caller, "datahub")
        answer: Response = await hub.client.get(
            "/v1/learning-events",
            params={"student": student},
            headers={"authorization": f"Bearer {token}"},
        )
        return answer

    assert (await asked("datahub:read", "datahub:write")).status_code == 403
    found = await asked("datahub:trace")
    assert found.status_code == 200
    assert "我的答案" not in found.text
    records = await hub.client.get("/v1/records/learning_event")
    assert (records.status_code, records.json()["type"]) == (403, "urn:helix8:problem:raw-entity")


async def test_events_leave_no_trace_in_the_change_feed_but_their_totals_do(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    before = len(await hub.sql("SELECT FROM change_set"))
    await push(hub, [statement(student) for _ in range(20)])
    between = len(await hub.sql("SELECT FROM change_set"))
    await write_totals(hub, dictionary)

    assert between == before
    [change] = await hub.sql(
        "SELECT key, version FROM change WHERE key LIKE :key", key=f"{student}/%"
    )
    assert (change["key"], change["version"]) == (f"{student}/K1/{today()}", 1)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        (
            "feeds/x.learning_event",
            {
                "feed": "x.learning_event",
                "source": "academic",
                "entity": "learning_event",
                "fields": {"event_id": {"from": "id"}},
            },
        ),
        (
            "indicators/x.events",
            {
                "indicator": "x.events",
                "zh": "事件数",
                "en": "Events",
                "unit": "个",
                "direction": "higher",
                "formula": "count(learning_event)",
                "scopes": {"school": {}},
            },
        ),
    ],
)
async def test_nothing_else_rests_on_raw_events(
    hub: Any, path: str, document: dict[str, Any]
) -> None:
    answer = await hub.client.put(f"/v1/{path}", json=document)

    assert answer.status_code == 422
    faults = answer.json()["validationErrors"]
    assert any(each.endswith(("entity", "formula")) for each in faults)
