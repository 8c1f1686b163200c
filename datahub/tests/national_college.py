"""A college whose records fill the national tables."""

from collections.abc import Mapping
from typing import Any

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
