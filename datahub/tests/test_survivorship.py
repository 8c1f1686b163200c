"""Several systems write one entity: whose word is believed, field by field, and why."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.survivorship import SurvivorshipInvalidError, parse_policy
from datahub.ingest.repository.batches import start_batch
from datahub.ingest.repository.feeds import get_feed
from datahub.ingest.repository.records import observed_now
from datahub.ingest.usecases.deliveries import ingest_records
from datahub.ingest.usecases.effects import Delivery
from datahub.tests.conftest import Hub, fates
from shared.kit.database import Transaction

pytestmark = pytest.mark.asyncio(loop_scope="module")

COURSE = dict.fromkeys(["course_code", "name", "hours_total", "credits"])


async def order(hub: Hub, entity: str, **fields: list[str]) -> dict[str, Any]:
    answer = await hub.client.put(f"/v1/survivorship/{entity}", json={"fields": fields})
    assert answer.status_code == 200, answer.text

    async def decided() -> Any:
        found = await hub.get(f"survivorship/{entity}")
        return found if found["is_decided"] else None

    policy: dict[str, Any] = await hub.until(decided)
    return policy


async def feeds(hub: Hub, **more: Any) -> tuple[str, str]:
    """Return a feed of the academic system and one of the research system, for courses."""
    one = await hub.feed("course", COURSE, **more)
    two = await hub.feed("course", COURSE, source="research", **more)
    return one, two


async def name_of(hub: Hub, code: str) -> Any:
    return (await hub.get(f"records/course/{code}"))["name"]


async def explained(hub: Hub, entity: str, key: str) -> dict[str, dict[str, Any]]:
    answer = await hub.get(f"records/{entity}/{key}/explain")
    return {each["field"]: each for each in answer["fields"]}


def said(word: Mapping[str, Any]) -> tuple[Any, ...]:
    return word["source"], word["value"], word.get("why")


async def test_without_an_order_the_newest_word_stands_and_a_null_takes_back_ones_own(
    hub: Hub,
) -> None:
    (one, two), code = await feeds(hub), hub.name("C")
    await hub.push(one, {"course_code": code, "name": "甲", "credits": "2"})
    await hub.push(two, {"course_code": code, "name": "乙", "credits": None})

    record = await hub.get(f"records/course/{code}")
    taken_back = await hub.push(two, {"course_code": code, "name": None})
    after = await name_of(hub, code)

    assert (record["name"], record["credits"]) == ("乙", 2), "who says nothing takes nothing away"
    assert (fates(taken_back), after) == ({"updated": 1}, "甲")
    await hub.push(one, {"course_code": code, "name": None})
    assert await name_of(hub, code) is None


async def test_a_lower_word_never_covers_a_higher_one_and_takes_its_place_when_it_goes(
    hub: Hub,
) -> None:
    (one, two), code = await feeds(hub), hub.name("C")
    await order(hub, "course", name=["research", "academic"])
    await hub.push(one, {"course_code": code, "name": "教务", "hours_total": "32"})
    await hub.push(two, {"course_code": code, "name": "科研", "hours_total": "48"})

    lower = await hub.push(one, {"course_code": code, "name": "教务二", "hours_total": "32"})
    record = await hub.get(f"records/course/{code}")
    fields = await explained(hub, "course", code)

    assert (fates(lower), record["name"], record["hours_total"]) == ({"updated": 1}, "科研", 32)
    name = fields["name"]
    assert (name["rule"], said(name)) == ("priority", ("research", "科研", None))
    assert [said(each) for each in name["others"]] == [("academic", "教务二", "lower-priority")]
    assert [said(each) for each in fields["hours_total"]["others"]] == [("research", 48, "older")]
    assert (name["feed"], name["line"], name["others"][0]["batch"]) == (two, 1, lower["batch"])
    gone = await hub.push(two, {"course_code": code}, mode="delete")
    record = await hub.get(f"records/course/{code}")
    assert (fates(gone), record["name"], record["hours_total"]) == ({"updated": 1}, "教务二", 32)
    [word] = (await explained(hub, "course", code))["name"]["others"]
    assert said(word) == ("research", None, "no-value")
    await order(hub, "course")


async def test_the_leading_system_ends_a_record_for_all_and_the_last_one_too(hub: Hub) -> None:
    (one, two), both, alone = await feeds(hub), hub.name("C"), hub.name("C")
    await hub.push(one, {"course_code": both, "name": "甲"})
    await hub.push(two, {"course_code": both, "name": "乙"}, {"course_code": alone, "name": "丙"})

    led = await hub.push(one, {"course_code": both}, mode="delete")
    last = await hub.push(two, {"course_code": alone}, mode="delete")
    await hub.push(two, {"course_code": both, "name": "丁"})

    assert (fates(led), fates(last)) == ({"deleted": 1}, {"deleted": 1})
    assert await name_of(hub, both) == "丁"
    assert (await explained(hub, "course", both))["name"]["others"] == []


async def test_a_system_that_took_its_word_back_is_not_heard_late(hub: Hub) -> None:
    code = hub.name("C")
    one = await hub.feed("course", dict.fromkeys(["course_code", "name"]))
    two = await hub.feed(
        "course", dict.fromkeys(["course_code", "name", "hours_total"]), source="research"
    )
    await hub.push(one, {"course_code": code, "name": "甲"})
    await hub.push(two, {"course_code": code, "name": "乙"})
    await hub.push(two, {"course_code": code}, mode="delete")
    [row] = await hub.sql("SELECT seen FROM record_course WHERE key = :key", key=code)

    assert set(row["seen"]) == {one, "-research"}
    last = await hub.push(one, {"course_code": code}, mode="delete")
    assert fates(last) == {"deleted": 1}
    assert await hub.sql("SELECT 1 FROM claim WHERE key = :key", key=code) == []


async def test_what_stood_before_a_second_system_came_keeps_its_author(hub: Hub) -> None:
    code = hub.name("B")
    hr = await hub.feed("training_base", dict.fromkeys(["base_no", "name"]), source="assets")
    await hub.push(hr, {"base_no": code, "name": "一号"})
    other = await hub.feed("training_base", dict.fromkeys(["base_no", "name"]), source="academic")
    assert await hub.sql("SELECT 1 FROM claim WHERE key = :key", key=code) == []
    await order(hub, "training_base", name=["assets", "academic"])

    answer = await hub.push(other, {"base_no": code, "name": "二号"})

    field = (await explained(hub, "training_base", code))["name"]
    assert fates(answer) == {"unchanged": 1}
    assert (said(field), field["feed"], field["line"]) == (("assets", "一号", None), hr, 1)
    assert [said(each) for each in field["others"]] == [("academic", "二号", "lower-priority")]


async def test_another_order_decides_records_that_stand_and_tells_it(hub: Hub) -> None:
    (one, two), code = await feeds(hub), hub.name("C")
    await hub.push(one, {"course_code": code, "name": "教务"})
    await hub.push(two, {"course_code": code, "name": "科研"})
    await hub.settled()
    seq = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]

    policy = await order(hub, "course", name=["academic"])
    await hub.settled()
    changes = await hub.get("changes", after=seq)
    same = await hub.client.put("/v1/survivorship/course", json={"fields": policy["fields"]})

    [change] = [each for each in changes if each["key"] == code]
    assert (change["op"], change["version"], change["doc"]["name"]) == ("upsert", 3, "教务")
    [last, *_] = await hub.get(f"history/course/{code}")
    assert (last["fields"], last["before"], last["source"]) == (
        ["name"],
        {"name": "科研"},
        "helix8",
    )
    assert (same.headers["changed"], same.json()["version"]) == ("false", policy["version"])
    await order(hub, "course")
    assert await name_of(hub, code) == "科研"


async def test_an_older_word_is_no_word_and_one_of_other_fields_counts(hub: Hub) -> None:
    code = hub.name("C")
    one, two = await feeds(hub)
    await hub.push(one, {"course_code": code, "name": "甲"})
    await hub.push(two, {"course_code": code, "name": "乙"})
    [entry] = await hub.sql(
        "SELECT said -> 'name' ->> 'at' AS at FROM claim WHERE key = :key AND source = 'academic'",
        key=code,
    )
    words = await explained(hub, "course", code)

    assert said(words["name"]) == ("research", "乙", None)
    assert int(entry["at"]) > 0
    assert words["credits"]["rule"] in {None, "recency"}


async def test_a_closed_field_stays_closed_in_the_explanation(hub: Hub) -> None:
    number = hub.name("S")
    fields = {"student_no": None, "phone": None, "sex": {"from": "sex", "codes": {"男": "1"}}}
    one = await hub.feed("student", fields)
    two = await hub.feed("student", fields, source="student_affairs")
    await order(hub, "student", phone=["student_affairs", "academic"])
    await hub.push(one, {"student_no": number, "phone": "13900000001", "sex": "男"})
    await hub.push(two, {"student_no": number, "phone": "13900000002", "sex": "男"})
    await hub.push(one, {"student_no": number, "phone": "13900000003", "sex": "男"})

    found = await explained(hub, "student", number)
    answer = await hub.client.get(f"/v1/records/student/{number}/explain")

    phone, sex = found["phone"], found["sex"]
    assert (phone["closed"], phone["source"], phone["value"]) == (True, "student_affairs", None)
    assert [said(each) for each in phone["others"]] == [("academic", None, "lower-priority")]
    assert "1390000000" not in answer.text
    assert (sex["value"], sex["raw"], sex["source"]) == ("1", "男", "academic")
    [row] = await hub.sql("SELECT phone FROM record_student WHERE key = :k", k=number)
    assert row == {"phone": "13900000002"}
    assert await hub.sql("SELECT 1 FROM change WHERE before::text LIKE '%13900000001%'") != []


async def test_a_field_of_one_system_is_explained_by_the_change_log(hub: Hub) -> None:
    key = hub.name("L")
    feed = await hub.feed("lab_room", {"lab_no": None, "name": {"from": "n", "parse": "name"}})
    first = await hub.push(feed, {"lab_no": "x", "n": "x"}, {"lab_no": key, "n": "一　号"})
    new = hub.name("L")
    moved = await hub.client.post(
        f"/v1/records/lab_room/{key}/rekey", json={"key": {"lab_no": new}, "reason": "编号有误"}
    )

    found = await explained(hub, "lab_room", new)
    old = await hub.client.get(f"/v1/records/lab_room/{key}/explain")

    name = found["name"]
    assert (name["rule"], name["source"], name["feed"]) == ("only", "academic", feed)
    assert (name["batch"], name["line"], name["raw"]) == (first["batch"], 2, "一　号")
    assert (found["lab_no"]["source"], found["lab_no"]["batch"]) == (
        "helix8",
        moved.json()["batch"],
    )
    assert (found["owner_no"]["rule"], found["owner_no"]["source"]) == (None, None)
    assert (old.status_code, old.headers["location"]) == (404, f"/v1/records/lab_room/{new}")


async def test_words_follow_their_record_and_the_keys_that_they_name(hub: Hub) -> None:
    (one, two), code, major = await feeds_of_major(hub), hub.name("C"), hub.name("M")
    await hub.push(await hub.feed("major", {"major_code": None}), {"major_code": major})
    await hub.push(one, {"course_code": code, "major_code": major})
    await hub.push(two, {"course_code": code, "major_code": None})
    new_major, new_code = hub.name("M"), hub.name("C")
    for entity, key, field, new in (
        ("major", major, "major_code", new_major),
        ("course", code, "course_code", new_code),
    ):
        answer = await hub.client.post(
            f"/v1/records/{entity}/{key}/rekey", json={"key": {field: new}, "reason": "编号有误"}
        )
        assert answer.status_code == 200, answer.text

    field = (await explained(hub, "course", new_code))["major_code"]
    again = await hub.push(two, {"course_code": new_code, "major_code": None})

    assert said(field) == ("academic", new_major, None)
    assert fates(again) == {"unchanged": 1}
    assert (await hub.get(f"records/course/{new_code}"))["major_code"] == new_major


async def feeds_of_major(hub: Hub) -> tuple[str, str]:
    fields = dict.fromkeys(["course_code", "major_code"])
    return (
        await hub.feed("course", fields),
        await hub.feed("course", fields, source="research"),
    )


async def test_a_snapshot_takes_back_what_is_absent_and_leaves_what_others_hold(hub: Hub) -> None:
    fields = dict.fromkeys(["book_no", "name"])
    keys = [hub.name("B") for _ in range(6)]
    lead = await hub.feed("textbook", fields, source="academic")
    full = await hub.feed("textbook", fields, source="library", content="full")
    rows = [{"book_no": key, "name": "图书馆"} for key in keys]
    await hub.push(lead, *({"book_no": key, "name": "教务"} for key in keys[:1]))
    await hub.push(full, *rows, mode="snapshot")

    answer = await hub.push(full, *rows[1:], mode="snapshot")

    assert (fates(answer), answer["vanished"]) == ({"unchanged": 5}, 1)
    assert (await hub.get(f"records/textbook/{keys[0]}"))["name"] == "教务"


async def test_writers_of_two_systems_at_once_lose_no_word(hub: Hub) -> None:
    (one, two), code = await feeds(hub), hub.name("C")
    await order(hub, "course", name=["academic"])

    await asyncio.gather(
        *(
            hub.push(feed, {"course_code": code, "name": f"{feed}-{turn}"})
            for turn in range(5)
            for feed in (one, two)
        )
    )

    name = (await explained(hub, "course", code))["name"]
    assert name["source"] == "academic"
    assert name["value"] == await name_of(hub, code)
    assert [each["source"] for each in name["others"]] == ["research"]
    await order(hub, "course")


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"colour": ["a"], "student_no": ["a"]}, {"$.fields.colour", "$.fields.student_no"}),
        ({"phone": []}, {"$.fields.phone"}),
        ({"phone": ["a", "a"]}, {"$.fields.phone"}),
        ({"phone": ["A B"]}, {"$.fields.phone"}),
    ],
)
async def test_an_order_that_cannot_be_is_refused_with_every_fault(
    dictionary: Dictionary, fields: dict[str, list[str]], places: set[str]
) -> None:
    with pytest.raises(SurvivorshipInvalidError) as refused:
        parse_policy({"fields": fields}, dictionary.entities["student"])

    assert set(refused.value.fields) == places


async def scans(tx: Transaction) -> int:
    """Return how often this connection has read all courses, since it told the server last."""
    asked = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'record_course'"
    return int(await tx.session.scalar(text(asked)) or 0)


async def test_a_push_of_one_record_reads_no_record_but_its_own(
    hub: Hub, dictionary: Dictionary
) -> None:
    (one, two), code = await feeds(hub), hub.name("C")
    await hub.push(one, *({"course_code": f"{code}{n}", "name": "甲"} for n in range(5_000)))

    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, two, dictionary)
        batch = await start_batch(tx, feed, mode="upsert", channel="rest")
        before = await scans(tx)
        delivery = Delivery(feed=feed, batch=batch, mode="upsert", ends_at_once=True)
        rows = [{"course_code": f"{code}7", "name": "乙"}]
        outcome = await ingest_records(tx, delivery, rows, {0: await observed_now(tx)})
        after = await scans(tx)

    assert (outcome.ledger.updated, after - before) == (1, 0)
    assert await name_of(hub, f"{code}7") == "乙"


async def test_an_order_of_a_system_that_nobody_registered_is_refused(hub: Hub) -> None:
    answer = await hub.client.put(
        "/v1/survivorship/student",
        json={"fields": {"phone": ["academic", "akademie"], "colour": ["academic"]}},
    )

    assert answer.status_code == 422
    assert answer.json()["validationErrors"] == {
        "$.fields.phone": ["没有业务系统 akademie (there is no source system akademie)"],
        "$.fields.colour": ["student 没有字段 colour (no such field)"],
    }
    assert "academic" in answer.json()["fixes"][0]
