"""Signing in, sessions, keys; and what keeps strangers out."""

import asyncio
from typing import Any

import httpx
import pytest

SESSIONS = "/api/gateway/v1/sessions"
PASSWORD = "correct horse battery staple"


async def sign_in(client: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await client.post(SESSIONS, json={"login": login, "password": password})


async def test_signing_in_opens_everything_and_signing_out_ends_it(
    gateway: Any, anyone: httpx.AsyncClient
) -> None:
    assert (await anyone.get("/api/gateway/v1/me")).status_code == 401
    answer = await sign_in(anyone, "Demo", PASSWORD)
    assert answer.status_code == 201
    assert answer.json()["subject"] == "person/demo"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("helix8_session=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert (await anyone.get("/api/datahub/v1/count")).status_code == 200
    assert gateway.services["datahub"].seen[-1].subject == "person/demo"
    stolen = dict(anyone.cookies)
    assert (await anyone.delete(f"{SESSIONS}/current")).status_code == 204
    async with gateway.browser(cookies=stolen) as thief:
        assert (await thief.get("/api/datahub/v1/count")).status_code == 401


async def test_wrong_login_and_wrong_password_answer_the_same(anyone: httpx.AsyncClient) -> None:
    answers = [
        await sign_in(anyone, "demo", "wrong"),
        await sign_in(anyone, "nobody-here", "wrong"),
    ]
    [first, second] = [
        {name: value for name, value in answer.json().items() if name != "correlationId"}
        for answer in answers
    ]
    assert first == second
    assert first["status"] == 401
    assert first["type"] == "urn:helix8:problem:wrong-password"
    await sign_in(anyone, "demo", PASSWORD)


@pytest.mark.parametrize("login", ["nobody-at-all", "locked-person"])
async def test_five_failures_lock_a_login_even_for_parallel_guesses(
    anyone: httpx.AsyncClient, demo: httpx.AsyncClient, login: str
) -> None:
    if login == "locked-person":
        made = await demo.post("/api/gateway/v1/accounts", json=account(login))
        assert made.status_code == 201, made.text
    answers = await asyncio.gather(*(sign_in(anyone, login, f"guess {n}") for n in range(9)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * 5 + [429] * 4
    refused = await sign_in(anyone, login, "the right password")
    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:helix8:problem:too-many-sign-ins"
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_a_stranger_who_guesses_locks_out_himself_alone(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    await demo.post("/api/gateway/v1/accounts", json=account("guessed-at"))
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with gateway.browser(transport=elsewhere) as stranger, gateway.browser() as owner:
        guesses = [await sign_in(stranger, "guessed-at", f"guess {n}") for n in range(6)]
        lied = await stranger.post(
            SESSIONS,
            json={"login": "guessed-at", "password": "x"},
            headers={"x-forwarded-for": "127.0.0.1"},
        )
        entered = await sign_in(owner, "guessed-at", "the right password")
        still = await sign_in(stranger, "guessed-at", "the right password")

    assert [each.status_code for each in guesses] == [401] * 5 + [429]
    assert (lied.status_code, entered.status_code, still.status_code) == (429, 201, 429)


async def test_metrics_are_for_those_who_run_the_suite(
    anyone: httpx.AsyncClient, demo: httpx.AsyncClient, system: httpx.AsyncClient
) -> None:
    await demo.post("/api/gateway/v1/accounts", json=account("metrics-reader"))
    refused = await anyone.get("/metrics")
    told = await anyone.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    await sign_in(anyone, "metrics-reader", "the right password")
    reader = await anyone.get("/metrics")

    statuses = [refused.status_code, told.status_code, reader.status_code]
    assert statuses == [401, 401, 403]
    for operator in (demo, system):
        shown = await operator.get("/metrics")
        assert shown.status_code == 200
        assert "# TYPE" in shown.text
    assert (await demo.get("/api/datahub/metrics")).status_code == 404


async def test_no_form_brings_nul_or_nonsense_to_the_database(
    demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    login = await anyone.post("/login", data={"login": "a\0b", "password": "x"})
    key = {"name": "全部", "subject": "system/all", "scopes": ["*"]}
    made = (await demo.post("/api/gateway/v1/keys", json=key)).json()["key"]
    _, client, secret = made.split("_", 2)
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    asked = [
        await anyone.post("/oauth/token", data={**form, "scope": scope})
        for scope in ("datahub:\0x", "nonsense", "datahub:read")
    ]

    assert [each.status_code for each in (login, *asked)] == [401, 400, 400, 200]


async def test_of_two_clicks_on_a_role_one_counts(gateway: Any, demo: httpx.AsyncClient) -> None:
    url, role = "/api/gateway/v1/me/role", {"role": "admin"}
    async with gateway.browser(cookies=dict(demo.cookies)) as other:
        answers = await asyncio.gather(demo.post(url, json=role), other.post(url, json=role))

    assert sorted(each.status_code for each in answers) == [200, 401]


async def test_an_embed_token_of_somebody_goes_with_him(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    await demo.post("/api/gateway/v1/accounts", json=account("embedded"))
    site = {"name": "门户", "subject": "system/site", "origins": ["https://site.example"]}
    await demo.post("/api/gateway/v1/embed/clients", json=site | {"resources": ["overview"]})
    key = {"name": "门户", "subject": "system/site", "scopes": ["alert:read"]}
    made = (await demo.post("/api/gateway/v1/keys", json=key)).json()["key"]
    wanted = {"subject": "embedded", "origin": "https://site.example", "resources": ["overview"]}
    async with gateway.browser(headers={"authorization": f"Bearer {made}"}) as site_itself:
        given = await site_itself.post("/api/gateway/v1/embed/tokens", json=wanted)
    assert given.status_code == 201, given.text
    order = {"scope": "teacher/embedded", "reason": "本人申请"}
    proof = (await demo.post("/api/gateway/v1/erasures", json=order)).json()

    rows = {each["table"]: each["rows"] for each in proof["answers"][0]["tables"]}
    assert (rows["embed_token"], rows["account"]) == (1, 1)


def account(login: str, *roles: str) -> dict[str, Any]:
    return {
        "login": login,
        "subject": f"person/{login}",
        "name": "张敏",
        "password": "the right password",
        "roles": list(roles or ("reader",)),
    }


async def test_a_reader_reads_and_does_not_administer(
    demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    assert (await demo.post("/api/gateway/v1/accounts", json=account("zhang"))).status_code == 201
    again = await demo.post("/api/gateway/v1/accounts", json=account("zhang"))
    assert again.status_code == 409
    assert (await sign_in(anyone, "zhang", "the right password")).status_code == 201
    assert (await anyone.get("/api/gateway/v1/me")).json()["roles"] == ["reader"]
    assert (await anyone.get("/api/gateway/v1/keys")).status_code == 403
    assert (await anyone.post("/api/gateway/v1/keys", json=key("*"))).status_code == 403


async def test_an_account_of_a_student_is_one_for_himself_alone(
    demo: httpx.AsyncClient, anyone: httpx.AsyncClient, gateway: Any
) -> None:
    made = await demo.post("/api/gateway/v1/accounts", json=account("XS7", "student", "reader"))
    assert made.status_code == 201
    assert (await sign_in(anyone, "XS7", "the right password")).status_code == 201

    await anyone.get("/api/spiral/v1/cycles")

    holds = gateway.services["spiral"].seen[-1].caller.holds
    assert holds == {("student", "student/XS7"), ("reader", "*")}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_only_our_own_pages_change_anything_with_a_session(
    demo: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await demo.post("/api/datahub/v1/count", headers=headers)
    assert answer.status_code == status, answer.text


async def test_a_change_with_a_cookie_that_hides_its_origin_is_refused(
    demo: httpx.AsyncClient,
) -> None:
    del demo.headers["origin"]
    answer = await demo.post("/api/datahub/v1/count")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:helix8:problem:cross-origin"
    assert (await demo.get("/api/datahub/v1/count")).status_code == 200


async def test_another_site_cannot_sign_us_in(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.post(
        SESSIONS,
        json={"login": "demo", "password": PASSWORD},
        headers={"origin": "http://evil.example"},
    )
    assert answer.status_code == 403


def key(*scopes: str) -> dict[str, Any]:
    return {"name": "教务系统", "subject": "system/academic", "scopes": list(scopes)}


async def test_a_key_is_shown_once_works_and_can_be_revoked(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    made = await demo.post("/api/gateway/v1/keys", json=key("datahub:write"))
    assert made.status_code == 201, made.text
    secret, key_id = made.json()["key"], made.json()["id"]
    listed = await demo.get("/api/gateway/v1/keys")
    assert key_id in {each["id"] for each in listed.json()}
    assert secret not in listed.text
    async with gateway.browser(headers={"authorization": f"Bearer {secret}"}) as client:
        assert (await client.post("/api/datahub/v1/count")).status_code == 200
        assert gateway.services["datahub"].seen[-1].subject == "system/academic"
        assert (await client.get("/api/gateway/v1/keys")).status_code == 403
        assert (await client.get("/api/gateway/v1/alerts/stream")).status_code == 403
        gone = await demo.delete(f"/api/gateway/v1/keys/{key_id}")
        assert gone.status_code == 204
        assert (await client.post("/api/datahub/v1/count")).status_code == 401
    assert (await demo.delete(f"/api/gateway/v1/keys/{key_id}")).status_code == 404


async def test_a_key_that_has_expired_is_not_made(demo: httpx.AsyncClient) -> None:
    past = key("datahub:write") | {"expires_at": "2020-01-01T00:00:00+08:00"}
    answer = await demo.post("/api/gateway/v1/keys", json=past)
    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.expires_at"]


@pytest.mark.parametrize("scope", ["datahub", "datahub:", "*:*", "DATAHUB:read", "a:b c"])
async def test_scopes_are_well_formed(demo: httpx.AsyncClient, scope: str) -> None:
    answer = await demo.post("/api/gateway/v1/keys", json=key(scope))
    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.scopes[0]"]


async def test_no_secret_stands_in_the_log(gateway: Any, demo: httpx.AsyncClient) -> None:
    await demo.get("/api/datahub/v1/count")
    written = gateway.log.read_text(encoding="utf-8")
    secrets = [PASSWORD, "h8k_", next(iter(dict(demo.cookies).values()))]
    assert [secret for secret in secrets if secret in written] == []


async def test_sessions_survive_a_restart_that_open_pages_do_not_hold_up(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    async with demo.stream("GET", "/portal/changes") as page:
        assert page.status_code == 200
        gateway.stop()
    gateway.start()
    assert (await demo.get("/api/gateway/v1/me")).json()["name"] == "演示管理员"
