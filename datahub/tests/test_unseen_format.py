"""A file that its reader has never seen is taken in by a contract alone.

Somebody who knows nothing of the hub made up a file, the vendor's page about it and what it
truly says (``unseen/training.*``); the contract beside them was written from that page. Another
who had not built the hub made up ``unseen/internship.*``: two header rows, names that repeat or
are missing, headers printed again on each page, dates in four forms.
"""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datahub.tests.conftest import Hub, fates

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).parent / "unseen"
HEADER_LINE = 4
EXT = {
    "category": {"type": "text", "zh": "类别", "max_length": 20},
    "form": {"type": "text", "zh": "形式", "max_length": 20},
    "score": {"type": "decimal", "zh": "考核成绩", "min": 0, "max": 100},
    "attended": {"type": "decimal", "zh": "出勤率", "min": 0, "max": 1},
    "cost": {"type": "decimal", "zh": "培训经费（元）", "min": 0},
    "certified": {"type": "boolean", "zh": "取得证书"},
    "certificate": {"type": "text", "zh": "证书编号", "max_length": 40},
    "note": {"type": "text", "zh": "备注", "max_length": 200},
}


async def declare(hub: Hub, entity: str, ext: dict[str, Any]) -> None:
    fields = {name: {**field, "privacy": "internal"} for name, field in ext.items()}
    path = f"/v1/dictionary/draft/entities/{entity}/ext"
    assert (await hub.client.put(path, json={"fields": fields})).status_code == 200
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "培训"})
    assert answer.status_code == 201, answer.text


def said(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record in the words of the page."""
    ext = record["ext"] or {}
    return {
        "工号": record["staff_no"],
        "项目名称": record["title"],
        "项目附注": record["topic"],
        "类别": ext.get("category"),
        "形式": ext.get("form"),
        "开始日期": record["starts_on"],
        "结束日期": record["ends_on"],
        "学时": number(record["hours"]),
        "成绩_分": number(ext.get("score")),
        "出勤率_百分数": number(ext.get("attended"), 100),
        "经费_元": number(ext.get("cost")),
        "取得证书": ext.get("certified"),
        "证书编号": ext.get("certificate"),
        "备注": ext.get("note"),
    }


def number(value: Any, times: int = 1) -> Decimal | None:
    return None if value is None else Decimal(str(value)) * times


def truth(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    numbers = {"学时", "成绩_分", "出勤率_百分数", "经费_元"}
    return {
        name: number(value) if name in numbers else value
        for name, value in values.items()
        if name in names
    }


async def test_a_file_that_nobody_has_seen_is_taken_in_by_a_contract_alone(hub: Hub) -> None:
    body = (FOLDER / "training.dat").read_bytes()
    expected = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
    contract = tomllib.loads((FOLDER / "training.toml").read_text(encoding="utf-8"))
    await declare(hub, "staff_training", EXT)
    teacher = contract["fields"]["staff_no"]
    name = {"from": teacher["from"], "split": {**teacher["split"], "part": 0}}
    staff = await hub.feed(
        "staff",
        {"staff_no": teacher, "name": name},
        unknown_fields="ignore",
        format=contract["format"],
    )
    assert (await hub.post(staff, body, kind="text/csv")).status_code == 200
    answer = await hub.client.put(f"/v1/feeds/{contract['feed']}", json=contract)
    assert answer.status_code == 201, answer.text

    taken = await hub.post(contract["feed"], body, kind="text/csv")

    counts = expected["counts"]
    assert fates(taken.json()) == {
        "created": counts["good"],
        "duplicate": counts["duplicate"],
        "quarantined": counts["bad"],
        "rejected": counts["damaged"] + 1,
    }, "the footer is no record, and kept"
    refused = {row["row"] + HEADER_LINE for row in taken.json()["verdicts"]}
    assert refused - {65} == {each["line"] for each in expected["not_taken"]}
    records = await hub.get("records/staff_training", limit=200)
    found = {record["training_no"]: said(record) for record in records}
    names = {name for record in found.values() for name in record}
    assert found == {row["记录编号"]: truth(row["values"], names) for row in expected["rows"]}


INTERNSHIP: dict[str, Any] = {
    "signed_ratio": {"type": "decimal", "zh": "签到率", "min": 0, "max": 1},
    "grade": {
        "type": "enum",
        "zh": "成绩等级",
        "values": ["excellent", "good", "fair", "poor"],
    },
}
LITERAL = """
20230711 SX-25-0001 2024-2025-2 91330226MA2AGX6N0K True  2025-03-05 2025-06-27 83 85 0.9765 92   excellent True  1 False False True
20230712 SX-25-0002 2024-2025-2 -                  False 2025-03-03 -          85 85 1      -    good      True  9 True  False False
20230713 SX-25-0003 2024-2025-2 913302002560799994 True  2025-03-05 2025-06-27 0  85 0      0    poor      True  2 False False False
20230802 SX-25-0007 2024-2025-2 -                  True  2025-03-01 2025-06-30 84 85 0.9882 91   excellent True  2 -     True  True
"""  # noqa: E501 — a table
NAMES = (
    *("student_no", "internship_no", "term", "company_uscc", "matched", "starts_on", "ends_on"),
    *("days_signed", "days_due", "signed_ratio", "score", "grade", "insured", "insured_by"),
    *("cross_province", "abroad", "hired"),
)


async def test_a_file_with_two_header_rows_and_nameless_columns_is_taken_in_by_a_contract(
    hub: Hub,
) -> None:
    body = (FOLDER / "internship.dat").read_bytes()
    contract = tomllib.loads((FOLDER / "internship.toml").read_text(encoding="utf-8"))
    await declare(hub, "internship", INTERNSHIP)
    number = contract["fields"]["student_no"]
    students = await hub.feed(
        "student",
        {"student_no": number, "name": {"from": "学生姓名", "parse": "name"}},
        unknown_fields="ignore",
        format=contract["format"],
    )
    assert (await hub.post(students, body, kind="text/csv")).status_code == 200
    await hub.register(contract["source"])
    answer = await hub.client.put(f"/v1/feeds/{contract['feed']}", json=contract)
    assert answer.status_code == 201, answer.text

    taken = (await hub.post(contract["feed"], body, kind="text/csv")).json()

    assert fates(taken) == {"created": 4, "duplicate": 1, "quarantined": 2, "rejected": 8}
    assert sorted((row["row"], row["code"], row["path"]) for row in taken["verdicts"]) == [
        (1, "footer-row", "$"),
        (5, "not-date", "$.实际止"),
        (6, "term-years", "$.学期"),
        (7, "footer-row", "$"),
        (8, "footer-row", "$"),
        (9, "footer-row", "$"),
        (10, "footer-row", "$"),
        (11, "not-decimal", "$.报酬 千元/月"),
        (12, "duplicate-key", "$"),
        (14, "ragged", "$"),
        (15, "footer-row", "$"),
    ]
    records = await hub.get("records/internship", limit=20)
    found = [{**each, **(each["ext"] or {})} for each in records]
    lines = [
        " ".join("-" if each[name] is None else str(each[name]) for name in NAMES)
        for each in sorted(found, key=lambda each: str(each["internship_no"]))
    ]
    assert lines == [" ".join(line.split()) for line in LITERAL.strip().splitlines()]
    assert [each["company_name"] for each in found if each["student_no"] == "20230713"] == [
        "“海天”塑机｜（宁波）"
    ]
    swapped = body.replace("｜起｜止｜".encode("gb18030"), "｜止｜起｜".encode("gb18030"))
    refused = await hub.post(contract["feed"], swapped, kind="text/csv")
    assert (refused.status_code, refused.json()["validationErrors"].keys()) == (
        422,
        {"header.止", "header.起"},
    )
