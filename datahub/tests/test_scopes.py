"""Scopes and the calendar as the others hear of them: complete, only what changed, replayable."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from datahub.changes import usecases
from datahub.changes.repository.calendar import build_calendar
from datahub.dictionary.repository import Dictionaries
from shared.contracts.datahub import CalendarChanged, ScopeChanged
from shared.kit.clock import CAMPUS

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNIT = {"org_code": None, "name": None, "name_en": None, "kind": None, "school_code": None}
UNIT |= {"parent_code": None, "leader_no": None, "valid_from": None, "valid_to": None}
MAJOR = {"major_code": None, "name": None, "org_code": None, "director_no": None, "standing": None}
COURSE = {"course_code": None, "name": None, "org_code": None, "major_code": None, "core": None}
COURSE |= {"owner_no": None}
CLASS = {"class_no": None, "name": None, "course_code": None, "teacher_no": None}
CLASS |= {"teacher_nos": {"from": "teachers", "split": {"sep": [","]}}}
GROUP = {"admin_class_code": None, "major_code": None, "head_no": None, "counsellor_no": None}
APPOINTED = {"staff_no": None, "kind": None, "valid_from": None, "valid_to": None}
APPOINTED |= {"org_code": None, "major_code": None, "duty": None}
HEAD = {"kind": "administrative", "duty": "unit_head"}


async def told(hub: Any, scope: str) -> list[Any]:
    """Return what was told of a scope, oldest first, without its seq; that only grows."""
    await hub.settled()
    items = [
        item
        for each in await hub.facts()
        if each["type"] == ScopeChanged.type
        for item in each["data"]["items"]
        if item["scope"] == scope
    ]
    seqs = [item.pop("seq") for item in items]
    assert seqs == sorted(set(seqs))
    return items


def owner(role: str, person: str) -> dict[str, str]:
    return {"role": role, "person": f"teacher/{person}"}


async def test_every_kind_of_scope_tells_its_whole_relation(hub: Any) -> None:
    no = hub.name("s")
    await hub.push(
        await hub.feed("org_unit", UNIT),
        {
            "org_code": no,
            "name": "测绘学院",
            "name_en": "School of Surveying",
            "kind": "teaching",
            "school_code": "19001",
            "parent_code": "TOP",
            "leader_no": "T1",
            "valid_from": "2020-09-01",
        },
    )
    await hub.push(
        await hub.feed("major", MAJOR),
        {
            "major_code": no,
            "name": "工程测量",
            "org_code": no,
            "director_no": "T2",
            "standing": "benchmark",
        },
    )
    await hub.push(
        await hub.feed("course", COURSE),
        {
            "course_code": no,
            "name": "测量学",
            "org_code": no,
            "major_code": no,
            "core": "true",
            "owner_no": "T3",
        },
    )
    await hub.push(
        await hub.feed("teaching_class", CLASS),
        {
            "class_no": no,
            "name": "一班",
            "course_code": no,
            "teacher_no": "T4",
            "teachers": "T4,T5",
        },
    )
    await hub.push(
        await hub.feed("admin_class", GROUP),
        {"admin_class_code": no, "major_code": no, "head_no": "T6", "counsellor_no": "T7"},
    )
    await hub.have("staff", no)

    rest = {"valid_from": None, "valid_to": None, "gone": False, "tags": [], "name_en": None}
    assert await told(hub, f"unit/{no}") == [
        rest
        | {
            "scope": f"unit/{no}",
            "name_zh": "测绘学院",
            "name_en": "School of Surveying",
            "parents": ["unit/TOP", "school/19001"],
            "owners": [owner("unit_head", "T1")],
            "tags": ["kind:teaching"],
            "valid_from": "2020-09-01",
        }
    ]
    assert await told(hub, f"major/{no}") == [
        rest
        | {
            "scope": f"major/{no}",
            "name_zh": "工程测量",
            "parents": [f"unit/{no}"],
            "owners": [owner("major_lead", "T2")],
            "tags": ["standing:benchmark"],
        }
    ]
    assert await told(hub, f"course/{no}") == [
        rest
        | {
            "scope": f"course/{no}",
            "name_zh": "测量学",
            "parents": [f"unit/{no}", f"major/{no}"],
            "owners": [owner("course_lead", "T3")],
            "tags": ["core"],
        }
    ]
    assert await told(hub, f"class/{no}") == [
        rest
        | {
            "scope": f"class/{no}",
            "name_zh": "一班",
            "parents": [f"course/{no}", f"major/{no}"],
            "owners": [owner("class_teacher", "T4"), owner("co_teacher", "T5")],
        }
    ]
    assert await told(hub, f"group/{no}") == [
        rest
        | {
            "scope": f"group/{no}",
            "name_zh": no,
            "parents": [f"major/{no}", f"unit/{no}"],
            "owners": [owner("head_teacher", "T6"), owner("counsellor", "T7")],
        }
    ]
    [teacher] = await told(hub, f"teacher/{no}")
    assert teacher["owners"] == [owner("self", no)]


async def test_a_record_that_others_depend_on_tells_those_scopes_and_no_more(hub: Any) -> None:
    no, other = hub.name("s"), hub.name("s")
    courses, classes = await hub.feed("course", COURSE), await hub.feed("teaching_class", CLASS)
    await hub.push(
        classes, {"class_no": no, "course_code": no}, {"class_no": other, "course_code": "X"}
    )
    assert [each["parents"] for each in await told(hub, f"class/{no}")] == [[f"course/{no}"]]

    # The course comes, gets another name, another major, and goes; each is told by itself.
    await hub.push(courses, {"course_code": no, "major_code": "M1"})
    await hub.settled()
    await hub.push(courses, {"course_code": no, "major_code": "M1", "name": "测量学"})
    await hub.settled()
    await hub.push(courses, {"course_code": no, "major_code": "M2", "name": "测量学"})
    await hub.settled()
    await hub.push(courses, {"course_code": no}, mode="delete")

    assert [each["parents"] for each in await told(hub, f"class/{no}")] == [
        [f"course/{no}"],
        [f"course/{no}", "major/M1"],
        [f"course/{no}", "major/M2"],
        [f"course/{no}"],
    ]
    assert len(await told(hub, f"class/{other}")) == 1
    assert [each["gone"] for each in await told(hub, f"course/{no}")] == [False] * 3 + [True]


async def test_an_appointment_makes_somebody_head_and_its_end_another(hub: Any) -> None:
    here, there, no = hub.name("u"), hub.name("u"), hub.name("T")
    await hub.have("staff", no)
    await hub.push(await hub.feed("org_unit", UNIT), {"org_code": here}, {"org_code": there})
    posts = await hub.feed("staff_appointment", APPOINTED)
    appointed = {**HEAD, "staff_no": no, "valid_from": "2020-01-01"}
    # What is numbered in one round is told once: the unit is told before its head comes.
    assert [each["owners"] for each in await told(hub, f"unit/{here}")] == [[]]

    await hub.push(posts, {**appointed, "org_code": here})
    assert [each["owners"] for each in await told(hub, f"unit/{here}")] == [
        [],
        [owner("unit_head", no)],
    ]

    await hub.push(posts, {**appointed, "org_code": there})
    assert (await told(hub, f"unit/{here}"))[-1]["owners"] == []
    assert (await told(hub, f"unit/{there}"))[-1]["owners"] == [owner("unit_head", no)]

    # The lead of a major, whose unit the record names too, heads no unit.
    await hub.push(posts, {**appointed, "org_code": there, "major_code": "M9"})
    assert (await told(hub, f"unit/{there}"))[-1]["owners"] == []

    await hub.push(posts, {**appointed, "org_code": here, "valid_to": "2020-12-31"})
    assert len(await told(hub, f"unit/{here}")) == 3, "it is over"


async def test_an_appointment_begins_and_ends_by_the_calendar(hub: Any) -> None:
    here, no = hub.name("u"), hub.name("T")
    await hub.have("staff", no)
    await hub.push(await hub.feed("org_unit", UNIT), {"org_code": here})
    await hub.push(
        await hub.feed("staff_appointment", APPOINTED),
        {
            **HEAD,
            "staff_no": no,
            "org_code": here,
            "valid_from": "2050-01-01",
            "valid_to": "2051-01-01",
        },
    )
    assert [each["owners"] for each in await told(hub, f"unit/{here}")] == [[]]

    async def on(day: str) -> list[Any]:
        at = datetime.fromisoformat(f"{day}T00:10:00").replace(tzinfo=CAMPUS)
        # The hub itself numbers too, by the present day: what it leads over is tried again.
        while True:
            async with hub.database.transaction() as tx:
                await usecases.number_changes(tx, await Dictionaries().newest(tx), at)
                seen = await tx.session.scalar(text("SELECT by ->> 'day' FROM told"))
                owners = await tx.session.scalar(
                    text("SELECT doc -> 'owners' FROM scope WHERE scope = :scope"),
                    {"scope": f"unit/{here}"},
                )
            if seen == day:
                return list(owners)

    assert await on("2049-12-31") == []
    assert await on("2050-01-01") == [owner("unit_head", no)]
    assert await on("2051-01-01") == []


async def test_a_feed_is_a_scope_with_its_source(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    await hub.until(lambda: hub.sql("SELECT 1 FROM scope WHERE scope = :it", it=f"feed/{feed}"))
    [first] = await told(hub, f"feed/{feed}")
    assert first["name_zh"] == "教务系统 · 课程"
    assert first["tags"] == ["source:academic", "entity:course"]
    assert first["parents"] == []

    system = {"name_zh": "教务", "name_en": "Academic", "unit": "unit/JWC", "owner": "teacher/T9"}
    answer = await hub.client.put("/v1/source-systems/academic", json=system)
    assert answer.status_code == 200, answer.text
    owned = "SELECT 1 FROM scope WHERE scope = :it AND doc -> 'parents' <> '[]'"
    await hub.until(lambda: hub.sql(owned, it=f"feed/{feed}"))

    last = (await told(hub, f"feed/{feed}"))[-1]
    assert last["name_zh"] == "教务 · 课程"
    assert (last["parents"], last["owners"]) == (["unit/JWC"], [owner("system_owner", "T9")])


async def test_who_lost_everything_rebuilds_it_from_the_facts(hub: Any) -> None:
    await hub.settled()
    rebuilt: dict[str, Any] = {}
    calendars: list[Any] = []
    after = 0
    while page := await hub.get("facts", after=after, limit=50):
        assert [each["seq"] for each in page] == sorted({each["seq"] for each in page})
        after = page[-1]["seq"]
        for each in page:
            data = each["event"]["data"]
            if each["event"]["type"] == ScopeChanged.type:
                rebuilt |= {item["scope"]: item for item in data["items"]}
            elif each["event"]["type"] == CalendarChanged.type:
                calendars.append(data)

    kept = await hub.sql("SELECT scope, doc, seq FROM scope")
    assert len(kept) > 10
    assert rebuilt == {
        row["scope"]: {**row["doc"], "scope": row["scope"], "seq": row["seq"]} for row in kept
    }
    only = await hub.get("facts", type=CalendarChanged.type)
    assert [each["event"]["data"] for each in only] == calendars


async def test_facts_are_asked_for_by_their_short_names_too(hub: Any) -> None:
    whole = await hub.get("facts", type="qa.datahub.scope.changed.v1")
    short = await hub.get("facts", type=["scope.changed", "calendar.changed"])
    body = {"consumer": "nobody-here", "types": ["scope.changed"]}
    again = await hub.client.post("/v1/facts/replay", json=body)
    neither = await hub.client.get("/v1/facts", params={"type": "scope"})

    assert whole
    assert [each for each in short if each["event"]["type"] == ScopeChanged.type] == whole
    assert (again.status_code, again.json()["sent"]) == (202, len(whole))
    assert (neither.status_code, list(neither.json()["validationErrors"])) == (
        422,
        ["query.type[0]"],
    )


TERM = {"term": None, "academic_year": None, "starts_on": None, "ends_on": None}
TERM |= {"teaching_weeks": None}
DAY = {"date": None, "kind": None, "name": None, "follows_on": None, "basis": None}
HOURS = {"weekday": None, "opens_at": None, "closes_at": None, "valid_from": None}


async def test_the_calendar_is_told_as_a_whole_whenever_it_changes(hub: Any) -> None:
    before = await hub.get("calendar")
    assert (before["seq"], before["terms"]) == (0, [])
    assert {each["code"] for each in before["warnings"]} == {"hours-missing", "year-missing"}

    await hub.push(
        await hub.feed("term", TERM),
        {
            "term": "2026-2027-1",
            "academic_year": "2026-2027",
            "starts_on": "2026-09-01",
            "ends_on": "2027-01-22",
            "teaching_weeks": 19,
        },
    )
    await hub.settled()
    days = await hub.feed("calendar_day", DAY)
    holiday = {"date": "2026-10-01", "kind": "holiday", "name": "国庆节", "basis": "国办发明电"}
    await hub.push(
        days,
        holiday,
        {"date": "2026-10-10", "kind": "makeup", "follows_on": "2026-10-08"},
    )
    await hub.settled()
    await hub.push(
        await hub.feed("working_hours", HOURS),
        {"weekday": 1, "opens_at": "08:30", "closes_at": "11:30", "valid_from": "2026-01-01"},
        {"weekday": 2, "opens_at": "8.30", "closes_at": "11:30", "valid_from": "2026-01-01"},
    )
    await hub.push(days, holiday)  # again: nothing changes
    await hub.settled()

    events = [each["data"] for each in await hub.facts() if each["type"] == CalendarChanged.type]
    assert len(events) == 3
    assert [each["seq"] for each in events] == sorted({each["seq"] for each in events})
    last = events[-1]
    assert last["years"] == [
        {"year": "2026-2027", "starts_on": "2026-09-01", "ends_on": "2027-01-22"}
    ]
    assert [last["weeks"][place] for place in (0, 18, -1)] == [
        {
            "week": "2026-2027-1/1",
            "starts_on": "2026-08-31",
            "ends_on": "2026-09-06",
            "teaching": True,
        },
        {
            "week": "2026-2027-1/19",
            "starts_on": "2027-01-04",
            "ends_on": "2027-01-10",
            "teaching": True,
        },
        {
            "week": "2026-2027-1/21",
            "starts_on": "2027-01-18",
            "ends_on": "2027-01-24",
            "teaching": False,
        },
    ]
    assert [each["on"] for each in last["holidays"]] == ["2026-10-01"]
    assert [(each["on"], each["follows"]) for each in last["makeup_days"]] == [
        ("2026-10-10", "2026-10-08")
    ]
    assert [each["opens"] for each in last["working_hours"]] == ["08:30"]

    answer = await hub.client.get("/v1/calendar")
    body = answer.json()
    warnings = body.pop("warnings")
    assert [each["code"] for each in warnings] == ["hours-unreadable", "holidays-missing"]
    assert warnings[1]["zh"] == ("2027 年没有放假安排：星期一至五都算工作日；请送入 calendar_day")
    assert body == last
    again = await hub.client.get("/v1/calendar", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_year_with_holidays_but_no_make_up_days_is_warned_of(hub: Any) -> None:
    await hub.push(
        await hub.feed("calendar_day", DAY),
        {"date": "2027-01-01", "kind": "holiday", "name": "元旦"},
    )
    await hub.settled()

    warnings = (await hub.get("calendar"))["warnings"]
    assert [each["code"] for each in warnings] == ["hours-unreadable", "makeup-days-missing"]
    assert warnings[1]["en"].startswith("holidays of 2027, but no make-up days:")


async def test_what_ends_before_it_starts_is_refused_and_what_is_there_is_left_out(
    hub: Any,
) -> None:
    # The hub brings its rules along as it starts; those in files come last.
    await hub.until(lambda: hub.get("quality/rules", entity="term", kind="cross_field"))
    feed = await hub.feed("term", TERM)
    forward = {"term": "2028-2029-2", "starts_on": "2029-02-20", "ends_on": "2029-07-01"}
    backward = forward | {"starts_on": "2029-07-01", "ends_on": "2029-02-20"}
    refused = await hub.client.post("/v1/records/term", params={"feed": feed}, json=backward)
    days = await hub.feed("calendar_day", DAY)
    itself = {"date": "2031-05-01", "kind": "makeup", "follows_on": "2031-05-01"}
    circular = await hub.client.post("/v1/records/calendar_day", params={"feed": days}, json=itself)
    assert [refused.status_code, circular.status_code] == [422, 422]
    assert "学期结束晚于开始" in refused.text
    assert "按另一日的课表上课" in circular.text

    await hub.push(feed, forward)
    async with hub.database.transaction() as tx:
        await tx.session.execute(
            text(
                "UPDATE record_term SET starts_on = ends_on, ends_on = starts_on"
                " WHERE term = '2028-2029-2'"
            )
        )
        calendar, warnings = await build_calendar(tx)
    assert "2028-2029-2" not in {each.term for each in calendar.terms}
    [told] = [each.en for each in warnings if each.code == "dates-backward"]
    assert told == (
        "2028-2029-2 ends on 2029-02-20, before it starts on 2029-07-01: it is left out of the"
        " calendar; mend it in its source system"
    )


@pytest.mark.parametrize("starts_on", ["2035-02-20", "9999-12-01"])
async def test_a_term_without_an_end_is_left_out_and_the_change_feed_goes_on(
    hub: Any, starts_on: str
) -> None:
    feed = await hub.feed("term", TERM)
    term = {"term": "2034-2035-2", "starts_on": starts_on, "ends_on": "9999-12-31"}
    await hub.push(feed, term)
    await hub.settled()

    calendar = await hub.get("calendar")
    assert "2034-2035-2" not in {each["term"] for each in calendar["terms"]}
    [told] = [each["en"] for each in calendar["warnings"] if each["code"] == "dates-too-far"]
    assert told == (
        f"2034-2035-2 lasts from {starts_on} to 9999-12-31, longer than two years or beyond every"
        " calendar: it is left out; mend it in its source system"
    )
    await hub.push(feed, term, mode="delete")
