"""What a push over HTTP does to the records, once and again."""

import asyncio
from typing import Any

import pytest

from datahub.tests.pushing import COURSE, Ledger, versions

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_records_are_created_updated_left_and_deleted(hub: Any, ledger: Ledger) -> None:
    feed, a, b, c = await hub.feed("course", COURSE), hub.name(), hub.name(), hub.name()
    first = await hub.push(feed, *({"course_code": each, "name": "x"} for each in (a, b)))
    again = await hub.push(
        feed,
        {"course_code": a, "name": "x"},
        {"course_code": b, "name": "y"},
        {"course_code": c, "name": "z"},
    )
    gone = await hub.push(feed, {"course_code": a}, {"course_code": hub.name()}, mode="delete")

    assert ledger(first) == {"created": 2}
    assert ledger(again) == {"created": 1, "updated": 1, "unchanged": 1}
    assert ledger(gone) == {"deleted": 1, "unchanged": 1}
    assert await versions(hub, "course", b, c) == [2, 1]
    answer = await hub.client.get(f"/v1/records/course/{a}")
    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:helix8:problem:record-not-found",
    )


async def test_a_record_that_comes_back_is_new_and_its_version_goes_on(
    hub: Any, ledger: Ledger
) -> None:
    full = await hub.feed("course", {**COURSE, "credits": None})
    names = await hub.feed("course", COURSE)
    code = hub.name()
    await hub.push(full, {"course_code": code, "name": "x", "credits": "4"})
    await hub.push(names, {"course_code": code}, mode="delete")

    back = await hub.push(names, {"course_code": code, "name": "x"})

    record = await hub.get(f"records/course/{code}")
    assert ledger(back) == {"created": 1}
    assert (record["version"], record["name"], record["credits"]) == (3, "x", None)


async def test_of_equal_keys_in_a_delivery_the_last_counts(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()

    answer = await hub.push(
        feed, {"course_code": code, "name": "a"}, {"course_code": code, "name": "b"}
    )

    assert ledger(answer) == {"created": 1, "duplicate": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [(1, "duplicate-key")]
    assert (await hub.get(f"records/course/{code}"))["name"] == "b"


async def test_create_takes_no_old_record_and_update_no_new_one(hub: Any, ledger: Ledger) -> None:
    feed, old, new = await hub.feed("course", COURSE), hub.name(), hub.name()
    await hub.push(feed, {"course_code": old, "name": "x"})
    rows = [{"course_code": old, "name": "y"}, {"course_code": new, "name": "y"}]

    updated = await hub.push(feed, *rows, mode="update")
    created = await hub.push(feed, *rows, mode="create")

    assert (ledger(updated), ledger(created)) == (
        {"updated": 1, "rejected": 1},
        {"created": 1, "rejected": 1},
    )
    assert [each["code"] for each in [*updated["verdicts"], *created["verdicts"]]] == [
        "not-found",
        "already-exists",
    ]


async def test_a_row_waits_for_its_parent_and_is_released_by_itself(
    hub: Any, ledger: Ledger
) -> None:
    classes = await hub.feed("teaching_class", {"class_no": None, "name": None})
    enrolments = await hub.feed("enrolment", {"class_no": None, "student_no": None})
    # A key of one part stands as it is, so a reference with a slash finds its record.
    class_no = f"2026/1-{hub.name()}"
    await hub.have("student", "S1")

    parked = await hub.push(enrolments, {"class_no": class_no, "student_no": "S1"})
    await hub.push(classes, {"class_no": class_no, "name": "x"})
    key = f"{class_no.replace('/', '%252F')}/S1"
    await hub.until(lambda: is_there(hub, f"/v1/records/enrolment/{key}"))

    assert ledger(parked) == {"parked": 1}
    assert parked["verdicts"][0]["message"].startswith(f"等待 teaching_class {class_no}")
    [row] = await hub.sql(
        "SELECT verdict, code, waits_for, released_batch IS NOT NULL AS released"
        " FROM quarantined_row WHERE batch = :batch",
        batch=parked["batch"],
    )
    assert row == {
        "verdict": "parked",
        "code": "parent-missing",
        "waits_for": [f"teaching_class:{class_no}"],
        "released": True,
    }


async def is_there(hub: Any, path: str) -> bool:
    return bool((await hub.client.get(path)).status_code == 200)


async def test_bad_rows_are_put_aside_and_good_ones_taken(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed(
        "student",
        {
            "student_no": {"from": "xh"},
            "sex": {"from": "xb", "codes": {"男": "1", "女": "2"}},
            "birth_date": {"from": "csrq", "formats": ["%Y%m%d"]},
        },
    )
    no = hub.name()
    body = "\n".join(
        [
            f'{{"xh": "{no}", "xb": "男", "csrq": "20060229"}}',
            '{"xh": "", "xb": "女"}',
            f'{{"xh": "{no}-2", "xb": "M"}}',
            f'{{"xh": "{no}-3", "xb": "女", "iq": 100}}',
            '{"xh": "broken"',
            f'{{"xh": "{no}-4", "xb": "女", "csrq": "20060228"}}',
        ]
    )

    answer = (await hub.post(feed, body)).json()

    assert ledger(answer) == {"created": 1, "quarantined": 3, "rejected": 2}
    assert [(v["row"], v["verdict"], v["code"], v["path"]) for v in answer["verdicts"]] == [
        (1, "quarantined", "not-date", "$.csrq"),
        (2, "quarantined", "missing", "$.xh"),
        (3, "quarantined", "unmapped-code", "$.xb"),
        (4, "rejected", "unknown-field", "$.iq"),
        (5, "rejected", "undecodable", "$"),
    ]
    aside = await hub.get("quarantine", batch=answer["batch"])
    assert [each["row"] for each in aside] == [5, 4, 3, 2, 1]
    assert aside[2]["raw"] == {"xh": f"{no}-2", "xb": "M"}
    await hub.settled()
    [grew] = [
        event["data"]
        for event in await hub.facts()
        if event["type"] == "qa.datahub.quarantine.grew.v1"
        and event["data"]["batch"] == answer["batch"]
    ]
    causes = ["not-date", "missing", "unmapped-code", "unknown-field", "undecodable"]
    assert (grew["rows"], grew["causes"]) == (5, dict.fromkeys(causes, 1))


async def test_a_mended_mapping_lets_a_quarantined_row_in(hub: Any) -> None:
    no = hub.name()
    codes = {"男": "1"}
    feed = await hub.feed("student", {"student_no": None, "sex": {"from": "xb", "codes": codes}})
    answer = await hub.push(feed, {"student_no": no, "xb": "女"})
    [row] = await hub.get("quarantine", batch=answer["batch"])
    await hub.feed(
        "student",
        {"student_no": None, "sex": {"from": "xb", "codes": {**codes, "女": "2"}}},
        feed=feed,
    )

    replayed = await hub.client.post("/v1/quarantine/replay", json={"ids": [row["id"]]})

    assert replayed.json()["released"] == 1
    assert (await hub.get(f"records/student/{no}"))["sex"] == "2"
    assert await hub.get("quarantine", batch=answer["batch"]) == []


async def test_what_another_feed_said_later_does_not_hold_a_replay_back(hub: Any) -> None:
    no = hub.name()
    sexes = await hub.feed("student", {"student_no": None, "sex": None})
    years = await hub.feed("student", {"student_no": None, "grade_year": None})
    wrong = await hub.push(sexes, {"student_no": no, "sex": "x"})
    await hub.push(years, {"student_no": no, "grade_year": "2025"})
    await hub.sql(
        'UPDATE quarantined_row SET raw = raw || \'{"sex": "2"}\' WHERE batch = :b',
        b=wrong["batch"],
    )
    [row] = await hub.get("quarantine", batch=wrong["batch"])

    await hub.client.post("/v1/quarantine/replay", json={"ids": [row["id"]]})

    record = await hub.get(f"records/student/{no}")
    assert (record["sex"], record["grade_year"], record["version"]) == ("2", 2025, 2)


async def test_an_older_push_never_overwrites_a_newer_one(hub: Any) -> None:
    no = hub.name()
    feed = await hub.feed("student", {"student_no": None, "sex": None})
    rival = await hub.feed("student", {"student_no": None, "sex": None, "grade_year": None})
    wrong = await hub.push(feed, {"student_no": no, "sex": "x"})
    await hub.push(rival, {"student_no": no, "sex": "1", "grade_year": "2025"})
    await hub.sql(
        'UPDATE quarantined_row SET raw = raw || \'{"sex": "2"}\' WHERE batch = :b',
        b=wrong["batch"],
    )
    [row] = await hub.get("quarantine", batch=wrong["batch"])

    await hub.client.post("/v1/quarantine/replay", json={"ids": [row["id"]]})

    assert (await hub.get(f"records/student/{no}"))["sex"] == "1"
    assert await hub.get("quarantine", batch=wrong["batch"]) == []


async def test_a_dry_run_leaves_nothing(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    rows = [{"course_code": code, "name": "x"}, {"course_code": None, "name": "y"}]
    counts = (
        "SELECT (SELECT count(*) FROM batch) AS batches, (SELECT count(*) FROM change) AS changes,"
        " (SELECT count(*) FROM quarantined_row) AS aside"
    )
    before = await hub.sql(counts)

    answer = await hub.push(feed, *rows, dryRun=True)

    assert (answer["batch"], answer["dry_run"]) == (None, True)
    assert ledger(answer) == {"created": 1, "quarantined": 1}
    assert await hub.sql(counts) == before
    assert not await is_there(hub, f"/v1/records/course/{code}")


async def test_a_misspelt_dry_run_writes_nothing(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()

    answer = await hub.post(feed, f'{{"course_code": "{code}"}}', dry_run="true")

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["query.dry_run"]
    assert answer.json()["fixes"] == ["写作 dryRun (it is called dryRun)"]
    assert not await is_there(hub, f"/v1/records/course/{code}")


async def test_an_idempotency_key_answers_again_and_refuses_other_content(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    key = {"Idempotency-Key": hub.name("key")}
    body = f'{{"course_code": "{code}", "name": "x"}}'

    first = await hub.post(feed, body, headers=key)
    again = await hub.post(feed, body, headers=key)
    other = await hub.post(feed, body.replace("x", "y"), headers=key)
    other_query = await hub.post(feed, body, headers=key, declared=1)

    assert first.json()["created"] == 1
    assert again.json() == first.json()
    assert [each.status_code for each in (first, again, other, other_query)] == [200, 200, 422, 422]
    assert other.json()["type"] == "urn:helix8:problem:idempotency-key-reused"
    assert len(await hub.get("batches", feed=feed)) == 1


async def test_equal_requests_at_once_take_effect_once(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    key = {"Idempotency-Key": hub.name("key")}
    body = f'{{"course_code": "{code}", "name": "x"}}'

    answers = await asyncio.gather(*(hub.post(feed, body, headers=key) for _ in range(5)))
    again = await hub.post(feed, body, headers=key)

    assert {each.text for each in answers if each.status_code == 200} == {again.text}
    refused = [each for each in answers if each.status_code != 200]
    assert {(each.status_code, each.headers["retry-after"]) for each in refused} <= {(409, "2")}
    assert len(await hub.get("batches", feed=feed)) == 1


async def test_a_deletion_needs_the_columns_of_the_key_alone(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code, "name": "x"})

    answer = await hub.post(feed, f"course_code\n{code}\n", kind="text/csv", mode="delete")

    assert ledger(answer.json()) == {"deleted": 1}


async def test_a_large_upload_is_taken_in_several_transactions(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    rows = "".join(f"{code}-{number},{'x' * 200}\n" for number in range(40_000))

    answer = (await hub.post(feed, f"course_code,name\n{rows}", kind="text/csv")).json()

    assert ledger(answer) == {"created": 40_000}
    [batch] = await hub.get("batches", feed=feed)
    assert (batch["batch"], batch["received"]) == (answer["batch"], 40_000)
    assert batch["finished_at"] is not None
