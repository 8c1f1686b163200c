"""What a route would not read is refused by name: query parameters, codings, charsets."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI, Query
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel

from shared.kit.app import new_router
from shared.kit.middleware import RequestMiddleware
from shared.kit.paging import Page, page
from shared.kit.problems import add_problem_handlers


class Item(BaseModel):
    """A body."""

    name: str


@pytest_asyncio.fixture
async def client() -> AsyncIterator[AsyncClient]:
    app, router = FastAPI(), new_router()

    @router.post("/items")
    async def post_item(
        item: Item,
        dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    ) -> dict[str, Any]:
        return {"name": item.name, "dry_run": dry_run}

    @router.get("/items")
    async def list_items(wanted: Annotated[Page, Depends(page)]) -> int:
        return wanted.limit

    @router.get("/nothing")
    async def nothing() -> None:
        return None

    app.include_router(router)
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_misspelt_parameter_is_refused_and_its_name_is_offered(client: AsyncClient) -> None:
    answer = await client.post("/items", params={"dry_run": "true"}, json={"name": "x"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:invalid")
    assert set(answer.json()["validationErrors"]) == {"query.dry_run"}
    assert answer.json()["fixes"] == ["写作 dryRun (it is called dryRun)"]
    right = await client.post("/items", params={"dryRun": "true"}, json={"name": "x"})
    assert right.json() == {"name": "x", "dry_run": True}


async def test_every_fault_of_a_query_is_told_at_once(client: AsyncClient) -> None:
    answer = await client.get("/items", params={"limit": "0", "colour": "red", "Limit": "1"})

    assert answer.status_code == 422
    assert set(answer.json()["validationErrors"]) == {"query.limit", "query.colour", "query.Limit"}
    assert answer.json()["fixes"] == [
        "可用的查询参数：limit, offset, pageSize, pageToken, totalCount (known parameters)",
        "写作 limit (it is called limit)",
    ]


async def test_a_path_without_parameters_says_so(client: AsyncClient) -> None:
    answer = await client.get("/nothing", params={"x": "1"})

    assert answer.status_code == 422
    assert answer.json()["fixes"] == ["此路径没有查询参数 (this path takes no query parameters)"]


@pytest.mark.parametrize("coding", ["gzip", "identity, br"])
async def test_a_coded_body_is_not_read_as_it_lies(client: AsyncClient, coding: str) -> None:
    headers = {"content-encoding": coding, "content-type": "application/json"}
    answer = await client.post("/items", content=b'{"name": "x"}', headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (415, "urn:helix8:problem:content-coding")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=gb18030", 415),
        ("application/json; charset=no-such-charset", 415),
        ("application/json; charset=UTF-8", 200),
        ("application/json;charset=us-ascii", 200),
        ("application/json", 200),
    ],
)
async def test_json_is_utf_8(client: AsyncClient, kind: str, status: int) -> None:
    answer = await client.post("/items", content=b'{"name": "x"}', headers={"content-type": kind})

    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["type"] == "urn:helix8:problem:charset"
        assert answer.json()["fixes"] == ["Content-Type: application/json; charset=utf-8"]
