"""Each learning event has a verdict, and how a source names things is its document."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.tests.learning_events import (
    KEEPS_LONG,
    SLOW,
    Run,
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


SPEC = json.loads((Path(__file__).parent / "learning" / "xapi_spec.json").read_text("utf-8"))


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
