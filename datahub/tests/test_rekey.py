"""A record's key changes: its id stays, and what it was can be found under both keys."""

import hashlib
import json
from typing import Any
from uuid import UUID

import pytest

from datahub.dictionary.domain.entity import record_key
from datahub.ingest.domain.rekeying import parts_of
from datahub.tests.conftest import Hub, fates
from datahub.tests.rekeying import REASON, college, gone, rekey, rekeyed, score_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def id_of(entity: str, key: str) -> str:
    name = bytes.fromhex("b6f1c1a09d2d5c3e8f4a7d1e52c09b47") + f"{entity}/{key}".encode()
    digits = hashlib.sha256(name).hexdigest()[:32]
    return str(UUID(digits[:12] + "8" + digits[13:16] + "8" + digits[17:]))


@pytest.mark.parametrize("parts", [["a"], ["a/b", "c"], ["50%", "x", "d/%2F"]])
async def test_a_key_is_read_as_it_was_written(parts: list[str]) -> None:
    assert parts_of(record_key(parts), len(parts)) == parts


async def test_the_id_of_a_record_is_made_from_its_first_key_and_stays(hub: Hub) -> None:
    number, _, _ = await college(hub)
    before = await hub.get(f"records/student/{number}")
    new = hub.name("S")

    answer = await rekey(hub, "student", number, student_no=new)
    after = await hub.get(f"records/student/{new}")

    assert UUID(before["id"]).version == 8
    assert before["id"] == id_of("student", number) == after["id"] == answer.json()["id"]
    assert answer.json() == {
        "entity": "student",
        "key": new,
        "previous_key": number,
        "id": before["id"],
        "version": 2,
        "batch": answer.json()["batch"],
        "followed": {"dorm_check": 1, "score": 1},
    }
    assert answer.headers["location"] == f"/v1/records/student/{new}"
    assert (answer.headers["etag"], answer.headers["changed"]) == ('"2"', "true")
    assert (after["student_no"], after["name"], after["origin"]) == (
        new,
        "张三",
        before["origin"],
    )
    assert after["may"] == {"rekey": True}
    [listed] = await hub.get("records/student", student_no=new, fields="name")
    assert listed == {"key": new, "id": before["id"], "version": 2, "name": "张三"}


async def test_the_old_key_says_where_the_record_went(hub: Hub) -> None:
    number, _, _ = await college(hub)
    first, second = hub.name("S"), hub.name("S")
    await rekeyed(hub, "student", number, student_no=first)
    await rekeyed(hub, "student", first, student_no=second)

    answer = await hub.client.get(f"/v1/records/student/{number}")
    again = await rekey(hub, "student", number, student_no="x")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:helix8:problem:record-rekeyed")
    assert answer.json()["fixes"] == [f"GET /api/datahub/v1/records/student/{second}"]
    assert answer.headers["location"] == f"/v1/records/student/{second}"
    assert (again.status_code, again.headers["location"]) == (404, f"/v1/records/student/{second}")


async def test_the_change_feed_tells_the_parent_first_and_then_those_that_follow(hub: Hub) -> None:
    number, course, _ = await college(hub)
    await hub.settled()
    watermark = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)
    await hub.settled()

    items = await hub.get("changes", after=watermark)
    facts = [
        (fact["data"]["entity"], item)
        for fact in await hub.facts()
        if fact["type"].endswith(".changed.v1")
        for item in fact["data"].get("items", ())
        if item.get("op") == "rekey" and new in item["key"].split("/")
    ]

    tail = f"{course}/2026-2027-1/final/1"
    assert [(each["entity"], each["op"], each["previous_key"], each["key"]) for each in items] == [
        ("student", "rekey", number, new),
        ("dorm_check", "rekey", f"{number}/2026-11-20", f"{new}/2026-11-20"),
        ("score", "rekey", f"{number}/{tail}", f"{new}/{tail}"),
    ]
    assert [each["seq"] for each in items] == [watermark + 1, watermark + 2, watermark + 3]
    assert [each["version"] for each in items] == [2, 2, 2]
    assert items[0]["doc"]["student_no"] == new
    assert items[0]["doc"]["id"] == id_of("student", number)
    assert items[2]["doc"]["id"] == id_of("score", f"{number}/{tail}")
    told = {
        (entity, each["previous_key"], each["key"], tuple(each["fields"])) for entity, each in facts
    }
    assert told == {
        ("student", number, new, ("student_no",)),
        ("dorm_check", f"{number}/2026-11-20", f"{new}/2026-11-20", ("student_no",)),
        ("score", f"{number}/{tail}", f"{new}/{tail}", ("student_no",)),
    }


async def test_history_answers_under_the_old_key_before_and_under_the_new_one_after(
    hub: Hub,
) -> None:
    number, _, feeds = await college(hub)
    await hub.push(feeds["student"], {"student_no": number, "name": "张叁"})
    await hub.settled()
    before = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)
    await hub.push(feeds["student"], {"student_no": new, "name": "张三丰"})
    await hub.settled()
    after = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]

    old = await hub.get(f"records/student/{number}", asOf=f"seq:{before}")
    middle = await hub.get(f"records/student/{new}", asOf=f"seq:{before + 1}")
    history = await hub.get(f"history/student/{new}")

    assert (old["student_no"], old["name"], old["version"]) == (number, "张叁", 2)
    assert old["id"] == middle["id"] == id_of("student", number)
    assert (middle["student_no"], middle["name"], middle["version"]) == (new, "张叁", 3)
    assert await gone(hub, "student", new, asOf=f"seq:{before}") == "record-not-found"
    assert await gone(hub, "student", number, asOf=f"seq:{before + 1}") == "record-rekeyed"
    assert (await hub.get(f"records/student/{new}", asOf=f"seq:{after}"))["name"] == "张三丰"
    assert [(each["op"], each["previous_key"], each["before"]) for each in history] == [
        ("upsert", None, {"name": "张叁"}),
        ("rekey", number, {"student_no": number}),
    ]
    trail = await hub.get(f"history/student/{number}")
    assert [(each["op"], each["key"]) for each in trail] == [
        ("rekey", new),
        ("upsert", number),
        ("upsert", number),
    ]
    page = await hub.get("records/student", asOf=f"seq:{before}", pageSize=500)
    assert {each["key"] for each in page} & {number, new} == {number}


async def test_a_key_that_is_taken_is_refused_and_nothing_changes(hub: Hub) -> None:
    number, course, feeds = await college(hub)
    other = hub.name("S")
    await hub.push(feeds["student"], {"student_no": other, "name": "他人"})
    lost = hub.name("S")
    orphans = await hub.feed(
        "score", dict.fromkeys(score_of("", "")), never_waits_for=["course_code", "student_no"]
    )
    await hub.push(orphans, score_of(lost, course))

    taken = await rekey(hub, "student", number, student_no=other)
    child = await rekey(hub, "student", number, student_no=lost)

    for answer in (taken, child):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:helix8:problem:key-taken")
        assert len(answer.json()["fixes"]) == 1
    assert other in taken.json()["detail"]
    assert f"{lost}/{course}" in child.json()["detail"]
    assert (await hub.get(f"records/student/{number}"))["version"] == 1


async def test_two_students_whose_numbers_were_swapped_keep_their_ids(hub: Hub) -> None:
    one, course, feeds = await college(hub)
    two, aside = hub.name("S"), hub.name("S")
    await hub.push(feeds["student"], {"student_no": two, "name": "李四"})
    await hub.settled()
    before = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    for old, new in ((one, aside), (two, one), (aside, two)):
        await rekeyed(hub, "student", old, student_no=new)

    first, second = [await hub.get(f"records/student/{key}") for key in (two, one)]
    late = await hub.push(feeds["score"], score_of(one, course, "60"))

    assert (first["name"], first["id"]) == ("张三", id_of("student", one))
    assert (second["name"], second["id"]) == ("李四", id_of("student", two))
    assert (fates(late), late["warned"]) == ({"created": 1}, 0), "it is the other one's now"
    scores = {
        number: await hub.get(f"records/score/{number}/{course}/2026-2027-1/final/1")
        for number in (one, two)
    }
    assert scores[two]["id"] == id_of("score", f"{one}/{course}/2026-2027-1/final/1")
    assert scores[one]["id"] not in {scores[two]["id"], id_of("score", scores[one]["key"])}
    past = await hub.get(f"records/student/{one}", asOf=f"seq:{before}")
    assert (past["name"], past["id"]) == ("张三", first["id"])


async def test_a_record_may_go_back_to_the_key_that_it_had(hub: Hub) -> None:
    number, _, feeds = await college(hub)
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)
    back = await rekeyed(hub, "student", new, student_no=number)

    same = await rekey(hub, "student", number, student_no=number)
    late = await hub.push(feeds["student"], {"student_no": new, "name": "张三"})

    assert (back["version"], back["id"]) == (3, id_of("student", number))
    assert (same.json()["version"], same.json()["batch"]) == (3, None)
    assert same.headers["changed"] == "false"
    assert (fates(late), late["warning_codes"]) == ({"unchanged": 1}, {"rekeyed": 1})
    assert await gone(hub, "student", new) == "record-rekeyed"


async def test_an_old_key_of_a_deleted_record_does_not_lead_to_who_has_its_last_key_now(
    hub: Hub,
) -> None:
    number, _, feeds = await college(hub)
    last, other = hub.name("S"), hub.name("S")
    await hub.push(feeds["student"], {"student_no": other, "name": "李四"})
    await rekeyed(hub, "student", number, student_no=last)
    await hub.push(feeds["student"], {"student_no": last}, mode="delete")
    await rekeyed(hub, "student", other, student_no=last)

    absent = await gone(hub, "student", number)
    late = await hub.push(feeds["student"], {"student_no": number, "name": "王五"})

    assert absent == "record-not-found"
    assert (fates(late), late["warned"]) == ({"created": 1}, 0)
    assert (await hub.get(f"records/student/{number}"))["name"] == "王五"
    assert (await hub.get(f"records/student/{last}"))["name"] == "李四"


async def test_a_change_of_key_is_conditional_and_repeatable(hub: Hub) -> None:
    number, _, _ = await college(hub)
    new = hub.name("S")
    key = {"Idempotency-Key": hub.name("once")}

    stale = await rekey(hub, "student", number, {"If-Match": '"9"'}, student_no=new)
    first = await rekey(hub, "student", number, {"If-Match": '"1"', **key}, student_no=new)
    again = await rekey(hub, "student", number, key, student_no=new)
    other = await rekey(hub, "student", number, key, student_no="zzz")

    assert (stale.status_code, first.status_code, other.status_code) == (412, 200, 422)
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"key": {"student_no": ""}}, {"$.key.student_no"}),
        ({"key": {"student_no": "x" * 41, "name": "y"}}, {"$.key.student_no", "$.key.name"}),
        ({"key": {}}, {"$.key"}),
        ({"key": {"student_no": "1"}, "more": 1}, {"$.more"}),
    ],
)
async def test_a_key_that_cannot_be_is_refused_with_every_fault(
    hub: Hub, body: dict[str, Any], places: set[str]
) -> None:
    number = await hub.have("student", hub.name("S"))

    answer = await hub.client.post(
        f"/v1/records/student/{number}/rekey", json={"reason": REASON, **body}
    )

    assert (answer.status_code, set(answer.json()["validationErrors"])) == (422, places)


async def test_a_closed_entity_has_no_keys_to_change_but_its_records_follow(hub: Hub) -> None:
    number, _, _ = await college(hub)
    feed = await hub.feed("student_aid", dict.fromkeys(["student_no", "aid_no", "year"]))
    await hub.push(feed, {"student_no": number, "aid_no": "1", "year": "2026"})
    await hub.settled()
    watermark = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    new = hub.name("S")

    refused = await rekey(hub, "student_aid", f"{number}/1/2026", aid_no="2")
    done = await rekeyed(hub, "student", number, student_no=new)
    await hub.settled()
    [told] = [
        each
        for each in await hub.get("changes", after=watermark)
        if each["entity"] == "student_aid"
    ]

    assert refused.status_code == 403
    assert done["followed"]["student_aid"] == 1
    assert set(told) == {"seq", "entity", "op", "key", "version", "doc"}
    assert told["key"] == f"#{told['seq']}"
    assert "id" not in told["doc"]
    [event] = [
        each["data"]["items"][0]
        for each in await hub.facts()
        if each["data"].get("entity") == "student_aid" and each["data"]["items"][0]["op"] == "rekey"
    ][:1]
    assert (event["key"], event["previous_key"]) == (f"#{told['seq']}", None)


async def test_exports_carry_the_id(hub: Hub) -> None:
    number = await hub.have("staff", hub.name("T"))

    answer = await hub.client.get("/v1/exports/staff", params={"staff_no": number})
    sheet = await hub.client.get(
        "/v1/exports/staff", params={"staff_no": number, "format": "csv", "fields": "staff_no"}
    )

    assert json.loads(answer.text)["id"] == id_of("staff", number)
    assert sheet.text.splitlines() == [
        "key,id,version,staff_no",
        f"{number},{id_of('staff', number)},1,{number}",
    ]


@pytest.mark.parametrize("key", ["..", "../x", "a/./b"])
async def test_no_record_gets_a_key_that_no_address_leads_to(hub: Any, key: str) -> None:
    number = await hub.have("student", hub.name("s"))
    body = {"key": {"student_no": key}, "reason": "学号录入错误"}

    answer = await hub.client.post(f"/v1/records/student/{number}/rekey", json=body)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:rekey-invalid")
    [reason] = answer.json()["validationErrors"]["$.key.student_no"]
    assert ".." in reason
