"""API5:2023, broken function level authorization: whoever reads does not administer, by no way."""

from typing import Final

import httpx
import pytest

from gateway.docs.domain.operations import Operation, operations_of
from tests.security.conftest import Enter
from tests.security.test_access import EXPECTED

OPEN: Final = frozenset({"audit:read"})


async def kept(portal: httpx.AsyncClient) -> list[Operation]:
    """Return the gateway's operations that a permission is needed for."""
    merged = (await portal.get("/api/openapi.json")).json()
    found = [
        each
        for each in operations_of(merged)
        if each.service == "gateway" and EXPECTED["gateway"][each.id]["needs"]
    ]
    assert len(found) > 12
    return found


@pytest.mark.parametrize("role", ["reader", "teacher", "unit_head", "quality_office", "leader"])
async def test_nobody_but_an_administrator_administers(
    portal: httpx.AsyncClient, enter: Enter, role: str
) -> None:
    client = await enter(f"owasp-five-{role}", role)
    statuses = {
        each.id: (await client.request(each.method, each.target)).status_code
        for each in await kept(portal)
    }
    assert statuses == dict.fromkeys(statuses, 403)


async def test_no_other_spelling_of_a_method_or_path_opens_anything(
    enter: Enter,
) -> None:
    client = await enter("owasp-five-reader", "reader")
    key = {"name": "x", "subject": "system/x", "scopes": ["*"]}
    overrides = ("x-http-method-override", "x-method-override", "x-http-method")
    answers = [
        *[await client.get("/api/gateway/v1/keys", headers={each: "POST"}) for each in overrides],
        await client.post("/api/gateway/v1/keys", params={"_method": "GET"}, json=key),
        await client.get("/api/gateway/v1/keys/"),
        await client.get("/API/GATEWAY/V1/KEYS"),
        await client.get("/api/gateway/v1//keys"),
        await client.get("/api//gateway/v1/keys"),
        await client.get("/api/gateway/v1/%6beys"),
        await client.get("/api/datahub/v1/%2e%2e/%2e%2e/api/gateway/v1/keys"),
        await client.get("/api/gateway/v1/keys;x=1"),
        await client.get("/api/gateway/v1/keys%00"),
        await client.get("/api/gateway/v1/me", headers={"x-original-url": "/api/gateway/v1/keys"}),
    ]
    assert [each.status_code for each in answers if each.status_code == 200] == [200]
    assert answers[-1].json()["subject"] == "person/owasp-five-reader"
    assert {each.status_code for each in answers[:-1]} <= {400, 403, 404, 405, 422, 307}
    assert [each.headers["location"] for each in answers if each.status_code == 307] == []
