"""The dictionary by HTTP: read, search, draft, compare, publish; feeds work under the newest."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from datahub.dictionary.repository import Dictionaries, adopt_shipped
from datahub.dictionary.repository.shipped import DictionaryError, Shipped, load_shipped
from shared.kit.database import Database
from shared.kit.identity import Caller, TokenSigner
from shared.testing import TestServers, new_database

pytestmark = pytest.mark.asyncio(loop_scope="module")
DRAFT = "/v1/dictionary/draft"


@pytest_asyncio.fixture(loop_scope="module")
async def desk(hub: Any) -> AsyncIterator[Any]:
    """A hub without a draft."""
    yield hub
    await hub.client.delete(DRAFT)


async def put_codes(hub: Any, name: str, *codes: dict[str, Any], **more: Any) -> Any:
    return await hub.client.put(f"{DRAFT}/code-sets/{name}", json={"codes": codes, **more})


async def publish(hub: Any, note: str = "") -> int:
    answer = await hub.client.post(f"{DRAFT}/publish", json={"note": note})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def add_codes(hub: Any, name: str, *codes: dict[str, Any], **more: Any) -> int:
    answer = await put_codes(hub, name, *codes, **more)
    assert answer.status_code == 200, answer.text
    return await publish(hub)


async def add_ext(hub: Any, entity: str, **fields: dict[str, Any]) -> Any:
    return await hub.client.put(f"{DRAFT}/entities/{entity}/ext", json={"fields": fields})


def codes_of(document: Any) -> dict[str, Any]:
    return {each["code"]: each for each in document["codes"]}


async def test_the_overview_counts_what_is_there_and_warns(hub: Any) -> None:
    found = await hub.get("dictionary")

    assert found["counts"]["entities"] == 71
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


async def test_a_search_is_paged_and_narrowed_to_kinds(hub: Any) -> None:
    asked = {"q": "学生", "kind": ["entity", "field"], "limit": 5, "totalCount": True}
    answer = await hub.client.get("/v1/dictionary/search", params=asked)

    assert len(answer.json()) == 5
    assert int(answer.headers["total-count"]) > 10
    assert {each["kind"] for each in answer.json()} <= {"entity", "field"}
    assert all(each["privacy"] for each in answer.json() if each["kind"] == "field")
    assert (await hub.client.get("/v1/dictionary/search", params={"q": ""})).status_code == 422


async def test_an_own_code_is_taken_by_a_feed_as_soon_as_it_is_published(desk: Any) -> None:
    feed = await desk.feed("dorm_check", {"student_no": None, "checked_on": None, "state": None})
    student = await desk.have("student", desk.name("s"))
    row = {"student_no": student, "checked_on": "2026-11-20", "state": "Q1"}
    before = await desk.push(feed, row)
    version = await add_codes(desk, "szjz_zqztdm", {"code": "Q1", "zh": "请假离校"})
    after = await desk.push(feed, row)
    found = await desk.get("code-sets/szjz_zqztdm")

    assert (before["quarantined"], after["created"]) == (1, 1)
    assert found["dictionary_version"] == version
    assert codes_of(found)["Q1"]["own"]
    assert not codes_of(found)["1"]["own"]


async def test_a_message_is_read_under_the_newest_version(desk: Any) -> None:
    feed = await desk.feed("certificate", {"student_no": None, "cert_no": None, "place": None})
    await add_codes(desk, "szjz_jddddm", {"code": "Q", "zh": "线上"})
    row = {"student_no": await desk.have("student", desk.name("s")), "cert_no": "1", "place": "Q"}
    await desk.send("certificate", row, feed=feed)

    assert (await desk.batch_of(feed))["created"] == 1


async def test_a_batch_runs_wholly_under_the_version_it_began_with(desk: Any) -> None:
    feed = await desk.feed("staff_training", {"staff_no": None, "training_no": None, "place": None})
    await add_codes(desk, "szjz_jxxxdddm", {"code": "Q", "zh": "线上"})
    await desk.have("staff", "T1")

    def row(number: int) -> bytes:
        row = {"staff_no": "T1", "training_no": str(number), "place": "Q"}
        return json.dumps(row).encode() + b"\n"

    async def body() -> AsyncIterator[bytes]:
        yield row(1)
        path = f"{DRAFT}/code-sets/szjz_jxxxdddm/codes/Q/retire"
        await desk.client.post(path, json={"successors": ["1"]})
        await publish(desk)
        yield row(2)

    during = await desk.post(feed, body())
    after = await desk.post(feed, row(3))
    assert (during.json()["created"], during.json()["received"]) == (2, 2)
    assert (after.json()["quarantined"], after.json()["received"]) == (1, 1)


async def test_no_version_is_published_while_a_document_is_held_against_the_newest(
    desk: Any,
) -> None:
    name = "own_" + desk.name("l")
    await put_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集")
    async with desk.database.transaction() as tx:
        held = await Dictionaries().held(tx)
        publishing = asyncio.create_task(publish(desk))
        await asyncio.sleep(0.3)
        assert not publishing.done()
    assert await publishing == held.version + 1


async def test_another_process_takes_the_new_version_within_seconds(desk: Any) -> None:
    replica, database = (
        Dictionaries(),
        Database(str(desk.database.engine.url.render_as_string(hide_password=False)), "datahub"),
    )
    before = await replica.of(database)
    version = await add_codes(desk, "own_" + desk.name("x"), {"code": "A", "zh": "甲"}, zh="某集")

    async def noticed() -> bool:
        return (await replica.of(database)).version == version

    started = time.monotonic()
    assert before.version < version
    await desk.until(noticed)
    assert time.monotonic() - started < 3
    await database.dispose()


async def test_an_older_version_stays_as_it_was(desk: Any) -> None:
    name = "own_" + desk.name("h")
    first = await add_codes(desk, name, {"code": "A", "zh": "甲"}, zh="礼堂")
    second = await add_codes(desk, name, {"code": "A", "zh": "乙"}, zh="礼堂")

    old = await desk.get(f"code-sets/{name}", version=first)
    new = await desk.get(f"code-sets/{name}", version=second)
    assert (codes_of(old)["A"]["zh"], codes_of(new)["A"]["zh"]) == ("甲", "乙")
    missing = await desk.client.get(f"/v1/code-sets/{name}", params={"version": first - 1})
    assert missing.status_code == 404


async def test_a_published_version_cannot_be_changed_in_the_database_either(desk: Any) -> None:
    for statement in (
        "UPDATE dictionary_version SET note = 'x'",
        "DELETE FROM dictionary_version",
    ):
        with pytest.raises(Exception, match="never changes"):
            await desk.sql(statement)


async def test_who_published_what_when_is_kept(desk: Any) -> None:
    name = "own_" + desk.name("w")
    version = await add_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集")
    found = await desk.get(f"dictionary/versions/{version}")
    listed = await desk.get("dictionary/versions", limit=1)

    assert found["published_by"] == "person/admin"
    assert found["published_at"]
    assert [(each["place"], each["change"]) for each in found["differences"]] == [
        (f"code_sets.{name}", "code_set.added")
    ]
    assert found["part"]["code_sets"][name]["codes"] == [{"code": "A", "zh": "甲"}]
    assert (listed[0]["version"], listed[0]["compatible"], listed[0]["breaking"]) == (version, 1, 0)


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


async def test_a_draft_is_compared_before_it_is_published(desk: Any) -> None:
    name = "own_" + desk.name("c")
    await put_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集")
    found = await desk.get("dictionary/draft/diff")
    overview = await desk.get("dictionary")

    assert [(each["change"], each["breaking"]) for each in found["differences"]] == [
        ("code_set.added", False)
    ]
    assert (found["may"], found["blockedBy"]) == ({"publish": True}, [])
    assert overview["draft"] == (await desk.get("dictionary/draft"))["revision"]
    assert (await desk.client.get(f"/v1/code-sets/{name}")).status_code == 404


async def test_a_draft_that_contradicts_itself_is_refused_with_all_its_faults(desk: Any) -> None:
    name = "own_" + desk.name("f")
    await put_codes(
        desk,
        name,
        {"code": "A", "zh": " "},
        {"code": "B", "zh": "B"},
        {"code": "C", "zh": "丙", "successors": ["Z"]},
        {"code": "C", "zh": "丙", "successors": ["Z"]},
        zh="某集",
    )
    await add_ext(
        desk,
        "course",
        hall={"type": "code", "code_set": "own_nothing", "zh": "礼堂", "privacy": "public"},
        credits={"type": "decimal", "zh": "学分", "privacy": "public"},
    )
    answer = await desk.client.post(f"{DRAFT}/publish", json={})
    document = answer.json()

    assert (answer.status_code, document["type"]) == (422, "urn:helix8:problem:dictionary-invalid")
    assert set(document["validationErrors"]) == {
        f"$.code_sets.{name}.codes.A",
        f"$.code_sets.{name}.codes.B",
        f"$.code_sets.{name}.codes.C",
        f"$.code_sets.{name}.codes.C.successors",
        "$.entities.course.ext.hall",
        "$.entities.course.ext.credits",
    }
    review = await desk.get("dictionary/draft/diff")
    assert review["may"] == {"publish": False}
    assert len(review["blockedBy"]) == 6


async def test_a_draft_that_changes_nothing_is_not_published(desk: Any) -> None:
    await put_codes(desk, "gbt_2261_1")
    answer = await desk.client.post(f"{DRAFT}/publish", json={})

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:helix8:problem:dictionary-draft-unchanged"


async def test_a_code_in_use_is_not_retired_while_a_feed_is_bound_to_its_set(desk: Any) -> None:
    feed = await desk.feed("student", {"student_no": None, "political": None})
    path = f"{DRAFT}/code-sets/gbt_4762/codes/12/retire"
    await desk.client.post(path, json={})
    answer = await desk.client.post(f"{DRAFT}/publish", json={})
    document = answer.json()

    assert (answer.status_code, document["type"]) == (409, "urn:helix8:problem:dictionary-breaking")
    [reasons] = document["validationErrors"].values()
    assert list(document["validationErrors"]) == ["$.code_sets.gbt_4762.codes.12"]
    assert any(feed in reason for reason in reasons)
    assert any("successors" in fix and feed in fix for fix in document["fixes"])


async def test_a_code_with_a_successor_is_retired_and_then_written_no_more(desk: Any) -> None:
    feed = await desk.feed("student", {"student_no": None, "nation": None})
    row = {"student_no": desk.name("s"), "nation": "50"}
    before = await desk.push(feed, row)
    path = f"{DRAFT}/code-sets/gbt_3304/codes/50/retire"
    answer = await desk.client.post(path, json={"successors": ["01"]})
    assert answer.status_code == 200
    await publish(desk)
    after = await desk.push(feed, {**row, "student_no": desk.name("s")})
    code = await desk.get("code-sets/gbt_3304/codes/50")

    assert (before["created"], after["quarantined"]) == (1, 1)
    assert [each["code"] for each in after["verdicts"]] == ["unknown-code"]
    assert (code["zh"], code["retired"], code["writable"]) == ("塔塔尔族", True, False)
    assert [each["code"] for each in code["chain"]] == ["01"]


async def test_a_feed_that_writes_a_retired_code_by_name_stands_in_the_way(desk: Any) -> None:
    mapped = {"from": "xb", "codes": {"男": "1", "未说明": "9"}}
    feed = await desk.feed("student", {"student_no": None, "sex": mapped})
    await desk.client.post(
        f"{DRAFT}/code-sets/gbt_2261_1/codes/9/retire", json={"successors": ["0"]}
    )
    answer = await desk.client.post(f"{DRAFT}/publish", json={})

    assert answer.status_code == 409
    assert f"$.feeds.{feed}.fields.sex.codes" in answer.json()["validationErrors"]


async def test_an_indicator_goes_on_counting_a_retired_code_and_holds_a_removed_one(
    desk: Any,
) -> None:
    await add_codes(desk, "szjz_qjlxdm", {"code": "X9", "zh": "其他假"})
    document = {
        "indicator": desk.name("leaves"),
        "zh": "其他假",
        "en": "Other leaves",
        "unit": "1",
        "direction": "lower",
        "formula": "count(leave where kind = 'X9')",
        "scopes": [
            {
                "kind": "school",
                "key": {"constant": "1"},
                "period": {"kind": "year", "from": {"constant": "2026"}},
            }
        ],
    }
    saved = await desk.client.put(f"/v1/indicators/{document['indicator']}", json=document)
    assert saved.status_code == 201, saved.text
    await desk.client.post(
        f"{DRAFT}/code-sets/szjz_qjlxdm/codes/X9/retire", json={"successors": ["1"]}
    )
    await publish(desk)
    await desk.settled()
    await put_codes(desk, "szjz_qjlxdm")
    answer = await desk.client.post(f"{DRAFT}/publish", json={})

    assert answer.status_code == 409
    places = answer.json()["validationErrors"]
    assert f"$.indicators.{document['indicator']}.formula" in places


async def test_a_field_of_the_college_is_declared_described_and_taken_away(desk: Any) -> None:
    hobby = {"type": "text", "zh": "特长", "en": "Hobby", "privacy": "personal", "max_length": 50}
    assert (await add_ext(desk, "student", hobby=hobby)).status_code == 200
    version = await publish(desk)
    entity = await desk.get("dictionary/entities/student")
    schema = await desk.get("dictionary/entities/student/ext-schema")
    found = await desk.get("dictionary/search", q="tc", kind="field")

    assert [(each["name"], each["required"]) for each in entity["ext"]] == [("hobby", False)]
    assert schema["$id"] == f"urn:helix8:ext:student@{version}"
    assert schema["properties"]["hobby"]["x-privacy"] == "personal"
    assert ("student.ext.hobby", "personal") in {(each["id"], each["privacy"]) for each in found}
    await add_ext(desk, "student")
    [gone] = (await desk.get("dictionary/draft/diff"))["differences"]
    assert (gone["subject"], gone["change"], gone["breaking"]) == (
        "student.ext.hobby",
        "field.removed",
        True,
    )


async def test_labels_of_the_college_are_shown(desk: Any) -> None:
    answer = await desk.client.put(
        f"{DRAFT}/entities/library_loan/labels",
        json={"zh": "借书", "fields": {"title": {"zh": "题名"}}},
    )
    assert answer.status_code == 200
    await publish(desk)
    found = await desk.get("dictionary/entities/library_loan")

    assert (found["zh"], found["en"]) == ("借书", "Library loan")
    assert {"题名"} == {each["zh"] for each in found["fields"] if each["name"] == "title"}


@pytest.mark.parametrize(
    ("path", "body", "status", "place"),
    [
        ("code-sets/our_kinds", {"zh": "x"}, 422, "path.code_set"),
        ("code-sets/own_", {"zh": "x"}, 422, "path.code_set"),
        ("code-sets/own_a", {"codes": [{"code": "a b"}]}, 422, "$.codes[0].code"),
        ("code-sets/own_a", {"codes": [{"zh": "x"}]}, 422, "$.codes[0].code"),
        ("code-sets/own_a", {"label": "x"}, 422, "$.label"),
        ("code-sets/own_a", {"valid_to": "yesterday"}, 422, "$.valid_to"),
        ("entities/student/ext", {"fields": {"A": {}}}, 422, "$.fields.A.[key]"),
        (
            "entities/student/ext",
            {"fields": {"a": {"type": "text", "zh": "x", "privacy": "public", "required": True}}},
            422,
            "$.fields.a.required",
        ),
        (
            "entities/student/ext",
            {"fields": {"a": {"type": "x", "zh": "x"}}},
            422,
            "$.fields.a.type",
        ),
        ("entities/nothing/ext", {"fields": {}}, 404, None),
        ("entities/student/labels", {"zh": ""}, 422, "$.zh"),
    ],
)
async def test_a_draft_of_the_wrong_shape_is_refused_at_once(
    desk: Any, path: str, body: dict[str, Any], status: int, place: str | None
) -> None:
    answer = await desk.client.put(f"{DRAFT}/{path}", json=body)

    assert answer.status_code == status, answer.text
    assert place is None or place in answer.json()["validationErrors"]
    assert (await desk.client.get(DRAFT)).status_code == 404


async def test_what_is_not_there_is_not_retired(desk: Any) -> None:
    for path in ("gbt_2261_1/codes/7", "own_nothing/codes/1"):
        answer = await desk.client.post(f"{DRAFT}/code-sets/{path}/retire", json={})
        assert answer.status_code == 404
    assert (await desk.client.get(DRAFT)).status_code == 404


async def test_two_who_edit_one_draft_do_not_overwrite_each_other(desk: Any) -> None:
    first = await put_codes(desk, "own_one", {"code": "A", "zh": "甲"}, zh="一")
    seen = {"if-match": first.headers["etag"]}
    path = f"{DRAFT}/code-sets/own_two"
    second = await desk.client.put(path, json={"zh": "二"}, headers=seen)
    third = await desk.client.put(path, json={"zh": "三"}, headers=seen)
    blind = await desk.client.post(f"{DRAFT}/publish", json={}, headers=seen)

    assert (second.status_code, third.status_code, blind.status_code) == (200, 412, 412)
    assert (await desk.get("dictionary/draft"))["part"]["code_sets"]["own_two"] == {"zh": "二"}
    assert (await desk.client.delete(DRAFT)).status_code == 204
    fourth = await put_codes(desk, "own_one", {"code": "A", "zh": "甲"}, zh="一")
    assert fourth.headers["etag"] not in {first.headers["etag"], second.headers["etag"]}
    assert (await desk.client.put(path, json={"zh": "三"}, headers=seen)).status_code == 412


async def test_edits_at_the_same_time_are_all_kept(desk: Any) -> None:
    names = ["own_" + desk.name("t") for _ in range(8)]
    await asyncio.gather(
        *(put_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集") for name in names)
    )

    assert set(names) <= set((await desk.get("dictionary/draft"))["part"]["code_sets"])


async def test_who_may_only_read_drafts_nothing_and_who_may_nothing_reads_nothing(
    desk: Any, signing_keys: tuple[TokenSigner, str]
) -> None:
    def bearer(*scopes: str) -> dict[str, str]:
        caller = Caller(subject="person/reader", scopes=frozenset(scopes))
        return {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}

    body = {"zh": "x"}
    put = f"{DRAFT}/code-sets/own_x"
    reader, writer, nobody = bearer("datahub:read"), bearer("datahub:write"), bearer("report:read")
    assert (await desk.client.get("/v1/code-sets", headers=reader)).status_code == 200
    assert (await desk.client.get("/v1/code-sets", headers=nobody)).status_code == 403
    for headers in (reader, writer, nobody):
        assert (await desk.client.put(put, json=body, headers=headers)).status_code == 403
        assert (await desk.client.get(f"{DRAFT}/diff", headers=headers)).status_code == 403
    admin = bearer("datahub:admin")
    assert (await desk.client.put(put, json=body, headers=admin)).status_code == 200


async def test_records_whose_key_is_closed_leave_the_hub_in_no_way(desk: Any) -> None:
    fields = {"doc_no": None, "student_no": None, "kind": None, "issued_on": None}
    feed = await desk.feed("student_punishment", fields)
    student = await desk.have("student", desk.name("20269999"))
    row = {"doc_no": "D1", "student_no": student, "kind": "3", "issued_on": "2026-11-02"}
    taken = await desk.push(feed, row)
    await desk.settled()
    refused = await desk.client.get("/v1/records/student_punishment")
    [change] = [
        each
        for each in await desk.get("changes", limit=1000)
        if each["entity"] == "student_punishment"
    ]
    [event] = [
        each
        for each in await desk.facts()
        if each["type"] == "qa.datahub.student_punishment.changed.v1"
    ]

    assert taken["created"] == 1
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "urn:helix8:problem:closed-entity",
    )
    assert (change["key"], change["doc"]) == (
        f"#{change['seq']}",
        {"doc_no": "D1", "issued_on": "2026-11-02", "withdrawn_on": None},
    )
    assert [item["key"] for item in event["data"]["items"]] == [f"#{change['seq']}"]
    assert student not in str(event)


async def test_an_upgrade_keeps_what_the_college_laid_on_the_dictionary(
    servers: TestServers,
) -> None:
    url = await new_database(servers, "datahub")
    shipped = load_shipped()
    head, *codes = shipped.documents["codes"]
    newer = Shipped(
        "9.9.9+test",
        {**shipped.documents, "codes": [head, *codes, ["gbt_6864", "5", "副博士", *[""] * 5]]},
    )
    less = Shipped(
        "9.9.10+test", {**shipped.documents, "code_sets": shipped.documents["code_sets"][:1]}
    )
    part = '{"code_sets": {"gbt_6864": {"codes": [{"code": "X", "zh": "本校学位"}]}}}'
    database = Database(url, "datahub")
    async with database.transaction() as tx:
        await tx.session.execute(
            text(
                "INSERT INTO dictionary_version SELECT 2, base, CAST(:part AS json), '[]', '',"
                " 'person/admin', now() FROM dictionary_version"
            ),
            {"part": part},
        )
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(adopt_shipped, newer)
        await connection.run_sync(adopt_shipped, newer)
    with pytest.raises(DictionaryError, match="unknown code set"):
        async with engine.begin() as connection:
            await connection.run_sync(adopt_shipped, less)
    dictionaries = Dictionaries()
    async with database.transaction() as tx:
        present = await dictionaries.newest(tx)
        before = await dictionaries.at(tx, 2)
        first = await dictionaries.at(tx, 1)
    await engine.dispose()
    await database.dispose()

    assert (present.version, present.base) == (3, "9.9.9+test")
    assert {"5", "X", "4"} <= present.writable("gbt_6864")
    assert "5" not in before.writable("gbt_6864")
    assert "X" in before.writable("gbt_6864")
    assert "X" not in first.writable("gbt_6864")
    assert list(present.entities["student"].fields) == list(first.entities["student"].fields)


async def test_the_documents_of_the_package_are_kept_once(hub: Any) -> None:
    rows = await hub.sql("SELECT id FROM dictionary_base")

    assert [row["id"] for row in rows] == [load_shipped().id]
