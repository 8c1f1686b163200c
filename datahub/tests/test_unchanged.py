"""A page that the caller has already is not sent again, and never one that has changed."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from datahub.tests.conftest import Hub
from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "/v1/records/course?pageSize=5"
COURSE = {"course_code": None, "name": None}


async def ask(hub: Hub, held: str, path: str = PAGE, **headers: str) -> Response:
    return await hub.client.get(path, headers={"If-None-Match": held, **headers})


async def test_a_page_is_sent_once_until_a_record_of_its_entity_changes(hub: Hub) -> None:
    feed, major = await hub.feed("course", COURSE), await hub.feed("major", {"major_code": None})
    await hub.push(feed, {"course_code": "C1", "name": "x"})
    tag = (await hub.client.get(PAGE)).headers["etag"]

    same = [await ask(hub, tag) for _ in range(3)]
    await hub.push(major, {"major_code": "M1"})
    unmoved = await ask(hub, tag)
    await hub.push(feed, {"course_code": "C1", "name": "y"})
    changed = await ask(hub, tag)

    assert {
        (each.status_code, each.content, each.headers["etag"]) for each in (*same, unmoved)
    } == {(304, b"", tag)}
    assert all(each.headers["x-request-id"] for each in same)
    assert (changed.status_code, changed.json()[0]["name"]) == (200, "y")
    assert changed.headers["etag"] != tag


async def test_whoever_had_his_answer_to_a_push_never_gets_what_was_before(hub: Hub) -> None:
    feed = await hub.feed("course", COURSE)

    async def keep_reading() -> None:
        while True:
            await ask(hub, (await hub.client.get(PAGE)).headers["etag"])

    reading = asyncio.create_task(keep_reading())
    for number in range(40):
        tag = (await hub.client.get(PAGE)).headers["etag"]
        await hub.push(feed, {"course_code": "C1", "name": f"v{number}"})
        seen = await ask(hub, tag)
        assert (seen.status_code, seen.json()[0]["name"]) == (200, f"v{number}")
    reading.cancel()


async def test_what_another_process_commits_is_seen_within_a_tenth_of_a_second(hub: Hub) -> None:
    tag = (await hub.client.get(PAGE)).headers["etag"]
    assert (await ask(hub, tag)).status_code == 304

    await hub.sql(
        "INSERT INTO change_set (batch, source, entity, rows)"
        " SELECT batch, source, entity, 1 FROM change_set WHERE entity = 'course' LIMIT 1"
    )

    async def is_new() -> Any:
        return (await ask(hub, tag)).status_code == 200

    async with asyncio.timeout(1):
        await hub.until(is_new)


async def test_another_dictionary_makes_another_page(hub: Hub) -> None:
    tag = (await hub.client.get(PAGE)).headers["etag"]
    path = "/v1/dictionary/draft/entities/course/ext"
    field = {"type": "text", "zh": "备注", "privacy": "internal"}
    await hub.client.put(path, json={"fields": {"remark": field}})
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "校本字段"})
    assert answer.status_code == 201, answer.text

    assert (await ask(hub, tag)).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/v1/records/course?pageSize=6", "/v1/records/course", "/v1/records/major?pageSize=5"],
)
async def test_a_tag_is_good_for_its_own_question_alone(hub: Hub, path: str) -> None:
    tag = (await hub.client.get(PAGE)).headers["etag"]

    assert (await ask(hub, tag, path)).status_code == 200


async def test_a_tag_does_not_stand_for_a_right(
    hub: Hub, signing_keys: tuple[TokenSigner, str]
) -> None:
    tag = (await hub.client.get(PAGE)).headers["etag"]
    stranger = signing_keys[0].sign(Caller(subject="person/x", scopes=frozenset()), "datahub")
    given = {"authorization": f"Bearer {stranger}"}

    refused = [await ask(hub, tag, **given) for _ in range(2)]
    unknown = await ask(hub, tag, authorization="Bearer none")

    assert [each.status_code for each in (*refused, unknown)] == [403, 403, 401]


async def test_the_head_of_an_unchanged_page_is_told_alike(hub: Hub) -> None:
    tag = (await hub.client.get(PAGE)).headers["etag"]

    answer = await hub.client.head(PAGE, headers={"If-None-Match": f'"other", W/{tag}'})

    assert (answer.status_code, answer.headers["etag"]) == (304, tag)
