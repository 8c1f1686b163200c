"""No key, token, cookie or password stands in a log of any process, wherever somebody put it."""

import asyncio

import httpx

from tests.conftest import Suite
from tests.security.conftest import PASSWORD, browser, sign_in


def read_logs(suite: Suite) -> dict[str, str]:
    return {each.name: each.read_text("utf-8", "replace") for each in suite.home.logs.iterdir()}


async def test_no_log_holds_a_secret(suite: Suite, root: httpx.AsyncClient) -> None:
    key = {"name": "日志", "subject": "system/logs", "scopes": ["datahub:*"]}
    made = (await root.post("/api/gateway/v1/keys", json=key)).json()
    secret = made["key"].split("_", 2)[2]
    grant = {"grant_type": "client_credentials", "client_id": made["id"], "client_secret": secret}
    async with browser(suite) as client:
        token = (await client.post("/oauth/token", data=grant)).json()["access_token"]
        shown = {"authorization": f"Bearer {token}"}
        await client.get("/api/datahub/v1/code-sets", headers=shown)
        for where in ("access_token", "key", "token"):
            await client.get("/api/datahub/v1/code-sets", params={where: made["key"]})
        await client.get(f"/api/datahub/v1/{token}/{made['key']}", headers=shown)
        await client.get("/", headers={"x-request-id": "ok", "referer": f"/{token}"})
        await sign_in(client, PASSWORD, "x")
        await sign_in(client, "demo", PASSWORD)
        await client.post("/oauth/token", data={**grant, "client_secret": f"{secret[:-1]}!"})
        await client.post(
            "/api/datahub/v1/batches", headers=shown, content=b"\xff" + secret.encode()
        )
    secrets = {
        "key": secret,
        "token": token,
        "password": PASSWORD,
        "demo": suite.secret("demo-password"),
        "demo key": suite.secret("demo-key").split("_", 2)[2],
        "cookie": next(iter(root.cookies.values())),
        "internal token": "eyJhbGciOi",
    }
    logs = await asyncio.to_thread(read_logs, suite)

    assert {"gateway.log", "datahub.log"} <= set(logs)
    assert len(logs["gateway.log"]) > 1000
    assert [
        (name, what)
        for name, text in logs.items()
        for what, each in secrets.items()
        if each in text
    ] == []
