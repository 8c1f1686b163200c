"""A dead letter is listed, read, mended, replayed once, or given up."""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def buried(hub: Any, code: str) -> dict[str, Any]:
    """Return the letter of a message whose feed is not there."""
    absent = hub.name("absent")
    await hub.send("course", {"records": [{"course_code": code, "name": "x"}], "feed": absent})

    async def found() -> Any:
        return [each for each in await hub.get("dead-letters") if absent in each["detail"]]

    [letter] = await hub.until(found)
    whole: dict[str, Any] = await hub.get(f"dead-letters/{letter['id']}")
    return whole


async def test_a_mended_letter_keeps_who_why_and_what_it_was(hub: Any) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None})
    code = hub.name()
    letter = await buried(hub, code)
    path = f"/v1/dead-letters/{letter['id']}"
    message = json.loads(letter["payload"])
    message["data"]["feed"] = feed
    body = {"payload": json.dumps(message), "reason": "约定编号写错"}

    stale = await hub.client.put(path, json=body, headers={"if-match": '"2"'})
    mended = await hub.client.put(path, json=body, headers={"if-match": '"1"'})
    sent = await hub.client.post(f"{path}/replay", json={})
    again = await hub.client.post(f"{path}/replay", json={})

    assert (stale.status_code, mended.status_code) == (412, 200)
    assert mended.headers["etag"] == '"2"'
    [edit] = mended.json()["edits"]
    assert (edit["by"], edit["reason"]) == ("person/admin", "约定编号写错")
    assert edit["before"] == letter["payload"]
    assert (sent.status_code, again.status_code) == (202, 409)
    assert again.json()["type"] == "urn:helix8:problem:dead-letter-done"
    await hub.until(lambda: hub.sql("SELECT 1 FROM record_course WHERE key = :key", key=code))
    assert (await hub.get(f"dead-letters/{letter['id']}"))["state"] == "replayed"


async def test_a_letter_that_was_given_up_stays_so(hub: Any) -> None:
    letter = await buried(hub, hub.name())
    path = f"/v1/dead-letters/{letter['id']}"

    given_up = await hub.client.post(f"{path}/discard", json={"reason": "测试消息"})
    replayed = await hub.client.post(f"{path}/replay", json={})
    mended = await hub.client.put(path, json={"payload": "{}", "reason": "再试"})

    assert (given_up.status_code, given_up.json()["state"]) == (200, "discarded")
    assert given_up.json()["discarded"]["reason"] == "测试消息"
    assert (replayed.status_code, mended.status_code) == (409, 409)
    listed = await hub.get("dead-letters", state="discarded")
    assert letter["id"] in {each["id"] for each in listed}
