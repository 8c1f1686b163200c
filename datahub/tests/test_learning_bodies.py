"""Bodies of learning events: statements, envelopes, lines; whole, broken, again and large."""

import asyncio
import json
import tracemalloc
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.learning.api import CHUNK
from datahub.learning.domain.pieces import pieces
from datahub.tests.learning_events import (
    CLASSES,
    KEEPS_LONG,
    now,
    post,
    push,
    reasons,
    statement,
    today,
    total,
    write_totals,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = KEEPS_LONG


NDJSON = "application/x-ndjson"


async def test_caliper_comes_in_an_envelope_and_goes_the_same_way(
    hub: Any, dictionary: Dictionary
) -> None:
    student, at = hub.name("S"), now().isoformat()
    base = {
        "actor": {"id": f"https://class.example.edu.cn/users/{student}", "type": "Person"},
        "group": {"id": f"{CLASSES}K2", "type": "CourseSection"},
        "eventTime": at,
    }
    envelope = {
        "sensor": "https://class.example.edu.cn/sensor/1",
        "sendTime": at,
        "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
        "data": [
            {
                **base,
                "id": f"urn:uuid:{uuid4()}",
                "type": "NavigationEvent",
                "action": "NavigatedTo",
                "object": "https://class.example.edu.cn/pages/1",
            },
            {
                **base,
                "id": f"urn:uuid:{uuid4()}",
                "type": "MediaEvent",
                "action": "http://purl.imsglobal.org/vocab/caliper/v1/action#Viewed",
                "object": {"id": "https://class.example.edu.cn/pages/2", "type": "VideoObject"},
                "duration": "PT1M30S",
            },
            {
                **base,
                "id": f"urn:uuid:{uuid4()}",
                "type": "GradeEvent",
                "action": "Submitted",
                "object": {"id": "w1", "type": "Assignable"},
                "group": f"{CLASSES}K2",
                "generated": {"type": "Score", "scoreGiven": 8.5},
            },
            {**base, "id": f"urn:uuid:{uuid4()}", "type": "Event", "object": "p"},
            {"id": "https://class.example.edu.cn/pages/2", "type": "VideoObject"},
        ],
    }

    told = await push(hub, envelope)

    assert reasons(told) == [
        (4, "quarantined", "unknown-verb"),
        (5, "rejected", "not-an-event"),
    ]
    found = {each["verb"]: each for each in await hub.get("learning-events", student=student)}
    assert found["viewed"]["object_type"] == "VideoObject"
    assert found["submitted"]["result_score"] == "8.5"
    await write_totals(hub, dictionary)
    assert await total(hub, student, today(), "K2") == {
        "clicks": 2,
        "visits": 2,
        "minutes": 1.5,
        "submissions": 1,
        "posts": 0,
    }


async def test_lines_hold_any_of_these_and_a_bad_line_costs_itself(hub: Any) -> None:
    student = hub.name("S")
    one, two = statement(student), statement(student)
    envelope = {"sensor": "s", "data": [statement(student), 5]}
    body = "\n".join([json.dumps(one), "{not json", json.dumps([two, one]), json.dumps(envelope)])

    told = await push(hub, body.encode() + b'\n\n{"id": "\xff"}\n', kind=NDJSON)

    assert reasons(told) == [
        (2, "rejected", "undecodable"),
        (4, "duplicate", "duplicate"),
        (6, "rejected", "not-an-event"),
        (7, "rejected", "undecodable"),
    ]
    assert told["created"] == 3


@pytest.mark.parametrize("body", ['[{"id": 1}', "", '{"a": 1} {"b": 2}', '["\\ud800"'])
async def test_a_document_that_is_no_json_is_refused_as_a_whole(hub: Any, body: str) -> None:
    before = len(await hub.get("batches", limit=1000))

    answer = await post(hub, body)

    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:helix8:problem:events-undecodable",
    )
    assert len(await hub.get("batches", limit=1000)) == before


async def test_what_is_no_event_body_is_refused_by_name(hub: Any) -> None:
    csv = await post(hub, "a,b", kind="text/csv")
    too_large = await post(hub, b" " * (64 * 1024 * 1024 + 1))
    digest = await post(hub, "[]", **{"content-digest": "sha-256=:x:"})

    assert [each.status_code for each in (csv, too_large, digest)] == [415, 413, 422]
    assert (await push(hub, "[]"))["received"] == 0


async def test_what_comes_again_counts_once(hub: Any, dictionary: Dictionary) -> None:
    student = hub.name("S")
    event = statement(student, "commented")
    upper = {**event, "id": event["id"].upper()}
    stored = {**event, "stored": event["timestamp"], "version": "1.0.0"}
    await push(hub, event)

    again = await asyncio.gather(*(push(hub, event) for _ in range(4)))
    moved = {**event, "timestamp": (now() - timedelta(days=40)).isoformat()}
    told = await push(hub, [stored, upper, moved])

    assert [reasons(each) for each in again] == [[(1, "duplicate", "duplicate")]] * 4
    assert reasons(told) == [
        (1, "duplicate", "duplicate"),
        (2, "rejected", "conflict"),
        (3, "rejected", "conflict"),
    ]
    await write_totals(hub, dictionary)
    assert (await total(hub, student, today()))["posts"] == 1


async def test_two_sources_number_their_events_alike_and_a_uuid_is_one_event(hub: Any) -> None:
    document = (await hub.get("learning-sources/classroom"))["document"]
    await hub.client.put("/v1/learning-sources/lab", json=document)
    one, student = hub.name("7-"), hub.name("S")
    mine, sent_on = statement(student, id=one), statement(student)
    theirs = statement(student, "commented", id=one)
    clash = {**theirs, "timestamp": mine["timestamp"]}
    await push(hub, [mine, sent_on])

    told = (
        (await post(hub, [clash], source="lab")).json(),
        (await post(hub, [theirs, sent_on], source="lab")).json(),
    )

    assert [reasons(each) for each in told] == [
        [(1, "rejected", "conflict")],
        [(2, "duplicate", "duplicate")],
    ]
    assert told[1]["created"] == 1


async def test_a_request_that_is_repeated_under_its_key_is_answered_as_it_was(hub: Any) -> None:
    student, key = hub.name("S"), {"idempotency-key": hub.name("key")}
    body = [statement(student), statement(student, "hummed")]

    first, second = await push(hub, body, **key), await push(hub, body, **key)
    other = await post(hub, body[:1], **key)

    assert first == second
    assert other.status_code == 422
    assert len(await hub.get("quarantine", batch=first["batch"])) == 1


async def test_an_upload_that_was_broken_off_goes_on(hub: Any) -> None:
    """What a killed hub leaves: some parts committed, under the key of the request."""
    student, key = hub.name("S"), hub.name("key")
    events = [statement(student) for _ in range(CHUNK)]
    body = [*events, statement(student, "hummed"), events[0]]
    first = await push(hub, body, **{"idempotency-key": key})
    half = {**first, "received": CHUNK, "quarantined": 0, "duplicate": 0, "verdicts": []}
    await hub.sql(
        "UPDATE idempotency SET answer = CAST(:half AS jsonb) WHERE key = :key",
        half=json.dumps({"answer": half, "observed": None, "is_finished": False}),
        key=key,
    )

    again = await post(hub, body, **{"idempotency-key": key})

    told = again.json()
    assert (told["batch"], told["received"], told["created"]) == (
        first["batch"],
        CHUNK + 2,
        CHUNK,
    )
    assert reasons(told) == [
        (CHUNK + 1, "quarantined", "unknown-verb"),
        (CHUNK + 2, "duplicate", "duplicate"),
    ]


async def test_a_large_body_costs_its_own_size_and_one_part_of_it_decoded() -> None:
    body = json.dumps([statement("S1") for _ in range(20_000)]).encode()
    tracemalloc.start()
    events = pieces(body)
    sizes = []
    while part := list(islice(events, CHUNK)):
        sizes.append(len(part))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sizes == [2_000] * 10
    assert peak < 2 * len(body), "decoded as a whole it would be five times as much"


async def test_twenty_thousand_events_at_once_are_some_parts_of_one_batch(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    events = [statement(f"{student}{number % 50}", "commented") for number in range(20_000)]

    told = await push(hub, events)
    again = await push(hub, "\n".join(map(json.dumps, events[:4_000])), kind=NDJSON)
    while await write_totals(hub, dictionary):
        pass

    assert (told["received"], told["created"], told["verdicts"]) == (20_000, 20_000, [])
    assert (again["duplicate"], len(again["verdicts"]), again["verdicts_left_out"]) == (
        *(4_000, 1_000, 3_000),
    )
    counted = [await total(hub, f"{student}{number}", today()) for number in range(50)]
    assert sum(each["posts"] for each in counted) == 20_000
