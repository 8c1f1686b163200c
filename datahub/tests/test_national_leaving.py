"""A national table leaves the hub: page by page, as a file, and closed things never."""

import json
from typing import Any

import pytest

from datahub.national.repository.shipped import load_mappings
from datahub.tests.national_college import deliver, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_table_that_is_built_can_be_read_and_exported(hub: Any) -> None:
    answers = {}
    for name in load_mappings().tables:
        for path in (name, f"{name}/export", f"{name}/gaps"):
            answers[path] = (await hub.client.get(f"/v1/national/{path}")).status_code

    assert {path for path, status in answers.items() if status != 200} == {
        *("ODS_PKSRDSJ", "ODS_PKSRDSJ/export", "ODS_JZDSQSJ", "ODS_JZDSQSJ/export"),
    }
    assert set(answers.values()) == {200, 403}


async def test_what_is_closed_leaves_as_totals_alone(college: Any) -> None:
    event = {"kind": "consume", "spent_on_kind": "1", "happened_at": "2026-11-20T12:10:00+08:00"}
    await deliver(
        college,
        "card_event",
        {**event, "txn_no": "1", "student_no": "S1", "amount": "12.50"},
        {**event, "txn_no": "2", "student_no": "S2", "amount": "7.25"},
        {**event, "txn_no": "3", "staff_no": "T1", "amount": "99"},
    )
    aid = {"student_no": "S1", "aid_no": "A1", "year": "2026", "need_state": "3"}
    await deliver(college, "student_aid", aid)

    assert await rows_of(college, "ODS_XSXFSJ") == [
        {"XFZE": "19.75", "XFRC": "2", "XFLBM": "1", "XFRQ": "20261120"}
    ]
    answer = await college.client.get("/v1/national/ODS_PKSRDSJ")
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:helix8:problem:closed-entity",
    )
    found = await college.get("national/ODS_PKSRDSJ/gaps")
    assert (found["closed"], found["rows"]) == (True, 1)
    assert [each["first_keys"] for each in found["gaps"]] == [{}] * len(found["gaps"])
    assert "S1" not in json.dumps(found)


async def test_a_page_follows_another_in_both_styles(college: Any) -> None:
    path = "/v1/national/ODS_XSXKSJ"
    pairs = [("J1", "S1"), ("J1", "S2"), ("J2", "S1")]
    await deliver(
        college, "enrolment", *({"class_no": no, "student_no": student} for no, student in pairs)
    )

    whole = await college.get("national/ODS_XSXKSJ", fields="XH,KCH,JHKCH")
    first = await college.client.get(path, params={"pageSize": 2, "fields": "XH"})
    token = first.headers["next-page-token"]
    rest = await college.client.get(
        path, params={"pageToken": token, "pageSize": 2, "fields": "XH"}
    )
    cut = await college.client.get(path, params={"limit": 1, "offset": 2, "totalCount": True})

    assert whole == [
        {"XH": "S1", "KCH": "K1", "JHKCH": "P1"},
        {"XH": "S2", "KCH": "K1", "JHKCH": "P1"},
        {"XH": "S1", "KCH": "K2", "JHKCH": None},
    ]
    assert first.json() == [{"XH": "S1"}, {"XH": "S2"}]
    assert (rest.json(), rest.headers.get("next-page-token")) == ([{"XH": "S1"}], None)
    assert ([each["XH"] for each in cut.json()], cut.headers["total-count"]) == (["S1"], "3")


async def test_a_table_leaves_as_csv_and_ndjson(college: Any) -> None:
    path = "/v1/national/ODS_ZYSZSJ/export"
    whole = await college.client.get(path)
    csv = await college.client.get(path, params={"fields": "ZYH,ZYMC,SFZDZY"})
    ndjson = await college.client.get(path, params={"fields": "ZYH,SFZDZY", "format": "ndjson"})

    assert csv.content == (
        b"\xef\xbb\xbf" + "ZYH,ZYMC,SFZDZY\n440301,建筑工程技术,\n440501,工程造价,1\n".encode()
    )
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.headers["content-disposition"] == 'attachment; filename="ODS_ZYSZSJ.csv"'
    assert ndjson.content == (b'{"ZYH":"440301","SFZDZY":null}\n{"ZYH":"440501","SFZDZY":"1"}\n')
    header, *lines = whole.content.decode("utf-8-sig").splitlines()
    assert header.split(",") == list(load_mappings().tables["ODS_ZYSZSJ"].table.elements)
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("ODS_DKSJ", 404, "national-table-unmapped"),
        ("ODS_DKSJ/export", 404, "national-table-unmapped"),
        ("ODS_NOTHING", 404, "unknown-table"),
        ("ODS_NOTHING/gaps", 404, "unknown-table"),
        ("ODS_KCJBSJ?fields=KCH,colour", 422, "query-invalid"),
        ("ODS_KCJBSJ/export?fields=", 422, "query-invalid"),
        ("ODS_KCJBSJ?limit=1&pageSize=1", 400, "paging-mixed"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    hub: Any, path: str, status: int, problem: str
) -> None:
    answer = await hub.client.get(f"/v1/national/{path}")

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:helix8:problem:{problem}")
