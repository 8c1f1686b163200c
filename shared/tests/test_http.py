"""The edge: strict JSON, one shape of every refusal in two languages, pages, tags, callers."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from httpx import ASGITransport, AsyncClient
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field

from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.app import new_router
from shared.kit.etags import Expect, is_not_modified
from shared.kit.identity import (
    Caller,
    TokenSigner,
    TokenVerifier,
    current_caller,
    require,
)
from shared.kit.middleware import MAX_JSON_BODY, RequestMiddleware
from shared.kit.paging import (
    Page,
    PageTokenError,
    after_number,
    after_text,
    answer_page,
    decode_token,
    encode_token,
    page,
    question_of,
)
from shared.kit.problems import STATUS, add_problem_handlers

NUMBERS = list(range(1, 8))


class Item(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    weight: float
    count: int = 0
    strict: Annotated[bool, Field(strict=True)] = False


class Filter(BaseModel):
    """Which things are wanted."""

    state: Literal["open", "closed"] | None = None
    since_day: Annotated[str | None, Field(alias="sinceDay")] = None


class RefusedError(DomainError):
    """A refusal of these tests."""

    kind = ErrorKind.CONFLICT
    code = "refused"
    title_zh = "拒绝"
    title_en = "Refused"


def make_app(jwks_url: str) -> FastAPI:  # noqa: C901 — one small route for each rule
    app = FastAPI()
    router = new_router()

    @router.post("/items")
    async def post_item(item: Item) -> Item:
        return item

    @router.get("/refused/{kind}")
    async def refused(kind: str) -> None:
        if kind == "unavailable":
            raise UnavailableError("暂时不可用", "away for now", retry_after=7)
        raise RefusedError("不行", "it will not do", fields={"$.a": ["wrong"]}, fixes=["mend it"])

    @router.get("/numbers")
    async def numbers(response: Response, wanted: Annotated[Page, Depends(page)]) -> list[int]:
        after = after_number(wanted) or 0
        found = [each for each in NUMBERS if each > after][wanted.offset :][: wanted.limit]
        total = len(NUMBERS) if wanted.total_count else None
        more = [found[-1]] if found and found[-1] < NUMBERS[-1] else None
        answer_page(response, wanted, total=total, next_after=more)
        return found

    @router.get("/version/{version}")
    async def version(request: Request, response: Response, version: int) -> Any:
        if is_not_modified(request, response, version):
            return Response(status_code=304, headers=dict(response.headers))
        return {"version": version}

    @router.put("/version/{version}")
    async def put_version(expect: Expect, version: int) -> dict[str, str]:
        expect(version or None)
        return {"done": "yes"}

    @router.get("/things")
    async def things(
        only: Annotated[Filter, Query()], wanted: Annotated[Page, Depends(page)]
    ) -> list[str]:
        return [str(only.state), str(only.since_day), str(wanted.limit)]

    @router.post("/uploads")
    async def upload(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    ) -> dict[str, Any]:
        return {"bytes": len(await request.body()), "dry_run": dry_run}

    @router.post("/made")
    async def made(response: Response) -> None:
        response.headers["Location"] = "/made/1"

    plain = APIRouter()

    @plain.get("/healthz")
    async def healthz() -> str:
        return "alive"

    @router.get("/me", dependencies=[Depends(current_caller)])
    async def me(caller: Annotated[Caller, Depends(require("thing:read"))]) -> dict[str, Any]:
        return {"subject": caller.subject, "actor": caller.actor, "roles": sorted(caller.roles)}

    app.include_router(router)
    app.include_router(plain)
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware, behind_gateway=True)
    app.state.verifier = TokenVerifier(jwks_url, "target")
    return app


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


@pytest.fixture(scope="module")
def signer(key: ECKey) -> TokenSigner:
    return TokenSigner({"keys": [key.as_dict(private=True)]})


@pytest_asyncio.fixture
async def client(tmp_path: Path, signer: TokenSigner) -> AsyncIterator[AsyncClient]:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    transport = ASGITransport(make_app(jwks.as_uri()), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://kit") as opened:
        yield opened


async def post(client: AsyncClient, body: bytes, **headers: str) -> Response:
    return await client.post(  # type: ignore[return-value]
        "/items", content=body, headers={"content-type": "application/json", **headers}
    )


def deep(levels: int) -> bytes:
    return b'{"name":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Field required"),
        (b"{", "line 1 column 2"),
        (deep(900), "nested deeper than 32"),
        (deep(100_000), "nested deeper than 32"),
        (b'{"name": "a", "weight": NaN}', "NaN is no JSON number"),
        (b'{"name": "a", "weight": -Infinity}', "-Infinity is no JSON number"),
        (b'{"name": "a", "weight": 1e999}', "a number is too large"),
        (b'{"name": "\\ud800", "weight": 1}', "NUL or a lone surrogate"),
        (b'{"name": "a\\u0000b", "weight": 1}', "NUL or a lone surrogate"),
        (b'{"a\\u0000b": 1}', "NUL or a lone surrogate"),
        (b'{"name": "a", "weight": 1' + b"0" * 400 + b"}", "beyond 64 bits"),
        (b'{"name": "a", "count": 9223372036854775808}', "beyond 64 bits"),
        (b'{"name": "a", "name": "b", "weight": 1}', "'name' occurs twice"),
        ('{"name": "a", "weight": 1}'.encode("utf-16"), "is not UTF-8"),
        ('{"name": "姓名"}'.encode("gb18030"), "is not UTF-8"),
    ],
)
async def test_json_that_cannot_be_taken_is_refused_with_its_place(
    client: AsyncClient, body: bytes, words: str
) -> None:
    answer = await post(client, body, **{"accept-language": "en"})

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text  # type: ignore[attr-defined]


async def test_a_fault_of_json_is_told_in_chinese(client: AsyncClient) -> None:
    answer = await post(client, b"{")

    assert answer.json()["detail"] == "第 1 行第 2 列不是合法的 JSON"  # type: ignore[attr-defined]
    [reason] = answer.json()["validationErrors"]["$"]  # type: ignore[attr-defined]
    assert reason.startswith("第 1 行第 2 列不是合法的 JSON (line 1 column 2: ")


async def test_json_at_the_limits_is_taken(client: AsyncClient) -> None:
    body = b'{"name": "\\ud83d\\ude00", "weight": 1e308, "count": 9223372036854775807}'

    answer = await client.post("/items", content=body, headers={"content-type": "application/json"})

    assert answer.json() == {
        "name": "😀",
        "weight": 1e308,
        "count": 9223372036854775807,
        "strict": False,
    }


@pytest.mark.parametrize("path", ["/items", "/nowhere"])
async def test_a_refused_body_is_read_to_its_end_so_that_the_answer_is_seen(
    client: AsyncClient, path: str
) -> None:
    """Who is still writing when the connection closes sees a broken one, and no answer."""
    pieces = MAX_JSON_BODY // 65_536 + 40
    sent = 0

    async def too_large() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(pieces):
            sent += 1
            yield b" " * 65_536

    answer = await client.post(
        path, content=too_large(), headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (
        (413, "too-large") if path == "/items" else (404, "not-found")
    )
    assert sent == pieces


async def test_every_field_error_is_told_at_once(client: AsyncClient) -> None:
    body = {"name": "", "weight": "heavy", "count": 1, "strict": "yes", "colour": "red"}

    answer = await client.post("/items", json=body)

    assert answer.status_code == 422
    places = ["$.name", "$.weight", "$.strict", "$.colour"]
    assert list(answer.json()["validationErrors"]) == places
    assert answer.json()["title"] == "内容不合要求"
    assert answer.json()["detail"].startswith("请检查：$.name")


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        (None, "拒绝", "不行"),
        ("zh-CN,en;q=0.5", "拒绝", "不行"),
        ("en-GB,zh;q=0.5", "Refused", "it will not do"),
        ("fr, en", "Refused", "it will not do"),
        ("fr", "拒绝", "不行"),
    ],
)
async def test_a_refusal_is_one_document_in_the_readers_language(
    client: AsyncClient, language: str | None, title: str, detail: str
) -> None:
    headers = {"x-request-id": "r-1"} | ({"accept-language": language} if language else {})

    answer = await client.get("/refused/rule", headers=headers)

    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:helix8:problem:refused",
        "title": title,
        "status": 409,
        "detail": detail,
        "instance": "/refused/rule",
        "correlationId": "r-1",
        "validationErrors": {"$.a": ["wrong"]},
        "fixes": ["mend it"],
    }
    assert answer.headers["x-request-id"] == "r-1"


async def test_what_passes_by_itself_says_when_to_try_again(client: AsyncClient) -> None:
    answer = await client.get("/refused/unavailable")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("DELETE", "/items", 405, "method-not-allowed"),
        ("GET", "/version/x", 422, "invalid"),
        ("GET", "/me", 401, "unauthenticated"),
        ("GET", "/version/1?a=%00", 400, "malformed"),
        ("GET", "/refused/a%00b", 400, "malformed"),
    ],
)
async def test_the_frameworks_refusals_have_the_same_shape(
    client: AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:helix8:problem:{code}"
    assert set(answer.json()) >= {"title", "detail", "instance", "validationErrors", "fixes"}


def test_every_kind_of_error_has_a_status() -> None:
    assert set(STATUS) == set(ErrorKind)


async def test_a_request_id_that_is_no_id_is_replaced(client: AsyncClient) -> None:
    answer = await client.get("/version/1", headers={"x-request-id": "a b\u00e9".encode("latin-1")})  # type: ignore[dict-item]

    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("dry_run", "写作 dryRun (it is called dryRun)"),
        ("DRYRUN", "写作 dryRun (it is called dryRun)"),
        ("dryrum", "写作 dryRun (it is called dryRun)"),
        ("colour", "可用的查询参数：dryRun (known parameters)"),
        ("", "可用的查询参数：dryRun (known parameters)"),
    ],
)
async def test_an_unknown_query_parameter_is_refused_and_the_right_one_named(
    client: AsyncClient, name: str, fix: str
) -> None:
    answer = await client.post("/uploads", params={name: "true"}, content=b"x")

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:invalid")
    assert answer.json()["validationErrors"] == {f"query.{name}": ["未知的查询参数"]}
    assert answer.json()["fixes"] == [fix]


async def test_every_fault_of_a_query_is_told_at_once(client: AsyncClient) -> None:
    answer = await client.get("/things?State=open&state=ajar&limit=0&a=1&a=2&sinceDay=x")

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == [
        "query.State",
        "query.a",
        "query.state",
        "query.limit",
    ]
    known = "limit, offset, pageSize, pageToken, sinceDay, state, totalCount"
    assert answer.json()["fixes"] == [
        "写作 state (it is called state)",
        f"可用的查询参数：{known} (known parameters)",
    ]


async def test_parameters_of_models_and_dependencies_are_known(client: AsyncClient) -> None:
    answer = await client.get("/things", params={"state": "open", "sinceDay": "x", "limit": 3})

    assert answer.json() == ["open", "x", "3"]


async def test_a_path_without_parameters_says_so_and_health_takes_any(client: AsyncClient) -> None:
    answer = await client.get("/version/1?limit=1")
    health = await client.get("/healthz?probe=1")

    assert answer.json()["fixes"] == ["此路径没有查询参数 (this path takes no query parameters)"]
    assert (health.status_code, health.json()) == (200, "alive")


@pytest.mark.parametrize("coding", ["gzip", "identity, br", "GZIP", "deflate"])
@pytest.mark.parametrize("path", ["/items", "/uploads"])
async def test_a_compressed_body_is_refused_before_it_is_read(
    client: AsyncClient, path: str, coding: str
) -> None:
    answer = await client.post(
        path,
        content=b"\x1f\x8b",
        headers={"content-type": "application/json", "content-encoding": coding},
    )

    assert (answer.status_code, answer.json()["type"]) == (415, "urn:helix8:problem:content-coding")
    assert answer.json()["validationErrors"] == {"header.content-encoding": ["identity"]}


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
async def test_a_body_as_it_is_is_read(client: AsyncClient, coding: str) -> None:
    answer = await client.post("/uploads", content=b"x", headers={"content-encoding": coding})

    assert answer.json() == {"bytes": 1, "dry_run": False}


@pytest.mark.parametrize(
    "charset", ["gbk", "utf-16", "iso-8859-1", "no-such", "base64", '"gb18030"']
)
async def test_json_in_another_charset_is_refused(client: AsyncClient, charset: str) -> None:
    answer = await post(client, b"{}", **{"content-type": f"application/json; charset={charset}"})

    assert answer.status_code == 415
    document = answer.json()  # type: ignore[attr-defined]
    assert document["type"] == "urn:helix8:problem:charset"
    assert document["fixes"] == ["Content-Type: application/json; charset=utf-8"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"Utf-8"', "us-ascii", "utf-8-sig"])
async def test_json_that_says_it_is_utf_8_is_read(client: AsyncClient, charset: str) -> None:
    body = b'{"name": "a", "weight": 1}'

    answer = await post(client, body, **{"content-type": f"application/json; charset={charset}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ";;=/"])
async def test_a_body_of_another_type_is_told_which_is_read(client: AsyncClient, kind: str) -> None:
    answer = await post(client, b'{"name": "a"}', **{"content-type": kind})

    assert answer.status_code == 415
    document = answer.json()  # type: ignore[attr-defined]
    assert document["type"] == "urn:helix8:problem:unsupported"
    assert document["fixes"] == ["Content-Type: application/json"]


async def test_pages_by_offset(client: AsyncClient) -> None:
    answer = await client.get("/numbers", params={"limit": 3, "offset": 5, "totalCount": True})

    assert (answer.json(), answer.headers["total-count"]) == ([6, 7], "7")
    assert "next-page-token" not in answer.headers


async def test_pages_by_token_end_without_one(client: AsyncClient) -> None:
    first = await client.get("/numbers", params={"pageSize": 4})
    second = await client.get(
        "/numbers", params={"pageSize": 4, "pageToken": first.headers["next-page-token"]}
    )

    assert (first.json(), second.json()) == ([1, 2, 3, 4], [5, 6, 7])
    assert "next-page-token" not in second.headers


async def test_the_two_styles_of_paging_never_mix(client: AsyncClient) -> None:
    answer = await client.get("/numbers", params={"limit": 1, "pageSize": 1})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:helix8:problem:paging-mixed")


def test_a_token_carries_the_last_row() -> None:
    assert decode_token(encode_token(["a/学", 5], "q"), "q") == ["a/学", 5]
    assert "=" not in encode_token(["a"], "q")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/staff", [("order", "asc")]),
        ("/v1/student", [("order", "desc")]),
        ("/v1/student", [("order", "asc"), ("name", "x")]),
        ("/v1/student", []),
    ],
)
def test_a_token_is_refused_for_another_question(path: str, query: list[tuple[str, str]]) -> None:
    asked = question_of("/v1/student", [("pageSize", "9"), ("order", "asc")])
    token = encode_token(["a"], asked)

    assert decode_token(token, question_of("/v1/student", [("order", "asc")])) == ["a"]
    with pytest.raises(PageTokenError, match="another question"):
        decode_token(token, question_of(path, query))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "学",
        "%%%",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1").decode(),
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
    ],
)
def test_a_token_of_nobody_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError):
        decode_token(token, "q")


@pytest.mark.parametrize("after", [[], [1, 2], [True], [1.5], [None], ["1"], [2**63], [[1]]])
def test_a_token_with_other_contents_is_refused(after: list[Any]) -> None:
    wanted = Page(limit=1, offset=0, total_count=False, after=after, by_token=True, question="q")

    with pytest.raises(PageTokenError):
        after_number(wanted)
    if after != ["1"]:
        with pytest.raises(PageTokenError):
            after_text(wanted)


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
