"""What a sender is told, so that he can mend what he sends."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": None, "name": None}
ROOM = {
    "feed": "academic.room",
    "source": "academic",
    "entity": "room",
    "fields": {"building": {"from": "building"}, "room_no": {"from": "room_no"}},
}


async def test_an_unknown_feed_is_answered_with_those_that_may_be_meant(hub: Any) -> None:
    await hub.client.put("/v1/feeds/academic.room", json=ROOM)

    by_id = await hub.post("academic.rooms", "{}", headers={"accept-language": "en"})
    by_entity = await hub.client.post(
        "/v1/batches?source=academic&entity=rom",
        content="{}",
        headers={"content-type": "application/x-ndjson"},
    )

    assert (by_id.status_code, by_entity.status_code) == (404, 404)
    assert (
        by_id.json()["detail"] == "there is no feed academic.rooms; there are academic.room（room）"
    )
    assert by_entity.json()["detail"] == "没有数据源约定 academic/rom，已有 academic.room（room）"
