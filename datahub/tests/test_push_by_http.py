"""From ``POST /batches`` to PostgreSQL: every row has its fate, and the answer says which."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from datahub.indicators.api import EXAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": None, "name": None}


async def versions(hub: Any, entity: str, *keys: str) -> list[int]:
    return [(await hub.get(f"records/{entity}/{key}"))["version"] for key in keys]


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


@pytest.mark.parametrize(
    ("encoding", "charset", "status"),
    [
        ("utf-8", "gb18030", 415),
        ("utf-8", "utf-8", 200),
        ("utf-8", "US-ASCII", 200),
        ("utf-8-sig", "utf8", 200),
        ("gb18030", "gb18030", 200),
        ("gb18030", "GBK", 200),
        ("gb18030", "gb2312", 200),
        ("gb18030", "utf-8", 415),
        ("gb18030", "big5", 415),
    ],
)
async def test_a_csv_is_read_as_its_feed_says_and_must_not_say_otherwise(
    hub: Any, encoding: str, charset: str, status: int
) -> None:
    feed = await hub.feed("course", COURSE, format={"encoding": encoding})
    body = f"course_code,name\n{hub.name()},课\n".encode(encoding)

    answer = await hub.post(feed, body, kind=f"text/csv; charset={charset}")

    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["type"] == "urn:helix8:problem:charset"
        assert answer.json()["fixes"] == [f"Content-Type: text/csv; charset={encoding}"]


async def test_a_compressed_upload_is_refused(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)

    answer = await hub.post(feed, b"\x1f\x8b", headers={"content-encoding": "gzip"})

    assert (answer.status_code, answer.json()["type"]) == (
        415,
        "urn:helix8:problem:content-coding",
    )


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


async def test_a_csv_in_gb18030_with_a_damaged_row_keeps_the_good_rows(
    hub: Any, ledger: Ledger
) -> None:
    feed = await hub.feed(
        "student",
        {"student_no": {"from": "学号"}, "name": {"from": "姓名"}},
        format={"encoding": "gb18030"},
    )
    no = hub.name()
    body = f"学号,姓名\r\n{no}-1,张䶮\r\n{no}-2,".encode("gb18030")
    body += b"\x81\r\n" + f"{no}-3,李四\r\n".encode("gb18030")

    answer = (await hub.post(feed, body, kind="text/csv")).json()

    assert ledger(answer) == {"created": 2, "rejected": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [(2, "undecodable")]
    assert (await hub.get(f"records/student/{no}-1"))["name"] == "张䶮"
    [row] = await hub.get("quarantine", batch=answer["batch"])
    assert row["raw"] == {"学号": f"{no}-2", "姓名": "\ufffd[81]"}


async def test_columns_that_differ_from_the_feed_are_refused_by_name(hub: Any) -> None:
    feed = await hub.feed("course", {"course_code": {"from": "kch"}, "name": {"from": "kcm"}})

    answer = await hub.post(feed, "kch,extra\n1,2\n", kind="text/csv")

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:helix8:problem:columns-differ"
    assert set(answer.json()["validationErrors"]) == {"header.kcm", "header.extra"}


@pytest.mark.parametrize("unknown", ["ignore", "quarantine"])
async def test_a_new_column_is_named_beside_the_one_that_is_missing(hub: Any, unknown: str) -> None:
    fields = {"course_code": {"from": "kch"}, "name": {"from": "kcm"}}
    feed = await hub.feed("course", fields, unknown_fields=unknown)

    answer = await hub.post(feed, "kch,kcmc\n1,2\n", kind="text/csv")

    assert set(answer.json()["validationErrors"]) == {"header.kcm", "header.kcmc"}


async def test_a_header_that_another_encoding_makes_known_is_told_so(hub: Any) -> None:
    fields = {"course_code": {"from": "编号"}, "name": {"from": "名称"}}
    feed = await hub.feed("course", fields, format={"encoding": "gb18030"})

    answer = await hub.post(feed, "编号,名称\n1,数学\n", kind="text/csv")

    assert answer.json()["type"] == "urn:helix8:problem:columns-differ"
    [fix] = answer.json()["fixes"]
    assert "format.encoding 改为 utf-8" in fix


async def test_a_deletion_needs_the_columns_of_the_key_alone(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await hub.push(feed, {"course_code": code, "name": "x"})

    answer = await hub.post(feed, f"course_code\n{code}\n", kind="text/csv", mode="delete")

    assert ledger(answer.json()) == {"deleted": 1}


@pytest.mark.parametrize("text", ["\\.", 'a"b', "a\\nb", "a,b", "\\N", "''", "{}", "é\U0001f600"])
async def test_a_text_is_stored_as_it_came(hub: Any, text: str) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()

    await hub.push(feed, {"course_code": code + text, "name": text})

    [row] = await hub.sql("SELECT key, name FROM record_course WHERE key LIKE :k", k=f"{code}%")
    assert row == {"key": code + text, "name": text}


@pytest.mark.parametrize(
    ("query", "kind", "body", "status", "code"),
    [
        ({"feed": "none"}, "application/x-ndjson", b"{}", 404, "feed-not-found"),
        (
            {"source": "hr", "entity": "asset_item"},
            "application/x-ndjson",
            b"",
            404,
            "feed-not-found",
        ),
        ({"source": "hr"}, "application/x-ndjson", b"", 422, "which-feed"),
        ({"source": "hr", "entity": "Ghost!"}, "application/x-ndjson", b"", 422, "invalid"),
        ({"feed": "none", "mode": "replace"}, "application/x-ndjson", b"", 422, "invalid"),
        ({"feed": "none"}, "application/json", b"{}", 415, "unsupported-content"),
        ({"feed": "none", "colour": "red"}, "application/x-ndjson", b"{}", 422, "invalid"),
        ({"feed": "none"}, "application/x-ndjson; charset=gbk", b"{}", 415, "charset"),
        ({"feed": "none"}, "", b"{}", 415, "unsupported-content"),
    ],
)
async def test_a_request_that_cannot_be_understood_is_refused(
    hub: Any, query: dict[str, str], kind: str, body: bytes, status: int, code: str
) -> None:
    answer = await hub.client.post(
        "/v1/batches", params=query, content=body, headers={"content-type": kind}
    )

    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:helix8:problem:{code}"


@pytest.mark.parametrize("body", [b"", b"a,b,a\n1,2,3\n", b"\n\n", b"x" * 13_000_000 + b"\n1\n"])
async def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(
    hub: Any, body: bytes
) -> None:
    feed = await hub.feed("course", {"course_code": {"from": "a"}}, unknown_fields="ignore")

    answer = await hub.post(feed, body, kind="text/csv")

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:helix8:problem:unreadable-file",
    )
    assert await hub.sql("SELECT 1 FROM record_course WHERE length(key) > 200") == []


async def test_hostile_records_are_put_aside_and_harm_nothing(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    lines = [
        b'{"course_code": "a\\u0000b"}',
        b'{"a\\u0000b": 1}',
        b'{"#line": 1}',
        b'{"course_code": "x", "name": "' + b"y" * 300 + b'"}',
        b'{"course_code": [[["x"]]], "hours": 1e400}',
        b"[" * 100_000,
        f'{{"course_code": "{code}", "name": "z"}}'.encode(),
    ]

    answer = (await hub.post(feed, b"\n".join(lines))).json()

    assert ledger(answer) == {"created": 1, "quarantined": 2, "rejected": 4}
    assert answer["received"] == 7
    aside = await hub.get("quarantine", batch=answer["batch"], code="unknown-field")
    assert {each["path"] for each in aside} == {"$.a\u2400b", "$.hours"}


async def test_what_is_damaged_late_costs_no_good_row(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", {**COURSE, "credits": None}), hub.name()
    good = [f'{{"course_code": "{code}-{number}", "name": "x"}}'.encode() for number in range(500)]
    bad = {
        450: (b'{"course_code": ' + b"[" * 5_000, "undecodable"),
        455: (b'{"course_code": ' + b"[" * 990 + b"]" * 990 + b"}", None),
        460: (b'{"course_code": "\xff"}', "undecodable"),
        465: (b'{"course_code": "x", "credits": 1e9999999999999999999}', None),
        470: (b'{"name": "' + b"x" * 9_000_000 + b'"}', "line-too-long"),
        475: (b"{" + b",".join(b'"f%d": 1' % n for n in range(2_001)) + b"}", "too-many-fields"),
        480: (b'{"course_code": "x", "": 1}', "reserved-name"),
        485: (b"\0\0\0", "undecodable"),
    }
    lines = [bad[number][0] if number in bad else line for number, line in enumerate(good, 1)]

    answer = (await hub.post(feed, b"\n".join(lines))).json()

    assert answer["received"] == 500
    assert ledger(answer)["created"] == 500 - len(bad)
    refused = {each["row"]: each["code"] for each in answer["verdicts"] if each["path"] == "$"}
    assert refused.items() >= {line: code for line, (_, code) in bad.items() if code}.items()
    assert {each["row"] for each in answer["verdicts"]} == set(bad)
    rejected = await hub.get("quarantine", batch=answer["batch"], verdict="rejected")
    assert {each["row"] for each in rejected} >= {line for line, (_, code) in bad.items() if code}


async def test_a_csv_that_is_damaged_late_costs_no_good_row(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", {**COURSE, "credits": None}), hub.name()
    lines = [f"{code}-{number},x,1".encode() for number in range(500)]
    bad = {
        450: b'"open,x,1',
        460: b"\xff\xfe,x,1",
        470: b"x" * 9_000_000 + b",x,1",
        480: b"a,b,c,d",
        490: code.encode() + b",x," + b"9" * 60,
    }
    for line, text in bad.items():
        lines[line - 1] = text

    answer = (
        await hub.post(feed, b"course_code,name,credits\n" + b"\n".join(lines), kind="text/csv")
    ).json()

    assert ledger(answer) == {"created": 495, "rejected": 4, "quarantined": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [
        (450, "ragged"),
        (460, "undecodable"),
        (470, "line-too-long"),
        (480, "ragged"),
        (490, "not-decimal"),
    ]


async def test_a_large_upload_is_taken_in_several_transactions(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    rows = "".join(f"{code}-{number},{'x' * 200}\n" for number in range(40_000))

    answer = (await hub.post(feed, f"course_code,name\n{rows}", kind="text/csv")).json()

    assert ledger(answer) == {"created": 40_000}
    [batch] = await hub.get("batches", feed=feed)
    assert (batch["batch"], batch["received"]) == (answer["batch"], 40_000)
    assert batch["finished_at"] is not None


async def test_a_feed_is_versioned_and_its_faults_are_told_at_once(hub: Any) -> None:
    feed = hub.name("feed")
    document = {
        "feed": feed,
        "source": "research",
        "entity": "course",
        "fields": {"course_code": {"from": "a"}},
    }
    put = hub.client.put

    first = await put(f"/v1/feeds/{feed}", json=document)
    same = await put(f"/v1/feeds/{feed}", json=document)
    other = await put(f"/v1/feeds/{feed}", json=document | {"ignore": ["x"]})
    wrong = await put(f"/v1/feeds/{feed}", json=document | {"fields": {"a": {}}, "mode": 1})
    elsewhere = await put("/v1/feeds/elsewhere", json=document)

    assert [(each.status_code, each.headers["changed"]) for each in (first, same, other)] == [
        (201, "true"),
        (200, "false"),
        (200, "true"),
    ]
    assert other.json()["version"] == 2
    assert wrong.status_code == 422
    assert set(wrong.json()["validationErrors"]) == {"$.fields", "$.fields.a", "$.mode"}
    assert elsewhere.json()["type"] == "urn:helix8:problem:feed-id-differs"
    assert (await hub.get(f"feeds/{feed}"))["document"] == document | {"ignore": ["x"]}


async def test_a_source_and_an_entity_have_one_default_feed(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("course", COURSE, source="quality", default=True)
    code = hub.name()
    second = {
        "feed": hub.name("feed"),
        "source": "quality",
        "entity": "course",
        "default": True,
        "fields": {"course_code": {"from": "a"}},
    }

    refused = await hub.client.put(f"/v1/feeds/{second['feed']}", json=second)
    taken = await hub.client.post(
        "/v1/batches",
        params={"source": "quality", "entity": "course"},
        content=f'{{"course_code": "{code}"}}',
        headers={"content-type": "application/x-ndjson"},
    )

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:helix8:problem:default-feed-taken"
    assert (taken.json()["feed"], ledger(taken.json())) == (feed, {"created": 1})


async def test_many_who_save_one_definition_at_once_take_turns(hub: Any) -> None:
    """Each version is given once, also the first; of two defaults one is refused."""
    ids = [hub.name("feed") for _ in range(4)]
    fields = {"course_code": {"from": "no"}}

    def feed(name: str, **more: Any) -> Any:
        document = {"feed": name, "source": "research", "entity": "course", "fields": fields}
        return hub.client.put(f"/v1/feeds/{name}", json=document | more)

    def indicator(zh: str) -> Any:
        document = EXAMPLE | {"indicator": f"{ids[0]}_rate", "zh": zh}
        return hub.client.put(f"/v1/indicators/{ids[0]}_rate", json=document)

    versions = await asyncio.gather(*(feed(ids[0], null_words=[f"{n}"]) for n in range(4)))
    defaults = await asyncio.gather(*(feed(each, default=True) for each in ids))
    published = await asyncio.gather(*(indicator(f"指标{n}") for n in range(4)))

    assert sorted(each.json()["version"] for each in versions) == [1, 2, 3, 4]
    assert sorted(each.status_code for each in defaults)[1:] == [409, 409, 409]
    assert sorted(each.json()["version"] for each in published) == [1, 2, 3, 4]
