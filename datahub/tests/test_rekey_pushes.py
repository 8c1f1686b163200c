"""No push brings an old key back: it is taken under the one that the record has now."""

import asyncio

import pytest

from datahub.tests.conftest import Hub, fates
from datahub.tests.rekeying import college, rekeyed, score_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_late_push_under_the_old_key_is_taken_under_the_new_one(hub: Hub) -> None:
    number, course, feeds = await college(hub)
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)

    one = await hub.push(feeds["student"], {"student_no": number, "name": "李四"})
    child = await hub.push(feeds["score"], score_of(number, course, "90"))
    single = await hub.client.post(
        f"/v1/records/student?feed={feeds['student']}", json={"student_no": number, "name": "王五"}
    )

    assert (fates(one), one["warned"], one["warning_codes"]) == ({"updated": 1}, 1, {"rekeyed": 1})
    [warning] = one["warnings"]
    assert (warning["row"], warning["code"], warning["path"]) == (1, "rekeyed", "$")
    assert warning["message"].endswith(f"{number} → {new}")
    assert (fates(child), child["warning_codes"]) == ({"updated": 1}, {"rekeyed": 1})
    assert (single.json()["key"], single.json()["warnings"][0]["code"]) == (new, "rekeyed")
    assert single.headers["location"] == f"/v1/records/student/{new}"
    assert (await hub.get(f"records/student/{new}"))["name"] == "王五"
    key = f"{new}/{course}/2026-2027-1/final/1"
    assert (await hub.get(f"records/score/{key}"))["number"] == 90
    found = await hub.sql(
        "SELECT key FROM record_student WHERE key = ANY(:keys) AND deleted_at IS NULL",
        keys=[number, new],
    )
    assert found == [{"key": new}]


async def test_pushes_in_the_moment_of_the_change_make_no_second_record(hub: Hub) -> None:
    number, course, feeds = await college(hub)
    new = hub.name("S")

    answers = await asyncio.gather(
        *(hub.push(feeds["student"], {"student_no": number, "name": f"n{n}"}) for n in range(4)),
        rekeyed(hub, "student", number, student_no=new),
        *(hub.push(feeds["score"], score_of(number, course, str(n))) for n in range(4)),
        hub.push(feeds["score"], {**score_of(number, course), "attempt": "2"}),
    )

    assert answers[4]["key"] == new
    live = "SELECT key FROM record_{} WHERE student_no = ANY(:keys) AND deleted_at IS NULL"
    keys = {"keys": [number, new]}
    assert await hub.sql(live.format("student"), **keys) == [{"key": new}]
    assert {row["key"] for row in await hub.sql(live.format("score"), **keys)} == {
        f"{new}/{course}/2026-2027-1/final/{attempt}" for attempt in (1, 2)
    }


async def test_both_keys_in_one_file_are_one_record_and_the_last_row_stands(hub: Hub) -> None:
    number, _, feeds = await college(hub)
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)

    answer = await hub.push(
        feeds["student"],
        {"student_no": new, "name": "甲"},
        {"student_no": number, "name": "乙"},
    )

    assert fates(answer) == {"updated": 1, "duplicate": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [(1, "duplicate-key")]
    assert (await hub.get(f"records/student/{new}"))["name"] == "乙"


async def test_a_deletion_under_the_old_key_changes_nothing_and_says_so(hub: Hub) -> None:
    number, _, feeds = await college(hub)
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)

    late = await hub.push(feeds["student"], {"student_no": number}, mode="delete")
    meant = await hub.push(feeds["student"], {"student_no": new}, mode="delete")

    assert (fates(late), late["warning_codes"]) == ({"unchanged": 1}, {"rekeyed": 1})
    assert fates(meant) == {"deleted": 1}


async def test_a_push_that_is_older_than_a_deletion_does_not_bring_a_follower_back(
    hub: Hub,
) -> None:
    number, _, feeds = await college(hub)
    check = {"student_no": number, "checked_on": "2026-11-20", "state": "1"}
    await hub.send("dorm_check", {**check, "checked_on": "2026-11-21"})
    await hub.push(feeds["dorm_check"], check, mode="delete")
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)

    rows = await hub.sql(
        "SELECT key, deleted_at IS NULL AS is_live FROM record_dorm_check WHERE key LIKE :like",
        like=f"{new}/%",
    )

    assert rows == [{"key": f"{new}/2026-11-20", "is_live": False}]


async def test_rows_that_wait_for_either_key_are_released(hub: Hub) -> None:
    number, _, feeds = await college(hub)
    new = hub.name("S")
    check = {"student_no": new, "checked_on": "2026-11-22", "state": "1"}
    early = await hub.push(feeds["dorm_check"], check)
    looks_up = await hub.feed(
        "dorm_check",
        {
            "student_no": None,
            "checked_on": None,
            "state": {"constant": "1"},
            "note": {"lookup": {"entity": "student", "key": ["student_no"], "take": "name"}},
        },
    )

    await rekeyed(hub, "student", number, student_no=new)
    await hub.until(
        lambda: hub.sql("SELECT 1 FROM record_dorm_check WHERE key = :k", k=f"{new}/2026-11-22")
    )
    found = await hub.push(looks_up, {"student_no": number, "checked_on": "2026-11-23"})

    assert fates(early) == {"parked": 1}
    assert (fates(found), found["warning_codes"]) == ({"created": 1}, {"rekeyed": 1})
    assert (await hub.get(f"records/dorm_check/{new}/2026-11-23"))["note"] == "张三"


async def test_the_next_snapshot_neither_deletes_nor_doubles_the_record(hub: Hub) -> None:
    feed = await hub.feed("course", dict.fromkeys(["course_code", "name"]), content="full")
    one, two, new = hub.name("C"), hub.name("C"), hub.name("C")
    old = [{"course_code": one, "name": "一"}, {"course_code": two, "name": "二"}]
    corrected = [{"course_code": new, "name": "一"}, {"course_code": two, "name": "二"}]
    await hub.push(feed, *old, mode="snapshot")
    await rekeyed(hub, "course", one, course_code=new)

    uncorrected = await hub.push(feed, *old, mode="snapshot")
    same = await hub.push(feed, *old, mode="snapshot")
    mended = await hub.push(feed, *corrected, mode="snapshot")

    for answer in (uncorrected, same, mended):
        assert (fates(answer), answer["vanished"]) == ({"unchanged": 2}, 0)
    assert uncorrected["warning_codes"] == {"rekeyed": 1}
    rows = await hub.sql(
        "SELECT key FROM record_course WHERE key = ANY(:keys) AND deleted_at IS NULL",
        keys=[one, two, new],
    )
    assert sorted(row["key"] for row in rows) == sorted([two, new])
    without = await hub.push(
        await hub.feed("course", dict.fromkeys(["course_code", "name"])), *corrected
    )
    assert fates(without) == {"unchanged": 2}
