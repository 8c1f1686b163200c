"""What a national table lacks is counted, with the first keys, and kept while nothing changes."""

from typing import Any

import pytest

from datahub.national.queries import Counts
from datahub.national.repository.shipped import load_mappings
from datahub.tests.national_college import deliver, gaps_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nothing_delivered_is_not_zero(college: Any) -> None:
    gaps = await gaps_of(college, "ODS_XXJBSJ")

    assert gaps["ZYQSL"]["source"] == "count(major_group)"
    assert (gaps["ZYQSL"]["missing"], gaps["ZYQSL"]["first_keys"]) == (1, {"missing": ["N01"]})


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
