"""Feeds are versioned, one is the default, and who saves at once takes turns."""

import asyncio
from typing import Any

import pytest

from datahub.indicators.api import EXAMPLE
from datahub.tests.pushing import COURSE, Ledger

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
