"""Feeds are versioned, one is the default, and who saves at once takes turns."""

import asyncio
import json
from typing import Any

import pytest

from datahub.indicators.api import EXAMPLE
from datahub.tests.pushing import COURSE, Ledger
from shared.kit.clock import CAMPUS, now

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_feed_is_versioned_and_its_faults_are_told_at_once(hub: Any) -> None:
    feed = hub.name("feed")
    document = {
        "feed": feed,
        "source": "research",
        "entity": "course",
        "fields": {"course_code": {"from": "a"}},
    }
    put = hub.client.put

    first = await put(f"/v1/feeds/{feed}", json=document)
    same = await put(f"/v1/feeds/{feed}", json=document)
    other = await put(f"/v1/feeds/{feed}", json=document | {"ignore": ["x"]})
    wrong = await put(f"/v1/feeds/{feed}", json=document | {"fields": {"a": {}}, "mode": 1})
    elsewhere = await put("/v1/feeds/elsewhere", json=document)

    assert [(each.status_code, each.headers["changed"]) for each in (first, same, other)] == [
        (201, "true"),
        (200, "false"),
        (200, "true"),
    ]
    assert other.json()["version"] == 2
    assert wrong.status_code == 422
    assert set(wrong.json()["validationErrors"]) == {"$.fields", "$.fields.a", "$.mode"}
    assert elsewhere.json()["type"] == "urn:helix8:problem:feed-id-differs"
    assert (await hub.get(f"feeds/{feed}"))["document"] == document | {"ignore": ["x"]}


async def test_a_source_and_an_entity_have_one_default_feed(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("course", COURSE, source="quality", default=True)
    code = hub.name()
    second = {
        "feed": hub.name("feed"),
        "source": "quality",
        "entity": "course",
        "default": True,
        "fields": {"course_code": {"from": "a"}},
    }

    refused = await hub.client.put(f"/v1/feeds/{second['feed']}", json=second)
    taken = await hub.client.post(
        "/v1/batches",
        params={"source": "quality", "entity": "course"},
        content=f'{{"course_code": "{code}"}}',
        headers={"content-type": "application/x-ndjson"},
    )

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:helix8:problem:default-feed-taken"
    assert (taken.json()["feed"], ledger(taken.json())) == (feed, {"created": 1})


async def test_a_feed_of_a_system_that_nobody_registered_is_refused(hub: Any) -> None:
    feed = hub.name("feed")
    document = {"feed": feed, "source": "gym", "entity": "course", "fields": {"a": {}}}

    refused = await hub.client.put(f"/v1/feeds/{feed}", json=document)
    await hub.register("gym")
    fields = {"course_code": {"from": "a"}}
    taken = await hub.client.put(f"/v1/feeds/{feed}", json=document | {"fields": fields})

    faults = refused.json()["validationErrors"]
    assert (refused.status_code, set(faults)) == (422, {"$.source", "$.fields", "$.fields.a"})
    assert "PUT /api/datahub/v1/source-systems/gym" in faults["$.source"][0]
    assert taken.status_code == 201


WHY = {"reason": "系统已下线"}


async def test_a_retired_feed_takes_nothing_and_is_opened_again(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("course", COURSE, source="assets", default=True, rhythm="daily")
    code, place = hub.name(), f"/v1/feeds/{feed}/retirement"
    row = {"course_code": code}
    await hub.push(feed, row)

    blank = await hub.client.put(place, json={"reason": " "})
    retired = await hub.client.put(place, json=WHY)
    again = await hub.client.put(place, json={"reason": "另一个"})
    ways = [
        await hub.post(feed, json.dumps(row)),
        await hub.client.post(
            "/v1/batches?source=assets&entity=course",
            content=json.dumps(row),
            headers={"content-type": "application/x-ndjson"},
        ),
        await hub.client.post("/v1/records/course", params={"feed": feed}, json=row),
        await hub.client.post("/v1/records/course?source=assets", json=row),
        await hub.client.post(f"/v1/feeds/{feed}/pull/run"),
    ]
    [listed] = [each for each in await hub.get("feeds") if each["feed"] == feed]

    assert blank.status_code == 422
    assert (retired.status_code, retired.headers["changed"]) == (200, "true")
    assert (again.headers["changed"], again.json()) == ("false", retired.json())
    assert [(each.status_code, each.json()["type"]) for each in ways] == [
        (409, "urn:helix8:problem:feed-retired")
    ] * 5
    assert WHY["reason"] in ways[0].json()["detail"]
    assert f"DELETE /api/datahub/v1/feeds/{feed}/retirement" in ways[0].json()["fixes"][0]
    assert (listed["retired"]["by"], listed["retired"]["reason"]) == ("person/admin", "系统已下线")
    assert (await hub.get(f"records/course/{code}"))["version"] == 1, "what it delivered stays"
    [scope] = await hub.until(
        lambda: hub.sql(
            "SELECT doc ->> 'valid_to' AS until FROM scope WHERE scope = :scope"
            " AND doc ->> 'valid_to' IS NOT NULL",
            scope=f"feed/{feed}",
        )
    )
    assert scope["until"] == now().astimezone(CAMPUS).date().isoformat()

    opened = await hub.client.delete(place)
    answer = await hub.push(feed, row)

    assert (opened.headers["changed"], opened.json()["retired"]) == ("true", None)
    assert (await hub.client.delete(place)).headers["changed"] == "false"
    assert ledger(answer) == {"unchanged": 1}


async def test_another_feed_takes_the_place_of_a_retired_default(hub: Any) -> None:
    old = await hub.feed("course", COURSE, source="student_affairs", default=True)
    await hub.client.put(f"/v1/feeds/{old}/retirement", json=WHY)
    new = await hub.feed("course", COURSE, source="student_affairs", default=True)

    refused = await hub.client.delete(f"/v1/feeds/{old}/retirement")
    suite = await hub.client.put("/v1/feeds/helix8.alert/retirement", json=WHY)
    nobody = await hub.client.put("/v1/feeds/nobody/retirement", json=WHY)

    assert refused.json()["type"] == "urn:helix8:problem:default-feed-taken"
    assert new in refused.json()["fixes"][0]
    assert suite.json()["type"] == "urn:helix8:problem:feed-of-the-suite"
    assert (nobody.status_code, nobody.json()["type"]) == (404, "urn:helix8:problem:feed-not-found")


async def test_over_nats_a_retired_feed_is_a_dead_letter_until_it_is_open(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    place = f"/v1/feeds/{feed}/retirement"
    await hub.client.put(place, json=WHY)

    await hub.send("course", {"records": [{"course_code": code}], "feed": feed})

    async def found() -> Any:
        return [each for each in await hub.get("dead-letters") if feed in each["detail"]]

    [letter] = await hub.until(found)
    await hub.client.delete(place)
    await hub.client.post(f"/v1/dead-letters/{letter['id']}/replay", json={})

    assert letter["reason"] == "feed-retired"
    await hub.until(lambda: hub.sql("SELECT 1 FROM record_course WHERE key = :key", key=code))


async def test_many_who_save_one_definition_at_once_take_turns(hub: Any) -> None:
    """Each version is given once, also the first; of two defaults one is refused."""
    ids = [hub.name("feed") for _ in range(4)]
    fields = {"course_code": {"from": "no"}}

    def feed(name: str, **more: Any) -> Any:
        document = {"feed": name, "source": "research", "entity": "course", "fields": fields}
        return hub.client.put(f"/v1/feeds/{name}", json=document | more)

    def indicator(zh: str) -> Any:
        document = EXAMPLE | {"indicator": f"{ids[0]}_rate", "zh": zh}
        return hub.client.put(f"/v1/indicators/{ids[0]}_rate", json=document)

    versions = await asyncio.gather(*(feed(ids[0], null_words=[f"{n}"]) for n in range(4)))
    defaults = await asyncio.gather(*(feed(each, default=True) for each in ids))
    published = await asyncio.gather(*(indicator(f"指标{n}") for n in range(4)))

    assert sorted(each.json()["version"] for each in versions) == [1, 2, 3, 4]
    assert sorted(each.status_code for each in defaults)[1:] == [409, 409, 409]
    assert sorted(each.json()["version"] for each in published) == [1, 2, 3, 4]
