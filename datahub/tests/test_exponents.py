"""JSON numbers with an exponent: in a key or a reference their digits are lost, on every way in."""

from typing import Any

import pytest

from datahub.tests.test_push_by_nats import verdict_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

COURSE: dict[str, Any] = {"course_code": None, "name": None, "credits": None, "major_code": None}
INVENTED = "123000000000000000"


def causes(verdicts: Any) -> list[tuple[str, str]]:
    return [(each["code"], each["path"]) for each in verdicts]


async def one(hub: Any, feed: str, body: str) -> Any:
    return await hub.client.post(
        "/v1/records/course",
        params={"feed": feed},
        content=body.encode(),
        headers={"content-type": "application/json"},
    )


@pytest.mark.parametrize("number", ["1.23E+17", "1.23e17", "123E15", "1E5", "-1e+5", "1.5e-3"])
async def test_a_key_is_put_aside_however_the_exponent_is_written(hub: Any, number: str) -> None:
    feed = await hub.feed("course", COURSE)
    row = f'{{"course_code": {number}, "name": "x"}}'

    batch = (await hub.post(feed, row)).json()
    single = await one(hub, feed, row)
    [kept, _] = await hub.get("quarantine", feed=feed)
    await hub.client.post("/v1/quarantine/replay", json={"feed": feed})
    again = await hub.get("quarantine", feed=feed)

    assert causes(batch["verdicts"]) == [("digits-lost", "$.course_code")]
    assert single.status_code == 422
    assert list(single.json()["validationErrors"]) == ["$.course_code"]
    assert "digits-lost" in single.text
    assert "E" in kept["raw"]["course_code"]
    assert [each["code"] for each in again] == ["digits-lost"] * 2
    assert {each["id"] for each in again}.isdisjoint({kept["id"]}), "they were driven through"
    assert (await hub.client.get(f"/v1/records/course/{INVENTED}")).status_code == 404


async def test_a_reference_is_put_aside(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    batch = await hub.post(feed, f'{{"course_code": "{code}", "major_code": 4.40501E+5}}')

    assert causes(batch.json()["verdicts"]) == [("digits-lost", "$.major_code")]


async def test_numbers_stay_numbers_and_texts_what_was_written(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    await hub.post(feed, f'{{"course_code": "{code}1", "name": 1e3, "credits": 2.5e0}}')
    await one(hub, feed, f'{{"course_code": "{code}2", "name": 1e3, "credits": 25E-1}}')
    found = [await hub.get(f"records/course/{code}{at}") for at in "12"]

    assert [(each["name"], each["credits"]) for each in found] == [("1e3", 2.5), ("1e3", 2.5)]


async def test_a_number_of_a_csv_is_read_where_no_digit_is_hidden(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    written = ["1.5E+01", "25e-1", "2.50E+0", "1.23E+17", "1E3"]
    lines = [f"{code}{at},x,{number},M" for at, number in enumerate(written)]
    body = "\n".join(["course_code,name,credits,major_code", *lines])

    answer = await hub.post(feed, body, kind="text/csv")

    assert causes(answer.json()["verdicts"]) == [("digits-lost", "$.credits")] * 2
    found = [(await hub.get(f"records/course/{code}{at}"))["credits"] for at in range(3)]
    assert found == [15, 2.5, 2.5]


async def test_the_same_holds_over_nats(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    rows = f'{{"course_code": 1.23E+17}}, {{"course_code": "{code}", "name": 1e3, "credits": 3e0}}'
    envelope = (
        '{"specversion": "1.0", "id": "exponents", "source": "urn:campus:academic",'
        f' "type": "qa.ingest", "data": {{"feed": "{feed}", "records": [{rows}]}}}}'
    )

    await hub.send_raw("course", envelope.encode(), message_id=hub.name("m"))
    verdict = await verdict_of(hub, "exponents")

    assert [(each["row"], each["code"]) for each in verdict["rows"]] == [(1, "digits-lost")]
    found = await hub.get(f"records/course/{code}")
    assert (found["name"], found["credits"]) == ("1e3", 3)


async def test_a_binary_message_with_one_record_is_read_so_too(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "binary-exponent",
        "ce-source": "urn:campus:academic",
        "ce-type": "qa.ingest",
        "ce-feed": feed,
    }

    await hub.send_raw(
        "course", b'{"course_code": 1.23E+17}', message_id=hub.name("m"), headers=headers
    )
    verdict = await verdict_of(hub, "binary-exponent")

    assert [each["code"] for each in verdict["rows"]] == ["digits-lost"]


async def test_a_snapshot_in_parts_keeps_the_numbers_of_its_rows(hub: Any) -> None:
    feed = await hub.feed("course", COURSE, content="full")
    name = f'"feed": "{feed}", "snapshot": "n1"'
    parts = {
        "snapshot-begin": f"{{{name}}}",
        "snapshot-chunk": f'{{{name}, "number": 1, "records": [{{"course_code": 1.23E+17}}]}}',
        "snapshot-end": f'{{{name}, "chunks": 1, "rows": 1}}',
    }

    for op, data in parts.items():
        envelope = (
            f'{{"specversion": "1.0", "id": "{op}", "source": "urn:campus:academic",'
            f' "type": "qa.ingest", "data": {data}}}'
        )
        await hub.send_raw("course", envelope.encode(), op=op, message_id=hub.name("m"))
    verdict = await verdict_of(hub, "snapshot-end")

    assert [each["code"] for each in verdict["rows"]] == ["digits-lost"]
