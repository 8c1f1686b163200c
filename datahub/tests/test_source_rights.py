"""A source system pushes its own records, and nobody else's."""

import asyncio
from typing import Any

import pytest

from datahub.systems.schemas import NewKey
from datahub.systems.usecases import make_key
from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("subject", "scope", "status"),
    [
        ("system/hr", "datahub:write", 403),
        ("system/academic", "datahub:write", 200),
        ("system/nobody", "datahub:write", 403),
        ("system/demo", "datahub:*", 200),
        ("person/T001", "datahub:write", 200),
    ],
)
async def test_a_system_pushes_by_its_own_feeds_alone(
    hub: Any, signing_keys: tuple[TokenSigner, str], subject: str, scope: str, status: int
) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None}, source="academic")
    caller = Caller(subject=subject, scopes=frozenset({scope}))
    bearer = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
    row = {"course_code": hub.name("S"), "name": "x"}

    batch = await hub.post(feed, '{"course_code": "B", "name": "x"}', headers=bearer)
    one = await hub.client.post(
        "/v1/records/course", params={"feed": feed}, json=row, headers=bearer
    )

    assert batch.status_code == status
    assert one.status_code == {200: 201}.get(status, status)
    if status == 403:
        assert {each.json()["type"] for each in (batch, one)} == {
            "urn:helix8:problem:foreign-source"
        }
        assert one.json()["fixes"] == [f"source={subject.removeprefix('system/')}"]


async def test_a_system_that_gets_a_key_while_it_is_saved_is_not_the_one_that_was_seen(
    hub: Any,
) -> None:
    await hub.register("gym")
    as_seen = {"json": {"name_zh": "体育馆", "name_en": "Gym"}, "headers": {"If-Match": '"1"'}}
    async with hub.database.transaction() as tx:
        await make_key(tx, "gym", NewKey(), "person/T001")
        saving = asyncio.create_task(hub.client.put("/v1/source-systems/gym", **as_seen))
        await hub.until(lambda: hub.sql("SELECT pid FROM pg_locks WHERE NOT granted"))

    assert ((await saving).status_code, (await saving).headers["etag"]) == (412, '"2"')
