"""API9:2023, improper inventory management: nothing answers but what is documented."""

from typing import Final

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from gateway.app import create_app
from gateway.settings import Settings
from tests.conftest import Suite
from tests.contracts.released import openapi
from tests.security.conftest import browser

OPEN: Final = frozenset(
    {"/api/openapi.json", "/.well-known/jwks.json", "/healthz", "/readyz", "/metrics"}
)
"""Told in the README, not in the OpenAPI."""


def test_every_operation_of_the_gateway_is_told_or_is_a_page() -> None:
    key = '{"keys":[]}'
    urls = {f"{each}_url": "http://127.0.0.1:9" for each in ("datahub", "target", "spiral")}
    urls |= {f"{each}_url": "http://127.0.0.1:9" for each in ("alert", "report")}
    app = create_app(Settings(database_url="postgresql+asyncpg://x/y", signing_key=key, **urls))
    told = {path: set(each) for path, each in openapi("gateway")["paths"].items()}
    routes = list(iter_route_contexts(app.own.routes))
    untold = {
        route.path
        for route in routes
        if route.path.startswith("/api/")
        and not {each.lower() for each in route.methods} <= told.get(route.path, set())
    }
    assert len(routes) > 100
    assert untold == {"/api/openapi.json"}
    assert {route.path for route in routes} >= OPEN


@pytest.mark.parametrize("service", ["datahub", "target", "spiral", "alert", "report"])
async def test_nothing_of_a_service_answers_but_its_version(
    portal: httpx.AsyncClient, service: str
) -> None:
    for path in ("", "docs", "redoc", "openapi.json", "metrics", "healthz", "v0/x", "v2/x", "V1/x"):
        answer = await portal.get(f"/api/{service}/{path}")
        assert answer.status_code == 404, (path, answer.status_code)
    assert (await portal.get(f"/api/{service}/v1/openapi.json")).status_code == 200


async def test_nothing_that_scanners_look_for_is_there(suite: Suite) -> None:
    async with browser(suite) as client:
        for path in (
            *("/.env", "/.git/config", "/admin", "/debug", "/actuator/health", "/server-status"),
            *(
                "/redoc",
                "/swagger.json",
                "/openapi.json",
                "/portal/static/../app.py",
                "/phpinfo.php",
            ),
            *("/portal/static/%2e%2e/app.py", "/portal/static/..%2fapp.py", "/api", "/api/"),
        ):
            answer = await client.get(path)
            assert answer.status_code in {303, 400, 404}, (path, answer.status_code)
            assert answer.status_code != 303 or answer.headers["location"].startswith("/login")
