"""From ``qa.ingest.v1.<system>.<entity>.<op>`` to PostgreSQL and the verdict stream."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from datahub.ingest.subscriptions import subscription
from datahub.learning.usecases.taking import Taker
from datahub.quality.usecases.inspecting import QualityInspector
from shared.kit.worker import Worker

pytestmark = pytest.mark.asyncio(loop_scope="module")
COURSE = {"course_code": None, "name": None}


async def verdict_of(hub: Any, event_id: str) -> dict[str, Any]:
    """Wait for the hub's answer to a message."""

    async def answered() -> dict[str, Any] | None:
        for event in await hub.facts("QA_VERDICT"):
            for item in event["data"]["items"]:
                if item["message"] == event_id:
                    return {**item, "system": event["data"]["system"]}
        return None

    found: dict[str, Any] = await hub.until(answered)
    return found


async def letter_of(hub: Any, reason: str, count: int = 1) -> dict[str, Any]:
    """Wait for the newest dead letter with a reason."""

    async def buried() -> dict[str, Any] | None:
        letters = [each for each in await hub.get("dead-letters") if each["reason"] == reason]
        return letters[0] if len(letters) >= count else None

    found: dict[str, Any] = await hub.until(buried)
    return found


async def named(hub: Any, code: str, name: str) -> Any:
    async def has_name() -> bool:
        answer = await hub.client.get(f"/v1/records/course/{code}")
        return answer.status_code == 200 and answer.json()["name"] == name

    return await hub.until(has_name)


async def default_feed(hub: Any) -> str:
    """Return the academic office's default feed of courses; saved once a module."""
    feeds = await hub.get("feeds")
    found = [each for each in feeds if each["default"] and each["source"] == "academic"]
    if found:
        return str(found[0]["feed"])
    return str(await hub.feed("course", COURSE, default=True))


async def test_a_record_becomes_a_record_and_gets_its_verdict(hub: Any) -> None:
    feed, code = await default_feed(hub), hub.name()

    sent = await hub.send("course", {"course_code": code, "name": "x"})
    verdict = await verdict_of(hub, sent)

    assert (verdict["system"], verdict["received"], verdict["accepted"], verdict["rows"]) == (
        "academic",
        1,
        1,
        [],
    )
    record = await hub.get(f"records/course/{code}")
    origin = record["origin"]
    assert (record["name"], origin["feed"], origin["batch"]) == ("x", feed, verdict["batch"])
    [event] = [each for each in await hub.facts("QA_VERDICT") if sent in json.dumps(each["data"])]
    assert event["causationid"]
    [entry] = await hub.get("audit", request=sent)
    assert (entry["actor"], entry["by"], entry["about"]) == (
        *("system/academic", "event", "datahub-ingest-academic"),
    )


async def test_several_records_in_a_message_have_a_fate_each(hub: Any) -> None:
    await default_feed(hub)
    code = hub.name()
    records = [
        {"course_code": f"{code}-1", "name": "x"},
        {"course_code": "", "name": "y"},
        {"course_code": f"{code}-2", "colour": "red"},
        "no record",
    ]

    verdict = await verdict_of(hub, await hub.send("course", {"records": records}))

    assert (verdict["received"], verdict["accepted"]) == (4, 1)
    assert sorted(
        (row["row"], row["verdict"], row["code"], row["path"]) for row in verdict["rows"]
    ) == [
        (2, "quarantined", "missing", "$.course_code"),
        (3, "rejected", "unknown-field", "$.colour"),
        (4, "rejected", "not-an-object", "$"),
    ]


async def test_a_binary_cloud_event_is_read_by_its_headers(hub: Any) -> None:
    await default_feed(hub)
    code, event_id = hub.name(), str(uuid4())
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": "urn:campus:academic",
        "ce-type": "qa.ingest",
    }

    body = json.dumps({"course_code": code, "name": "二进制"}).encode()
    await hub.send_raw("course", body, message_id=event_id, headers=headers)

    assert (await verdict_of(hub, event_id))["accepted"] == 1
    assert (await hub.get(f"records/course/{code}"))["name"] == "二进制"


async def test_a_deletion_names_its_record(hub: Any) -> None:
    await default_feed(hub)
    code = hub.name()
    await verdict_of(hub, await hub.send("course", {"course_code": code, "name": "x"}))

    verdict = await verdict_of(hub, await hub.send("course", {"course_code": code}, op="delete"))

    assert verdict["accepted"] == 1
    assert (await hub.client.get(f"/v1/records/course/{code}")).status_code == 404


async def test_the_order_of_the_stream_is_the_order_of_effects(hub: Any) -> None:
    await default_feed(hub)
    code = hub.name()
    for number in range(30):
        op = "delete" if number % 7 == 3 else "upsert"
        last = await hub.send("course", {"course_code": code, "name": str(number)}, op=op)
    await verdict_of(hub, last)

    assert (await hub.get(f"records/course/{code}"))["name"] == "29"


async def answers_to(hub: Any, event_id: str) -> list[dict[str, Any]]:
    """Return every answer that a message got, after whatever is under way."""
    await verdict_of(hub, await hub.send("course", {"course_code": hub.name(), "name": "after"}))
    return [
        item
        for event in await hub.facts("QA_VERDICT")
        for item in event["data"]["items"]
        if item["message"] == event_id
    ]


async def test_a_repeated_message_changes_nothing_and_is_told_so(
    hub: Any, ledger: Callable[[Any], dict[str, int]]
) -> None:
    await default_feed(hub)
    code, event_id = hub.name(), str(uuid4())
    row = {"course_code": code, "name": "x"}
    await hub.send("course", row, event_id=event_id)
    await verdict_of(hub, event_id)
    await hub.send("course", {**row, "name": "later"})
    await named(hub, code, "later")

    # Outside of the stream's own window an integrator sends its number again.
    rows = {"records": [row, {**row, "name": "y"}]}
    await hub.send("course", rows, event_id=event_id, message_id=str(uuid4()))

    first, again = await answers_to(hub, event_id)
    assert (await hub.get(f"records/course/{code}"))["name"] == "later"
    assert (first["received"], first["accepted"], first["rows"]) == (1, 1, [])
    assert (again["received"], again["accepted"], again["source"]) == (
        2,
        0,
        "urn:campus:academic",
    )
    assert again["stream_seq"] > first["stream_seq"]
    assert [(each["row"], each["verdict"], each["code"]) for each in again["rows"]] == [
        (1, "duplicate", "repeated-message"),
        (2, "duplicate", "repeated-message"),
    ]
    batch = await hub.get(f"batches/{again['batch']}")
    assert (batch["received"], ledger(batch)) == (2, {"duplicate": 2})
    assert batch["finished_at"] is not None


async def test_two_sources_of_a_system_number_their_messages_each_for_itself(hub: Any) -> None:
    await default_feed(hub)
    number, codes = hub.name("nr"), [hub.name(), hub.name()]
    sources = ["urn:campus:academic", "urn:campus:academic:exams"]

    for code, source in zip(codes, sources, strict=True):
        await hub.send(
            "course",
            {"course_code": code, "name": "x"},
            event_id=number,
            message_id=f"{source} {number}",
            source=source,
        )

    answers = await answers_to(hub, number)
    assert [(each["source"], each["accepted"]) for each in answers] == [
        (source, 1) for source in sources
    ]
    assert [(await hub.get(f"records/course/{code}"))["name"] for code in codes] == ["x", "x"]


async def test_a_redelivered_message_gets_no_second_answer(hub: Any, dictionary: Any) -> None:
    """The acknowledgement was lost: the same messages come again, a repeat among them."""
    await default_feed(hub)
    event_id, row = str(uuid4()), {"course_code": hub.name(), "name": "x"}
    await hub.send("course", row, event_id=event_id)
    await hub.send("course", row, event_id=event_id, message_id=str(uuid4()))
    before = await answers_to(hub, event_id)
    batches = len(await hub.get("batches", limit=1000))
    academic = subscription("academic", dictionary, QualityInspector(dictionary), Taker(6))

    # A consumer of the test's own fetches what the hub's consumer had.
    copy = await hub.nats.jetstream().pull_subscribe("qa.ingest.v1.academic.course.upsert", "again")
    messages = await copy.fetch(256, timeout=5)
    await Worker(academic, hub.database, hub.nats).handle(messages)

    assert {each["stream_seq"] for each in before} <= {
        message.metadata.sequence.stream for message in messages
    }
    assert [each["accepted"] for each in before] == [1, 0]
    assert len(await hub.get("batches", limit=1000)) == batches
    assert await answers_to(hub, event_id) == before


async def test_what_the_stream_knows_by_its_message_id_it_says_at_once(hub: Any) -> None:
    """Within ten minutes the server itself drops a repeat; the acknowledgement says so."""
    body = json.dumps({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": {}})
    publish = hub.integrator.jetstream().publish
    subject, headers = "qa.ingest.v1.academic.course.upsert", {"Nats-Msg-Id": hub.name("nr")}

    first = await publish(subject, body.encode(), headers=headers)
    again = await publish(subject, body.encode(), headers=headers)

    assert (bool(first.duplicate), again.duplicate, again.seq) == (False, True, first.seq)


@pytest.mark.parametrize(
    ("entity", "op", "data", "reason"),
    [
        ("ghost", "upsert", {"a": 1}, "unknown-entity"),
        ("course", "replace", {"a": 1}, "unknown-operation"),
        ("course", "snapshot-begin", {"a": 1}, "schema"),
        ("course", "snapshot-begin", {"snapshot": "s"}, "not-a-full-feed"),
        ("course", "snapshot-chunk", {"snapshot": "s", "records": [{"a": 1}]}, "schema"),
        ("course", "snapshot-end", {"snapshot": "s", "chunks": 1}, "schema"),
        ("course", "upsert", {"records": []}, "schema"),
        ("course", "upsert", {"records": [{"a": 1}], "mode": "create"}, "schema"),
        ("course", "upsert", [1], "schema"),
        ("course", "upsert", {"records": [{"a": 1}], "feed": "none"}, "feed-not-found"),
        ("dorm_check", "upsert", {"a": 1}, "feed-not-found"),
    ],
)
async def test_a_message_that_cannot_be_taken_is_kept_and_answered(
    hub: Any, entity: str, op: str, data: Any, reason: str
) -> None:
    await default_feed(hub)

    sent = await hub.send(entity, data, op=op)
    verdict = await verdict_of(hub, sent)

    assert (verdict["accepted"], [row["code"] for row in verdict["rows"]]) == (0, [reason])
    letter = await letter_of(hub, reason)
    assert letter["subject"] == f"qa.ingest.v1.academic.{entity}.{op}"
    whole = await hub.get(f"dead-letters/{letter['id']}")
    assert json.loads(whole["payload"])["data"] == data


async def test_the_refusal_of_a_snapshot_is_told_in_both_languages(hub: Any) -> None:
    feed = await default_feed(hub)

    sent = await hub.send("course", {"snapshot": "s"}, op="snapshot-begin")
    [row] = (await verdict_of(hub, sent))["rows"]

    assert row["message"] == (
        f"数据源约定 {feed} 交付的是增量：快照中没有的记录不能当作已删除"
        f" (feed {feed} delivers changes: what is absent is not gone)"
    )


async def test_another_systems_feed_is_foreign(hub: Any) -> None:
    foreign = await hub.feed("course", COURSE, source="hr")

    sent = await hub.send("course", {"records": [{"course_code": "x"}], "feed": foreign})

    assert [row["code"] for row in (await verdict_of(hub, sent))["rows"]] == ["foreign-feed"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe{\x00", b'{"id": NaN', b"[" * 5_000])
async def test_undecodable_bytes_do_not_take_their_neighbours_with_them(
    hub: Any, body: bytes
) -> None:
    await default_feed(hub)
    code = hub.name()
    before = len([e for e in await hub.get("dead-letters") if e["reason"] == "undecodable"])

    first = await hub.send("course", {"course_code": f"{code}-1", "name": "x"})
    await hub.send_raw("course", body, message_id=str(uuid4()))
    last = await hub.send("course", {"course_code": f"{code}-2", "name": "y"})

    assert [(await verdict_of(hub, each))["accepted"] for each in (first, last)] == [1, 1]
    letter = await letter_of(hub, "undecodable", before + 1)
    assert letter["subject"] == "qa.ingest.v1.academic.course.upsert"


async def test_a_nul_in_an_id_is_a_dead_letter_like_any_other(hub: Any) -> None:
    await default_feed(hub)
    code = hub.name()

    await hub.send("course", {"course_code": code, "name": "x"}, event_id="a\0b", message_id=code)
    letter = await letter_of(hub, "crashed")
    after = await hub.send("course", {"course_code": code, "name": "y"})

    assert (await verdict_of(hub, after))["accepted"] == 1
    assert "\0" not in letter["detail"]


async def test_a_message_of_300_kib_is_refused_by_the_stream(hub: Any) -> None:
    with pytest.raises((APIError, NatsError)) as refusal:
        await hub.send("course", {"course_code": "big", "name": "x" * 300 * 1024})

    assert "message size exceeds maximum allowed" in str(refusal.value)


async def test_a_full_message_of_bad_rows_is_answered_within_the_limit(hub: Any) -> None:
    """256 messages of bad rows once made one verdict too large for its stream."""
    await default_feed(hub)
    rows = [{"course_code": "", "name": f"{'长' * 20}{number}"} for number in range(100)]
    sent = [await hub.send("course", {"records": rows}) for _ in range(40)]

    verdicts = [await verdict_of(hub, each) for each in sent[::13]]
    await hub.settled()

    assert [(v["received"], v["accepted"], len(v["rows"])) for v in verdicts] == [(100, 0, 100)] * 4


async def test_a_mended_dead_letter_is_replayed_and_is_not_newer_than_it_was(hub: Any) -> None:
    await default_feed(hub)
    code, late = hub.name(), hub.name()
    wrong = {"records": [{"course_code": code, "name": "old"}], "feed": f"feed-{code}"}
    sent = await hub.send("course", wrong)
    other = await hub.send("course", {**wrong, "records": [{"course_code": late, "name": "old"}]})
    await verdict_of(hub, other)
    letters = [e for e in await hub.get("dead-letters") if e["reason"] == "feed-not-found"][:2]
    await verdict_of(hub, await hub.send("course", {"course_code": late, "name": "new"}))

    for letter in letters:
        payload = json.loads((await hub.get(f"dead-letters/{letter['id']}"))["payload"])
        del payload["data"]["feed"]
        answer = await hub.client.post(
            f"/v1/dead-letters/{letter['id']}/replay", json={"payload": json.dumps(payload)}
        )
        assert (answer.status_code, answer.json()) == (202, {"status": "sent"})

    await named(hub, code, "old")
    await verdict_of(hub, await hub.send("course", {"course_code": hub.name(), "name": "after"}))
    assert (await hub.get(f"records/course/{late}"))["name"] == "new"
    answers = [
        item["accepted"]
        for event in await hub.facts("QA_VERDICT")
        for item in event["data"]["items"]
        if item["message"] == sent
    ]
    assert answers == [0, 1]
    assert (await hub.get(f"dead-letters/{letters[0]['id']}"))["replayed_at"] is not None


@pytest.mark.parametrize(
    ("entity", "op", "told"),
    [
        ("studnet", "upsert", "没有实体 studnet，可用的有 student"),
        ("studnet", "upsert", "there is no entity studnet; there is student"),
        ("course", "upsrt", "没有操作 upsrt，可用的有 upsert"),
        ("course", "upsrt", "there is no operation upsrt; there is upsert"),
    ],
)
async def test_what_a_subject_names_wrongly_is_told_with_its_like(
    hub: Any, entity: str, op: str, told: str
) -> None:
    sent = await hub.send(entity, {"a": 1}, op=op)

    [row] = (await verdict_of(hub, sent))["rows"]
    assert told in row["message"]


async def test_every_fault_of_a_message_is_told_at_once(hub: Any) -> None:
    sent = await hub.send("course", {"chunks": 0, "rows": -1}, op="snapshot-end")

    [row] = (await verdict_of(hub, sent))["rows"]
    assert "snapshot: 必填 (Field required); rows: " in row["message"]
