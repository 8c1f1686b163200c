"""No. 89 to 91 of the national tables: what the hub tells about its own feeds and systems."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

COURSE = {"course_code": None, "name": None, "kind": None}
COMMON = {"ZJSJWYXBS", "XXDM", "SJCJSJ"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(run: Any) -> AsyncIterator[Any]:
    """A hub that may fetch from one address."""
    async with run(pull_hosts="registry.example.edu") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def today(hub: Any) -> str:
    """Deliver by HTTP and by NATS, and name what is fetched; return the campus day."""
    feed = "academic.course"
    await save(hub, feed, "course", rhythm={"every": "daily", "grace": "2h"})
    rows = [{"course_code": f"K{n}", "name": "x", "kind": "1"} for n in range(3)]
    first = await hub.push(feed, *rows, {"course_code": "K9", "name": "x", "kind": "?"})
    assert (first["created"], first["quarantined"]) == (3, 1)
    again = await hub.push(feed, *rows[:2], {"course_code": "K2", "name": "y", "kind": "1"})
    assert (again["unchanged"], again["updated"]) == (2, 1)

    await save(hub, "academic.room", "room", rhythm="36h")
    await hub.send("room", {"building": "A", "room_no": "101"}, feed="academic.room")
    assert (await hub.batch_of("academic.room"))["created"] == 1

    await save(hub, "hr.staff", "staff", source="hr")
    await save(hub, "hr.org_unit", "org_unit", source="hr", rhythm="45m")
    pull = {"kind": "http", "mode": "upsert", "url": "https://registry.example.edu/units"}
    answer = await hub.client.put("/v1/feeds/hr.org_unit/pull", json=pull)
    assert answer.status_code < 300, answer.text
    [row] = await hub.sql("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') AS today")
    return str(row["today"])


async def save(hub: Any, feed: str, entity: str, *, source: str = "academic", **more: Any) -> None:
    """Save a feed that takes the fields of its entity under their own names."""
    fields = {
        "course": COURSE,
        "room": {"building": None, "room_no": None},
        "staff": {"staff_no": None},
        "org_unit": {"org_code": None, "name": None},
    }[entity]
    document = {
        "feed": feed,
        "source": source,
        "entity": entity,
        "fields": {name: {"from": name} for name in fields},
        **more,
    }
    answer = await hub.client.put(f"/v1/feeds/{feed}", json=document)
    assert answer.status_code == 201, answer.text


async def rows_of(hub: Any, table: str) -> list[dict[str, str]]:
    """Return what a table's rows hold, without what every table has."""
    found = await hub.get(f"national/{table}")
    return [
        {name: text for name, text in row.items() if text is not None and name not in COMMON}
        for row in found
    ]


async def missing(hub: Any, table: str) -> dict[str, tuple[int, list[str]]]:
    """Return how many rows lack which mandatory element, and the first of them."""
    found = await hub.get(f"national/{table}/gaps")
    return {
        each["element"]: (each["missing"], each["first_keys"].get("missing", []))
        for each in found["gaps"]
        if each["obligation"] == "M" and each["missing"]
    }


async def test_every_feed_tells_what_it_gathered(hub: Any, today: str) -> None:
    [database] = await hub.sql("SELECT current_database() AS name")

    def feed(**said: str) -> dict[str, str]:
        return {"SJKMC": str(database["name"]), "SJJKFWDYL": "0", **said}

    # Six rows were taken in from two pushes; the one put aside is none of them. By NATS it comes
    # by itself, and what is fetched does too; who pushes by HTTP nobody knows.
    assert await rows_of(hub, "ODS_XBSJZXSJJCQKSJ") == [
        feed(
            SJBMC="record_course",
            SJBSM="课程",
            SJBGXPLM="5",
            XXHXTBH="academic",
            SJHJL="6",
            SJBGXRQ=today,
        ),
        feed(
            SJBMC="record_room",
            SJBSM="房间与教室",
            SJBGXPLM="5",
            XXHXTBH="academic",
            SJHJL="1",
            SJBGXFSM="2",
            SJBGXRQ=today,
        ),
        feed(
            SJBMC="record_org_unit",
            SJBSM="组织机构",
            SJBGXPLM="7",
            XXHXTBH="hr",
            SJHJL="0",
            SJBGXFSM="2",
        ),
        feed(SJBMC="record_staff", SJBSM="教职工", SJBGXPLM="4", XXHXTBH="hr", SJHJL="0"),
    ]


async def test_what_the_hub_cannot_know_is_a_gap(hub: Any, today: str) -> None:
    feeds = ["academic.course", "academic.room", "hr.org_unit", "hr.staff"]

    assert today
    assert await missing(hub, "ODS_XBSJZXSJJCQKSJ") == {
        "XXDM": (4, feeds),
        "SJBGXFSM": (2, ["academic.course", "hr.staff"]),
        "SJBGXRQ": (2, ["hr.org_unit", "hr.staff"]),
    }
    assert await missing(hub, "ODS_XXHXTJCQKSJ") == {
        "XXDM": (2, ["academic", "hr"]),
        "JKXYM": (1, ["academic"]),
        "RZFSM": (1, ["hr"]),
        "JCWCRQ": (1, ["hr"]),
    }
    gaps = (await hub.get("national/ODS_XXHXTJCQKSJ/gaps"))["gaps"]
    reasons = {
        each["element"]: each["reason"] for each in gaps if each["source"] and each["reason"]
    }
    assert set(reasons) == {"JKXYM", "RZFSM", "JCWCRQ"}, "and none of what is known of every system"
    assert reasons["JKXYM"] == {
        "code": "not-known",
        "zh": "经网关的推送看不出 http 还是 https：写在 source_system.protocol",
        "en": "of pushes through the gateway source_system.protocol says it",
    }


async def test_answers_with_a_feeds_records_are_counted(hub: Any, today: str) -> None:
    async def calls() -> list[str]:
        return [row["SJJKFWDYL"] for row in await rows_of(hub, "ODS_XBSJZXSJJCQKSJ")]

    assert today
    page = await hub.client.get("/v1/records/course")
    same = await hub.client.get(
        "/v1/records/course", headers={"if-none-match": page.headers["etag"]}
    )
    assert same.status_code == 304, "what was unchanged was asked for all the same"
    await hub.get("national/ODS_KCJBSJ")
    assert (await hub.client.get("/v1/records/course/none")).status_code == 404

    assert await hub.until(lambda: calls_of(calls, "3")) == ["3", "0", "0", "0"]


async def calls_of(calls: Any, first: str) -> list[str] | None:
    """Return how often each feed was called for, once that of the first is known."""
    found: list[str] = await calls()
    return found if found[0] == first else None


async def test_every_table_names_the_systems_that_feed_it(hub: Any, today: str) -> None:
    assert today
    assert await rows_of(hub, "ODS_SJBZYXXXTYSGXSJ") == [
        {"SJZLYWMC": name, "SJZLZWMC": zh, "XXHXTBH": "academic", "XXHXTQC": "教务系统"}
        for name, zh in (
            ("ODS_JSJBSJ", "教室基本数据子类表"),
            ("ODS_KCJBSJ", "课程基本数据子类表"),
            ("ODS_KCJSSJ", "课程建设数据子类表"),
        )
    ]


async def test_what_the_college_says_of_its_systems_leads(hub: Any, today: str) -> None:
    assert await rows_of(hub, "ODS_XXHXTJCQKSJ") == [
        {
            "XXHXTBH": "academic",
            "XXHXTJC": "教务系统",
            "XXHXTQC": "教务系统",
            "JCFXM": "2",
            "JCFSM": "1",
            "RZFSM": "2",
            "JCWCRQ": today,
        },
        {
            "XXHXTBH": "hr",
            "XXHXTJC": "人事系统",
            "XXHXTQC": "人事系统",
            "JCFXM": "2",
            "JCFSM": "1",
            "JKXYM": "2",
        },
    ]
    system = {
        "system_code": "academic",
        "name": "教务管理系统",
        "short_name": "教务",
        "direction": "3",
        "protocol": "2",
        "integrated_on": "2025-09-01",
    }
    await hub.push(await hub.feed("source_system", dict.fromkeys(system), source="hub"), system)
    record = {"feed_code": "hr.staff", "calls": "17", "way": "1"}
    await hub.push(await hub.feed("data_feed", dict.fromkeys(record), source="hub"), record)

    systems = await rows_of(hub, "ODS_XXHXTJCQKSJ")
    assert systems[0] == {
        "XXHXTBH": "academic",
        "XXHXTJC": "教务",
        "XXHXTQC": "教务管理系统",
        "JCFXM": "3",
        "JCFSM": "1",
        "JKXYM": "2",
        "RZFSM": "2",
        "JCWCRQ": "20250901",
    }
    [staff] = [
        row for row in await rows_of(hub, "ODS_XBSJZXSJJCQKSJ") if row["SJBMC"] == "record_staff"
    ]
    assert (staff["SJJKFWDYL"], staff["SJBGXFSM"]) == ("17", "1")
    named = {
        row["XXHXTQC"] for row in await rows_of(hub, "ODS_SJBZYXXXTYSGXSJ") if "XXHXTQC" in row
    }
    assert named == {"教务管理系统", "hub"}


async def test_what_a_system_is_called_the_registry_says(hub: Any, today: str) -> None:
    assert today
    system = {"name_zh": "人事管理系统", "name_en": "Personnel", "kind": "business"}
    answer = await hub.client.put("/v1/source-systems/hr", json=system)
    assert answer.status_code in {200, 201}, answer.text

    named = {row["XXHXTBH"]: row for row in await rows_of(hub, "ODS_XXHXTJCQKSJ")}

    assert (named["hr"]["XXHXTJC"], named["hr"]["XXHXTQC"]) == ("人事管理系统", "人事管理系统")
    lacking = await missing(hub, "ODS_XXHXTJCQKSJ")
    assert all("hr" not in lacking.get(name, (0, []))[1] for name in ("XXHXTJC", "XXHXTQC"))
