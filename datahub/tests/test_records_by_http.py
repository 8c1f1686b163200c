"""Records by HTTP: filters, chosen fields, both directions, moments of the past, whole files."""

import io
import json
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.records.domain.asking import AskingInvalidError, filterable, read_asking
from shared.kit.clock import CAMPUS, now

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLASS = dict.fromkeys(["class_no", "name", "course_code", "teacher_no"])
COURSE = dict.fromkeys(["course_code", "name", "credits"])


async def keys(hub: Any, entity: str, **query: Any) -> list[str]:
    return [row["key"] for row in await hub.get(f"records/{entity}", limit=1000, **query)]


async def place(hub: Any) -> int:
    """Return the watermark once everything pushed so far has its number."""
    await hub.settled()
    answer = await hub.client.get("/v1/changes", params={"after": 2**53, "limit": 1})
    return int(answer.headers["feed-watermark"])


async def test_a_reference_filters_in_both_directions_and_picks_fields(hub: Any) -> None:
    feed = await hub.feed("teaching_class", CLASS)
    course, other = hub.name("course"), hub.name("course")
    courses = await hub.feed("course", COURSE)
    await hub.push(courses, *({"course_code": code, "name": "x"} for code in (course, other)))
    numbers = [hub.name("class") for _ in range(5)]
    for place_, no in enumerate(numbers):
        row = {"class_no": no, "name": no, "course_code": other if place_ == 2 else course}
        await hub.push(feed, row)
    mine = [no for no in numbers if no != numbers[2]]

    assert await keys(hub, "teaching_class", course_code=course) == mine
    assert await keys(hub, "teaching_class", course_code=course, order="desc") == mine[::-1]
    assert await keys(hub, "teaching_class", course_code=[course, other]) == numbers
    [first, *_] = await hub.get(
        "records/teaching_class", course_code=other, fields="course_code,name"
    )
    assert first == {
        "key": numbers[2],
        "id": first["id"],
        "version": 1,
        "course_code": other,
        "name": numbers[2],
    }

    paged: list[str] = []
    query: dict[str, Any] = {"pageSize": 2, "course_code": course, "order": "desc"}
    while True:
        answer = await hub.client.get("/v1/records/teaching_class", params=query)
        paged += [row["key"] for row in answer.json()]
        if (token := answer.headers.get("next-page-token")) is None:
            break
        query["pageToken"] = token
    assert paged == mine[::-1]
    assert len(answer.json()) == 2, "the last page is full, and yet the last"


async def test_ranges_stand_on_the_key(hub: Any) -> None:
    feed, codes = await hub.feed("course", COURSE), [hub.name("r") for _ in range(4)]
    for code in codes:
        await hub.push(feed, {"course_code": code, "name": "x"})

    found = await keys(hub, "course", **{"course_code.ge": codes[1], "course_code.lt": codes[3]})

    assert found == codes[1:3]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"colour": "red"}, {"query.colour"}),
        ({"name": "x"}, {"query.name"}),
        ({"course_code.about": "x"}, {"query.course_code.about"}),
        ({"course_code.ge": ["a", "b"]}, {"query.course_code.ge"}),
        ({"fields": "name,colour"}, {"query.fields"}),
        ({"fields": ","}, {"query.fields"}),
        ({"validOn": "2026-01-01"}, {"query.validOn"}),
        (
            {"colour": "red", "fields": "x", "validOn": "2026-01-01"},
            {"query.colour", "query.fields", "query.validOn"},
        ),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused_with_every_fault(
    hub: Any, query: dict[str, Any], places: set[str]
) -> None:
    answer = await hub.client.get("/v1/records/course", params=query)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:query-invalid")
    assert set(answer.json()["validationErrors"]) == places
    assert "course_code" in answer.json()["fixes"][0]


async def test_a_list_of_no_fields_is_refused_in_words(hub: Any) -> None:
    answer = await hub.client.get("/v1/records/course", params={"fields": ""})

    assert answer.json()["validationErrors"]["query.fields"][0] == (
        "没有写出任何字段；要全部就不写 fields (it names no field; leave it out for all)"
    )


async def test_a_closed_field_is_neither_answered_nor_asked_about(
    dictionary: Dictionary,
) -> None:
    student = dictionary.entities["student"]

    for faulty in ({"fields": "id_number"}, {"filters": [("phone", "139")]}):
        asked: dict[str, Any] = {"filters": [], **faulty}
        with pytest.raises(AskingInvalidError):
            read_asking(student, asked.pop("filters"), **asked)


DATED: dict[str, dict[str, str]] = {
    "org_unit": {"key": "org_code"},
    "major": {"key": "major_code"},
    "student_state": {"key": "student_no", "status": "01"},
}


@pytest.mark.parametrize("entity", DATED)
async def test_a_record_is_in_force_from_its_first_day_to_the_day_before_its_end(
    hub: Any, entity: str
) -> None:
    more = dict(DATED[entity])
    key, name = more.pop("key"), hub.name(entity[:3])
    dates = ["valid_from", "valid_to"]
    feed = await hub.feed(entity, dict.fromkeys([key, *dates, *more]))
    if entity == "student_state":
        await hub.have("student", name)
    row = {key: name, "valid_from": "2024-09-01", "valid_to": "2026-07-01", **more}
    answer = await hub.push(feed, row)
    assert answer["created"] == 1, answer["verdicts"]

    async def in_force(day: str, **query: str) -> bool:
        found = await hub.get(f"records/{entity}", validOn=day, pageSize=500, **query)
        return name in {each[key] for each in found}

    days = ["2024-08-31", "2024-09-01", "2026-06-30", "2026-07-01"]
    assert [await in_force(day) for day in days] == [False, True, True, False]
    seq = await place(hub)
    await hub.push(feed, {**row, "valid_to": ""})
    assert await in_force("2026-07-01"), "an end that nobody told is open"
    assert not await in_force("2026-07-01", asOf=f"seq:{seq}"), "as it was known then"


async def test_a_unit_whose_beginning_nobody_told_is_in_force_until_its_end(hub: Any) -> None:
    feed = await hub.feed("org_unit", dict.fromkeys(["org_code", "valid_to"]))
    code = hub.name("U")
    await hub.push(feed, {"org_code": code, "valid_to": "2020-01-01"})

    async def units(day: str) -> set[str]:
        found = await hub.get("records/org_unit", validOn=day, pageSize=500)
        return {each["key"] for each in found}

    assert code in await units("2019-12-31")
    assert code not in await units("2020-01-01")


@pytest.mark.parametrize(
    "moment",
    [
        *["yesterday", "2026-13-01", "seq:", "seq:x", "0000-00-00", "9999-12-31"],
        *["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00"],
    ],
)
@pytest.mark.parametrize("path", ["records/course", "records/course/C0001", "exports/course"])
async def test_a_moment_that_cannot_be_read_is_refused(hub: Any, path: str, moment: str) -> None:
    answer = await hub.client.get(f"/v1/{path}", params={"asOf": moment})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:as-of-invalid")


async def test_what_is_still_to_come_cannot_be_asked(hub: Any) -> None:
    present = now().astimezone(CAMPUS)
    day = timedelta(days=1)
    asked = [(present + day).date(), (present + day / 2).isoformat(), (present + day).isoformat()]

    answers = [await hub.client.get("/v1/records/course", params={"asOf": f"{at}"}) for at in asked]
    today = await hub.client.get("/v1/records/course", params={"asOf": f"{present.date()}"})

    assert [each.status_code for each in answers] == [422] * 3
    assert "validOn" in answers[0].json()["fixes"][0]
    assert f"{present.date()}T" in answers[0].json()["validationErrors"]["query.asOf"][0]
    assert today.status_code == 200, "its end is to come, it is not"


async def test_records_are_found_by_every_reference(hub: Any, dictionary: Any) -> None:
    """One that is closed is no way in; nothing else that leads to a record is left out."""
    left_out = {
        f"{entity.name}.{field.name}"
        for entity in dictionary.entities.values()
        for field in entity.fields.values()
        if (field.refers_to or field.keys_of or field.name == entity.key[0])
        and field.name not in filterable(entity)
        and not field.is_closed
    }
    mark = hub.name("B")
    fields = dict.fromkeys(["building", "room", "bed"])
    beds = [{"building": mark, "room": f"{at}", "bed": "1"} for at in range(3)]
    await hub.push(await hub.feed("dorm_bed", fields), *beds, beds[0] | {"building": "other"})
    split = {"from": "teachers", "split": {"sep": ","}}
    names = {"class_no": None, "course_code": None, "term": None, "teacher_nos": split}
    row = {"class_no": mark, "course_code": "C", "term": "2026-2027-1", "teachers": "T1,T2"}
    await hub.push(
        await hub.feed("teaching_class", names),
        row,
        row | {"class_no": f"{mark}b", "teachers": "T3"},
    )

    async def found(entity: str, **asked: str | list[str]) -> list[str]:
        return [each["key"] for each in await hub.get(f"records/{entity}", **asked)]

    assert left_out == set()
    assert await found("dorm_bed", building=mark) == [f"{mark}/{at}/1" for at in range(3)]
    assert await found("teaching_class", teacher_nos="T2") == [mark]
    assert await found("teaching_class", teacher_nos=["T2", "T3"]) == [mark, f"{mark}b"]
    ranged = await hub.client.get("/v1/records/teaching_class", params={"teacher_nos.ge": "T1"})
    assert (
        "lists are asked for values alone"
        in ranged.json()["validationErrors"]["query.teacher_nos.ge"][0]
    )


@pytest.mark.parametrize("path", ["records/course", "records/course/C0001", "exports/course"])
async def test_a_place_that_nothing_has_yet_is_refused(hub: Any, path: str) -> None:
    last = await place(hub)

    answer = await hub.client.get(f"/v1/{path}", params={"asOf": f"seq:{last + 1}"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:as-of-invalid")
    assert f"seq:{last}" in answer.json()["validationErrors"]["query.asOf"][0]


async def test_the_past_is_read_back_from_the_change_log(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("past")
    path = f"records/course/{code}"
    before = await place(hub)
    await hub.push(feed, {"course_code": code, "name": "甲", "credits": "2"})
    born = await place(hub)
    await hub.push(feed, {"course_code": code, "name": "乙", "credits": "2"})
    await hub.push(feed, {"course_code": code, "name": "乙", "credits": "3"})
    changed = await place(hub)
    await hub.push(feed, {"course_code": code}, mode="delete")
    gone = await place(hub)
    await hub.push(feed, {"course_code": code, "name": "丙"})

    async def at(seq: int) -> Any:
        answer = await hub.client.get(f"/v1/{path}", params={"asOf": f"seq:{seq}"})
        if answer.status_code == 404:
            return None
        assert answer.headers["as-of-seq"] == str(seq)
        row = answer.json()
        return row["version"], row["name"], row["credits"]

    assert [await at(seq) for seq in (before, born, born + 1, changed, gone)] == [
        None,
        (1, "甲", 2),
        (2, "乙", 2),
        (3, "乙", 3),
        None,
    ]
    now = await hub.get(path)
    assert (now["version"], now["name"], now["credits"]) == (5, "丙", None)
    assert (now["origin"]["feed"], now["origin"]["source"]) == (feed, "academic")

    history = await hub.get(f"history/course/{code}")
    past = [each for each in history if each["seq"] <= gone]
    assert [(each["version"], each["op"], each["before"]) for each in past] == [
        (4, "delete", {"course_code": code, "name": "乙", "credits": 3} | nothing(past[0])),
        (3, "upsert", {"credits": 2}),
        (2, "upsert", {"name": "甲"}),
        (1, "upsert", None),
    ]
    assert {each["feed"] for each in history} == {feed}


def nothing(entry: Mapping[str, Any]) -> dict[str, None]:
    return {name: None for name, value in entry["before"].items() if value is None}


async def test_a_date_means_its_end_on_campus(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("day")
    await hub.push(feed, {"course_code": code, "name": "甲"})
    await hub.settled()
    await hub.sql(
        "UPDATE change_set SET committed_at = '2020-05-01 23:30:00+08' WHERE id ="
        " (SELECT max(change_set) FROM change WHERE key = :k)",
        k=code,
    )

    async def there(moment: str) -> bool:
        answer = await hub.client.get(f"/v1/records/course/{code}", params={"asOf": moment})
        return bool(answer.status_code == 200)

    assert await there("2020-05-01")
    assert not await there("2020-04-30")
    assert not await there("2020-05-01T23:30:00+08:00")
    assert await there("2020-05-01T15:30:01Z")


async def test_every_place_of_the_feed_equals_what_was_read_at_it(hub: Any) -> None:
    """Random pushes and deletions; after each, the records as read then; at the end, again."""
    chance = random.Random(8)  # noqa: S311 — repeatable, not secret
    feed, stem = await hub.feed("course", COURSE), hub.name("m")
    read: dict[int, Any] = {}
    bounds = {"course_code.ge": stem, "course_code.lt": f"{stem}~", "limit": 1000}
    for _ in range(40):
        rows = [
            {
                "course_code": f"{stem}-{chance.randrange(6)}",
                "name": chance.choice("甲乙丙"),
                "credits": chance.choice(["1", "2", ""]),
            }
            for _ in range(chance.randrange(1, 4))
        ]
        await hub.push(feed, *rows, mode=chance.choice(["upsert", "upsert", "delete"]))
        read[await place(hub)] = await hub.get("records/course", **bounds)

    for seq, rows in read.items():
        assert await hub.get("records/course", asOf=f"seq:{seq}", **bounds) == rows, seq


async def test_partitions_cover_every_record_once(hub: Any) -> None:
    feed = await hub.feed("major", {"major_code": None, "name": None})
    codes = sorted(hub.name("P") for _ in range(23))
    await hub.push(feed, *({"major_code": code, "name": "x"} for code in codes))

    tokens = (await hub.get("partitions/major", number=4))["pageTokens"]
    parts: list[list[str]] = []
    for token in tokens:
        part: list[str] = []
        following: str | None = token
        while following is not None:
            answer = await hub.client.get(
                "/v1/records/major", params={"pageSize": 3, "pageToken": following}
            )
            part += [row["key"] for row in answer.json()]
            following = answer.headers.get("next-page-token")
        parts.append(part)

    assert len(parts) == 4
    assert [key for part in parts for key in part] == await keys(hub, "major")
    assert min(len(part) for part in parts) >= 5


async def test_partitions_of_a_question_cover_its_answer_in_its_order(hub: Any) -> None:
    feed = await hub.feed("major", {"major_code": None, "name": None})
    await hub.push(feed, *({"major_code": hub.name("D"), "name": "x"} for _ in range(9)))
    asked = {"order": "desc", "fields": "name"}

    tokens = (await hub.get("partitions/major", number=3, **asked))["pageTokens"]
    pages = [await hub.get("records/major", pageSize=99, pageToken=t, **asked) for t in tokens]
    refused = await hub.client.get("/v1/records/major", params={"pageToken": tokens[0]})

    found = [row["key"] for page in pages for row in page]
    assert found == [row["key"] for row in await hub.get("records/major", **asked)]
    assert len(found) >= 9
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:helix8:problem:page-token")


async def test_a_page_token_is_good_for_its_own_question_alone(hub: Any) -> None:
    feed = await hub.feed("major", {"major_code": None, "name": None})
    await hub.push(feed, *({"major_code": hub.name("Q"), "name": "x"} for _ in range(3)))
    first = await hub.client.get("/v1/records/major", params={"pageSize": 2})
    token = {"pageToken": first.headers["next-page-token"], "pageSize": 2}

    async def ask(entity: str, **more: str) -> int:
        answer = await hub.client.get(f"/v1/records/{entity}", params=token | more)
        return int(answer.status_code)

    assert await ask("major") == 200
    assert await ask("course") == 400
    assert await ask("major", order="desc") == 400


async def test_a_page_has_a_tag_until_its_entity_changes(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    await hub.push(feed, {"course_code": hub.name(), "name": "x"})
    first = await hub.client.get("/v1/records/course")
    tag = {"If-None-Match": first.headers["etag"]}

    same = await hub.client.get("/v1/records/course", headers=tag)
    await hub.push(feed, {"course_code": hub.name(), "name": "y"})
    other = await hub.client.get("/v1/records/course", headers=tag)

    assert (same.status_code, same.content, other.status_code) == (304, b"", 200)


async def test_a_whole_entity_leaves_as_ndjson_csv_and_parquet(hub: Any) -> None:
    feed, stem = await hub.feed("course", COURSE), hub.name("x")
    rows = [
        {"course_code": f"{stem}1", "name": '双引号"、逗号,\n换行\\反斜线', "credits": "2.5"},
        {"course_code": f"{stem}2", "name": "x", "credits": ""},
    ]
    await hub.push(feed, *rows)
    query = {"course_code.ge": stem, "course_code.lt": f"{stem}~", "fields": "name,credits"}
    wanted = await hub.get("records/course", **query)
    assert [row["name"] for row in wanted] == [row["name"] for row in rows]

    async def export(form: str, **more: Any) -> Any:
        answer = await hub.client.get(
            "/v1/exports/course", params={"format": form, **query, **more}
        )
        assert answer.status_code == 200, answer.text
        assert f"course.{form}" in answer.headers["content-disposition"]
        return answer.content

    assert [json.loads(line) for line in (await export("ndjson")).splitlines()] == wanted
    common = [{"key": each["key"], "id": each["id"], "version": "1"} for each in wanted]
    table = pl.read_csv(io.BytesIO(await export("csv")), infer_schema=False)
    assert table.to_dicts() == [
        {**common[0], "name": rows[0]["name"], "credits": "2.5"},
        {**common[1], "name": "x", "credits": None},
    ]
    assert (await export("csv", bom=True)).startswith(b"\xef\xbb\xbfkey,id,version")
    frame = pl.read_parquet(io.BytesIO(await export("parquet")))
    assert frame.schema["credits"] == pl.Decimal(38, 10)
    assert [float(value) if value else value for value in frame["credits"]] == [2.5, None]
    assert await export("ndjson", asOf="seq:0") == b""
