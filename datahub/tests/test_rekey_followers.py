"""Whatever holds the key of a record follows when it changes."""

import asyncio
from typing import Any

import pytest

from datahub.tests.conftest import Hub, fates
from datahub.tests.rekeying import college, rekeyed

pytestmark = pytest.mark.asyncio(loop_scope="module")


CLASS = {
    "class_no": None,
    "course_code": {"constant": "C1"},
    "term": {"constant": "2026-2027-1"},
    "teacher_nos": {"from": "teachers", "split": {"sep": [","]}},
}


def class_of(number: str, *people: str) -> dict[str, str]:
    return {"class_no": number, "teachers": ",".join(people)}


async def teachers(hub: Hub, count: int) -> list[str]:
    people = [hub.name("T") for _ in range(count)]
    await hub.have("staff", *people)
    return people


def named(fields: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {"zh": name, "privacy": "internal", **spec} for name, spec in fields.items()}


async def declare(hub: Hub, fields: dict[str, dict[str, str]]) -> None:
    path = "/v1/dictionary/draft/entities/student/ext"
    answer = await hub.client.put(path, json={"fields": named(fields)})
    assert answer.status_code == 200, answer.text
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "校本字段"})
    assert answer.status_code == 201, answer.text


async def test_fields_that_are_no_part_of_a_key_name_the_new_one(hub: Hub) -> None:
    major, new = hub.name("M"), hub.name("M")
    majors = await hub.feed("major", {"major_code": None, "name": None})
    students = await hub.feed("student", {"student_no": None, "major_code": None})
    number = hub.name("S")
    await hub.push(majors, {"major_code": major, "name": "软件技术"})
    await hub.push(students, {"student_no": number, "major_code": major})

    done = await rekeyed(hub, "major", major, major_code=new)
    again = await hub.push(students, {"student_no": number, "major_code": major})
    await hub.settled()

    assert done["followed"] == {"student": 1}
    assert (await hub.get(f"records/student/{number}"))["major_code"] == new
    assert (fates(again), again["warning_codes"]) == ({"unchanged": 1}, {"rekeyed": 1})
    assert again["warnings"][0]["path"] == "$.major_code"
    [last, *_] = await hub.get(f"history/student/{number}")
    assert (last["op"], last["fields"], last["before"]) == (
        "upsert",
        ["major_code"],
        {"major_code": major},
    )


async def test_totals_of_documents_follow_their_record(hub: Hub) -> None:
    number, _, _ = await college(hub)
    feed = await hub.feed(
        "learning_daily",
        dict.fromkeys(["student_no", "class_no", "date"]),
        aggregate={"identity": "document", "measures": {"clicks": {"sum": "n"}}},
        never_waits_for=["class_no"],
    )
    row = {"student_no": number, "class_no": hub.name("K"), "date": "2026-11-20"}
    await hub.push(feed, {**row, "n": "3"}, document="a")
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)

    await hub.push(feed, {**row, "n": "4"}, {**row, "student_no": new, "n": "5"}, document="b")

    key = f"{new}/{row['class_no']}/2026-11-20"
    assert (await hub.get(f"records/learning_daily/{key}"))["clicks"] == 12


async def test_values_of_the_old_scope_go_and_the_new_one_has_them(hub: Hub) -> None:
    number, _, _ = await college(hub)
    indicator = hub.name("ind")
    document = {
        "indicator": indicator,
        "zh": "成绩条数",
        "en": "Scores",
        "unit": "count",
        "direction": "higher",
        "formula": "count(score)",
        "scopes": [
            {"kind": "student", "key": "student_no", "period": {"kind": "term", "from": "term"}}
        ],
    }
    answer = await hub.client.put(f"/v1/indicators/{indicator}", json=document)
    assert answer.status_code in {200, 201}, answer.text
    await hub.settled()
    [before] = await hub.get("measurements", indicator=indicator, scope=f"student/{number}")
    new = hub.name("S")
    await rekeyed(hub, "student", number, student_no=new)
    await hub.settled()

    def value(scope: str) -> Any:
        return hub.get("measurements", indicator=indicator, scope=f"student/{scope}")

    [[old], [now]] = await asyncio.gather(value(number), value(new))
    assert (old["value"], old["reason"]) == (None, "no-rows")
    assert (float(now["value"]), now["reason"]) == (1, None)
    assert now["freshest_at"] == before["freshest_at"], "no source has said anything new"
    scopes = {
        item["scope"]: item["gone"]
        for fact in await hub.facts()
        if fact["type"] == "qa.datahub.scope.changed.v1"
        for item in fact["data"]["items"]
    }
    assert (scopes[f"student/{number}"], scopes[f"student/{new}"]) == (True, False)


async def test_lists_name_the_new_key_in_its_place_and_their_history_the_old_one(hub: Hub) -> None:
    one, two, three = await teachers(hub, 3)
    number, other = hub.name("K"), hub.name("K")
    classes = await hub.feed("teaching_class", CLASS)
    await hub.push(classes, class_of(number, two, one, three), class_of(other, three))
    await hub.settled()
    before = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    new = hub.name("T")

    done = await rekeyed(hub, "staff", one, staff_no=new)
    await hub.settled()
    now = await hub.get(f"records/teaching_class/{number}")
    past = await hub.get(f"records/teaching_class/{number}", asOf=f"seq:{before}")
    [last, *_] = await hub.get(f"history/teaching_class/{number}")
    apart = await hub.get(f"records/teaching_class/{other}")

    assert done["followed"] == {"teaching_class": 1}
    assert (now["teacher_nos"], now["version"]) == ([two, new, three], 2)
    assert (past["teacher_nos"], past["version"]) == ([two, one, three], 1)
    assert (last["op"], last["fields"], last["before"]) == (
        "upsert",
        ["teacher_nos"],
        {"teacher_nos": [two, one, three]},
    )
    assert (apart["teacher_nos"], apart["version"]) == ([three], 1)


async def test_scopes_whose_owners_come_from_a_list_follow(hub: Hub) -> None:
    one, two = await teachers(hub, 2)
    number, new = hub.name("K"), hub.name("T")
    await hub.push(await hub.feed("teaching_class", CLASS), class_of(number, two, one))
    await rekeyed(hub, "staff", one, staff_no=new)
    await hub.settled()

    told = [
        [owner["person"] for owner in item["owners"]]
        for fact in await hub.facts()
        if fact["type"] == "qa.datahub.scope.changed.v1"
        for item in fact["data"]["items"]
        if item["scope"] == f"class/{number}"
    ]

    assert told[-1] == [f"teacher/{two}", f"teacher/{new}"]


async def test_a_late_push_of_a_list_is_taken_with_present_keys(hub: Hub) -> None:
    one, two = await teachers(hub, 2)
    odd = f'{one}"\\,x'
    number, last = hub.name("K"), hub.name("T")
    classes = await hub.feed("teaching_class", CLASS | {"teacher_nos": {"from": "teachers"}})
    await rekeyed(hub, "staff", one, staff_no=last)

    late = await hub.push(classes, class_of(number, two, one))
    again = await hub.push(classes, class_of(number, two, last))
    none = await hub.push(classes, class_of(number))
    strange = await hub.feed(
        "teaching_class", CLASS | {"teacher_nos": {"from": "teachers", "split": {"sep": [";"]}}}
    )
    await hub.push(strange, {**class_of(number), "teachers": f"{odd};{one}"})

    assert (fates(late), late["warning_codes"]) == ({"created": 1}, {"rekeyed": 1})
    [warning] = late["warnings"]
    assert (warning["path"], warning["message"].rpartition("：")[2]) == (
        "$.teacher_nos",
        f"{one} → {last}",
    )
    assert (fates(again), again["warned"]) == ({"unchanged": 1}, 0)
    assert (fates(none), none["warned"]) == ({"updated": 1}, 0)
    assert (await hub.get(f"records/teaching_class/{number}"))["teacher_nos"] == [odd, last]


async def test_what_systems_said_of_a_list_follows(hub: Hub) -> None:
    one, two = await teachers(hub, 2)
    number, new = hub.name("K"), hub.name("T")
    office = await hub.feed("teaching_class", CLASS)
    classroom = await hub.feed("teaching_class", CLASS, source="classroom")
    await hub.push(office, class_of(number, one, two))
    await hub.push(classroom, class_of(number, two))
    await rekeyed(hub, "staff", one, staff_no=new)

    await hub.push(classroom, {**class_of(number), "teachers": None})

    assert (await hub.get(f"records/teaching_class/{number}"))["teacher_nos"] == [new, two]


async def test_what_the_college_added_follows_alone_and_in_lists(hub: Hub) -> None:
    await declare(
        hub,
        {
            "mentor": {"type": "text", "ref": "staff"},
            "coaches": {"type": "list", "refs": "staff"},
            "hobby": {"type": "text"},
        },
    )
    one, two, number = *(await teachers(hub, 2)), hub.name("S")
    names = ("mentor", "coaches", "hobby")
    students = await hub.feed(
        "student", {"student_no": None} | {f"ext.{name}": {"from": name} for name in names}
    )
    row = {"student_no": number, "mentor": one, "coaches": f"{two},{one}", "hobby": one}
    await hub.push(students, row)
    await hub.settled()
    before = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    new = hub.name("T")

    done = await rekeyed(hub, "staff", one, staff_no=new)
    late = await hub.push(students, row)
    await hub.settled()
    now = await hub.get(f"records/student/{number}")
    past = await hub.get(f"records/student/{number}", asOf=f"seq:{before}")

    assert done["followed"] == {"student": 2}
    assert now["ext"] == {"mentor": new, "coaches": [two, new], "hobby": one}
    assert past["ext"] == {"mentor": one, "coaches": [two, one], "hobby": one}
    assert (fates(late), late["warning_codes"]) == ({"unchanged": 1}, {"rekeyed": 1})


async def test_a_list_refers_by_refs_and_any_other_field_by_ref(hub: Hub) -> None:
    fields = {
        "mentor": {"type": "text", "refs": "staff"},
        "coaches": {"type": "list", "ref": "staff"},
        "guides": {"type": "list", "refs": "nobody"},
    }
    answer = await hub.client.put(
        "/v1/dictionary/draft/entities/course/ext", json={"fields": named(fields)}
    )
    refused = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "x"})
    await hub.client.delete("/v1/dictionary/draft")

    assert (answer.status_code, refused.status_code) == (200, 422)
    assert set(refused.json()["validationErrors"]) == {
        f"$.entities.course.ext.{name}" for name in fields
    }


AWARD = {
    "award_no": None,
    "subject_kind": None,
    "subject_ids": {"from": "subjects", "split": {"sep": [","]}},
}


async def test_keys_whose_kind_another_field_says_follow_where_it_says_so(hub: Hub) -> None:
    number, _, _ = await college(hub)
    other, new = hub.name("S"), hub.name("S")
    award, team, course = hub.name("A"), hub.name("A"), hub.name("A")
    feed = await hub.feed("award", AWARD)
    rows = [
        {"award_no": award, "subject_kind": "student", "subjects": f"{other},{number}"},
        {"award_no": team, "subject_kind": "team", "subjects": number},
        {"award_no": course, "subject_kind": "course", "subjects": number},
    ]
    await hub.push(feed, *rows)

    done = await rekeyed(hub, "student", number, student_no=new)
    late = await hub.push(feed, *rows)

    async def subjects(key: str) -> Any:
        return (await hub.get(f"records/award/{key}"))["subject_ids"]

    assert done["followed"]["award"] == 1
    assert await subjects(award) == [other, new]
    assert (await subjects(team), await subjects(course)) == ([number], [number])
    assert (fates(late), late["warning_codes"]) == ({"unchanged": 3}, {"rekeyed": 1})
    assert late["warnings"][0]["path"] == "$.subject_ids"


async def test_one_key_whose_kind_a_code_says_follows_and_so_does_what_was_said_of_it(
    hub: Hub,
) -> None:
    [person] = await teachers(hub, 1)
    case, new = hub.name("V"), hub.name("T")
    fields = dict.fromkeys(["case_no", "applicant_kind", "applicant_no"])
    office = await hub.feed("affair_case", fields)
    hall = await hub.feed("affair_case", fields, source="student_affairs")
    row = {"case_no": case, "applicant_kind": "1", "applicant_no": person}
    for feed in (office, hall):
        await hub.push(feed, row)

    await rekeyed(hub, "staff", person, staff_no=new)
    [claim] = await hub.sql(
        "SELECT said #>> '{applicant_no,value}' AS value FROM claim WHERE key = :key"
        " AND source = 'academic'",
        key=case,
    )
    [now] = await hub.sql("SELECT applicant_no FROM record_affair_case WHERE key = :key", key=case)

    assert (now["applicant_no"], claim["value"]) == (new, new)
