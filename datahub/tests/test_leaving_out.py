"""A field that a record leaves out stays as it is; null clears it."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS: dict[str, Any] = {
    "course_code": None,
    "name": None,
    "credits": None,
    "hours_total": {"from": "hours"},
}
WHOLE = {"name": "测量", "credits": "4", "hours": "64"}


async def whole(hub: Any, **more: Any) -> tuple[str, str]:
    """Return a feed, and the code of a course that is there with every field."""
    feed, code = await hub.feed("course", FIELDS | more), hub.name("L")
    await hub.push(feed, {"course_code": code, **WHOLE})
    return feed, code


async def fields_of(hub: Any, code: str) -> dict[str, str | None]:
    record = await hub.get(f"records/course/{code}")
    numbers = {"credits": record["credits"], "hours": record["hours_total"]}
    return {"name": record["name"]} | {
        name: None if number is None else str(float(number)) for name, number in numbers.items()
    }


@pytest.mark.parametrize("mode", ["upsert", "update"])
async def test_what_is_left_out_stays(hub: Any, ledger: Any, mode: str) -> None:
    feed, code = await whole(hub)

    answer = await hub.push(feed, {"course_code": code, "credits": 5}, mode=mode)

    assert ledger(answer) == {"updated": 1}
    assert await fields_of(hub, code) == {"name": "测量", "credits": "5.0", "hours": "64.0"}


async def test_null_and_an_empty_text_clear(hub: Any) -> None:
    feed, code = await whole(hub)

    await hub.push(feed, {"course_code": code, "name": "测量", "credits": None, "hours": ""})

    assert await fields_of(hub, code) == {"name": "测量", "credits": None, "hours": None}


async def test_each_record_leaves_out_what_it_leaves_out(hub: Any, ledger: Any) -> None:
    feed, one = await whole(hub)
    two, new = hub.name("L"), hub.name("L")
    await hub.push(feed, {"course_code": two, **WHOLE})

    answer = await hub.push(
        feed,
        {"course_code": one, "credits": 1},
        {"course_code": two, "hours": 2},
        {"course_code": new, "name": "新", "hours": 3},
    )

    assert ledger(answer) == {"updated": 2, "created": 1}
    assert await fields_of(hub, one) == {"name": "测量", "credits": "1.0", "hours": "64.0"}
    assert await fields_of(hub, two) == {"name": "测量", "credits": "4.0", "hours": "2.0"}
    assert await fields_of(hub, new) == {"name": "新", "credits": None, "hours": "3.0"}


async def test_a_required_field_may_be_left_out_of_an_update_only(hub: Any, ledger: Any) -> None:
    names = ("student_no", "checked_on", "state", "building")
    feed, no = await hub.feed("dorm_check", dict.fromkeys(names)), hub.name("S")
    await hub.have("student", no)
    check = {"student_no": no, "checked_on": "2026-11-20"}
    await hub.push(feed, check | {"state": "1", "building": "a"})

    upsert = await hub.push(feed, check | {"building": "b"})
    cleared = await hub.push(feed, check | {"state": None, "building": "b"}, mode="update")
    update = await hub.push(feed, check | {"building": "b"}, mode="update")

    assert [each["code"] for each in upsert["verdicts"]] == ["missing"]
    assert [each["code"] for each in cleared["verdicts"]] == ["missing"]
    assert ledger(update) == {"updated": 1}
    record = await hub.get(f"records/dorm_check/{no}/2026-11-20")
    assert (record["state"], record["building"]) == ("1", "b")


async def test_of_two_records_of_one_key_each_says_its_part(hub: Any, ledger: Any) -> None:
    feed, code = await whole(hub)

    answer = await hub.push(
        feed,
        {"course_code": code, "credits": 7, "hours": 8},
        {"course_code": code, "hours": 9},
    )

    assert ledger(answer) == {"updated": 1, "duplicate": 1}
    assert await fields_of(hub, code) == {"name": "测量", "credits": "7.0", "hours": "9.0"}


async def test_what_the_feed_gives_a_default_is_never_left_out(hub: Any) -> None:
    feed, code = await whole(hub, hours_total={"from": "hours", "default": "16"})

    await hub.push(feed, {"course_code": code, "credits": 5})

    assert await fields_of(hub, code) == {"name": "测量", "credits": "5.0", "hours": "16.0"}


async def test_a_record_that_comes_back_has_nothing_of_what_it_was(hub: Any) -> None:
    feed, code = await whole(hub)
    await hub.push(feed, {"course_code": code}, mode="delete")

    await hub.push(feed, {"course_code": code, "credits": 5})

    assert await fields_of(hub, code) == {"name": None, "credits": "5.0", "hours": None}


async def test_a_snapshot_is_whole_what_it_leaves_out_is_not_there(hub: Any) -> None:
    feed, code = await hub.feed("course", FIELDS, content="full"), hub.name("L")
    await hub.push(feed, {"course_code": code, **WHOLE})

    await hub.push(feed, {"course_code": code, "name": "测量", "credits": 5}, mode="snapshot")

    assert await fields_of(hub, code) == {"name": "测量", "credits": "5.0", "hours": None}


async def test_over_nats_too(hub: Any) -> None:
    feed, code = await whole(hub)

    await hub.send("course", {"feed": feed, "records": [{"course_code": code, "credits": 5}]})

    async def changed() -> Any:
        return (await fields_of(hub, code))["credits"] == "5.0"

    await hub.until(changed)
    assert await fields_of(hub, code) == {"name": "测量", "credits": "5.0", "hours": "64.0"}
