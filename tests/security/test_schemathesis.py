"""What schemathesis makes of the merged OpenAPI, asked as each role: only what is documented.

A success has a documented status and the documented shape; a refusal is a problem of a type that
its service tells; nothing is a 5xx. A part of the operations is asked as an administrator and as
another role; with ``--soak`` each of them as every role, many times.
"""

import asyncio
import itertools
import random
import warnings
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import NonInteractiveExampleWarning
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance

from gateway.access.domain.roles import PERMISSIONS
from tests.conftest import Suite
from tests.security.test_bodies import types_of, what_is_wrong

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES: Final = ("datahub", "target", "spiral", "alert", "report", "gateway")
ENDLESS: Final = frozenset({"alerts_stream"})
"""Answers for as long as one listens."""

OURS: Final = frozenset({"end_all_sessions", "revoke_key", "rotate_key", "disable_account"})
"""Could end what asks, by a lucky guess."""

TOGETHER: Final = 8
PART: Final = 3
"""Every so manieth operation is asked without ``--soak``."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(suite: Suite) -> dict[str, str]:
    """A key with the permissions of each role; a key is never everywhere by accident."""
    who = {"login": "demo", "password": suite.secret("demo-password")}
    own = {"origin": suite.url}
    made = {}
    async with httpx.AsyncClient(base_url=suite.url, timeout=60, trust_env=False) as client:
        answer = await client.post("/api/gateway/v1/sessions", json=who, headers=own)
        assert answer.status_code == 201, answer.text
        for role, permissions in PERMISSIONS.items():
            key = {"name": role, "subject": f"system/{role}", "scopes": sorted(permissions)}
            answer = await client.post("/api/gateway/v1/keys", json=key, headers=own)
            assert answer.status_code == 201, answer.text
            made[role] = answer.json()["key"]
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def merged(suite: Suite) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=suite.url, timeout=60, trust_env=False) as client:
        document: dict[str, Any] = (await client.get("/api/openapi.json")).json()
    assert len(document["x-services"]) == 6
    return document


def cases_of(operation: Any, number: int) -> list[Case]:
    """Return so many cases of an operation, the same ones in every run."""
    found: list[Case] = []

    @seed(1)
    @settings(
        max_examples=number,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(case=operation.as_strategy())
    def collect(case: Case) -> None:
        found.append(case)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        collect()
    return found


def asked(
    merged: dict[str, Any], service: str, number: int, every: int
) -> Iterator[tuple[str, Case]]:
    """Yield cases of a service's operations, with their operationId."""
    schema = schemathesis.openapi.from_dict(merged)
    operations = [each.ok() for each in schema.get_all_operations()]
    named = {each.definition.raw["operationId"].partition(".")[::2]: each for each in operations}
    mine = sorted(short for owner, short in named if owner == service)
    for short in mine[::every]:
        if short not in ENDLESS | OURS:
            for case in cases_of(named[service, short], number):
                yield short, case


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_is_a_documented_one_whatever_is_asked(
    suite: Suite,
    merged: dict[str, Any],
    keys: dict[str, str],
    service: str,
    request: pytest.FixtureRequest,
) -> None:
    soak = request.config.getoption("--soak")
    roles = itertools.cycle(random.Random(service).sample(sorted(keys), len(keys)))  # noqa: S311
    number, every = (20, 1) if soak else (2, PART)
    cases = await asyncio.to_thread(list, asked(merged, service, number, every))
    as_whom = [
        (name, case, role)
        for name, case in cases
        for role in (sorted(keys) if soak else ("admin", next(roles)))
    ]
    gate = asyncio.Semaphore(TOGETHER)
    types = types_of(merged, service)

    async with httpx.AsyncClient(base_url=suite.url, timeout=60, trust_env=False) as client:

        async def ask(name: str, case: Case, role: str) -> str | None:
            async with gate:
                try:
                    answer = await answered(client, sent(case, f"Bearer {keys[role]}"))
                except (httpx.LocalProtocolError, UnicodeEncodeError):
                    return None  # what no client can send
            wrong = fault_of(answer, case, types)
            return f"{role}: {case.method} {name} {answer.request.url}: {wrong}" if wrong else None

        found = await asyncio.gather(*(ask(*each) for each in as_whom))

    assert len({name for name, *_ in as_whom}) >= 5
    assert [each for each in found if each] == []


async def answered(client: httpx.AsyncClient, what: dict[str, Any]) -> httpx.Response:
    """Ask; what waits for another is asked again."""
    answer = await client.request(**what)
    for _ in range(5):
        if answer.status_code != 503 or "retry-after" not in answer.headers:
            break
        await asyncio.sleep(int(answer.headers["retry-after"]))
        answer = await client.request(**what)
    return answer


def sent(case: Case, authorization: str) -> dict[str, Any]:
    """Return a case as httpx sends it."""
    prepared = case.as_transport_kwargs(base_url="http://h")
    headers = {
        str(name): str(value)
        for name, value in dict(prepared.get("headers") or {}).items()
        if name.lower() not in {"authorization", "cookie", "user-agent"}
    }
    more = {name: prepared[name] for name in ("params", "json") if prepared.get(name) is not None}
    if isinstance(prepared.get("data"), bytes | str):
        more["content"] = prepared["data"]
    return {
        "method": case.method,
        "url": prepared["url"].removeprefix("http://h"),
        "headers": {**headers, "authorization": authorization},
        **more,
    }


def fault_of(answer: httpx.Response, case: Case, types: set[str]) -> str | None:
    """Return what is not as documented; None when all is."""
    if answer.status_code >= 400:
        return what_is_wrong(answer, types)
    if answer.status_code == 304:
        return None
    if str(answer.status_code) not in case.operation.definition.raw["responses"]:
        return f"{answer.status_code} is not documented"
    try:
        case.validate_response(answer, checks=[response_schema_conformance])
    except FailureGroup as failures:
        return "; ".join(f"{each.title} {each.message}"[:300] for each in failures.exceptions)
    return None
