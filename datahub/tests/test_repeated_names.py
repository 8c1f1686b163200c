"""A name that stands twice in one JSON object costs its row, and is told: no value goes unseen."""

import io
import json
from typing import Any

import pytest

from datahub.ingest.domain import repeats
from datahub.ingest.domain.reading_json import read_ndjson
from datahub.learning.domain.pieces import Unreadable, given, lines
from datahub.tests.conftest import Hub, fates

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLEAR = (
    '{"a": 1, "b": "x"}',
    '{"a":1,"b":"x"}',
    '{"a" : 1, "b"\t: "x : y"}',
    '{"at": "22:11:00", "link": "https://a.b/c"}',
    '{"answers": "{\\"q1\\": 5, \\"q1\\": 6}"}',
    '{"a\\"": 1, "b\\\\": "\\\\\\":"}',
    '{"a": {"x": 1}, "b": [{"x": 1}, {"x": 2}]}',
    '{"a": "\\u003a\\":"}',
)
REPEATING = {
    '{"a": 1, "a": 2}': "$.a",
    '{"a":1,"b":2,"a":1}': "$.a",
    '{"a": 1, "a" : 2}': "$.a",
    '{"a": 1, "a"\t: 2, "t": "\\":"}': "$.a",
    '{"a": 1, "\\u0061": 2}': "$.a",
    '{"b": [1, {"x": 1, "x": 2}]}': "$.b[1].x",
    '{"b": {"y": {"x": 1, "x": 2}}}': "$.b.y.x",
    '{"a\\\\": 1, "a\\\\": 2}': "$.a\\",
}


@pytest.mark.parametrize("line", CLEAR)
async def test_a_row_that_repeats_no_name_is_read(line: str) -> None:
    [chunk] = read_ndjson(io.BytesIO(f"{line}\n{line}\r\n".encode()))

    assert (chunk.frame.height, chunk.bad) == (2, [])


@pytest.mark.parametrize(("line", "path"), REPEATING.items())
async def test_a_row_that_repeats_a_name_is_none_and_its_neighbours_are_read(
    line: str, path: str
) -> None:
    body = f'{{"a": 1}}\n{line}\nnothing\n{{"a" : 2}}\n'.encode()
    [chunk] = read_ndjson(io.BytesIO(body))

    assert chunk.frame["a"].to_list() == ["1", "2"]
    assert [(each.line, each.code) for each in chunk.bad] == [
        (2, "repeated-name"),
        (3, "undecodable"),
    ]
    assert (chunk.bad[0].path, chunk.bad[0].raw) == (path, line)


async def test_members_of_one_row_do_not_hide_those_of_another() -> None:
    body = b'{"a": 1, "a": 2}\n{"a" : 1}\n'
    [chunk] = read_ndjson(io.BytesIO(body))

    assert [each.line for each in chunk.bad] == [1]


async def test_a_document_is_written_again_with_every_name_as_often_as_it_came() -> None:
    text = '{"n": 1.50, "x": [true, null, {"a": 1, "a": "二"}], "n": 12345678901234567890123}'
    [told] = repeats.without_repeating([json.loads(text)], [repeats.read_marked(text)])

    assert told == repeats.Repeating("$.n", text)


async def test_a_batch_refuses_the_row_and_takes_the_others(hub: Hub) -> None:
    feed = await hub.feed("student", {"student_no": None, "name": None})
    one, two = hub.name("S"), hub.name("S")
    body = (
        f'{{"student_no": "{one}", "name": "甲", "name": "乙"}}\n'
        f'{{"student_no": "{two}", "name": "丙"}}\n'
    )

    answer = (await hub.post(feed, body)).json()
    [aside] = await hub.get("quarantine", feed=feed)

    assert fates(answer) == {"created": 1, "rejected": 1}
    [verdict] = answer["verdicts"]
    assert (verdict["row"], verdict["code"], verdict["path"]) == (1, "repeated-name", "$.name")
    assert verdict["message"].startswith("字段 name 在同一个对象中出现不止一次")
    assert "(name stands more than once" in verdict["message"]
    assert aside["raw"] == {"_raw": body.splitlines()[0]}


async def test_a_single_record_is_refused_with_the_name(hub: Hub) -> None:
    feed = await hub.feed("student", {"student_no": None, "name": None})
    answer = await hub.client.post(
        f"/v1/records/student?feed={feed}",
        content='{"student_no": "S1", "name": "甲", "name": "乙"}',
        headers={"content-type": "application/json"},
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:helix8:problem:malformed")
    assert answer.json()["validationErrors"] == {
        "$": ["字段 'name' 重复 (the key 'name' occurs twice)"]
    }


def message(event_id: str, data: str) -> bytes:
    head = f'"specversion": "1.0", "id": "{event_id}", "source": "urn:x", "type": "qa.ingest"'
    return f'{{{head}, "data": {data}}}'.encode()


async def verdict_of(hub: Hub, event_id: str) -> dict[str, Any]:
    async def told() -> Any:
        items = [
            item
            for each in await hub.facts("QA_VERDICT")
            for item in each["data"]["items"]
            if item["message"] == event_id
        ]
        return items[0] if items else None

    found: dict[str, Any] = await hub.until(told)
    return found


async def test_a_message_refuses_the_record_and_takes_the_others(hub: Hub) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None})
    one, two = hub.name("C"), hub.name("C")
    records = (
        f'{{"course_code": "{one}", "name": "甲", "name": "乙"}}, '
        f'{{"course_code": "{two}", "name": "丙"}}'
    )
    event_id = hub.name("m")
    body = message(event_id, f'{{"feed": "{feed}", "records": [{records}]}}')
    await hub.send_raw("course", body, message_id=event_id)

    verdict = await verdict_of(hub, event_id)
    [aside] = await hub.get("quarantine", feed=feed)

    assert (verdict["received"], verdict["accepted"]) == (2, 1)
    [row] = verdict["rows"]
    assert (row["row"], row["verdict"], row["code"], row["path"]) == (
        1,
        "rejected",
        "repeated-name",
        "$.name",
    )
    assert aside["raw"] == {"_raw": f'{{"course_code": "{one}", "name": "甲", "name": "乙"}}'}
    assert (await hub.get(f"records/course/{two}"))["name"] == "丙"


@pytest.mark.parametrize(
    ("op", "data"),
    [
        ("upsert", '{"records": [{"course_code": "C1"}], "records": [{"course_code": "C2"}]}'),
        ("snapshot-begin", '{"snapshot": "a", "snapshot": "b"}'),
        (
            "snapshot-chunk",
            '{"snapshot": "a", "number": 1, "records": [{"course_code": "C1", "course_code": ""}]}',
        ),
    ],
)
async def test_a_message_that_repeats_a_name_itself_is_refused_as_a_whole(
    hub: Hub, op: str, data: str
) -> None:
    event_id = hub.name("m")
    await hub.send_raw("course", message(event_id, data), op=op, message_id=event_id)

    verdict = await verdict_of(hub, event_id)

    assert (verdict["batch"], verdict["accepted"]) == (None, 0)
    assert [each["code"] for each in verdict["rows"]] == ["repeated-name"]


async def test_an_event_that_repeats_a_name_is_no_event() -> None:
    read = list(lines(io.BytesIO(b'[{"id": 1, "x": {"a": 1, "a": 2}}, {"id" : 2}]\n{"id": 3}\n')))
    assert [each.event for each in read] == [Unreadable(), {"id": 2}, {"id": 3}]

    [piece] = given([repeats.Repeating("$.id", '{"id": 1, "id": 2}')])

    assert isinstance(piece.event, Unreadable)
    assert piece.text == '{"id": 1, "id": 2}'
