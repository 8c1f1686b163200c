"""The college's part is drafted, compared, refused with every fault, and published."""

import asyncio
from typing import Any

import pytest

from datahub.tests.dictionary_desk import DRAFT, add_codes, publish, put_codes
from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def add_ext(hub: Any, entity: str, **fields: dict[str, Any]) -> Any:
    return await hub.client.put(f"{DRAFT}/entities/{entity}/ext", json={"fields": fields})


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


async def test_labels_are_not_swapped_under_a_feed_that_reads_them(desk: Any) -> None:
    spec = {"from": "xb", "codes": [{"M": "1"}, "labels"]}
    feed = await desk.feed("student", {"student_no": None, "sex": spec})
    other = await desk.feed("student", {"student_no": None, "sex": None})
    await put_codes(desk, "gbt_2261_1", {"code": "1", "zh": "女性"}, {"code": "2", "zh": "男性"})
    review = await desk.get("dictionary/draft/diff")
    answer = await desk.client.post(f"{DRAFT}/publish", json={})
    document = answer.json()

    moved = [each for each in review["differences"] if each["change"] == "code.label-moved"]
    assert [(each["place"], each["before"], each["breaking"]) for each in moved] == [
        ("code_sets.gbt_2261_1.codes.1", {"label": "女性", "code": "2"}, True),
        ("code_sets.gbt_2261_1.codes.2", {"label": "男性", "code": "1"}, True),
    ]
    assert (answer.status_code, document["type"]) == (409, "urn:helix8:problem:dictionary-breaking")
    assert list(document["validationErrors"]) == [
        "$.code_sets.gbt_2261_1.codes.1",
        "$.code_sets.gbt_2261_1.codes.2",
    ]
    reasons = [each for found in document["validationErrors"].values() for each in found]
    assert all(feed in each for each in reasons)
    assert not any(other in each for each in reasons), "it reads codes"
    assert any(feed in fix and "codes" in fix for fix in document["fixes"])


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
    whole = await desk.get("dictionary/entities/student/schema")
    found = await desk.get("dictionary/search", q="tc", kind="field")

    assert [(each["name"], each["required"]) for each in entity["ext"]] == [("hobby", False)]
    assert schema["$id"] == f"urn:helix8:ext:student@{version}"
    assert schema["properties"]["hobby"]["x-privacy"] == "personal"
    assert whole["$id"] == f"urn:helix8:entity:student@{version}"
    assert whole["properties"]["ext"]["properties"]["hobby"]["type"] == ["string", "null"]
    assert "id_number" not in whole["properties"], "a closed field"
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
        caller = Caller(
            subject="person/reader", roles=frozenset({"reader"}), scopes=frozenset(scopes)
        )
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
