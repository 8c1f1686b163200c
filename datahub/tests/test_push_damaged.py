"""Files that are damaged, hostile or not what their feed says: what is good in them is not lost."""

from typing import Any

import pytest

from datahub.tests.pushing import COURSE, Ledger
from datahub.tests.test_spreadsheets_by_http import XLSX, book

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    nameless = (await hub.post(feed, "kch,kcm,\n1,2,\n", kind="text/csv")).json()
    assert set(nameless["validationErrors"]) == {"header.(无列名 nameless)"}
    assert 'ignore ""' in nameless["fixes"][0]


async def test_a_header_that_another_encoding_makes_known_is_told_so(hub: Any) -> None:
    fields = {"course_code": {"from": "编号"}, "name": {"from": "名称"}}
    feed = await hub.feed("course", fields, format={"encoding": "gb18030"})

    answer = await hub.post(feed, "编号,名称\n1,数学\n", kind="text/csv")

    assert answer.json()["type"] == "urn:helix8:problem:columns-differ"
    [fix] = answer.json()["fixes"]
    assert "format.encoding 改为 utf-8" in fix


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


@pytest.mark.parametrize("unknown", ["ignore", "quarantine"])
async def test_a_new_column_is_named_beside_the_one_that_is_missing(hub: Any, unknown: str) -> None:
    fields = {"course_code": {"from": "kch"}, "name": {"from": "kcm"}}
    feed = await hub.feed("course", fields, unknown_fields=unknown)

    answer = await hub.post(feed, "kch,kcmc\n1,2\n", kind="text/csv")

    assert set(answer.json()["validationErrors"]) == {"header.kcm", "header.kcmc"}


BLANKS = ["", ",,", '"","",', " ,\u3000,", ""]


@pytest.mark.parametrize("mode", ["upsert", "snapshot"])
@pytest.mark.parametrize("quoted", ["丙", '"丙\n丙"'], ids=["plain", "with care"])
async def test_lines_without_a_value_are_no_rows_and_are_counted(
    hub: Any, ledger: Any, mode: str, quoted: str
) -> None:
    fields = {"course_code": None, "name": None, "credits": None}
    feed, code = await hub.feed("course", fields, content="full"), hub.name("blank")
    rows = [f"{code}1,甲,1", *BLANKS, f"{code}2,乙,2", ",,", f"{code}3,{quoted},many"]
    body = "\n".join(["course_code,name,credits", *rows, "", ""])

    tried = (await hub.post(feed, body, kind="text/csv", mode=mode, dryRun="true")).json()
    answer = (await hub.post(feed, body, kind="text/csv", mode=mode, declared="3")).json()
    again = (await hub.post(feed, body, kind="text/csv", mode=mode)).json()

    for each in (tried, answer):
        assert ledger(each) == {"created": 2, "quarantined": 1}
    assert ledger(again) == {"unchanged": 2, "quarantined": 1}
    assert [each["blank"] for each in (tried, answer, again)] == [7, 7, 7]
    assert (answer["received"], answer["remarks"]) == (3, [])
    assert (await hub.get(f"batches/{answer['batch']}"))["blank"] == 7


async def test_blank_rows_among_those_of_a_sheet_are_counted(hub: Any, ledger: Any) -> None:
    feed, code = await hub.feed("course", {"course_code": None, "name": None}), hub.name("sheet")
    sheet = book(["course_code", "name"], [f"{code}1", "甲"], [], ["", " "], [f"{code}2", "乙"], [])

    answer = (await hub.post(feed, sheet, kind=XLSX)).json()

    assert (ledger(answer), answer["blank"]) == ({"created": 2}, 2)
