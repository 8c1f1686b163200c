"""Keys, tokens and certificates of systems, one-time codes, limits, and the audit of all of it."""

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import make_url

from gateway.audit.jobs import seal_all
from gateway.identity.domain.codes import code_at, fitting_step, step_of
from shared.kit.audit.sealing import START, digest_of
from shared.kit.audit.verifying import verify
from shared.kit.database import Database

BASE = "/api/gateway/v1"
PASSWORD = "the right password"


@pytest.fixture(scope="module")
def more_settings() -> Callable[[str], dict[str, str]]:
    return lambda _url: {
        "GATEWAY_PROXIES": "127.0.0.9/32",
        "GATEWAY_CERTIFICATE_HEADER": "X-SSL-Client-Cert",
        "GATEWAY_TOTP_KEY": "hard to guess, and kept in a file",
        "GATEWAY_PERSON_PER_MINUTE": "400",
        "GATEWAY_ADDRESS_PER_MINUTE": "60",
    }


def key(*scopes: str, **more: Any) -> dict[str, Any]:
    return {"name": "教务系统", "subject": "system/academic", "scopes": list(scopes), **more}


def shown(gateway: Any, secret: str, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A system that shows a key or a token, from an address."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    headers = {"authorization": f"Bearer {secret}"}
    client: httpx.AsyncClient = gateway.browser(headers=headers, transport=transport)
    return client


def certificate() -> tuple[str, bytes]:
    """A client certificate: PEM and DER."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "academic")])
    moment = datetime.now(UTC)  # noqa: TID251 — a test
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment)
        .not_valid_after(moment + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    return made.public_bytes(pem).decode(), made.public_bytes(der)


async def test_a_key_works_from_its_networks_alone_and_what_it_used_last_is_known(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    wrong = await demo.post(f"{BASE}/keys", json=key("datahub:read", networks=["10.0.0.1/8", "x"]))
    assert sorted(wrong.json()["validationErrors"]) == ["$.networks[0]", "$.networks[1]"]
    made = (
        await demo.post(f"{BASE}/keys", json=key("datahub:read", networks=["127.0.0.2/31", "::1"]))
    ).json()
    async with (
        shown(gateway, made["key"]) as outside,
        shown(gateway, made["key"], "127.0.0.3") as inside,
    ):
        refused = await outside.get("/api/datahub/v1/count")
        lied = await outside.get("/api/datahub/v1/count", headers={"x-forwarded-for": "127.0.0.2"})
        taken = await inside.get("/api/datahub/v1/count")
    assert refused.json()["type"] == "urn:helix8:problem:key-elsewhere"
    assert (refused.status_code, lied.status_code, taken.status_code) == (403, 403, 200)
    [listed] = [
        each for each in (await demo.get(f"{BASE}/keys")).json() if each["id"] == made["id"]
    ]
    used = datetime.fromisoformat(listed["last_used_at"])
    assert abs((datetime.now(UTC) - used).total_seconds()) < 60  # noqa: TID251 — a test
    assert listed["networks"] == ["127.0.0.2/31", "::1/128"]


async def test_a_key_is_rotated_with_an_overlap_or_without(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    first = (await demo.post(f"{BASE}/keys", json=key("datahub:read", per_day=100))).json()
    second = (
        await demo.post(f"{BASE}/keys/{first['id']}/rotation", json={"overlap_hours": 24})
    ).json()
    assert second["replaces"] == first["id"]
    same = {name: first[name] for name in ("name", "subject", "scopes", "per_day")}
    assert same == {name: second[name] for name in same}
    third = (
        await demo.post(f"{BASE}/keys/{second['id']}/rotation", json={"overlap_hours": 0})
    ).json()
    found = []
    for each in (first, second, third):
        async with shown(gateway, each["key"]) as client:
            found.append((await client.get("/api/datahub/v1/count")).status_code)
    assert found == [200, 401, 200]
    again = await demo.post(f"{BASE}/keys/{second['id']}/rotation", json={})
    assert again.json()["type"] == "urn:helix8:problem:key-unknown"


async def test_a_system_gets_a_token_for_some_of_its_permissions_as_the_standard_says(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    made = (await demo.post(f"{BASE}/keys", json=key("datahub:read", "alert:*"))).json()
    secret = made["key"].split("_", 2)[2]
    grant = {"grant_type": "client_credentials"}
    own = {**grant, "client_id": made["id"], "client_secret": secret}

    async def ask(form: dict[str, str], **more: Any) -> tuple[int, str]:
        answer = await anyone.post("/oauth/token", data=form, **more)
        assert answer.headers["cache-control"] == "no-store"
        return answer.status_code, answer.json().get("error", "")

    given = await anyone.post("/oauth/token", data={**own, "scope": "datahub:read alert:write"})
    assert given.status_code == 200, given.text
    document = given.json()
    assert (document["token_type"], document["expires_in"], document["scope"]) == (
        *("Bearer", 3600, "alert:write datahub:read"),
    )
    basic = await anyone.post("/oauth/token", data=grant, auth=(made["id"], secret))
    assert basic.json()["scope"] == "alert:* datahub:read"
    assert await ask({**own, "scope": "target:write"}) == (400, "invalid_scope")
    assert await ask({**own, "grant_type": "password"}) == (400, "unsupported_grant_type")
    assert await ask({**own, "client_secret": "x" * 43}) == (401, "invalid_client")
    assert await ask(own, auth=(made["id"], secret)) == (401, "invalid_client")
    assert await ask({}) == (400, "invalid_request")

    async with shown(gateway, document["access_token"]) as client:
        assert (await client.get("/api/datahub/v1/count")).status_code == 200
        caller = gateway.services["datahub"].seen[-1].caller
        assert (caller.subject, caller.scopes) == (
            *("system/academic", {"datahub:read", "alert:write"}),
        )
        await demo.delete(f"{BASE}/keys/{made['id']}")
        assert (await client.get("/api/datahub/v1/count")).status_code == 401
    assert await ask(own) == (401, "invalid_client")


async def test_a_certificate_stands_for_a_key_only_where_a_proxy_of_ours_vouches_for_it(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    pem, der = certificate()
    wrong = await demo.post(f"{BASE}/keys", json=key("datahub:read", certificate="none"))
    made = await demo.post(f"{BASE}/keys", json=key("datahub:read", certificate=pem))
    twice = await demo.post(f"{BASE}/keys", json=key("datahub:read", certificate=pem))
    assert [each.status_code for each in (wrong, made, twice)] == [422, 201, 409]
    proxy = httpx.AsyncHTTPTransport(local_address="127.0.0.9")
    written = [quote(pem), f":{base64.b64encode(der).decode()}:"]
    other = quote(certificate()[0])
    async with gateway.browser(transport=proxy) as trusted, gateway.browser() as stranger:
        url = "/api/datahub/v1/count"
        taken = [await trusted.get(url, headers={"x-ssl-client-cert": each}) for each in written]
        assert [each.status_code for each in taken] == [200, 200]
        assert "x-ssl-client-cert" not in gateway.services["datahub"].seen[-1].headers
        assert gateway.services["datahub"].seen[-1].subject == "system/academic"
        unknown = await trusted.get(url, headers={"x-ssl-client-cert": other})
        lied = await stranger.get(url, headers={"x-ssl-client-cert": written[0]})
    assert (unknown.status_code, lied.status_code) == (401, 401)


async def test_one_time_codes_are_asked_for_taken_once_and_replaced_by_recovery_codes(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    account = {
        "login": "coded",
        "subject": "person/coded",
        "name": "李四",
        "password": PASSWORD,
        "roles": ["reader"],
    }
    await demo.post(f"{BASE}/accounts", json=account)

    async def enter(client: httpx.AsyncClient, **more: str) -> tuple[int, str]:
        body = {"login": "coded", "password": PASSWORD, **more}
        answer = await client.post(f"{BASE}/sessions", json=body)
        return answer.status_code, answer.json().get("type", "").removeprefix("urn:helix8:problem:")

    async with gateway.browser() as client, gateway.browser() as late:
        assert await enter(client) == (201, "")
        begun = await begin_codes(client)
        secret = base64.b32decode(begun.json()["secret"])
        assert begun.json()["address"].startswith("otpauth://totp/Helix8:coded?secret=")
        # Begun and not confirmed: nobody is locked out by it.
        assert await enter(late) == (201, "")
        step = step_of(datetime.now(UTC))  # noqa: TID251 — a test
        url = f"{BASE}/me/second-factor/confirmation"
        assert (await client.post(url, json={"code": "000000"})).status_code == 401
        confirmed = await client.post(url, json={"code": code_at(secret, step - 1)})
        codes = confirmed.json()["codes"]
        assert (confirmed.status_code, len(codes)) == (200, 8)

        assert await enter(late) == (401, "code-needed")
        assert await enter(late, code=code_at(secret, step - 1)) == (401, "wrong-code")
        form = {"login": "coded", "password": PASSWORD, "next": "/tasks"}
        page = await late.post("/login", data=form)
        assert 'name="code"' in page.text
        entered = await late.post("/login", data={**form, "code": code_at(secret, step)})
        assert (entered.status_code, entered.headers["location"]) == (303, "/tasks")
        assert await enter(late, code=code_at(secret, step)) == (401, "wrong-code")
        assert await enter(late, code=codes[0]) == (201, "")
        assert await enter(late, code=codes[0]) == (401, "wrong-code")
        removed = await client.post(f"{BASE}/me/second-factor/removal", json={"code": codes[1]})
        assert (removed.status_code, await enter(late)) == (204, (201, ""))
    assert_unlogged(gateway, begun.json()["secret"], *codes)


async def test_a_session_taken_over_guesses_no_faster_than_a_stranger(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    account = {"login": "taken-over", "subject": "person/taken-over", "name": "李四"}
    account |= {"password": PASSWORD, "roles": ["reader"]}
    await demo.post(f"{BASE}/accounts", json=account)
    async with gateway.browser() as client:
        entered = await client.post(
            f"{BASE}/sessions", json={"login": "taken-over", "password": PASSWORD}
        )
        guesses = [
            await client.post(f"{BASE}/me/second-factor", json={"password": f"guess {n}"})
            for n in range(6)
        ]

    assert [each.status_code for each in (entered, *guesses)] == [201, *[401] * 5, 429]


async def begin_codes(client: httpx.AsyncClient) -> httpx.Response:
    """Ask for a secret, which takes the password once more."""
    wrong = await client.post(f"{BASE}/me/second-factor", json={"password": "another one"})
    begun = await client.post(f"{BASE}/me/second-factor", json={"password": PASSWORD})
    assert (wrong.status_code, begun.status_code) == (401, 201)
    return begun


def assert_unlogged(gateway: Any, *secrets: str) -> None:
    kept = gateway.log.read_text(encoding="utf-8")
    assert [each for each in secrets if each in kept] == []


def test_codes_are_those_of_the_standard() -> None:
    secret = b"12345678901234567890"  # RFC 6238, appendix B; six of its eight digits
    assert [code_at(secret, moment // 30) for moment in (59, 1111111109, 20000000000)] == [
        *("287082", "081804", "353130"),
    ]
    moment = datetime.fromtimestamp(59, UTC)
    assert [fitting_step(secret, "287082", moment, last) for last in (0, 1)] == [1, None]


async def test_limits_are_told_with_every_answer_and_kept_by_key_person_and_address(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    url = "/api/datahub/v1/count"
    made = (await demo.post(f"{BASE}/keys", json=key("datahub:*", per_minute=5))).json()
    daily = (await demo.post(f"{BASE}/keys", json=key("datahub:*", per_day=3))).json()
    async with shown(gateway, made["key"]) as client:
        answers = [await client.get(url) for _ in range(7)]
    assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
    assert [each.headers["ratelimit-policy"] for each in answers] == ['"key";q=5;w=60'] * 7
    left = [re.fullmatch(r'"key";r=(\d+);t=(\d+)', each.headers["ratelimit"]) for each in answers]
    assert [each and int(each[1]) for each in left] == [4, 3, 2, 1, 0, 0, 0]
    refused = answers[-1]
    assert refused.json()["type"] == "urn:helix8:problem:too-many-requests"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    async with shown(gateway, daily["key"]) as client:
        answers = [await client.get(url) for _ in range(5)]
    assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
    assert '"day";q=3;w=86400' in answers[0].headers["ratelimit-policy"]
    assert int(answers[-1].headers["retry-after"]) > 60 or datetime.now(UTC).hour == 15  # noqa: TID251

    # A person has what is his own, whatever a stranger at the same address did.
    person = await demo.get(f"{BASE}/me")
    assert person.headers["ratelimit-policy"] == '"person";q=400;w=60'
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.7")
    async with gateway.browser(transport=transport) as flood:
        guesses = [
            await flood.get(url, headers={"authorization": f"Bearer h8k_abcdef_{n:043d}"})
            for n in range(61)
        ]
    assert [each.status_code for each in guesses] == [401] * 60 + [429]
    assert (await anyone.get(url)).status_code == 401
    # What a restart forgets of the minute it keeps of the day.
    await until_stored(gateway, daily["id"])
    gateway.stop()
    gateway.start()
    async with shown(gateway, made["key"]) as client, shown(gateway, daily["key"]) as exhausted:
        assert (await client.get(url)).status_code == 200
        assert (await exhausted.get(url)).status_code == 429


async def until_stored(gateway: Any, key_id: str) -> None:
    """Wait until what was counted of a key is in the database."""
    connection = await connect(gateway)
    async with asyncio.timeout(10):
        while not await connection.fetchval("SELECT used FROM quota_use WHERE key_id = $1", key_id):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await connection.close()


async def connect(gateway: Any) -> "asyncpg.Connection[Any]":
    url = make_url(gateway.environment["GATEWAY_DATABASE_URL"])
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    return connection


async def test_every_deed_is_on_record_with_who_did_it_and_its_trace(
    gateway: Any, demo: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "x-request-id": "write-1"}
    await demo.post("/api/datahub/v1/count?x=1", content=b"abc", headers=headers)
    await demo.post("/api/nowhere/v1/count", headers=headers)
    await demo.get("/api/datahub/v1/count", headers=headers)
    gateway.services["report"].stop()
    away = await demo.post("/api/report/v1/count", headers=headers)
    gateway.services["report"].start()
    await anyone.post(f"{BASE}/sessions", json={"login": "demo", "password": "a guess"})
    await anyone.post(f"{BASE}/sessions", json={"login": "a password typed here", "password": "x"})

    assert away.status_code == 503
    asked = await demo.get(f"{BASE}/audit?trace={trace}&totalCount=true")
    assert asked.headers["total-count"] == "2"
    found = [
        {name: each[name] for name in ("kind", "actor", "by", "about", "method", "status")}
        for each in asked.json()
    ]
    common = {"kind": "write", "actor": "person/demo", "by": "session", "method": "POST"}
    assert found == [
        {**common, "about": "/api/report/v1/count", "status": 503},
        {**common, "about": "/api/datahub/v1/count", "status": 200},
    ]
    assert asked.json()[0]["request"] == "write-1"
    refusals = (await demo.get(f"{BASE}/audit?kind=sign-in-refused&limit=2")).json()
    assert [(each["about"], each["by"], each["detail"]) for each in refusals] == [
        ("unknown", "nobody", {"why": "wrong-password"}),
        ("person/demo", "nobody", {"why": "wrong-password"}),
    ]
    kinds = {each["kind"] for each in (await demo.get(f"{BASE}/audit?limit=1000")).json()}
    assert {"signed-in", "account-made", "key-made", "key-rotated", "key-revoked"} <= kinds
    assert {"token-given", "second-factor-set", "second-factor-removed", "write"} <= kinds
    beginnings = (await demo.get(f"{BASE}/audit?about=key/*&limit=1000")).json()
    assert all(each["about"].startswith("key/") for each in beginnings)
    paged = await demo.get(f"{BASE}/audit?pageSize=2")
    rest = await demo.get(f"{BASE}/audit?pageSize=2&pageToken={paged.headers['next-page-token']}")
    assert paged.json()[-1]["seq"] > rest.json()[0]["seq"]
    async with gateway.client() as system:
        assert (await system.get(f"{BASE}/audit")).status_code == 403
        assert (await system.get(f"{BASE}/audit?unknown=1")).status_code in {403, 422}


async def test_a_page_of_all_audits_that_lies_too_deep_is_refused(demo: httpx.AsyncClient) -> None:
    deep = await demo.get(f"{BASE}/audit/all?limit=1000&offset=1")

    assert (deep.status_code, deep.json()["type"]) == (400, "urn:helix8:problem:page-too-deep")


def verified(gateway: Any, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run the command that verifies the audit."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gateway", "verify-audit", *more],
        env={"PATH": "", "GATEWAY_DATABASE_URL": gateway.environment["GATEWAY_DATABASE_URL"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def tamper(connection: "asyncpg.Connection[Any]", statement: str, database: Database) -> None:
    """Change an entry, see that it is found, and put the entry back as it was."""
    seq = await connection.fetchval("SELECT min(seq) + 1 FROM audit_entry")
    before = await connection.fetchrow("SELECT * FROM audit_entry WHERE seq = $1", seq)
    assert before is not None
    await connection.execute(statement, seq)
    assert "is not what was sealed" in (await verify(database)).broken
    await connection.execute("DELETE FROM audit_entry WHERE seq = $1", seq)
    columns = ", ".join(before.keys())
    places = ", ".join(f"${n}" for n in range(1, len(before) + 1))
    await connection.execute(
        f"INSERT INTO audit_entry ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})",  # noqa: S608
        *before.values(),
    )


async def test_the_audit_is_sealed_and_whatever_is_done_to_it_afterwards_is_found(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    database = Database(gateway.environment["GATEWAY_DATABASE_URL"], "gateway")
    sealed_by_the_job = (await demo.get(f"{BASE}/audit/blocks")).json()
    newest = (await demo.get(f"{BASE}/audit?limit=1")).json()[0]["seq"]
    await seal_all(database)
    blocks = (await demo.get(f"{BASE}/audit/blocks")).json()
    assert (len(sealed_by_the_job) > 0, blocks[0]["last_seq"] >= newest) == (True, True)
    assert sealed_by_the_job[-1] == blocks[-1]
    expected = f"{blocks[0]['number']}:{blocks[0]['digest']}"
    good = await asyncio.to_thread(verified, gateway, "--expect", expected)
    assert (good.returncode, good.stderr) == (0, "")
    assert expected in good.stdout

    connection = await connect(gateway)
    for statement in (
        "UPDATE audit_entry SET actor = 'person/other'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_block",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement)
    owner = "SET session_replication_role = replica"  # as an owner of the database may
    await connection.execute(owner)
    tampering = (
        "UPDATE audit_entry SET actor = 'person/other' WHERE seq = $1",
        "DELETE FROM audit_entry WHERE seq = $1",
    )
    for statement in tampering:
        await tamper(connection, statement, database)
    assert (await verify(database)).broken == ""
    # Cutting off the end is found by whoever noted it elsewhere, as the bus does.
    # With its entries, or the clockwork seals them anew, to the very same digest.
    last = blocks[0]
    await connection.execute("DELETE FROM audit_block WHERE number = $1", last["number"])
    await connection.execute("DELETE FROM audit_entry WHERE seq >= $1", last["first_seq"])
    cut = await asyncio.to_thread(verified, gateway, "--expect", expected)
    assert (cut.returncode, "no block has" in cut.stderr) == (1, True)
    await connection.close()
    await database.dispose()


def test_a_digest_covers_the_one_before_and_every_field() -> None:
    entry = {"seq": 1, "actor": "person/T001", "detail": {"a": "甲"}}
    digests = {
        digest_of(START, [entry]),
        digest_of(START, [{**entry, "actor": "person/T002"}]),
        digest_of(START, [entry, entry]),
        digest_of(b"x" * 32, [entry]),
        digest_of(START, [{**entry, "detail": {"a": "乙"}}]),
    }
    assert len(digests) == 5
