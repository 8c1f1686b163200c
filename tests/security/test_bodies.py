"""No body of any kind makes an operation answer 5xx, and every refusal is one problem document.

The operations come from the merged OpenAPI: one that is added is covered by itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.docs.domain import operations as docs
from gateway.docs.domain.operations import Operation, operations_of
from tests.conftest import Suite
from tests.security.bodies import JSON, LARGE, MALFORMED, Body, mutations

TOGETHER = 8
WRITES = {"POST", "PUT", "PATCH"}


@pytest.fixture
async def admin(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may do everything, so that it is the body that is refused."""
    who = {"login": "demo", "password": suite.secret("demo-password")}
    key = {"name": "bodies", "subject": "system/bodies", "scopes": ["*"]}
    async with httpx.AsyncClient(base_url=suite.url, timeout=60, trust_env=False) as client:
        own = {"origin": suite.url}
        answer = await client.post("/api/gateway/v1/sessions", json=who, headers=own)
        assert answer.status_code == 201, answer.text
        made = await client.post("/api/gateway/v1/keys", json=key, headers=own)
        assert made.status_code == 201, made.text
        client.headers["authorization"] = f"Bearer {made.json()['key']}"
        yield client


@pytest.fixture
async def merged(admin: httpx.AsyncClient) -> dict[str, Any]:
    """The OpenAPI document of the running suite."""
    answer = await admin.get("/api/openapi.json")
    document: dict[str, Any] = answer.json()
    assert len(document["x-services"]) == 6
    return document


def writes(merged: dict[str, Any]) -> list[Operation]:
    found = [each for each in operations_of(merged) if each.method in WRITES]
    assert len(found) > 15
    return found


async def ask(admin: httpx.AsyncClient, operation: Operation, body: Body) -> httpx.Response:
    headers = {"content-type": body.media} if body.media else {}
    return await admin.request(
        operation.method, operation.target, content=body.sent(), headers=headers
    )


async def send(
    admin: httpx.AsyncClient, operation: Operation, bodies: Iterable[Body]
) -> list[tuple[Body, httpx.Response]]:
    """Send bodies to an operation, a few at a time; what waits for another is sent again."""
    gate = asyncio.Semaphore(TOGETHER)

    async def one(body: Body) -> tuple[Body, httpx.Response]:
        async with gate:
            answer = await ask(admin, operation, body)
            while answer.status_code == 503 and "retry-after" in answer.headers:
                await asyncio.sleep(int(answer.headers["retry-after"]))
                answer = await ask(admin, operation, body)
        return body, answer

    return list(await asyncio.gather(*(one(body) for body in bodies)))


def what_is_wrong(answer: httpx.Response, types: Collection[str]) -> str | None:
    """Return why an answer is no honest one; None when it is."""
    if answer.status_code < 400:
        return None
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status_code} {answer.headers.get('content-type')}"
    said = answer.json()
    if said["type"] not in types:
        return f"{answer.status_code} of the unknown type {said['type']}"
    is_whole = said["title"] and said["correlationId"] == answer.headers["x-request-id"]
    return None if is_whole and said["status"] == answer.status_code else f"half: {said}"


def types_of(merged: dict[str, Any], service: str) -> set[str]:
    """Return the types of refusal that a service tells, and the gateway before it."""
    return {each["type"] for name in (service, "gateway") for each in merged["x-problems"][name]}


def mutations_of(body: docs.Body, every: int) -> Iterator[Body]:
    """Yield mutations of the documented example of a body, in every field that it has."""
    example = json.loads(body.example or "{}")
    fields = {row.path for row in body.rows if row.path.isidentifier()}
    shown = set(example) if isinstance(example, dict) else set()
    return mutations(example, sorted(fields - shown), every=every)


@pytest.fixture
def every(request: pytest.FixtureRequest) -> int:
    """Put every fifteenth value in a place, and with ``--soak`` each."""
    return 1 if request.config.getoption("--soak") else 15


OF_FILES = {"upload_evidence"}
"""Takes a file of any content that is a document: text is one."""

BY_ITEM = {"post_learning_events"}
"""Takes a list of any length, and answers for each item: one that is none is refused alone."""


async def test_no_body_that_is_none_is_taken_or_breaks_anything(
    admin: httpx.AsyncClient, merged: dict[str, Any]
) -> None:
    wrong = []
    told: set[str] = set()
    for operation in writes(merged):
        if operation.id in OF_FILES:
            continue
        large = () if operation.service in told else LARGE
        told.add(operation.service)
        for body, answer in await send(admin, operation, [*MALFORMED, *large]):
            fault = what_is_wrong(answer, types_of(merged, operation.service))
            by_item = operation.id in BY_ITEM
            fault = fault or ("taken" if answer.is_success and not by_item else None)
            wrong += [f"{operation.method} {operation.path}, {body.name}: {fault}"] if fault else []

    assert wrong == []


async def test_no_value_in_any_place_of_a_document_breaks_anything(
    admin: httpx.AsyncClient, merged: dict[str, Any], every: int
) -> None:
    samples = [
        (operation, body)
        for operation in writes(merged)
        for body in operation.bodies
        if body.media == JSON
    ]

    wrong = []
    for operation, sample in samples:
        for body, answer in await send(admin, operation, mutations_of(sample, every)):
            fault = what_is_wrong(answer, types_of(merged, operation.service))
            wrong += [f"{operation.path}, {body.name}: {fault}"] if fault else []

    assert wrong == []


async def test_what_many_put_at_once_breaks_nothing(
    admin: httpx.AsyncClient, merged: dict[str, Any]
) -> None:
    """A row that is not there yet cannot be locked: all but one have to wait for the one."""
    samples = [
        (replace(operation, target=operation.target + more), body)
        for operation in writes(merged)
        for body in operation.bodies
        for more in ("", "9" if operation.target[-1].isdigit() else "x")
        if operation.method == "PUT" and body.media == JSON and body.example
    ]
    assert len(samples) > 40

    wrong = []
    for operation, sample in samples:
        same = [Body("the same", (sample.example or "").encode(), JSON)] * TOGETHER
        for body, answer in await send(admin, operation, same):
            fault = what_is_wrong(answer, types_of(merged, operation.service))
            wrong += [f"{operation.target}, {body.name}: {fault}"] if fault else []

    assert wrong == []


async def test_no_lines_of_records_break_anything(
    admin: httpx.AsyncClient, merged: dict[str, Any], every: int
) -> None:
    """Records are taken line by line: a bad line is put aside, and is no refusal."""
    [operation] = [each for each in writes(merged) if each.id == "post_batch"]
    feed = {"feed": "example.dorm", "source": "student_affairs", "entity": "dorm_check"}
    fields = {"student_no": {"from": "XH"}, "checked_on": {"from": "CQSJ"}, "state": {"from": "ZT"}}
    answer = await admin.put("/api/datahub/v1/feeds/example.dorm", json={**feed, "fields": fields})
    assert answer.status_code in {200, 201}, answer.text
    record = {"XH": "20260001", "CQSJ": "2026-11-20", "ZT": "1"}
    lines = [
        *(body.content for body in MALFORMED),
        *(b.content for b in mutations(record, every=every)),
    ]
    sent = [Body("line", each, kind.media) for each in lines for kind in operation.bodies]
    to_the_feed = replace(operation, target="/api/datahub/v1/batches?feed=example.dorm")

    wrong = []
    for body, answer in await send(admin, to_the_feed, sent):
        fault = what_is_wrong(answer, types_of(merged, "datahub"))
        wrong += [f"{body.media} {body.content[:60]!r}: {fault}"] if fault else []

    assert wrong == []
