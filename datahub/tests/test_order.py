"""Whatever overtakes what, the newest push stands: REST, NATS, rows driven through again."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from datahub.ingest.repository import records

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": None, "name": None}


class Late:
    """A message that the stream has taken, and that its consumer could not handle yet."""

    def __init__(self, hub: Any, letter: dict[str, Any], feed: str) -> None:
        self.hub, self.letter, self.feed = hub, letter, feed

    async def arrive(self) -> dict[str, Any]:
        """Let it come now, as old as it is; return its verdict."""
        payload = json.loads((await self.hub.get(f"dead-letters/{self.letter['id']}"))["payload"])
        payload["data"]["feed"] = self.feed
        answer = await self.hub.client.post(
            f"/v1/dead-letters/{self.letter['id']}/replay", json={"payload": json.dumps(payload)}
        )
        assert answer.status_code == 202
        verdicts: list[dict[str, Any]] = await self.hub.until(
            lambda: self._both_verdicts(payload["id"])
        )
        return verdicts[1]

    async def _both_verdicts(self, event_id: str) -> list[dict[str, Any]]:
        """Return that of the first delivery, which failed, and that of the replay."""
        found = [
            item
            for event in await self.hub.facts("QA_VERDICT")
            for item in event["data"]["items"]
            if item["message"] == event_id
        ]
        return found if len(found) == 2 else []


async def late(hub: Any, feed: str, row: dict[str, Any], *, op: str = "upsert") -> Late:
    """Push a message over NATS that waits, because its feed is not there."""
    absent = hub.name("absent")
    await hub.send("course", {"records": [row], "feed": absent}, op=op)

    async def buried() -> Any:
        return [each for each in await hub.get("dead-letters") if absent in each["detail"]]

    [letter] = await hub.until(buried)
    return Late(hub, letter, feed)


async def changes_of(hub: Any, key: str) -> list[tuple[str, int]]:
    rows = await hub.sql(
        "SELECT op, version FROM change WHERE key = :key ORDER BY change_set", key=key
    )
    return [(row["op"], row["version"]) for row in rows]


async def is_there(hub: Any, code: str) -> bool:
    return bool((await hub.client.get(f"/v1/records/course/{code}")).status_code == 200)


async def test_a_deletion_that_overtakes_its_record_wins(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    older = await late(hub, feed, {"course_code": code, "name": "older"})

    gone = await hub.push(feed, {"course_code": code}, mode="delete")
    verdict = await older.arrive()

    assert ledger(gone) == {"unchanged": 1}
    assert (verdict["received"], verdict["accepted"]) == (1, 1)
    assert ledger(await hub.get(f"batches/{verdict['batch']}")) == {"unchanged": 1}
    assert not await is_there(hub, code)
    assert await changes_of(hub, code) == []


async def test_what_comes_after_such_a_deletion_is_a_new_record(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code}, mode="delete")

    refused = await hub.push(feed, {"course_code": code, "name": "x"}, mode="update")
    newer = await hub.push(feed, {"course_code": code, "name": "x"}, mode="create")

    assert (ledger(refused), ledger(newer)) == ({"rejected": 1}, {"created": 1})
    assert (await hub.get(f"records/course/{code}"))["version"] == 1
    assert await changes_of(hub, code) == [("upsert", 1)]


async def test_a_second_deletion_makes_a_tombstone_newer(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code, "name": "x"})
    await hub.push(feed, {"course_code": code}, mode="delete")
    between = await late(hub, feed, {"course_code": code, "name": "between"})

    again = await hub.push(feed, {"course_code": code}, mode="delete")
    await between.arrive()

    assert ledger(again) == {"unchanged": 1}
    assert not await is_there(hub, code)
    assert await changes_of(hub, code) == [("upsert", 1), ("delete", 2)]


async def test_what_was_said_before_a_deletion_does_not_come_back_with_the_record(
    hub: Any,
) -> None:
    names = await hub.feed("course", COURSE)
    points = await hub.feed("course", {"course_code": None, "credits": None})
    code = hub.name()
    older = await late(hub, points, {"course_code": code, "credits": "4"})
    await hub.push(names, {"course_code": code}, mode="delete")
    await hub.push(names, {"course_code": code, "name": "new"})

    await older.arrive()

    record = await hub.get(f"records/course/{code}")
    assert (record["name"], record["credits"], record["version"]) == ("new", None, 1)


async def test_an_older_deletion_does_not_undo_what_was_said_again(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code, "name": "x"})
    older = await late(hub, feed, {"course_code": code}, op="delete")
    await hub.push(feed, {"course_code": code, "name": "x"})

    await older.arrive()

    assert (await hub.get(f"records/course/{code}"))["version"] == 1


async def test_what_is_said_again_is_newer_than_what_came_between(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code, "name": "x"})
    between = await late(hub, feed, {"course_code": code, "name": "between"})

    again = await hub.push(feed, {"course_code": code, "name": "x"})
    verdict = await between.arrive()

    record = await hub.get(f"records/course/{code}")
    assert ledger(again) == {"unchanged": 1}
    assert ledger(await hub.get(f"batches/{verdict['batch']}")) == {"unchanged": 1}
    assert (record["name"], record["version"]) == ("x", 1)
    [stored] = await hub.sql("SELECT batch FROM record_course WHERE key = :key", key=code)
    assert stored["batch"] != again["batch"], "the batch that last changed it"
    assert await changes_of(hub, code) == [("upsert", 1)]


async def test_a_row_put_aside_is_not_newer_than_what_was_said_again(hub: Any) -> None:
    no = hub.name()
    feed = await hub.feed("student", {"student_no": None, "sex": None})
    rival = await hub.feed("student", {"student_no": None, "sex": None, "grade_year": None})
    await hub.push(rival, {"student_no": no, "sex": "1", "grade_year": "2025"})
    wrong = await hub.push(feed, {"student_no": no, "sex": "x"})
    await hub.push(rival, {"student_no": no, "sex": "1", "grade_year": "2025"})
    await hub.sql(
        'UPDATE quarantined_row SET raw = raw || \'{"sex": "2"}\' WHERE batch = :b',
        b=wrong["batch"],
    )
    [row] = await hub.get("quarantine", batch=wrong["batch"])

    await hub.client.post("/v1/quarantine/replay", json={"ids": [row["id"]]})

    record = await hub.get(f"records/student/{no}")
    assert (record["sex"], record["version"]) == ("1", 1)


async def test_what_another_feed_says_again_of_other_fields_holds_nothing_back(hub: Any) -> None:
    names = await hub.feed("course", COURSE)
    points = await hub.feed("course", {"course_code": None, "credits": None})
    code = hub.name()
    await hub.push(names, {"course_code": code, "name": "x"})
    older = await late(hub, points, {"course_code": code, "credits": "4"})
    await hub.push(names, {"course_code": code, "name": "x"})

    await older.arrive()

    record = await hub.get(f"records/course/{code}")
    assert (record["name"], float(record["credits"]), record["version"]) == ("x", 4.0, 2)


async def test_a_deletion_of_nothing_is_no_change_to_anybody(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.settled()
    before = await hub.facts()
    page = await hub.get("records/course", limit=1000)

    await hub.push(feed, *({"course_code": f"{code}-{n}"} for n in range(3)), mode="delete")
    await hub.settled()

    assert await hub.facts() == before
    assert await hub.get("records/course", limit=1000) == page


async def test_a_replay_is_as_old_as_its_message_not_as_its_burial(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    company = await hub.feed("company", {"uscc": None, "name": None}, default=True)
    async with hub.database.transaction() as tx:
        # Whoever takes messages waits for this, and so for a while nothing is buried.
        await records.lock_entities(tx, ["company"])
        await hub.send("company", {"records": [{"uscc": "x", "name": "x"}], "feed": company})
        await asyncio.sleep(0.3)
        waiting = asyncio.create_task(late(hub, feed, {"course_code": code, "name": "older"}))
        await asyncio.sleep(0.3)
        await hub.push(feed, {"course_code": code, "name": "newer"})
    await (await waiting).arrive()

    assert (await hub.get(f"records/course/{code}"))["name"] == "newer"
    assert await changes_of(hub, code) == [("upsert", 1)]
