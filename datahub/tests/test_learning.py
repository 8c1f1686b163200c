"""Learning events: kept raw by month, traced, voided, dropped; their daily totals stay."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from httpx import Response

from datahub.dictionary.domain.entity import Dictionary
from datahub.learning.api import CHUNK
from datahub.learning.domain.pieces import pieces
from datahub.learning.usecases import keeping, totals
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAMPUS = ZoneInfo("Asia/Shanghai")
NDJSON = "application/x-ndjson"
SPEC = json.loads((Path(__file__).parent / "learning" / "xapi_spec.json").read_text("utf-8"))
CLASSES = "https://class.example.edu.cn/classes/"
ADL = "http://adlnet.gov/expapi/verbs/"
SLOW = 3600.0
"""Seconds between the rounds of a hub whose totals a test writes itself."""

Run = Callable[..., AbstractAsyncContextManager[Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(run: Run) -> AsyncIterator[Any]:
    """A hub that keeps events long, and writes totals when a test asks."""
    async with run(learning_months=240, learning_totals_seconds=SLOW) as running:
        yield running


def statement(student: str, word: str = "experienced", **more: Any) -> dict[str, Any]:
    """Return an xAPI statement of the present hour."""
    class_no = more.pop("class_no", "K1")
    return {
        "id": str(uuid4()),
        "timestamp": now().isoformat(),
        "actor": {"account": {"homePage": "https://class.example.edu.cn", "name": student}},
        "verb": {"id": ADL + word},
        "object": {"id": "https://class.example.edu.cn/pages/1"},
        "context": {"contextActivities": {"grouping": [{"id": f"{CLASSES}{class_no}"}]}},
        **more,
    }


def voiding(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement that takes an event back."""
    return {
        "id": str(uuid4()),
        "timestamp": now().isoformat(),
        "actor": {"mbox": "mailto:admin@example.edu.cn"},
        "verb": {"id": f"{ADL}voided"},
        "object": {"objectType": "StatementRef", "id": event["id"]},
    }


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — events are of now


def today() -> date:
    return now().astimezone(CAMPUS).date()


async def post(
    hub: Any, body: Any, *, source: str = "classroom", kind: str = "application/json", **more: Any
) -> Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body, ensure_ascii=False)
    answer: Response = await hub.client.post(
        "/v1/learning-events",
        params={"source": source},
        content=content,
        headers={"content-type": kind, **more},
    )
    return answer


async def push(hub: Any, body: Any, **more: Any) -> dict[str, Any]:
    """Push events, and return the answer, whose ledger must balance and be that of the batch."""
    answer = await post(hub, body, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    kept = await hub.get(f"batches/{told['batch']}")
    names = ("received", "created", "duplicate", "rejected", "quarantined", "state")
    assert {name: kept[name] for name in names} == {
        **{name: told[name] for name in names[:-1]},
        "state": "finished",
    }
    fates = ("created", "duplicate", "rejected", "quarantined")
    assert told["received"] == sum(told[name] for name in fates)
    return told


def reasons(told: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["row"], each["verdict"], each["code"]) for each in told["verdicts"]]


async def write_totals(hub: Any, dictionary: Dictionary) -> int:
    async with hub.database.transaction() as tx:
        return await totals.write_due(tx, dictionary)


async def total(hub: Any, student: str, day: date, class_no: str = "K1") -> Any:
    """Return the total of a day without its plumbing; None where there is none."""
    answer = await hub.client.get(f"/v1/records/learning_daily/{student}/{class_no}/{day}")
    if answer.status_code == 404:
        return None
    record = answer.json()
    return {name: record[name] for name in ("clicks", "visits", "minutes", "submissions", "posts")}


async def test_the_nine_statements_of_the_specification_have_each_their_verdict(hub: Any) -> None:
    told = await push(hub, SPEC)

    assert (told["entity"], told["feed"]) == ("learning_event", "classroom.learning_event")
    assert {name: told[name] for name in ("received", "created", "rejected", "quarantined")} == {
        "received": 9,
        "created": 2,
        "rejected": 6,
        "quarantined": 1,
    }
    assert reasons(told) == [
        (1, "rejected", "missing-id"),
        (1, "rejected", "missing-time"),
        (2, "quarantined", "unknown-verb"),
        (2, "rejected", "missing-time"),
        (3, "quarantined", "unknown-verb"),
        (3, "rejected", "missing-id"),
        (3, "rejected", "missing-time"),
        (4, "quarantined", "unknown-verb"),
        (4, "rejected", "missing-id"),
        (4, "rejected", "missing-time"),
        (6, "quarantined", "unreadable-actor"),
        (7, "quarantined", "unknown-verb"),
        (7, "rejected", "missing-id"),
        (7, "rejected", "missing-time"),
        (9, "rejected", "conflict"),
    ]
    [event] = await hub.get("learning-events", student="example.learner")
    assert {name: event[name] for name in ("verb", "duration_s", "result_score", "event_at")} == {
        "verb": "attempted",
        "duration_s": 1234,
        "result_score": "0.95",
        "event_at": "2015-12-18T12:17:00Z",
    }
    aside = await hub.get("quarantine", batch=told["batch"])
    assert [each["row"] for each in aside] == [9, 7, 6, 4, 3, 2, 1]
    assert aside[0]["raw"] == SPEC[8]


async def test_with_the_time_that_is_kept_by_default_old_events_are_too_old(run: Run) -> None:
    async with run(learning_totals_seconds=SLOW) as hub:
        told = await push(hub, [SPEC[4], statement("S1")])

        assert reasons(told) == [(1, "rejected", "too-old")]
        [why] = told["verdicts"]
        month = today().replace(day=1)
        for _ in range(6):
            month = (month - timedelta(days=1)).replace(day=1)
        assert f"早于 {month}" in why["message"]
        english = await push(hub, [SPEC[4]], **{"accept-language": "en"})
        assert english["verdicts"][0]["message"].startswith(f"before {month}")


async def test_a_bad_event_costs_no_good_one_and_says_where_it_is_wrong(hub: Any) -> None:
    student = hub.name("S")
    later = (now() + timedelta(minutes=6)).isoformat()
    soon = (now() + timedelta(minutes=4)).isoformat()
    told = await push(
        hub,
        [
            statement(student, timestamp=later),
            statement(student, timestamp=soon),
            statement(student, "daydreamed"),
            statement(student, result={"duration": "an hour"}),
            statement(student, result={"score": {"raw": "A"}}),
            statement("x" * 21),
            statement("", actor={"mbox": "mailto:"}),
            statement(student, id="a\0b"),
            [],
            statement(student, timestamp="yesterday"),
            statement(student, result={"score": {"raw": True}}),
            {"verb": 7, "action": None},
            statement(student),
        ],
    )

    assert told["created"] == 2
    assert [(each["row"], each["code"], each["path"]) for each in told["verdicts"]][:8] == [
        (1, "in-future", "$.timestamp"),
        (3, "unknown-verb", "$.verb.id"),
        (4, "unreadable-duration", "$.result.duration"),
        (5, "unreadable-score", "$.result.score.raw"),
        (6, "too-long", "$ → student_no"),
        (7, "unreadable-actor", "$.actor"),
        (8, "missing-id", "$.id"),
        (9, "not-an-event", "$"),
    ]
    assert {each["row"] for each in told["verdicts"]} == {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
    assert len(await hub.get("learning-events", student=student)) == 2


async def test_an_unknown_verb_is_named_in_the_document_and_the_event_replayed(hub: Any) -> None:
    source, student = hub.name("mooc"), hub.name("S")
    event = statement(student, verb={"id": "https://mooc.example.edu.cn/danmu"})
    place = [{"at": "actor.account.name"}]
    path = f"/v1/learning-sources/{source}"
    nobody = await post(hub, event, source=source)
    first = await hub.client.put(path, json={"student": place})
    told = await push(hub, event, source=source)
    verbs = {"https://mooc.example.edu.cn/danmu": "posted"}

    stale = await hub.client.put(
        path, json={"student": place, "verbs": verbs}, headers={"if-match": '"7"'}
    )
    second = await hub.client.put(
        path, json={"student": place, "verbs": verbs}, headers={"if-match": first.headers["etag"]}
    )
    replayed = await hub.client.post(
        "/v1/quarantine/replay", json={"feed": f"{source}.learning_event"}
    )

    assert (nobody.status_code, first.status_code, stale.status_code) == (404, 201, 412)
    assert reasons(told) == [(1, "quarantined", "unknown-verb")]
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert replayed.json()["released"] == 1, replayed.text
    [found] = await hub.get("learning-events", student=student)
    assert (found["verb"], found["source"], found["class_no"]) == ("posted", source, None)
    assert (await hub.client.get(path, headers={"if-none-match": '"2"'})).status_code == 304


async def test_a_document_is_refused_with_every_fault(hub: Any) -> None:
    answer = await hub.client.put(
        "/v1/learning-sources/wrong",
        json={
            "student": [{"at": "actor..name"}, {"prefix": 3, "part": "half"}],
            "class": "group",
            "verbs": {"x": "daydreamed"},
            "teacher": [],
        },
    )

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:helix8:problem:learning-source-invalid",
    )
    assert set(answer.json()["validationErrors"]) == {
        *("$.student[0].at", "$.student[1].at", "$.student[1].prefix", "$.student[1].part"),
        *("$.class", "$.verbs.x", "$.teacher"),
    }
    shipped = {each["source"]: each["version"] for each in await hub.get("learning-sources")}
    assert shipped["classroom"] == 0
    assert "wrong" not in shipped


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


async def test_a_day_is_a_day_of_the_campus_and_a_month_is_its_month(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    times = [
        "2026-09-30T15:59:59.999Z",
        "2026-09-30T16:00:00Z",
        "2026-09-30T23:59:59",
        "2026-10-01T00:00:00+08:00",
    ]
    await push(hub, [statement(student, "commented", timestamp=each) for each in times])
    await write_totals(hub, dictionary)

    assert (await total(hub, student, date(2026, 9, 30)))["posts"] == 2
    assert (await total(hub, student, date(2026, 10, 1)))["posts"] == 2
    parts = await hub.sql(
        "SELECT tableoid::regclass::text AS part, count(*) AS events FROM learning_event"
        " WHERE student_no = :student GROUP BY 1 ORDER BY 1",
        student=student,
    )
    assert [(each["part"], each["events"]) for each in parts] == [
        ("learning_event_2026_09", 2),
        ("learning_event_2026_10", 2),
    ]
    found = await hub.get("learning-events", student=student, **{"from": "2026-10-01"})
    assert len(found) == 2
    assert len(await hub.get("learning-events", student=student, to="2026-09-30")) == 2


class KilledError(Exception):
    """Stands for the end of a process before its commit."""


async def killed(hub: Any, dictionary: Dictionary) -> None:
    async with hub.database.transaction() as tx:
        await totals.write_due(tx, dictionary)
        raise KilledError


async def test_a_round_that_is_killed_leaves_its_totals_due(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    await push(hub, [statement(student, "commented") for _ in range(3)])

    with pytest.raises(KilledError):
        await killed(hub, dictionary)
    assert await total(hub, student, today()) is None

    assert await write_totals(hub, dictionary) >= 1
    assert (await total(hub, student, today()))["posts"] == 3
    assert await write_totals(hub, dictionary) == 0


async def test_an_event_that_comes_while_its_total_is_written_is_not_forgotten(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    await push(hub, statement(student, "commented"))
    async with hub.database.transaction() as tx:
        await totals.write_due(tx, dictionary)
        coming = asyncio.create_task(push(hub, statement(student, "commented")))
        await asyncio.sleep(0.3)
    await coming

    assert (await total(hub, student, today()))["posts"] == 1
    assert await write_totals(hub, dictionary) == 1
    record = await hub.get(f"records/learning_daily/{student}/K1/{today()}")
    assert (record["posts"], record["version"], record["origin"]["feed"]) == (
        *(2, 2, "hub.learning_daily"),
    )


@pytest.mark.parametrize("order", ["after", "before", "together"])
async def test_a_voided_event_counts_in_no_total(
    hub: Any, dictionary: Dictionary, order: str
) -> None:
    student = hub.name("S")
    gone, stays = statement(student, "commented"), statement(student, "commented")
    taken_back = voiding(gone)
    bodies = {
        "after": [[gone, stays], [taken_back]],
        "before": [[taken_back], [gone, stays]],
        "together": [[taken_back, gone, stays]],
    }
    for body in bodies[order]:
        assert (await push(hub, body))["created"] == len(body)
        await write_totals(hub, dictionary)

    assert (await total(hub, student, today()))["posts"] == 1
    found = {each["event_id"]: each for each in await hub.get("learning-events", student=student)}
    assert found[gone["id"]]["voided_by"] == taken_back["id"]
    assert found[stays["id"]]["voided_by"] is None

    await push(hub, [voiding(stays)])
    await write_totals(hub, dictionary)
    assert await total(hub, student, today()) is None


async def test_a_source_takes_back_its_own_events_and_no_voiding(
    hub: Any, dictionary: Dictionary
) -> None:
    student, other = hub.name("S"), hub.name("mooc")
    await hub.client.put(
        f"/v1/learning-sources/{other}", json={"student": [{"at": "actor.account.name"}]}
    )
    event = statement(student, "commented")
    await push(hub, event)
    foreign = voiding(event)
    await push(hub, [foreign, voiding(foreign)], source=other)
    told = await push(hub, {**voiding(event), "object": {"id": event["id"]}})
    await write_totals(hub, dictionary)

    assert reasons(told) == [(1, "rejected", "unreadable-object")]
    assert (await total(hub, student, today()))["posts"] == 1


async def test_months_are_dropped_when_their_totals_are_written_and_these_stay(
    run: Run, dictionary: Dictionary
) -> None:
    async with run(learning_months=240, learning_totals_seconds=SLOW) as hub:
        old = today() - timedelta(days=400)
        at = datetime(old.year, old.month, old.day, 12, tzinfo=CAMPUS).isoformat()
        event = statement("S1", "commented", timestamp=at)
        await push(hub, [event, statement("S1", "commented")])

        async with hub.database.transaction() as tx:
            assert await keeping.keep_months(tx, 6) == []
        await write_totals(hub, dictionary)
        async with hub.database.transaction() as tx:
            assert await keeping.keep_months(tx, 6) == [old.replace(day=1)]

        assert len(await hub.get("learning-events", student="S1")) == 1
        assert (await total(hub, "S1", old))["posts"] == 1
        # Longer again: what was dropped stays dropped, and its total as it was.
        told = await push(hub, [{**event, "id": str(uuid4())}])
        assert reasons(told) == [(1, "rejected", "too-old")]
        assert await write_totals(hub, dictionary) == 0
        parts = [each["part"] for each in await hub.sql(_PARTS)]
        assert f"learning_event_{old:%Y_%m}" not in parts
        ahead = today() + timedelta(days=32)
        assert f"learning_event_{ahead:%Y_%m}" in parts


_PARTS = (
    "SELECT inhrelid::regclass::text AS part FROM pg_inherits"
    " WHERE inhparent = 'learning_event'::regclass"
)


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
    for query in ({}, {"student": student, "from": "2026-11-02", "to": "2026-11-01"}):
        assert (await hub.client.get("/v1/learning-events", params=query)).status_code == 422


async def test_behaviour_is_read_with_a_right_of_its_own_and_without_what_is_closed(
    hub: Any, signing_keys: Any
) -> None:
    student = hub.name("S")
    await push(hub, statement(student, result={"response": "我的答案"}))

    async def asked(*scopes: str) -> Response:
        caller = Caller(subject="person/x", scopes=frozenset(scopes))
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


async def test_events_over_nats_go_into_the_same_store_with_a_verdict_each(
    hub: Any, dictionary: Dictionary
) -> None:
    student = hub.name("S")
    document = {"student": [{"at": "actor.account.name"}], "class": [{"at": "group"}]}
    await hub.client.put("/v1/learning-sources/academic", json=document)
    verdicts = await hub.nats.jetstream().pull_subscribe("qa.verdict.v1.academic", "learning")
    good = statement(student, group="K3")

    one = await hub.send("learning_event", good)
    two = await hub.send("learning_event", {"records": [good, statement(student, "hummed")]})
    three = await hub.send("learning_event", {"sensor": "s", "data": [statement(student), good]})
    four = await hub.send("learning_event", {"event_id": "x"}, op="delete")

    told: dict[str, Any] = {}
    while len(told) < 4:
        [message] = await verdicts.fetch(1, timeout=20)
        told |= {each["message"]: each for each in json.loads(message.data)["data"]["items"]}
    assert [(told[each]["received"], told[each]["accepted"]) for each in (one, two, three)] == [
        *((1, 1), (2, 0), (2, 1)),
    ]
    assert [row["code"] for row in told[two]["rows"]] == ["duplicate", "unknown-verb"]
    assert told[four]["rows"][0]["code"] == "unknown-operation"
    assert len(await hub.get("learning-events", student=student)) == 2
    await write_totals(hub, dictionary)
    assert (await total(hub, student, today(), "K3"))["clicks"] == 1


async def test_the_national_table_of_visits_reads_the_events_that_stand(hub: Any) -> None:
    student = hub.name("S")
    seen, gone = statement(student), statement(student)
    await push(hub, [seen, gone, voiding(gone)])

    table = await hub.client.get("/v1/national/ODS_FWJXZYQKSJ/export", params={"format": "ndjson"})

    rows = [json.loads(line) for line in table.text.splitlines()]
    assert [each["JXZYBH"] for each in rows if each["FWRYBH"] == student] == [
        "https://class.example.edu.cn/pages/1"
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
