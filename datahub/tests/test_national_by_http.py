"""National tables are made of the records: values, names, codes, totals."""

import hashlib
from typing import Any

import pytest

from datahub.tests.national_college import SCHOOL, deliver, gaps_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
