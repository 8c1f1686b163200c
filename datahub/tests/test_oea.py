"""Three linked systems load by configuration alone; the ledgers equal plain ``csv`` code."""

import gzip
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from helix8.demo.oea.oracle import expected

pytestmark = pytest.mark.asyncio(loop_scope="module")
OEA = Path(str(files("helix8.demo.oea")))
SAMPLE = OEA / "sample"
DAYS, SECTIONS = "oea_attendance.day_attendance", "oea_attendance.attendance"
BATCH_2 = "attendance/batch2_studentattendance.csv"
RECORDS = {
    **{name: name for name in ("assignment", "course", "enrolment", "org_unit", "person")},
    **{name: name for name in ("staff", "student", "teaching_class")},
    "assignment_submission": "submission",
}
"""Entities, with the oracle's word for each."""

Ledgers = dict[tuple[str, str], dict[str, Any]]


def feed_of(name: str) -> dict[str, Any]:
    return tomllib.loads((OEA / "feeds" / f"{name}.toml").read_text(encoding="utf-8"))


async def load(hub: Any) -> Ledgers:
    """Load the sample as load.toml says; return the answer to each file."""
    plan = tomllib.loads((OEA / "load.toml").read_text(encoding="utf-8"))
    for system, document in plan["systems"].items():
        answer = await hub.client.put(f"/v1/source-systems/{system}", json=document)
        assert answer.status_code == 201, answer.text
    for path in sorted((OEA / "feeds").glob("*.toml")):
        feed = feed_of(path.stem)
        answer = await hub.client.put(f"/v1/feeds/{feed['feed']}", json=feed)
        assert answer.status_code == 201, answer.text
    answers = {}
    for entry in plan["files"]:
        path = (OEA if entry.get("own") else SAMPLE) / entry["file"]
        packed = path.with_name(f"{path.name}.gz")
        body = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
        answer = await hub.post(entry["feed"], body, kind="text/csv", document=entry["file"])
        assert answer.status_code == 200, answer.text
        answers[entry["file"], entry["feed"]] = answer.json()
    await hub.settled()
    return answers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(hub: Any) -> Ledgers:
    return await load(hub)


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))
    return found


async def test_every_row_of_every_file_meets_the_fate_that_plain_code_computes(
    answers: Ledgers, stored: dict[str, Any]
) -> None:
    fates = ("received", "created", "updated", "unchanged", "quarantined", "parked")
    found = {
        place: {fate: answer[fate] for fate in fates}
        for place, answer in answers.items()
        if place[0] != "terms.csv"
    }

    assert expected(SAMPLE) == stored
    assert found == {
        (each["file"], each["feed"]): {fate: each[fate] for fate in fates}
        for each in stored["files"]
    }


async def test_the_records_are_those_of_the_three_systems(
    hub: Any, answers: Ledgers, stored: dict[str, Any]
) -> None:
    assert answers
    counts = {}
    for entity, word in RECORDS.items():
        answer = await hub.client.get(f"/v1/records/{entity}?limit=1&totalCount=true")
        counts[word] = int(answer.headers["total-count"])

    assert counts == stored["records"]


async def test_what_moodle_says_is_about_the_classes_of_the_student_system(
    hub: Any, answers: Ledgers
) -> None:
    """A class has its course and teacher from one system, its days from the other."""
    assert answers
    linked = await hub.sql(
        "SELECT count(*) AS submissions, count(DISTINCT c.key) AS classes,"
        " count(s.score) AS scored, count(*) FILTER (WHERE c.starts_on = '2022-01-01'"
        "  AND t.key IS NOT NULL AND k.key IS NOT NULL AND e.registered_on = '2022-01-01') AS whole"
        " FROM record_assignment_submission s JOIN record_assignment a ON a.key = s.assignment_no"
        " JOIN record_teaching_class c ON c.key = a.class_no"
        " JOIN record_enrolment e ON e.class_no = c.key AND e.student_no = s.student_no"
        " LEFT JOIN record_staff t ON t.key = c.teacher_no"
        " LEFT JOIN record_course k ON k.key = c.course_code"
    )

    # 728 submissions, of which 546 are graded, and 1,446 attempts at quizzes, all of them graded;
    # one of the 19 classes gives no work.
    assert linked == [{"submissions": 2174, "classes": 18, "scored": 1992, "whole": 2174}]


async def test_the_attendance_of_600_students_whom_no_list_knows_waits_for_them(
    hub: Any, answers: Ledgers
) -> None:
    batch = answers["attendance/batch1_studentattendance.csv", DAYS]["batch"]

    waiting = await hub.sql(
        "SELECT count(*) AS rows, count(DISTINCT waits_for) AS students,"
        " min(cardinality(waits_for)) AS fewest, max(cardinality(waits_for)) AS most"
        " FROM quarantined_row WHERE batch = :batch AND verdict = 'parked' AND released_at IS NULL",
        batch=batch,
    )

    assert waiting == [{"rows": 12_000, "students": 600, "fewest": 1, "most": 1}]
    assert await hub.sql("SELECT key FROM record_day_attendance") == []


async def test_the_second_batch_is_told_to_be_written_otherwise(hub: Any, answers: Ledgers) -> None:
    answer = answers[BATCH_2, DAYS]
    stored = await hub.get(f"batches/{answer['batch']}")
    [drifted] = [
        each["data"]
        for each in await hub.facts()
        if each["type"].endswith("feed.drifted.v1") and each["data"]["feed"] == DAYS
    ]

    [steward] = [each for each in await hub.get("quality/feeds") if each["feed"] == DAYS]

    told = {each["path"]: each["message"] for each in answer["warnings"]}
    assert told["$.attendance_date"].endswith("date-iso → date-mdy")
    assert sorted(told) == [
        "$.Period",
        "$.attendance_date",
        "$.attendance_sequence",
        "$.id",
        "$.section_id",
    ]
    assert answer["warning_codes"] == {"drifted": 5}
    assert (answer["warned"], {each["row"] for each in answer["warnings"]}) == (0, {0})
    assert stored["warnings"] == answer["warnings"]
    assert steward["drift"]["type_changed"]["attendance_date"] == ["date-iso", "date-mdy"]
    assert (drifted["batch"], drifted["entity"]) == (answer["batch"], "day_attendance")
    assert drifted["added"] == ["Period", "attendance_sequence", "section_id"]
    assert drifted["type_changed"]["attendance_date"] == {"before": "date-iso", "now": "date-mdy"}


def reasons(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["code"], each["path"]) for row in rows for each in row["reasons"]}


async def test_no_date_of_the_second_batch_is_guessed_and_the_next_version_reads_them(
    hub: Any, answers: Ledgers
) -> None:
    """The first version has agreed on no order; the second has. No row is of a whole day."""
    batch = answers[BATCH_2, DAYS]["batch"]
    before = await hub.get("quarantine", batch=batch)
    document = feed_of("day_attendance") | {"format": {"date_order": "mdy"}}

    saved = await hub.client.put(f"/v1/feeds/{DAYS}", json=document)
    ids = [each["id"] for each in before]
    replayed = await hub.client.post("/v1/quarantine/replay", json={"ids": ids})
    after = await hub.get("quarantine", feed=DAYS, verdict="quarantined")

    not_whole = ("unmapped-code", "$.all_day,$.attendance_status")
    unread = {(each["code"], each["path"]) for row in before for each in row["reasons"]}
    assert not_whole in unread
    assert {code for code, _ in unread - {not_whole}} == {"not-date", "ambiguous-date"}
    assert {path for _, path in unread - {not_whole}} == {"$.attendance_date"}
    assert saved.json()["version"] == 2
    assert replayed.json()["put_aside_again"] == 20
    assert (len(after), reasons(after)) == (20, {not_whole})


async def test_a_row_of_the_second_batch_goes_in_when_its_class_and_its_student_are_there(
    hub: Any, answers: Ledgers
) -> None:
    """9/2/2020 is September 2: the contract says month before day."""
    assert answers[BATCH_2, SECTIONS]["parked"] == 20
    key = "sec15/2020-09-02/1/st14"
    await hub.have("student", "st14", "st6")
    await hub.have("teaching_class", "sec15")

    async def found() -> Any:
        answer = await hub.client.get(f"/v1/records/attendance/{key.replace('/', '%2F')}")
        return answer.json() if answer.status_code == 200 else None

    document = await hub.until(found)

    assert (document["date"], document["state"]) == ("2020-09-02", "present")
    rows = await hub.sql("SELECT key FROM record_attendance ORDER BY key")
    assert [each["key"] for each in rows] == ["sec15/2020-08-17/1/st6", key]
    assert len(await hub.get("quarantine", feed=SECTIONS, verdict="parked")) == 18


async def test_loading_it_again_changes_no_record(hub: Any, answers: Ledgers) -> None:
    assert answers
    body = gzip.decompress((SAMPLE / "moodle/assign_grades.csv.gz").read_bytes())

    answer = await hub.post("oea_moodle.grade", body, kind="text/csv", document="again")

    assert answer.json()["unchanged"] == 546
