"""A refusal is one document with every fault, in the reader's language."""

import pytest
from httpx import AsyncClient

from shared.errors import ErrorKind
from shared.kit.problems import STATUS


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
    assert answer.json()["correlationId"] == answer.headers["x-request-id"] != ""


async def test_every_method_of_a_path_is_named_to_one_that_it_does_not_take(
    client: AsyncClient,
) -> None:
    answer = await client.delete("/items/1", headers={"accept-language": "en"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
    assert answer.json()["detail"] == "this path does not take DELETE, it takes GET, PUT"


def test_every_kind_of_error_has_a_status() -> None:
    assert set(STATUS) == set(ErrorKind)


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


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_parameter_that_is_given_twice_and_read_once_is_refused(
    client: AsyncClient, language: str
) -> None:
    words = {
        "zh": "给了不止一次，只读一个值",
        "en": "Given more than once, and one value is read",
    }
    headers = {"accept-language": language}

    answer = await client.post("/uploads?dryRun=true&dryRun=false", content=b"x", headers=headers)
    both = await client.get("/things?state=open&limit=1&limit=2&limit=2&x=1", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:invalid")
    assert answer.json()["validationErrors"] == {"query.dryRun": [words[language]]}
    assert both.json()["validationErrors"]["query.limit"] == [words[language]]
    assert "query.x" in both.json()["validationErrors"]


async def test_a_parameter_that_is_a_list_is_given_as_often_as_one_likes(
    client: AsyncClient,
) -> None:
    answer = await client.get("/lists?kind=a&kind=b")

    assert (answer.status_code, answer.json()) == (200, ["a", "b"])


async def test_parameters_of_models_and_dependencies_are_known(client: AsyncClient) -> None:
    answer = await client.get("/things", params={"state": "open", "sinceDay": "x", "limit": 3})

    assert answer.json() == ["open", "x", "3"]


async def test_a_path_without_parameters_says_so_and_health_takes_any(client: AsyncClient) -> None:
    answer = await client.get("/version/1?limit=1")
    health = await client.get("/healthz?probe=1")

    assert answer.json()["fixes"] == ["此路径没有查询参数 (this path takes no query parameters)"]
    assert (health.status_code, health.json()) == (200, "alive")
