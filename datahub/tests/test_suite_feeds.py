"""What the services of the suite hand over: its feeds are there, and its records are taken in."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.repository.shipped import install_shipped, shipped_feeds
from shared.contracts.streams import HANDED_OVER

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALERT = {
    "alert_no": "A1",
    "family": "indicator",
    "severity": "yellow",
    "scope": "student/S-unknown",
    "org_code": "U-unknown",
    "major_code": None,
    "course_code": None,
    "staff_no": None,
    "student_no": "S-unknown",
    "raised_at": "2026-11-23T08:00:00Z",
    "acknowledged_at": None,
    "closed_at": None,
    "handling_hours": None,
    "recurred": None,
}


async def hand_over(hub: Any, entity: str, record: Any, *, op: str = "upsert") -> str:
    """Publish a record as a service of the suite does; return the id of the message."""
    id_ = str(uuid4())
    envelope = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:helix8:alert",
        "type": "qa.ingest",
        "partitionkey": f"{entity}/1",
        "data": record,
    }
    await hub.nats.jetstream().publish(
        f"qa.ingest.v1.helix8.{entity}.{op}",
        json.dumps(envelope).encode(),
        headers={"Nats-Msg-Id": id_},
    )
    return id_


async def verdict_of(hub: Any, message: str) -> Any:
    """Wait for what the hub says of a message; return how many rows it took, and the others."""

    async def answered() -> Any:
        items = [item for each in await hub.facts("QA_VERDICT") for item in each["data"]["items"]]
        return [
            (item["accepted"], [(row["verdict"], row["code"]) for row in item["rows"]])
            for item in items
            if item["message"] == message
        ]

    [verdict] = await hub.until(answered)
    return verdict


async def row(hub: Any, number: str) -> Any:
    [found] = await hub.sql("SELECT * FROM record_alert WHERE key = :key", key=number)
    return found


async def install(hub: Any) -> None:
    """Do what the migration of every start does."""
    async with hub.database.engine.begin() as connection:
        await _install(connection)


async def _install(connection: AsyncConnection) -> None:
    await connection.run_sync(install_shipped)


async def test_there_is_a_feed_for_every_entity_that_a_service_owns_and_for_no_other(
    hub: Any, dictionary: Dictionary
) -> None:
    owned = {entity for entities in HANDED_OVER.values() for entity in entities}
    feeds = {each["feed"]: each for each in await hub.get("feeds")}

    assert sum(len(entities) for entities in HANDED_OVER.values()) == len(owned)
    assert feeds.keys() == {f"helix8.{entity}" for entity in owned}
    for document in shipped_feeds(dictionary):
        shown = feeds[document["feed"]]
        assert (shown["version"], shown["default"], shown["source"]) == (1, True, "helix8")
        assert parse_feed(document, dictionary, 1).parents == ()


async def test_an_alert_about_a_student_whom_nobody_knows_counts(hub: Any) -> None:
    assert await verdict_of(hub, await hand_over(hub, "alert", ALERT)) == (1, [])

    stored = await row(hub, "A1")
    assert (stored["student_no"], stored["severity"]) == ("S-unknown", "yellow")
    assert stored["closed_at"] is None


async def test_what_takes_part_in_a_diagnosis_that_nobody_knows_does_not_wait(hub: Any) -> None:
    record = {
        "diagnosis_no": "D-unknown",
        "kind": "staff",
        "participant_no": "T1",
        "staff_no": "T1",
        "took_part_on": "2026-11-23",
    }

    assert await verdict_of(hub, await hand_over(hub, "participation", record)) == (1, [])


async def test_the_last_word_of_an_alert_counts_and_clears_what_it_does_not_say(hub: Any) -> None:
    alert = ALERT | {"alert_no": "A2"}
    seen = {"acknowledged_at": "2026-11-23T09:00:00Z"}
    closed = {
        "closed_at": "2026-11-23T10:00:00Z",
        "handling_hours": "1.75",
        "recurred": False,
        "severity": "red",
    }
    for each in (alert, alert | seen, alert | closed):
        last = await hand_over(hub, "alert", each)
    assert await verdict_of(hub, last) == (1, [])

    stored = await row(hub, "A2")
    assert stored["acknowledged_at"] is None
    assert (str(stored["handling_hours"]), stored["recurred"]) == ("1.75", False)
    assert stored["closed_at"].isoformat() == "2026-11-23T10:00:00+00:00"
    again = await hand_over(hub, "alert", alert | closed)
    assert await verdict_of(hub, again) == (1, [])
    assert (await row(hub, "A2"))["version"] == stored["version"]


async def test_a_record_that_is_taken_back_is_gone(hub: Any) -> None:
    await hand_over(hub, "alert", ALERT | {"alert_no": "A3"})
    gone = await hand_over(hub, "alert", {"alert_no": "A3"}, op="delete")

    assert await verdict_of(hub, gone) == (1, [])
    assert (await row(hub, "A3"))["deleted_at"] is not None


async def test_a_college_keeps_what_it_changed_and_gets_the_rest(hub: Any) -> None:
    [document] = [
        each["document"] for each in await hub.get("feeds") if each["feed"] == "helix8.report"
    ]
    ours = document | {"title": "本校的约定"}
    await hub.client.put("/v1/feeds/helix8.report", json=ours)
    await hub.sql(
        "UPDATE feed SET document = document || '{\"title\": \"older\"}' WHERE id = 'helix8.task'"
    )

    await install(hub)
    await install(hub)

    feeds = {each["feed"]: each for each in await hub.get("feeds")}
    report, task = feeds["helix8.report"], feeds["helix8.task"]
    assert (report["version"], report["document"]) == (2, ours)
    assert (task["version"], task["document"]["title"]) == (
        2,
        "平台各服务移交：任务 · handed over by the suite",
    )
    versions = await hub.get("feeds/helix8.task/versions")
    assert [each["version"] for each in versions] == [2, 1]
