"""A record waits for every record that it is about, and goes in when all of them are there."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENROLMENT: dict[str, Any] = {"class_no": {"from": "jxb"}, "student_no": {"from": "xh"}}
CIRCUMSTANCES = {"term", "company"}
"""When it was and with whom: a record is not about them."""


async def test_every_required_reference_of_a_record_that_is_no_object_is_a_parent(
    dictionary: Dictionary,
) -> None:
    wrong = [
        f"{entity.name}.{field.name}"
        for entity in dictionary.entities.values()
        for field in entity.fields.values()
        if field.parent
        != (
            entity.scope is None
            and field.required
            and field.ref is not None
            and field.ref not in CIRCUMSTANCES
            and not entity.is_raw
        )
    ]

    assert wrong == []


async def pair(hub: Any) -> tuple[str, str]:
    """Return a class and a student who are not there."""
    return hub.name("C"), hub.name("S")


async def there(hub: Any, entity: str, key: str) -> Any:
    """Wait until a record is there; return its document."""

    async def found() -> Any:
        answer = await hub.client.get(f"/v1/records/{entity}/{key.replace('/', '%2F')}")
        return answer.json() if answer.status_code == 200 else None

    return await hub.until(found)


async def swept(hub: Any) -> None:
    """Wait until the clockwork has looked once more: a row that it releases proves it."""
    class_no, student = await pair(hub)
    await hub.push(await hub.feed("enrolment", ENROLMENT), {"jxb": class_no, "xh": student})
    await hub.have("student", student)
    await hub.have("teaching_class", class_no)
    await there(hub, "enrolment", f"{class_no}/{student}")


async def test_the_verdicts_name_every_record_that_a_row_waits_for(hub: Any, ledger: Any) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)

    answer = await hub.push(feed, {"jxb": class_no, "xh": student})

    assert ledger(answer) == {"parked": 1}
    assert [(each["path"], each["code"]) for each in answer["verdicts"]] == [
        ("$.jxb", "parent-missing"),
        ("$.xh", "parent-missing"),
    ]
    [waiting] = await hub.get("quarantine", feed=feed)
    assert waiting["waits_for"] == [f"student:{student}", f"teaching_class:{class_no}"]
    assert [each["message"] for each in waiting["reasons"]] == [
        f"等待 teaching_class {class_no} (waits for this record)",
        f"等待 student {student} (waits for this record)",
    ]


async def test_a_row_is_released_when_the_last_of_its_parents_is_there(hub: Any) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)
    await hub.push(feed, {"jxb": class_no, "xh": student})

    await hub.have("teaching_class", class_no)
    await swept(hub)
    still = await hub.get("quarantine", feed=feed)
    await hub.have("student", student)

    assert len(still) == 1, "one of two parents releases nothing"
    assert (await there(hub, "enrolment", f"{class_no}/{student}"))["student_no"] == student
    assert await hub.get("quarantine", feed=feed) == []
    [trail] = await hub.get("quarantine", feed=feed, state="released")
    assert trail["id"] == still[0]["id"], "it was driven through once"


async def test_a_message_is_told_all_that_its_record_waits_for(hub: Any) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)
    message = await hub.send("enrolment", {"jxb": class_no, "xh": student}, feed=feed)

    async def told() -> Any:
        facts = await hub.facts("QA_VERDICT")
        items = [item for each in facts for item in each["data"]["items"]]
        return next((each for each in items if each["message"] == message), None)

    verdict = await hub.until(told)

    assert (verdict["received"], verdict["accepted"]) == (1, 0)
    assert [(each["row"], each["verdict"], each["path"]) for each in verdict["rows"]] == [
        (1, "parked", "$.jxb"),
        (1, "parked", "$.xh"),
    ]


async def test_a_record_that_was_deleted_while_it_waited_does_not_come_afterwards(
    hub: Any, ledger: Any
) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)
    row = {"jxb": class_no, "xh": student}
    await hub.push(feed, row)

    gone = await hub.push(feed, row, mode="delete")
    await hub.have("student", student)
    await hub.have("teaching_class", class_no)
    await hub.until(lambda: _is_empty(hub, feed))

    answer = await hub.client.get(f"/v1/records/enrolment/{class_no}%2F{student}")
    assert ledger(gone) == {"unchanged": 1}, "nothing was there to delete"
    assert answer.status_code == 404
    [released] = await hub.get("quarantine", feed=feed, state="released")
    batch = await hub.get(f"batches/{released['released_batch']}")
    assert ledger(batch) == {"unchanged": 1}, "the deletion is newer than the row"


async def _is_empty(hub: Any, feed: str) -> bool:
    return await hub.get("quarantine", feed=feed) == []


async def test_of_two_versions_that_waited_the_newer_one_stands(hub: Any) -> None:
    class_no, student = await pair(hub)
    fields = ENROLMENT | {"studied_credits": None}
    feed = await hub.feed("enrolment", fields)
    for number in (1, 2):
        await hub.push(feed, {"jxb": class_no, "xh": student, "studied_credits": number})

    await hub.have("student", student)
    await hub.have("teaching_class", class_no)
    await hub.until(lambda: _is_empty(hub, feed))

    document = await there(hub, "enrolment", f"{class_no}/{student}")
    assert document["studied_credits"] == 2


async def test_a_replay_parks_a_row_again_for_what_is_still_missing(hub: Any) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)
    await hub.push(feed, {"jxb": class_no, "xh": student})
    await hub.have("student", student)

    answer = await hub.client.post(
        "/v1/quarantine/replay", json={"feed": feed, "code": "parent-missing"}
    )

    assert answer.json() == {
        "replayed": 1,
        "released": 0,
        "put_aside_again": 1,
        "handled": [],
        "not_found": [],
        "unread": [],
    }
    [waiting] = await hub.get("quarantine", feed=feed)
    assert waiting["waits_for"] == [f"teaching_class:{class_no}"]


async def test_a_snapshot_replaces_the_rows_of_the_one_before_that_wait(
    hub: Any, ledger: Any
) -> None:
    class_no, student = await pair(hub)
    other = hub.name("S")
    await hub.have("teaching_class", class_no)
    feed = await hub.feed("enrolment", ENROLMENT, content="full")
    body = f"jxb,xh\n{class_no},{student}\n{class_no},{other}\n"

    first = (await hub.post(feed, body, kind="text/csv", mode="snapshot")).json()
    again = (await hub.post(feed, body, kind="text/csv", mode="snapshot")).json()
    await hub.have("student", student)
    await there(hub, "enrolment", f"{class_no}/{student}")

    assert [ledger(each) for each in (first, again)] == [{"parked": 2}] * 2
    assert [each["raw"]["xh"] for each in await hub.get("quarantine", feed=feed)] == [other]
    last = (await hub.post(feed, body, kind="text/csv", mode="snapshot")).json()
    assert (ledger(last), last["vanished"]) == ({"unchanged": 1, "parked": 1}, 0)


async def test_lines_of_a_document_wait_and_are_added_when_their_student_comes(
    hub: Any, ledger: Any
) -> None:
    class_no, known = await pair(hub)
    late = hub.name("S")
    await hub.have("teaching_class", class_no)
    await hub.have("student", known)
    feed = await hub.feed(
        "learning_daily",
        ENROLMENT | {"date": {"from": "rq"}},
        aggregate={"identity": "document", "measures": {"clicks": {"sum": "n"}}},
    )
    lines = [(known, 3), (late, 5), (late, 7), (known, 4)]
    text = "".join(f"{class_no},{who},2026-11-20,{n}\n" for who, n in lines)
    body = f"jxb,xh,rq,n\n{text}"

    answer = (await hub.post(feed, body, kind="text/csv", document="d1")).json()
    await hub.have("student", late)
    document = await there(hub, "learning_daily", f"{late}/{class_no}/2026-11-20")
    again = (await hub.post(feed, body, kind="text/csv", document="d1")).json()
    rows = await hub.sql(
        "SELECT student_no, clicks FROM record_learning_daily WHERE class_no = :c ORDER BY 1",
        c=class_no,
    )

    assert ledger(answer) == {"created": 2, "parked": 2}
    assert document["clicks"] == 12
    assert ledger(again) == {"unchanged": 4}, "what waited is part of the document, once"
    assert [(each["student_no"], each["clicks"]) for each in rows] == [(known, 7), (late, 12)]


async def test_a_feed_whose_source_never_delivers_a_parent_says_so_and_does_not_wait(
    hub: Any, ledger: Any
) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT, never_waits_for=["student_no"])

    answer = await hub.push(feed, {"jxb": class_no, "xh": student})
    [waiting] = await hub.get("quarantine", feed=feed)
    await hub.have("teaching_class", class_no)

    assert ledger(answer) == {"parked": 1}
    assert waiting["waits_for"] == [f"teaching_class:{class_no}"]
    assert await there(hub, "enrolment", f"{class_no}/{student}")


async def test_a_later_version_of_the_feed_takes_in_what_waited(hub: Any) -> None:
    class_no, student = await pair(hub)
    feed = await hub.feed("enrolment", ENROLMENT)
    await hub.push(feed, {"jxb": class_no, "xh": student})
    document = (await hub.get(f"feeds/{feed}"))["document"]
    parents = ["student_no", "class_no"]

    saved = await hub.client.put(f"/v1/feeds/{feed}", json=document | {"never_waits_for": parents})
    answer = await hub.client.post(
        "/v1/quarantine/replay", json={"feed": feed, "code": "parent-missing"}
    )

    assert saved.json()["version"] == 2
    assert answer.json()["released"] == 1
    assert await there(hub, "enrolment", f"{class_no}/{student}")


async def test_a_feed_can_only_renounce_what_its_records_wait_for(hub: Any) -> None:
    document = {
        "feed": hub.name("feed"),
        "source": "academic",
        "entity": "enrolment",
        "fields": ENROLMENT,
        "never_waits_for": ["student_no", "status", "xh"],
    }

    answer = await hub.client.put(f"/v1/feeds/{document['feed']}", json=document)

    assert answer.status_code == 422
    known = "不是约定中等待父记录的字段：class_no、student_no (no field of it that waits)"
    assert answer.json()["validationErrors"] == {
        "$.never_waits_for": [f"status {known}", f"xh {known}"],
    }
