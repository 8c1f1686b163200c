"""The dictionary is read: entities, national tables, codes as of a day, and searched."""

from typing import Any

import pytest

from datahub.dictionary.repository.shipped import load_shipped
from datahub.tests.dictionary_desk import add_codes, codes_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_overview_counts_what_is_there_and_warns(hub: Any) -> None:
    found = await hub.get("dictionary")

    assert found["counts"]["entities"] == 95
    assert (found["counts"]["tables"], found["counts"]["elements"]) == (98, 1274)
    assert found["counts"]["codes_retired"] >= 4015
    assert found["current"]["base"] == load_shipped().id
    assert [each["place"] for each in found["warnings"]] == [
        "code_sets.gbt_2260.codes.510202.successors",
        "code_sets.gbt_2260.codes.652524.successors",
    ]
    assert {each["is_warning"] for each in found["warnings"]} == {True}


async def test_an_entity_is_told_with_the_class_of_every_field(hub: Any) -> None:
    found = await hub.get("dictionary/entities/student")
    fields = {each["name"]: each for each in found["fields"]}

    assert (found["zh"], found["key"], found["scope_kind"]) == ("学生", ["student_no"], "student")
    assert found["systems"] == ["academic"]
    assert fields["id_number"]["privacy"] == "sensitive"
    assert fields["home_region"]["code_set"] == "gbt_2260"
    assert {each["privacy"] for each in found["fields"]} <= {
        "public",
        "internal",
        "personal",
        "sensitive",
    }


async def test_entities_are_chosen_by_level_and_by_system_of_record(hub: Any) -> None:
    found = await hub.get("dictionary/entities", level="teacher", system="hr", limit=100)

    assert {"staff", "staff_training", "staff_assessment"} <= {each["name"] for each in found}
    assert all("teacher" in each["levels"] and "hr" in each["systems"] for each in found)


async def test_a_national_table_names_its_elements_and_who_feeds_it(hub: Any) -> None:
    found = await hub.get("dictionary/tables/ODS_SXJCSJ")
    elements = {each["field"]: each for each in found["elements"]}

    assert (found["zh"], found["no"]) == ("实习基础数据子类表", 9)
    assert found["entities"] == ["internship"]
    assert elements["SXQYHYLBM"]["code_set"] == "szjz_hydm"
    assert elements["XNZDJSDH"]["privacy"] == "sensitive"
    assert len(found["elements"]) == found["element_count"]


async def test_elements_are_paged_and_chosen_by_table_and_class(hub: Any) -> None:
    first = await hub.client.get(
        "/v1/dictionary/elements", params={"limit": 2, "offset": 1273, "totalCount": True}
    )
    of_table = await hub.get("dictionary/elements", table="ODS_XLCPSJ", privacy="restricted")

    assert (len(first.json()), first.headers["total-count"]) == (1, "1274")
    assert [each["field"] for each in of_table][:2] == ["ZYH", "CPRQ"]
    assert len(await hub.get("dictionary/tables", limit=100)) == 98


async def test_pages_by_token_end_where_the_list_ends(hub: Any) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"pageSize": 60}
    while True:
        answer = await hub.client.get("/v1/code-sets", params=query)
        seen += [each["id"] for each in answer.json()]
        if "next-page-token" not in answer.headers:
            break
        query = {"pageSize": 60, "pageToken": answer.headers["next-page-token"]}

    assert len(seen) == len(set(seen))
    assert len(seen) >= 165


async def test_a_code_has_a_name_that_holds_everywhere_and_a_retired_one_is_read(hub: Any) -> None:
    sexes = codes_of(await hub.get("code-sets/gbt_2261_1"))
    region = await hub.get("code-sets/gbt_2260/codes/510202")
    moved = await hub.get("code-sets/gbt_2260/codes/352126")

    assert sexes["1"]["urn"] == "urn:codeset:gb-t-2261.1:gbt_2261_1@2003#1"
    assert (region["zh"], region["retired"], region["writable"]) == ("市中区", True, False)
    assert [(each["code"], each["known"]) for each in region["chain"]] == [("500201", False)]
    assert [(each["code"], each["writable"]) for each in moved["chain"]] == [
        ("352103", False),
        ("350782", True),
    ]


async def test_what_is_not_there_is_said_with_a_remedy(hub: Any) -> None:
    for path, code in (
        ("dictionary/entities/nothing", "unknown-entity"),
        ("dictionary/tables/ODS_NONE", "unknown-table"),
        ("code-sets/nothing", "unknown-code-set"),
        ("code-sets/gbt_2261_1/codes/7", "unknown-code"),
        ("dictionary/versions/4711", "dictionary-version-not-found"),
        ("code-sets/gbt_2261_1?version=4711", "dictionary-version-not-found"),
        ("dictionary/draft", "dictionary-draft-not-found"),
    ):
        answer = await hub.client.get(f"/v1/{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, f"urn:helix8:problem:{code}")
        assert answer.json()["fixes"]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("xsdqzt", ("code_set", "jyt_1001_xsdqzt")),
        ("学生当前状态", ("code_set", "jyt_1001_xsdqzt")),
        ("internship", ("entity", "internship")),
        ("352126", ("code", "gbt_2260#352126")),
        ("KCLXM", ("element", "ODS_KCJBSJ.KCLXM")),
    ],
)
async def test_a_search_finds_by_chinese_english_code_identifier_and_initials(
    hub: Any, query: str, first: tuple[str, str]
) -> None:
    found = await hub.get("dictionary/search", q=query)

    assert (found[0]["kind"], found[0]["id"]) == first
    path = found[0]["path"].removeprefix("/api/datahub")
    assert path != found[0]["path"]
    assert (await hub.client.get(path)).status_code == 200


async def test_a_search_is_paged_and_narrowed_to_kinds(hub: Any) -> None:
    asked = {"q": "学生", "kind": ["entity", "field"], "limit": 5, "totalCount": True}
    answer = await hub.client.get("/v1/dictionary/search", params=asked)

    assert len(answer.json()) == 5
    assert int(answer.headers["total-count"]) > 10
    assert {each["kind"] for each in answer.json()} <= {"entity", "field"}
    assert all(each["privacy"] for each in answer.json() if each["kind"] == "field")
    assert (await hub.client.get("/v1/dictionary/search", params={"q": ""})).status_code == 422


async def test_a_code_set_that_did_not_change_is_not_sent_again(hub: Any) -> None:
    first = await hub.client.get("/v1/code-sets/gbt_2261_1")
    again = await hub.client.get(
        "/v1/code-sets/gbt_2261_1", headers={"if-none-match": first.headers["etag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


async def test_a_code_is_read_as_of_a_day(desk: Any) -> None:
    name = "own_" + desk.name("d")
    await add_codes(
        desk,
        name,
        {"code": "A", "zh": "甲", "valid_from": "2020-01-01", "valid_to": "2021-01-01"},
        zh="某集",
    )

    async def writable(day: str) -> bool:
        found = await desk.get(f"code-sets/{name}", asOf=day)
        return bool(codes_of(found)["A"]["writable"])

    days = ("2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01")
    assert [await writable(day) for day in days] == [False, True, True, False]
