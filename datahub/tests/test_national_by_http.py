"""National tables by HTTP: exact rows, exact gaps, files to the byte."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from datahub.national.queries import Counts
from datahub.national.repository.shipped import load_mappings

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHOOL = "4132010001"
RECORDS: Mapping[str, list[dict[str, Any]]] = {
    "school": [
        {
            "school_code": "N01",
            "national_id": SCHOOL,
            "name": "示例职业技术学院",
            "region": "320106",
            "founded_on": "1958-09-01",
        }
    ],
    "term": [
        {
            "term": "2026-2027-1",
            "academic_year": "2026-2027",
            "term_code": "1",
            "starts_on": "2026-09-01",
            "ends_on": "2027-01-15",
        }
    ],
    "org_unit": [{"org_code": "O1", "name": "建筑学院"}],
    "major": [
        {"major_code": "440501", "name": "工程造价", "org_code": "O1", "key_level": "2"},
        {"major_code": "440301", "name": "建筑工程技术", "approved_on": "2004-03-09"},
    ],
    "admin_class": [{"admin_class_code": "C1", "name": "造价2401"}],
    "staff": [{"staff_no": "T1", "name": "李老师", "phone": "13900000000"}],
    "student": [
        {
            "student_no": "S1",
            "name": "张三",
            "major_code": "440501",
            "admin_class_code": "C1",
            "education_level": "2",
            "in_school": "true",
        },
        {"student_no": "S2", "name": "李四", "major_code": "440301", "in_school": "true"},
        {"student_no": "S3", "name": "王五", "in_school": "false"},
    ],
    "course": [
        {"course_code": "K1", "name": "造价", "nature": "3", "online": "true", "kind": "1"},
        {"course_code": "K2", "name": "长" * 61, "nature": "1", "online": "false"},
    ],
    "teaching_class": [
        {"class_no": "J1", "course_code": "K1", "term": "2026-2027-1", "plan_course_no": "P1"},
        {"class_no": "J2", "course_code": "K2", "term": "2026-2027-1"},
    ],
}


async def deliver(hub: Any, entity: str, *rows: dict[str, Any]) -> None:
    """Push records under the names of the dictionary; every one must be taken."""
    names = {name for row in rows for name in row}
    answer = await hub.push(await hub.feed(entity, dict.fromkeys(names)), *rows)
    assert answer["created"] == len(rows), answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """A hub that knows a small college."""
    for entity, rows in RECORDS.items():
        await deliver(hub, entity, *rows)
    return hub


async def rows_of(hub: Any, table: str, **query: Any) -> list[dict[str, str]]:
    """Return what a table's rows hold, without what every table has."""
    found = await hub.get(f"national/{table}", **query)
    common = {"ZJSJWYXBS", "XXDM", "SJCJSJ"}
    return [
        {name: text for name, text in row.items() if text is not None and name not in common}
        for row in found
    ]


async def gaps_of(hub: Any, table: str) -> dict[str, Any]:
    """Return the gaps of a table by element."""
    found = await hub.get(f"national/{table}/gaps")
    return {each["element"]: each for each in found["gaps"]}


async def test_every_table_that_is_built_can_be_read_and_exported(hub: Any) -> None:
    answers = {}
    for name in load_mappings().tables:
        for path in (name, f"{name}/export", f"{name}/gaps"):
            answers[path] = (await hub.client.get(f"/v1/national/{path}")).status_code

    assert {path for path, status in answers.items() if status != 200} == {
        *("ODS_PKSRDSJ", "ODS_PKSRDSJ/export", "ODS_JZDSQSJ", "ODS_JZDSQSJ/export"),
    }
    assert set(answers.values()) == {200, 403}


async def test_a_row_has_an_identity_its_school_and_when_it_was_told(college: Any) -> None:
    [row, _] = await college.get("national/ODS_KCJBSJ")
    [kept] = await college.sql(
        "SELECT to_char(to_timestamp(observed / 1000000.0) AT TIME ZONE 'Asia/Shanghai',"
        " 'YYYYMMDDHH24MISS') AS told FROM record_course WHERE key = 'K1'"
    )

    identity = hashlib.md5(b"ODS_KCJBSJ/course/K1", usedforsecurity=False).hexdigest().upper()
    assert row == {
        "ZJSJWYXBS": identity,
        "XXDM": SCHOOL,
        "KCMC": "造价",
        "KCH": "K1",
        "KCLXM": "1",
        "KCSXM": None,
        "KCXZM": "3",
        "GGKLBM": None,
        "JPKCJBM": None,
        "JXJHGDKSS": None,
        "SJJXKSS": None,
        "XNFZSXKSS": None,
        "SFKZRTKC": None,
        "XGJSMC": None,
        "SFXQHZKFKC": None,
        "SFYXSKC": "1",
        "XSKCWZ": None,
        "SFKCSZSFKC": None,
        "KTJXSJZYXYKCZYM": None,
        "SJCJSJ": kept["told"],
    }


async def test_regions_counts_and_months_of_the_school(college: Any) -> None:
    assert await rows_of(college, "ODS_XXJBSJ") == [
        {
            "SJGBM": "320000",
            "SJGMC": "江苏省",
            "SHJGBM": "320100",
            "SHJGMC": "南京市",
            "QXJGBM": "320106",
            "QXJGMC": "鼓楼区",
            "XXMC": "示例职业技术学院",
            "JXNY": "195809",
            "XYJZGZS": "0",
            "XYXSS": "2",
        }
    ]


async def test_nothing_delivered_is_not_zero(college: Any) -> None:
    gaps = await gaps_of(college, "ODS_XXJBSJ")

    assert gaps["ZYQSL"]["source"] == "count(major_group)"
    assert (gaps["ZYQSL"]["missing"], gaps["ZYQSL"]["first_keys"]) == (1, {"missing": ["N01"]})


async def test_names_are_looked_up_and_conditions_told(college: Any) -> None:
    assert await rows_of(college, "ODS_ZYSZSJ") == [
        {"ZYMC": "建筑工程技术", "ZYH": "440301", "PZSZNY": "200403"},
        {
            "ZYSSYXBMC": "建筑学院",
            "ZYMC": "工程造价",
            "ZYH": "440501",
            "SFZDZY": "1",
            "ZDZYJBM": "2",
        },
    ]
    assert await rows_of(college, "ODS_ZYJSQKSJ") == [{"ZYH": "440501", "ZDZYJBM": "2"}]


async def test_codes_are_translated_and_lookups_go_along_two_references(college: Any) -> None:
    await deliver(
        college,
        "attendance",
        *(
            {
                "class_no": "J1",
                "date": "2026-11-20",
                "sections": "1-2",
                "student_no": student,
                "state": state,
                "source": "scan",
            }
            for student, state in (("S1", "late"), ("S2", "present"), ("S3", "official_leave"))
        ),
    )
    await deliver(
        college,
        "employment",
        {
            "student_no": "S1",
            "record_no": "1",
            "kind": "30",
            "further_study_channel": "8",
            "further_study_school": "示例大学",
        },
        {
            "student_no": "S2",
            "record_no": "1",
            "kind": "20",
            "region": "320000",
            "industry": "E",
            "matched": "true",
            "settled_on": "2026-07-01",
            "start_salary": "6500",
        },
    )

    assert await rows_of(college, "ODS_XSQQSJ") == [
        {
            "XH": "S1",
            "KKXND": "2026-2027",
            "KKXQM": "1",
            "QQRQ": "20261120",
            "QQLX": "3",
            "KQLX": "2",
        }
    ]
    assert await rows_of(college, "ODS_BYQXSXSJ") == [
        {
            "XH": "S1",
            "XM": "张三",
            "XSLXM": "2",
            "ZYH": "440501",
            "ZYMC": "工程造价",
            "SXQDM": "8",
            "LQXXMC": "示例大学",
        }
    ]
    # The region is a province: no city follows from it. What was paid stays in the hub.
    assert await rows_of(college, "ODS_BYQXJYSJ") == [
        {
            "XH": "S2",
            "XM": "李四",
            "ZYH": "440301",
            "ZYMC": "建筑工程技术",
            "JYDWHYM": "E",
            "SFDK": "1",
            "JYQYSJGBM": "320000",
            "JYQYSJGMC": "江苏省",
            "JYRQ": "20260701",
        }
    ]
    pay = (await gaps_of(college, "ODS_BYQXJYSJ"))["QXX"]
    assert (pay["source"], pay["reason"]["code"], pay["missing"]) == ("start_salary", "closed", 1)


async def test_a_date_that_has_come_has_come(college: Any) -> None:
    rows = [
        {"student_no": "S1", "internship_no": no, "starts_on": start, "ends_on": end}
        for no, start, end in (
            ("1", "2020-03-02", "2020-06-30"),
            ("2", "2020-03-02", "2999-06-30"),
            ("3", "2020-03-02", None),
        )
    ]
    await deliver(
        college, "internship", *rows, {"student_no": "S2", "internship_no": "1", "teacher_no": "T1"}
    )

    found = await rows_of(college, "ODS_SXJCSJ", fields="XH,SXSFKS,SXSFJS,XNZDJSXM,XNZDJSDH")

    assert found == [
        {"XH": "S1", "SXSFKS": "1", "SXSFJS": "1"},
        {"XH": "S1", "SXSFKS": "1", "SXSFJS": "0"},
        {"XH": "S1", "SXSFKS": "1"},
        {"XH": "S2", "XNZDJSXM": "李老师"},
    ]


async def test_a_session_has_its_week_its_time_and_what_its_class_says(college: Any) -> None:
    session = {"class_no": "J1", "term": "2026-2027-1", "week": "12", "weekday": "5"}
    rows = [
        {**session, "date": f"2026-11-{day}", "sections": "1-2", "starts_at": at, "cancelled": off}
        for day, at, off in (
            ("18", "8:00", None),
            ("19", "14:15:03", "false"),
            ("20", "25:00", None),
            ("21", "08:00", "true"),
        )
    ]
    await deliver(college, "class_session", *rows)

    said = {"KCH": "K1", "JHKCH": "P1", "KKXND": "2026-2027", "KKXQM": "1", "ZC": "12", "XQJ": "5"}
    found = await rows_of(college, "ODS_PKSJ", fields="KCH,JHKCH,KKXND,KKXQM,ZC,XQJ,SKJC,SKRQ,SKSJ")

    # What was cancelled is not reported; a time that is none is a gap.
    assert found == [
        {**said, "SKJC": "1-2", "SKRQ": "20261118", "SKSJ": "080000"},
        {**said, "SKJC": "1-2", "SKRQ": "20261119", "SKSJ": "141503"},
        {**said, "SKJC": "1-2", "SKRQ": "20261120"},
    ]


async def test_records_are_gathered_into_rows(college: Any) -> None:
    score = {"term": "2026-2027-1", "attempt": "1", "grade_type": "total"}
    await deliver(
        college,
        "score",
        {**score, "student_no": "S1", "course_code": "K1", "number": "91", "credits_earned": "3"},
        {**score, "student_no": "S1", "course_code": "K2", "number": "80", "credits_earned": "2.5"},
        {**score, "student_no": "S2", "course_code": "K1", "number": "70.55"},
        {**score, "student_no": "S2", "course_code": "K2", "number": "0", "grade_type": "mid"},
    )
    nothing = {"GGJCKYHXF": "0", "ZYJCKYHXF": "0", "ZYTZKYHXF": "0"}
    term = {"XN": "2026-2027", "XQM": "1"}

    # Credits of courses that a student did not take are 0; of one without credits, unknown.
    assert await rows_of(college, "ODS_ZHCJYPJSJ") == [
        {
            **nothing,
            **term,
            "XH": "S1",
            "XSXM": "张三",
            "ZYH": "440501",
            "ZYMC": "工程造价",
            "GGJCKYHXF": "2.5",
            "ZYHXKYHXF": "3",
            "GGJCKCJ": "80",
            "ZYHXKCJ": "91",
        },
        {
            **nothing,
            **term,
            "XH": "S2",
            "XSXM": "李四",
            "ZYH": "440301",
            "ZYMC": "建筑工程技术",
            "ZYHXKCJ": "70.6",
        },
    ]
    gap = (await gaps_of(college, "ODS_ZHCJYPJSJ"))["ZYHXKYHXF"]
    assert (gap["missing"], gap["first_keys"]) == (1, {"missing": ["S2/2026-2027/1"]})


async def test_two_groups_never_share_a_key(college: Any) -> None:
    await deliver(college, "student", {"student_no": "B/S1"})
    await deliver(
        college,
        "club_activity",
        {"activity_no": "1", "student_no": "B/S1", "club_no": "A"},
        {"activity_no": "2", "student_no": "S1", "club_no": "A/B"},
    )

    found = await college.get("national/ODS_XSCYSTSJ", fields="ZJSJWYXBS,STBH,XH")

    assert [(row["STBH"], row["XH"]) for row in found] == [("A/B", "S1"), ("A", "B/S1")]
    key = b"ODS_XSCYSTSJ/club_activity/A/B%2FS1"
    assert found[1]["ZJSJWYXBS"] == hashlib.md5(key, usedforsecurity=False).hexdigest().upper()


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


async def test_gaps_are_counted_with_their_first_keys(college: Any) -> None:
    draft = "/v1/dictionary/draft"
    await college.client.put(
        f"{draft}/code-sets/szjz_kcsxdm", json={"codes": [{"code": "8", "zh": "校本课"}]}
    )
    assert (await college.client.post(f"{draft}/publish", json={})).status_code < 300
    feed = await college.feed("course", {"course_code": None, "property": None})
    await college.push(feed, {"course_code": "K2", "property": "8"})

    gaps = await gaps_of(college, "ODS_KCJBSJ")

    said = ("source", "missing", "too_long", "foreign_codes", "may_exceed", "first_keys")

    def told(element: str) -> list[Any]:
        return [gaps[element][name] for name in said]

    assert told("KCMC") == ["name", 0, 1, 0, True, {"too_long": ["K2"]}]
    assert told("KCLXM") == ["kind", 1, 0, 0, False, {"missing": ["K2"]}]
    assert told("SJJXKSS") == ["hours_practice", 2, 0, 0, False, {"missing": ["K1", "K2"]}]
    # The college's own code is no code of the standard.
    assert told("KCSXM") == [
        "property",
        1,
        0,
        1,
        False,
        {"missing": ["K1"], "foreign_codes": ["K2"]},
    ]
    assert told("XGJSMC") == [None, 2, 0, 0, False, {}]
    assert gaps["XGJSMC"]["reason"] == {
        "code": "no-field",
        "zh": "课程 course 没有“相关竞赛名称”这样的字段",
        "en": "the entity course has no field for it",
    }


async def test_a_change_behind_a_reference_is_counted_at_once(college: Any) -> None:
    await deliver(
        college, "certificate", {"student_no": "S3", "cert_no": "Z", "one_plus_x": "true"}
    )
    before = (await gaps_of(college, "ODS_GZXZSSJ"))["ZYH"]
    feed = await college.feed("student", {"student_no": None, "major_code": None})
    await college.push(feed, {"student_no": "S3", "major_code": "440501"})
    after = (await gaps_of(college, "ODS_GZXZSSJ"))["ZYH"]

    assert (before["missing"], after["missing"]) == (1, 0)


async def test_what_was_counted_is_kept_while_nothing_changes(college: Any) -> None:
    counts, mapping = Counts(), load_mappings().tables["ODS_PYFASJ"]
    plan = {"major_code": "440501", "grade_year": "2026", "plan_version": "1"}
    async with college.database.reading() as reader:
        first = await counts.of(reader, mapping)
        again = await counts.of(reader, mapping)
        await deliver(college, "training_plan", plan)
        changed = await counts.of(reader, mapping)

    assert again is first
    assert (first.rows, changed.rows) == (0, 1)


async def test_the_list_tells_how_well_every_table_is_filled(college: Any) -> None:
    found = {each["table"]: each for each in await college.get("national", limit=1000)}

    assert len(found) == 98
    assert found["ODS_KCJBSJ"] == {
        "no": 5,
        "table": "ODS_KCJBSJ",
        "zh": "课程基本数据子类表",
        "subset": "ZYGJX 教学管理数据子集",
        "group": "ZYGJX01 课程数据类",
        "rhythm": "学期",
        "scope": "本学年秋季学期",
        "mapped": True,
        "entity": "course",
        "closed": False,
        "rows": 2,
        "elements": 20,
        "mandatory": 15,
        # id, school, name, number, nature, online, gathered at; kind and property of one course
        "filled": 7,
        "coverage": round(16 / 30, 4),
    }
    assert (found["ODS_DKSJ"]["mapped"], found["ODS_DKSJ"]["coverage"]) == (False, None)
    assert sum(each["mapped"] for each in found.values()) == 74


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


async def test_a_table_without_a_source_says_which_entity_it_would_need(hub: Any) -> None:
    found = await hub.get("national/ODS_DKSJ/gaps")

    assert (found["mapped"], found["rows"], found["filled"]) == (False, 0, 0)
    assert {each["reason"]["zh"] for each in found["gaps"]} == {
        "字典还没有实体 party_activity 党课"
    }


async def test_two_colleges_in_one_hub_leave_open_which_one_reports(college: Any) -> None:
    await deliver(college, "school", {"school_code": "N02", "name": "另一所"})

    gaps = await gaps_of(college, "ODS_ZYSZSJ")

    assert (gaps["XXDM"]["missing"], gaps["XXDM"]["first_keys"]["missing"]) == (
        2,
        ["440301", "440501"],
    )
