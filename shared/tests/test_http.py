"""Requests and answers as every service understands them: who asks, which version, which path."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient
from joserfc.jwk import ECKey

from shared.errors import UnavailableError
from shared.kit.identity import (
    Caller,
    TokenSigner,
    TokenVerifier,
)
from shared.kit.middleware import RequestMiddleware
from shared.kit.problems import add_problem_handlers


async def test_a_request_id_that_is_no_id_is_replaced(client: AsyncClient) -> None:
    answer = await client.get("/version/1", headers={"x-request-id": "a b\u00e9".encode("latin-1")})  # type: ignore[dict-item]

    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("header", "status"),
    [('"3"', 304), ('W/"3"', 304), ('"2", "3"', 304), ("*", 304), ('"2"', 200), ("3", 200)],
)
async def test_an_unchanged_version_is_not_sent_again(
    client: AsyncClient, header: str, status: int
) -> None:
    answer = await client.get("/version/3", headers={"if-none-match": header})

    assert (answer.status_code, answer.headers["etag"]) == (status, '"3"')


@pytest.mark.parametrize(
    ("version", "headers", "status"),
    [
        (3, {}, 200),
        (3, {"if-match": '"3"'}, 200),
        (3, {"if-match": "*"}, 200),
        (3, {"if-match": '"2"'}, 412),
        (0, {"if-match": '"2"'}, 412),
        (0, {"if-match": "*"}, 412),
        (0, {"if-none-match": "*"}, 200),
        (3, {"if-none-match": "*"}, 412),
    ],
)
async def test_a_write_may_name_the_version_that_it_saw(
    client: AsyncClient, version: int, headers: dict[str, str], status: int
) -> None:
    assert (await client.put(f"/version/{version}", headers=headers)).status_code == status


CALLER = Caller(
    subject="person/T001",
    roles=frozenset({"teacher"}),
    scopes=frozenset({"thing:read"}),
    actor="system/portal",
)


async def test_a_token_of_the_gateway_says_who_asks(
    client: AsyncClient, signer: TokenSigner
) -> None:
    token = signer.sign(CALLER, "target")

    answer = await client.get("/me", headers={"authorization": f"bearer {token}"})

    assert answer.json() == {
        "subject": "person/T001",
        "actor": "system/portal",
        "roles": ["teacher"],
    }


async def test_a_token_for_one_request_is_worth_nothing_with_another(
    client: AsyncClient, signer: TokenSigner
) -> None:
    token = signer.sign(CALLER, "target", "request-1")
    headers = {"authorization": f"Bearer {token}"}
    told = {
        each: (await client.get("/me", headers=headers | {"x-request-id": each})).status_code
        for each in ("request-1", "request-2")
    }

    assert told == {"request-1": 200, "request-2": 401}
    assert (await client.get("/me", headers=headers)).status_code == 401


@pytest.mark.parametrize(("is_to_read", "status"), [(True, 401), (False, 200)])
async def test_a_token_to_read_with_writes_nothing(
    client: AsyncClient,
    signer: TokenSigner,
    is_to_read: bool,  # noqa: FBT001
    status: int,
) -> None:
    token = signer.sign(CALLER, "target", is_to_read=is_to_read)
    headers = {"authorization": f"Bearer {token}"}

    # What was verified once is remembered, and what it is for.
    told = [
        (await client.request(each, "/me", headers=headers)).status_code
        for each in ("PUT", "GET", "PUT")
    ]

    assert told == [status, 200, status]


async def test_a_caller_without_the_permission_is_refused(
    client: AsyncClient, signer: TokenSigner
) -> None:
    token = signer.sign(Caller(subject="person/x", scopes=frozenset({"thing:write"})), "target")

    answer = await client.get("/me", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 403


async def test_a_token_of_a_key_that_came_later_is_believed(
    tmp_path: Path, signer: TokenSigner
) -> None:
    """Keys are rotated: an unknown kid makes the service ask for the keys again."""
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    verifier = TokenVerifier(jwks.as_uri(), "target")
    await verifier.verify(signer.sign(CALLER, "target"))
    newer = ECKey.generate_key("P-256", auto_kid=True)
    rotated = TokenSigner({"keys": [newer.as_dict(private=True), *signer.public_keys()["keys"]]})
    jwks.write_text(json.dumps(rotated.public_keys()), encoding="utf-8")
    verifier._fetched -= 6

    assert await verifier.verify(rotated.sign(CALLER, "target")) == CALLER
    assert await verifier.verify(signer.sign(CALLER, "target")) == CALLER


async def test_keys_that_cannot_be_had_are_no_refusal(signer: TokenSigner) -> None:
    verifier = TokenVerifier("http://127.0.0.1:9/jwks.json", "target")

    with pytest.raises(UnavailableError):
        await verifier.verify(signer.sign(CALLER, "target"))


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({"thing:read"}, True),
        ({"thing:*"}, True),
        ({"*"}, True),
        ({"thing:write"}, False),
        ({"things:read"}, False),
        (set(), False),
    ],
)
def test_permissions_are_exact_or_whole(scopes: set[str], allowed: bool) -> None:  # noqa: FBT001
    assert Caller(subject="x", scopes=frozenset(scopes)).may("thing:read") is allowed


async def test_head_answers_as_get_without_a_body_and_of_what_only_takes_post_refuses(
    client: AsyncClient,
) -> None:
    for path in ("/things", "/refused/rule", "/nothing", "/items"):
        got, head = await client.get(path), await client.head(path)

        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == got.headers["content-length"]
    assert (await client.head("/items")).status_code == 405


@pytest.mark.parametrize(
    ("prefix", "before"),
    [("/api/target", "/api/target"), ("", ""), ("//evil.example", ""), ("http://evil", "")],
)
async def test_paths_in_answers_are_those_of_the_gateway(
    client: AsyncClient, prefix: str, before: str
) -> None:
    headers = {"x-forwarded-prefix": prefix}

    made = await client.post("/made", headers=headers)
    refused = await client.get("/refused/rule", headers=headers)
    unknown = await client.get("/nothing", headers=headers)

    assert made.headers["location"] == f"{before}/made/1"
    assert refused.json()["instance"] == f"{before}/refused/rule"
    assert unknown.json()["instance"] == f"{before}/nothing"


async def test_the_gateway_itself_believes_nobody_about_its_prefix() -> None:
    app = FastAPI()
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://kit") as anyone:
        refused = await anyone.get("/nothing", headers={"x-forwarded-prefix": "/api/target"})

    assert refused.json()["instance"] == "/nothing"


async def test_a_body_that_ends_too_soon_is_a_refusal_and_no_fault() -> None:
    app = FastAPI()
    add_problem_handlers(app)

    @app.post("/x")
    async def take(request: Request) -> None:
        await request.body()

    events = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/x",
        "query_string": b"",
        "headers": [(b"content-length", b"9"), (b"accept-language", b"en")],
    }
    await app(scope, receive, send)

    document = json.loads(sent[1]["body"])
    assert (sent[0]["status"], document["type"]) == (400, "urn:helix8:problem:body-cut-off")
    assert document["fixes"] == ["send the whole request again"]
