"""Every document that is saved by PUT compares the version that its writer saw."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

Document = dict[str, Any]


def feed(name: str) -> tuple[str, Document, Document]:
    fields = {"course_code": {"from": "kcdm"}, "name": {"from": "kcmc"}}
    first = {"feed": name, "source": "academic", "entity": "course", "default": False}
    return (
        f"feeds/{name}",
        first | {"fields": fields},
        first | {"fields": fields | {"name": {"from": "mc"}}},
    )


def rule(name: str) -> tuple[str, Document, Document]:
    first = {"rule": name, "entity": "course", "kind": "not_null", "field": "name", "zh": "课程名"}
    first |= {"en": "A course has a name", "severity": "warning"}
    return f"quality/rules/{name}", first, first | {"severity": "error"}


def indicator(name: str) -> tuple[str, Document, Document]:
    grain = {"kind": "class", "key": "class_no"}
    grain |= {"period": {"kind": "term", "from": "teaching_class.term"}}  # type: ignore[dict-item]
    first: Document = {"indicator": name, "zh": "退选率", "en": "Withdrawals", "unit": "ratio"}
    first |= {"direction": "lower", "basis": "退选人数 ÷ 选课人数", "scopes": [grain]}
    first |= {"formula": "count(enrolment where final_result = 'withdrawn') / count(enrolment)"}
    return f"indicators/{name}", first, first | {"zh": "退课率"}


@pytest.mark.parametrize("make", [feed, rule, indicator])
async def test_a_put_compares_the_version_that_its_writer_saw(
    hub: Any, make: Callable[[str], tuple[str, Document, Document]]
) -> None:
    path, first, second = make(hub.name("saved"))

    async def put(document: Document, **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await hub.client.put(f"/v1/{path}", json=document, headers=named)
        tag = answer.headers.get("etag")
        return answer.status_code, tag if answer.is_success else answer.json()["detail"]

    assert await put(first, if_match='"1"') == (412, "这条记录还不存在，没有可比对的版本")
    assert await put(first, if_none_match="*") == (201, '"1"')
    assert await put(second, if_none_match="*") == (412, "记录已存在，未作修改")
    assert await put(second, if_match='"99"') == (412, "当前版本是 1")
    assert await put(second, if_match='"1"') == (200, '"2"')
    assert (await hub.client.get(f"/v1/{path}")).headers["etag"] == '"2"'


@pytest.mark.parametrize("make", [rule, indicator])
async def test_what_has_not_changed_is_not_sent_again(
    hub: Any, make: Callable[[str], tuple[str, Document, Document]]
) -> None:
    path, first, _ = make(hub.name("saved"))
    await hub.client.put(f"/v1/{path}", json=first)

    async def get(tag: str) -> int:
        answer = await hub.client.get(f"/v1/{path}", headers={"if-none-match": tag})
        return int(answer.status_code)

    assert [await get('"1"'), await get('"2"')] == [304, 200]


async def test_a_feed_with_faults_names_the_remedy_and_the_wrong_values_in_english(
    hub: Any,
) -> None:
    path, first, _ = feed(hub.name("saved"))
    wrong = first | {"colour": 1, "entity": "course"}
    wrong["fields"] = first["fields"] | {"nope": {"from": "a"}, "name": {"default": 9}}

    answer = await hub.client.put(f"/v1/{path}", json=wrong, headers={"accept-language": "en"})
    said = answer.json()

    assert answer.status_code == 422
    assert "、" not in said["detail"]
    assert said["fixes"][0] == "mend each place and PUT again"
    assert said["validationErrors"]["$.fields.nope"] == ["course has no field nope"]


async def test_a_text_that_is_too_long_is_told_the_limit(hub: Any) -> None:
    name = await hub.feed("course", {"course_code": None, "name": None})
    told = await hub.push(name, {"course_code": hub.name(), "name": "x" * 999})

    [row] = told["verdicts"]
    assert row["code"] == "too-long"
    assert row["message"] == "超过长度上限 200 个字符 (longer than 200 characters)"


async def test_a_rule_is_deleted_in_the_version_that_was_seen(hub: Any) -> None:
    path, first, _ = rule(hub.name("saved"))
    await hub.client.put(f"/v1/{path}", json=first)

    async def delete(tag: str) -> int:
        answer = await hub.client.delete(f"/v1/{path}", headers={"if-match": tag})
        return int(answer.status_code)

    assert [await delete('"2"'), await delete('"1"')] == [412, 204]


@pytest.mark.parametrize("headers", [{"if-match": '"1"'}, {"if-none-match": "*"}])
async def test_a_precondition_that_nobody_looks_at_is_refused(
    hub: Any, headers: Mapping[str, str]
) -> None:
    answer = await hub.client.post("/v1/quality/run", json={}, headers=headers)

    assert answer.status_code == 412
    assert answer.json()["type"] == "urn:helix8:problem:precondition-not-taken"


async def test_a_key_stands_for_one_request_of_any_kind(hub: Any) -> None:
    headers = {"idempotency-key": hub.name("key")}
    first = await hub.client.post("/v1/quality/run", json={"entities": []}, headers=headers)
    again = await hub.client.post("/v1/quality/run", json={"entities": []}, headers=headers)
    other = await hub.client.post("/v1/quality/run", json={}, headers=headers)

    assert (first.status_code, again.status_code) == (202, 202)
    assert (other.status_code, other.json()["type"]) == (
        422,
        "urn:helix8:problem:idempotency-key-reused",
    )
