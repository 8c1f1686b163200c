"""What the documentation shows can be sent as it stands, in the order of a college that begins."""

from typing import Any
from urllib.parse import quote

import pytest

from datahub.indicators.api import EXAMPLE as INDICATOR
from datahub.ingest.api.feeds import EXAMPLE as FEED
from datahub.pulls.api import EXAMPLE as PULL
from datahub.quality.api import EXAMPLE as RULE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAVED = (
    (f"feeds/{FEED['feed']}", FEED),
    (f"indicators/{INDICATOR['indicator']}", INDICATOR),
    (f"quality/rules/{RULE['rule']}", RULE),
    (f"feeds/{FEED['feed']}/pull", PULL),
)


async def test_the_documents_of_the_examples_are_taken(hub: Any) -> None:
    answers = [await hub.client.put(f"/v1/{path}", json=document) for path, document in SAVED]

    assert [
        (each.status_code, each.text[:200]) for each in answers if each.status_code != 201
    ] == []


@pytest.mark.parametrize("path", ["/v1/records/{entity}/{key}", "/v1/history/{entity}/{key}"])
async def test_the_record_of_the_examples_has_a_key_of_its_entity(hub: Any, path: str) -> None:
    document = (await hub.client.get("/v1/openapi.json")).json()
    operation = document["paths"][path]["get"]
    shown = {
        each["name"]: (each.get("examples") or each["schema"].get("examples"))[0]
        for each in operation["parameters"]
        if each["in"] == "path"
    }
    feed = await hub.feed("course", {"course_code": None, "name": None})
    await hub.push(feed, {"course_code": "C0001", "name": "建筑力学"})
    await hub.settled()

    found = await hub.client.get(path.format(**{k: quote(v) for k, v in shown.items()}))

    assert shown["entity"] == "course"
    assert (found.status_code, bool(found.json())) == (200, True)
