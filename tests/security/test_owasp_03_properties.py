"""API3:2023, broken object property level authorization: nothing set that is not one's to set."""

from typing import Any

import httpx
import pytest

from tests.conftest import Suite
from tests.security.conftest import PASSWORD, Enter

ACCOUNT = {
    "login": "owasp-three",
    "subject": "person/owasp-three",
    "name": "李四",
    "password": PASSWORD,
    "roles": ["reader"],
}
KEY = {"name": "教务", "subject": "system/academic", "scopes": ["datahub:read"]}


@pytest.mark.parametrize(
    ("path", "body", "more"),
    [
        ("/api/gateway/v1/accounts", ACCOUNT, {"password_hash": "$argon2id$x"}),
        ("/api/gateway/v1/accounts", ACCOUNT, {"is_admin": True}),
        ("/api/gateway/v1/keys", KEY, {"id": "demo0001", "key": "h8k_x"}),
        ("/api/gateway/v1/keys", KEY, {"created_by": "person/other"}),
        ("/api/gateway/v1/sessions", {"login": "demo", "password": "x"}, {"roles": ["admin"]}),
        ("/api/gateway/v1/me/role", {"role": "admin"}, {"scopes": ["*"]}),
        ("/api/target/v1/goals", {"key": "k", "title": "t", "scope": "school/X"}, {"state": "x"}),
        ("/api/spiral/v1/cycles", {"key": "k", "scope": "school/X"}, {"step": "closed"}),
    ],
)
async def test_a_field_that_is_not_the_callers_is_refused_by_name(
    root: httpx.AsyncClient, path: str, body: dict[str, Any], more: dict[str, Any]
) -> None:
    answer = await root.post(path, json={**body, **more})
    assert answer.status_code == 422, answer.text
    assert {f"$.{name}" for name in more} <= set(answer.json()["validationErrors"])


async def test_no_answer_tells_a_secret_or_what_is_stored_of_one(
    suite: Suite, root: httpx.AsyncClient, enter: Enter
) -> None:
    made = (await root.post("/api/gateway/v1/keys", json=KEY)).json()
    client = await enter("owasp-props", "reader")
    pages = [
        await root.get(f"/api/gateway/v1/{each}")
        for each in ("accounts", "keys", "sessions", "me", "audit?limit=200", "grants")
    ]
    pages += [await client.get("/api/gateway/v1/me"), await root.get("/api/datahub/v1/feeds")]
    cookie = next(iter(root.cookies.values()))
    secrets = [made["key"].split("_", 2)[2], PASSWORD, "argon2", cookie, suite.secret("demo-key")]

    assert {each.status_code for each in pages} == {200}
    assert [
        (secret[:6], str(page.url)) for page in pages for secret in secrets if secret in page.text
    ] == []


async def test_a_key_gets_nothing_that_its_maker_has_not(
    root: httpx.AsyncClient, enter: Enter
) -> None:
    client = await enter("owasp-maker", "reader")
    assert (await client.post("/api/gateway/v1/keys", json=KEY)).status_code == 403
    grant = {"person": "person/owasp-maker", "role": "admin", "reason": "x"}
    assert (await client.post("/api/gateway/v1/grants", json=grant)).status_code == 403
    assert (await client.get("/api/gateway/v1/me")).json()["roles"] == ["reader"]
    assert (await root.get("/api/gateway/v1/me")).json()["roles"] == ["admin"]
