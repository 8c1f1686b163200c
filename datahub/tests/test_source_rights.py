"""A source system pushes its own records, and nobody else's."""

from typing import Any

import pytest

from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("subject", "scope", "status"),
    [
        ("system/hr", "datahub:write", 403),
        ("system/academic", "datahub:write", 200),
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
        assert one.json()["fixes"] == ["source=hr"]
