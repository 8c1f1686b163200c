"""From a sample to a feed: guessed, corrected, saved, tried, and taken in."""

import asyncio
import io
import json
import threading
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from fastapi import Request
from starlette.requests import ClientDisconnect

from datahub.ingest.api.turns import in_turn

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def guess(hub: Any, body: bytes | str, kind: str = "text/csv", **query: str) -> Any:
    return await hub.client.post(
        "/v1/feeds/guess",
        params={"source": "academic", **query},
        content=body,
        headers={"content-type": kind},
    )


async def test_a_sample_becomes_a_feed_that_takes_its_file_in(hub: Any, ledger: Ledger) -> None:
    mark = hub.name("G")
    rows = [
        (f'="{mark}1"', "张三", "男", "2008-07-11", "在读"),
        (f'="{mark}2"', "李四四", "女", "2008-04-26", "休学"),
        (f'="{mark}3"', "王小五", "未明", "2008-01-01", "在读"),
        (f'="{mark}4"', "赵六", "男", "NULL", "在读"),
    ]
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    body = "\n".join(["xh,xm,xb,csrq,xjzt", *lines, ""]).encode("gb18030")

    answer = (await guess(hub, body)).json()

    document = answer["document"]
    assert answer["entity"] == "student"
    assert document["format"] == {"encoding": "gb18030", "delimiter": ","}
    assert document["null_words"] == ["NULL"]
    assert document["fields"]["student_no"] == {"from": "xh", "unwrap": True}
    [sex] = [each for each in answer["codes"] if each["field"] == "sex"]
    assert (sex["coverage"], sex["unmapped"]) == (0.75, {"未明": 1})
    assert [each["path"] for each in answer["questions"]] == ["$.fields.sex.codes"]
    assert answer["coverage"] == {
        "columns": 5,
        "columns_mapped": 5,
        "required_missing": [],
        "rows": 4,
        "rows_good": 3,
        "reasons": [{"code": "unmapped-code", "path": "$.xb", "rows": 1}],
        "faults": {},
    }

    document["feed"] = hub.name("feed")
    open_ = await hub.client.put(f"/v1/feeds/{document['feed']}", json=document)
    document["fields"]["sex"]["codes"]["未明"] = "9"
    saved = await hub.client.put(f"/v1/feeds/{document['feed']}", json=document)
    tried = await hub.post(document["feed"], body, kind="text/csv", dryRun="true")
    taken = await hub.post(document["feed"], body, kind="text/csv")

    assert (open_.status_code, set(open_.json()["validationErrors"])) == (
        422,
        {"$.fields.sex.codes"},
    )
    assert saved.status_code == 201
    assert ledger(tried.json()) == ledger(taken.json()) == {"created": 4}


async def test_what_belongs_to_a_person_is_masked(hub: Any) -> None:
    rows = [
        ("S1", "欧阳锋", "500106200310131013", "13800138000", "男"),
        ("S2", "黄药师", "510202199901010017", "13900139000", "女"),
    ]
    body = "xh,xm,sfzh,sjh,xb\n" + "".join(",".join(row) + "\n" for row in rows)

    answer = await guess(hub, body, entity="student")

    columns = {each["name"]: each for each in answer.json()["columns"]}
    assert {name for name, each in columns.items() if each["masked"]} == {"xm", "sfzh", "sjh"}
    assert columns["sfzh"]["values"] == ["5" + "*" * 17] * 2
    assert columns["xb"]["values"] == ["女", "男"]
    assert (columns["sfzh"]["kind"], columns["sfzh"]["fields"]) == ("id-number", ["id_number"])
    for word in ("欧阳锋", "500106200310131013", "13800138000", "药师"):
        assert word not in answer.text


async def test_a_workbook_and_json_lines_are_samples_too(hub: Any) -> None:
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    for row in (["课程清单"], [], ["kch", "kcmc", "xf"], ["课程号", "课程名称", "学分"]):
        sheet.append(row)
    for row in (["C1", "制图", 2.5], ["C2", "力学", 4]):
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    records = [{"kch": "C1", "kcmc": "制图", "xf": 2.5}, {"kch": "C2", "kcmc": "力学", "xf": 4}]
    text = "\n".join(json.dumps(each) for each in records)

    book = (await guess(hub, out.getvalue(), XLSX)).json()
    plain = (await guess(hub, text, "application/x-ndjson")).json()

    fields = {"course_code": {"from": "kch"}, "name": {"from": "kcmc"}, "credits": {"from": "xf"}}
    assert book["document"]["fields"] == plain["document"]["fields"] == fields
    assert book["document"]["format"] == {"header": 3, "first_row": 5}
    assert book["columns"][0]["label"] == "课程号"
    assert (book["coverage"]["rows_good"], plain["coverage"]["rows_good"]) == (2, 2)
    feed = {**book["document"], "feed": hub.name("feed")}
    await hub.client.put(f"/v1/feeds/{feed['feed']}", json=feed)
    answer = await hub.post(feed["feed"], out.getvalue(), kind=XLSX, dryRun="true")
    assert answer.json()["created"] == 2


async def test_objects_within_objects_and_two_header_rows_become_feeds_that_read_them(
    hub: Any, ledger: Ledger
) -> None:
    mark = hub.name("N")
    nested = [
        {"xs": {"xh": f"{mark}1", "xm": "张三", "xb": "男"}, "v": 1},
        {"xs": {"xh": f"{mark}2", "xm": "李四", "xb": "女"}, "v": 1},
    ]
    lines = "\n".join(json.dumps(each) for each in nested)
    sheet = f"学生;;;说明;说明\n学号;姓名;性别;一;一\n{mark}3;王五;男;a;b\n{mark}4;赵六;女;c;d\n"
    ends = [(lines, "application/x-ndjson"), (sheet, "text/csv")]
    taken = []
    for body, kind in ends:
        document = (await guess(hub, body, kind, entity="student")).json()["document"]
        document |= {"feed": hub.name("feed"), "unknown_fields": "ignore"}
        saved = await hub.client.put(f"/v1/feeds/{document['feed']}", json=document)
        assert saved.status_code == 201, saved.text
        taken.append(ledger((await hub.post(document["feed"], body, kind=kind)).json()))

    assert taken == [{"created": 2}, {"created": 2}]
    assert (await hub.get(f"records/student/{mark}2"))["sex"] == "2"
    assert (await hub.get(f"records/student/{mark}4"))["name"] == "赵六"


async def test_references_are_known_by_the_records_of_the_hub(hub: Any) -> None:
    units = await hub.feed("org_unit", {"org_code": None})
    codes = [hub.name("U") for _ in range(3)]
    await hub.push(units, *({"org_code": code} for code in codes))
    body = "gh,xm,wz\n" + "".join(f"T{at},某人甲乙丙丁,{code}\n" for at, code in enumerate(codes))

    answer = (await guess(hub, body, entity="staff")).json()

    [column] = [each for each in answer["columns"] if each["name"] == "wz"]
    assert column["fields"] == ["org_code"]
    assert column["why"] == "多为已有 org_unit 的编号 (keys of org_unit that are known)"


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "problem"),
    [
        (b"a,b\n1,2\n", "application/json", {}, 415, "unsupported-content"),
        (b"a,b\n1,2\n", "text/csv", {"entity": "nothing"}, 404, "unknown-entity"),
        (b"x" * (8 * 1024 * 1024 + 1), "text/csv", {}, 413, "sample-too-large"),
        ("a,b\n1,2\n".encode("utf-16-le"), "text/csv", {}, 422, "sample-refused"),
        (b"a,b\r1,2\r3,4\r", "text/csv", {}, 422, "unreadable-file"),
        (b",".join(b"c%d" % at for at in range(10_000)), "text/csv", {}, 422, "unreadable-file"),
        (b"x" * (5 * 1024 * 1024), "text/csv", {}, 422, "unreadable-file"),
        (b"<p>none</p>", "text/html", {}, 422, "unreadable-file"),
        (b'{"a": 1}', "application/x-ndjson", {"header": "2"}, 422, "not-in-such-file"),
        (b"", "application/x-ndjson", {}, 422, "sample-refused"),
        (b"PK\x03\x04", XLSX, {}, 422, "workbook-refused"),
    ],
)
async def test_a_sample_that_cannot_be_read_is_refused(
    hub: Any, body: bytes, kind: str, query: dict[str, str], status: int, problem: str
) -> None:
    answer = await guess(hub, body, kind, **query)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:helix8:problem:{problem}")
    if status in {413, 422}:
        assert answer.json()["fixes"]


@pytest.mark.parametrize("said", [{"delimiter": "^" * 9}, {"header": "0"}, {"encoding": "cp1252"}])
async def test_what_the_user_says_of_a_file_is_refused_by_name(
    hub: Any, said: dict[str, str]
) -> None:
    answer = await guess(hub, "a^b\n1^2\n", **said)

    assert answer.status_code == 422
    assert set(answer.json()["validationErrors"]) == {f"query.{name}" for name in said}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("xh,xm\n1,张\x00三\n2,李\r四\n", "text/csv"),
        (
            '{"xh": "1", "xm": "张\\u0000三"}\n{"xh": "2", "xm": "李\\r四"}\n',
            "application/x-ndjson",
        ),
    ],
)
async def test_control_characters_in_a_sample_are_told_as_they_are_in_a_batch(
    hub: Any, body: str, kind: str
) -> None:
    answer = await guess(hub, body, kind, entity="student")

    assert answer.status_code == 200, answer.text
    assert answer.json()["coverage"]["reasons"] == [
        {"code": "control-character", "path": "$.xm", "rows": 1}
    ]


async def test_the_user_corrects_what_was_found_of_a_file(hub: Any, ledger: Ledger) -> None:
    mark = hub.name("U")
    body = f"表1\t2026版\n学号\t姓名\n{mark}1\t张三\n{mark}2\t李四\n".encode("utf-16")

    found = (await guess(hub, body, entity="student")).json()
    said = (await guess(hub, body, entity="student", header="2", delimiter="\t")).json()

    assert "$.format.header" in [each["path"] for each in found["questions"]]
    assert said["document"]["format"] == {"encoding": "utf-16", "delimiter": "\t", "header": 2}
    assert said["questions"] == []
    feed = {**said["document"], "feed": hub.name("feed")}
    assert (await hub.client.put(f"/v1/feeds/{feed['feed']}", json=feed)).status_code == 201
    taken = await hub.post(feed["feed"], body, kind="text/csv; charset=utf-16")
    plain = await hub.post(feed["feed"], body.decode("utf-16").encode(), kind="text/csv")
    assert ledger(taken.json()) == {"created": 2}
    assert plain.status_code == 422
    assert plain.json()["detail"] == "文件不是带字节顺序标记（BOM）的 UTF-16"


async def test_wide_samples_hold_up_no_delivery(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("org_unit", {"org_code": None})
    wide = ",".join(f"c{at}" for at in range(1_900)) + "\n" + ",".join(["1"] * 1_900)
    guesses = [asyncio.create_task(guess(hub, wide, entity="library_loan")) for _ in range(6)]
    await asyncio.sleep(0.1)

    async with asyncio.timeout(10):
        taken = await hub.post(feed, f"org_code\n{hub.name('W')}\n", kind="text/csv")
    answers = await asyncio.gather(*guesses)

    assert ledger(taken.json()) == {"created": 1}
    assert {each.json()["coverage"]["columns"] for each in answers} == {1_900}


async def test_a_guess_whose_client_has_left_is_not_made() -> None:
    is_free = threading.Event()
    made: list[str] = []
    here, left = asyncio.Event(), asyncio.Event()
    left.set()

    def request(hangs_up: asyncio.Event) -> Request:
        async def receive() -> dict[str, str]:
            await hangs_up.wait()
            return {"type": "http.disconnect"}

        return Request({"type": "http"}, receive)

    first = asyncio.create_task(in_turn(request(here), is_free.wait, 30))
    await asyncio.sleep(0)
    with pytest.raises(ClientDisconnect):
        await in_turn(request(left), made.append, "second")
    is_free.set()

    assert await first is True
    await in_turn(request(here), made.append, "third")
    assert made == ["third"]
