"""Spreadsheets by ``POST /batches``: the path of any other file, and refusals with a remedy."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
STAFF = {
    "staff_no": {"from": "工号"},
    "name": {"from": "姓名"},
    "hired_on": {"from": "来校日期"},
    "dual_qualified": {"from": "双师型"},
    "teaching_share": {"from": "折合"},
}


def book(*rows: list[Any], errors: dict[str, str] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    for row in rows:
        sheet.append(row)
    for place, shown in (errors or {}).items():
        sheet[place].value = shown
        sheet[place].data_type = "e"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


async def test_a_workbook_goes_the_way_of_any_file(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("staff", STAFF, format={"header": 2}, ignore=["备注"])
    a, b, c = hub.name("X"), hub.name("X"), hub.name("X")
    header = ["工号", "姓名", "来校日期", "双师型", "折合", "备注"]
    rows = [[a, "张三", None, True, 0.5, 1], [], [b, "李四", None, "否", 1, "#REF!"], [c, "王五"]]
    body = book(["名册"], header, *rows, errors={"C6": "#VALUE!", "F5": "#REF!"})

    tried = await hub.post(feed, body, kind=XLSX, dryRun="true")
    answer = (await hub.post(feed, body, kind=XLSX)).json()
    again = (await hub.post(feed, body, kind=XLSX)).json()

    assert ledger(tried.json()) == ledger(answer) == {"created": 2, "quarantined": 1}
    assert ledger(again) == {"unchanged": 2, "quarantined": 1}
    assert [(v["row"], v["code"], v["path"]) for v in answer["verdicts"]] == [
        (4, "cell-error", "$.来校日期"),
    ]
    record = await hub.get(f"records/staff/{a}")
    assert (record["dual_qualified"], float(record["teaching_share"])) == (True, 0.5)


async def test_an_error_that_a_csv_took_over_is_no_value_either(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None}, null_words=["#N/A"])
    a, b = hub.name("E"), hub.name("E")

    answer = (
        await hub.post(feed, f"course_code,name\n{a},#REF!\n{b},#N/A\n", kind="text/csv")
    ).json()

    assert ledger(answer) == {"created": 1, "quarantined": 1}
    assert [(v["row"], v["code"], v["path"]) for v in answer["verdicts"]] == [
        (1, "cell-error", "$.name")
    ]


async def test_a_csv_may_have_lines_above_its_header_and_below(hub: Any, ledger: Ledger) -> None:
    shape = {"header": 2, "first_row": 4}
    feed = await hub.feed("course", {"course_code": None, "name": None}, format=shape)
    a, b = hub.name("L"), hub.name("L")
    body = f"课程表\ncourse_code,name\n课程号,课程名称\n{a},x\n{b},y\n"

    answer = (await hub.post(feed, body, kind="text/csv")).json()

    assert ledger(answer) == {"created": 2}


async def test_the_columns_of_a_workbook_are_those_of_the_feed(hub: Any) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None})

    answer = await hub.post(feed, book(["course_code", "title"], ["a", "b"]), kind=XLSX)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:helix8:problem:columns-differ"
    assert set(answer.json()["validationErrors"]) == {"header.name", "header.title"}


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (XLSX, b"PK\x03\x04 and no more", "压缩包已损坏"),
        (XLS, b"course_code,name\nA,B\n", "不是 .xlsx 或 .xls 工作簿"),
    ],
)
async def test_a_refusal_names_the_cause_and_the_remedy(
    hub: Any, kind: str, body: bytes, words: str
) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None})

    answer = await hub.post(feed, body, kind=kind)

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:workbook-refused")
    assert problem["detail"].startswith(words)
    assert problem["fixes"]
    assert await hub.get("batches", feed=feed) == []


async def test_a_feed_that_puts_its_table_nowhere_is_refused(hub: Any) -> None:
    document = {
        "feed": hub.name("feed"),
        "source": "academic",
        "entity": "course",
        "fields": {"course_code": {"from": "a"}},
        "format": {"header": 0, "first_row": 1000, "merged": "up", "sheets": 2},
    }

    answer = await hub.client.put(f"/v1/feeds/{document['feed']}", json=document)

    assert answer.status_code == 422
    assert set(answer.json()["validationErrors"]) == {
        *("$.format.header", "$.format.first_row", "$.format.merged", "$.format.sheets")
    }
