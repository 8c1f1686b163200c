"""Signing in by a real CAS server and a real OpenID provider, and what attackers try."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from tests.browser.conftest import CHROMIUM, QUIET
from tests.idp import CLIENT, PASSWORD
from tests.idp.fixture import CampusLogin
from tests.idp.walking import browser, go, sign_in, way_back

from gateway.campus.schemas import OidcProvider
from gateway.campus.upstream import Oidc, Web
from shared.errors import UnavailableError

CAS, OIDC = "/login/cas/campus", "/login/oidc/sso"
ME = "/api/gateway/v1/me"
BOTH = pytest.mark.parametrize("path", [CAS, OIDC])


@pytest.fixture(scope="module")
def more_settings(campus_login: CampusLogin) -> Callable[[str], dict[str, str]]:
    return lambda url: {
        "GATEWAY_PUBLIC_URL": url,
        "GATEWAY_PROVIDERS": campus_login.providers(),
    }


async def status_of(client: httpx.AsyncClient, gateway: Any) -> int:
    return (await client.get(f"{gateway.url}{ME}")).status_code


async def test_what_a_login_answers_in_pieces_is_read_whole_and_known_while_it_is_away() -> None:
    issuer = ""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"issuer": issuer}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:5])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(body[5:])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    provider = OidcProvider(id="sso", kind="oidc", issuer=issuer, client_id="helix8")
    web = Web()
    oidc = Oidc(provider, web)
    try:
        assert await oidc.discover() == {"issuer": issuer}
        server.close()
        assert await replace(oidc, _known_until=0.0).discover() == {"issuer": issuer}
        with pytest.raises(UnavailableError):
            await Oidc(provider, web).discover()
    finally:
        server.close()
        await web.close()


@BOTH
async def test_a_teacher_signs_in_and_is_who_the_login_says(gateway: Any, path: str) -> None:
    async with browser() as client:
        offered = await go(client, f"{gateway.url}/login")
        answer = await sign_in(client, gateway.url, f"{path}?next={quote('/tasks?x=1')}")
        me = (await client.get(f"{gateway.url}{ME}")).json()
        used = await client.get(f"{gateway.url}/api/datahub/v1/count")

    assert f'href="{path}"' in offered.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?x=1")
    assert (me["subject"], me["name"], me["roles"], me["by"]) == (
        *("person/T001", "张三", ["teacher"], "session"),
    )
    assert [(each["role"], each["scope"], each["origin"]) for each in me["held"]] == [
        ("teacher", "teacher/T001", "login")
    ]
    assert used.status_code == 200
    caller = gateway.services["datahub"].seen[-1].caller
    assert caller.subject == "person/T001"
    assert caller.holds == {("teacher", "teacher/T001")}


@BOTH
async def test_a_return_is_good_once_and_for_the_browser_that_began_alone(
    gateway: Any, path: str
) -> None:
    async with browser() as client, browser() as stranger:
        back = await way_back(client, gateway.url, path)
        planted = await stranger.get(back)
        # The stranger's own sign-in is under way: its cookie does not fit the other's state.
        await stranger.get(f"{gateway.url}{path}")
        mixed = await stranger.get(back)
        first = await client.get(back)
        again = await client.get(back)

        assert [each.status_code for each in (planted, mixed, first, again)] == [403, 403, 303, 403]
        assert "重新登录" in planted.text
        assert await status_of(stranger, gateway) == 401
        assert await status_of(client, gateway) == 200


async def test_a_ticket_is_refused_when_it_is_forged_used_or_for_another_service(
    gateway: Any,
) -> None:
    async with browser() as client, browser() as other:
        back = await way_back(client, gateway.url, CAS)
        ticket = parse_qs(urlsplit(back).query)["ticket"][0]
        # The attacker begins a sign-in of his own, and puts the victim's ticket in its return.
        begun = await other.get(f"{gateway.url}{CAS}")
        service = parse_qs(urlsplit(begun.headers["location"]).query)["service"][0]
        stolen = await other.get(f"{service}&ticket={ticket}")
        forged = []
        for each in ("ST-forged-ticket", f"ST-x{quote('&service=http://evil.example/')}", ""):
            begun = await other.get(f"{gateway.url}{CAS}")
            service = parse_qs(urlsplit(begun.headers["location"]).query)["service"][0]
            forged.append((await other.get(f"{service}&ticket={each}")).status_code)

        assert (stolen.status_code, forged) == (403, [403, 403, 403])
        assert await status_of(other, gateway) == 401


@BOTH
async def test_no_open_redirect_and_no_fixed_session(gateway: Any, path: str) -> None:
    async with browser() as client:
        planted = secrets.token_urlsafe(32)
        client.cookies.set("helix8_session", planted, domain="127.0.0.1")
        answer = await sign_in(client, gateway.url, f"{path}?next={quote('//evil.example/')}")
        given = answer.headers.get_list("set-cookie")
        first = next(each for each in given if each.startswith("helix8_session="))
        second = await sign_in_again(client, gateway.url, path)

        assert answer.headers["location"] == "/home"
        assert planted not in "".join(given)
        assert first.split(";")[0] != second.split(";")[0]
        async with browser() as thief:
            thief.cookies.set("helix8_session", first.split(";")[0].partition("=")[2])
            assert await status_of(thief, gateway) == 401


async def sign_in_again(client: httpx.AsyncClient, gateway: str, path: str) -> str:
    """Sign in once more, which the campus login lets through; return the cookie."""
    answer = await client.get(f"{gateway}{path}")
    while answer.is_redirect:
        if cookies := [
            each
            for each in answer.headers.get_list("set-cookie")
            if each.startswith("helix8_session=")
        ]:
            return cookies[-1]
        answer = await client.get(httpx.URL(str(answer.url)).join(answer.headers["location"]))
    raise AssertionError(answer.text[:500])


@BOTH
@pytest.mark.parametrize(("user", "said"), [("guest", "还没有您的角色"), ("broken", "工号或学号")])
async def test_who_has_no_role_or_number_gets_a_page_that_says_so(
    gateway: Any, path: str, user: str, said: str
) -> None:
    async with browser() as client:
        answer = await sign_in(client, gateway.url, path, user)
        assert answer.status_code == 403
        assert said in answer.text
        assert await status_of(client, gateway) == 401


async def test_signing_out_at_cas_ends_the_session_here_and_a_forged_request_does_not(
    gateway: Any, campus_login: CampusLogin
) -> None:
    async with browser() as client:
        await sign_in(client, gateway.url, CAS)
        for ticket in ("ST-0000-not-the-ticket", "ST-' OR 1=1 --"):
            forged = logout_request(ticket)
            answer = await client.post(f"{gateway.url}{CAS}/callback", data=forged)
            assert answer.status_code in {200, 400}
        bomb = (
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><samlp:LogoutRequest'
            ' xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:SessionIndex>&b;'
            "</samlp:SessionIndex></samlp:LogoutRequest>"
        )
        refused = await client.post(f"{gateway.url}{CAS}/callback", data={"logoutRequest": bomb})
        assert (refused.status_code, await status_of(client, gateway)) == (400, 200)

        left = await go(client, f"{campus_login.url}/cas/logout")
        assert left.status_code == 200
        deadline = time.monotonic() + 5
        while await status_of(client, gateway) == 200:
            assert time.monotonic() < deadline


def logout_request(ticket: str) -> dict[str, str]:
    return {
        "logoutRequest": '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        f' ID="1" Version="2.0"><samlp:SessionIndex>{ticket}</samlp:SessionIndex>'
        "</samlp:LogoutRequest>"
    }


@BOTH
async def test_signing_out_here_leads_on_to_the_login_where_one_is_signed_out_too(
    gateway: Any, path: str, campus_login: CampusLogin
) -> None:
    async with browser() as client:
        await sign_in(client, gateway.url, path)
        own = {"origin": gateway.url}
        page = await client.post(f"{gateway.url}/logout", headers=own)
        onward = re.search(r'http-equiv="refresh" content="1; url=([^"]+)"', page.text)
        assert onward is not None
        await go(client, onward[1].replace("&amp;", "&"))
        assert await status_of(client, gateway) == 401

        asked = await go(client, f"{gateway.url}{path}")
        assert str(asked.url).startswith(campus_login.url)
        assert 'name="password"' in asked.text


async def test_a_code_without_nonce_state_or_verifier_of_this_browser_is_refused(
    gateway: Any,
) -> None:
    async with browser() as client:
        begun = await client.get(f"{gateway.url}{OIDC}")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert {"state", "nonce", "code_challenge"} <= set(asked)

        answers = {}
        for part in (1, 2, 3):
            async with browser() as victim:
                back = await way_back(victim, gateway.url, OIDC)
                pieces = victim.cookies["helix8_flow"].split("!")
                pieces[part] = secrets.token_urlsafe(32)
                victim.cookies.delete("helix8_flow")
                victim.cookies.set("helix8_flow", "!".join(pieces), domain="127.0.0.1")
                answers[part] = (await victim.get(back)).status_code
        without = await client.get(f"{gateway.url}{OIDC}/callback?code=abc")
        elsewhere = await client.get(
            f"{gateway.url}{OIDC}/callback?code=abc&state={asked['state'][0]}&iss=http://evil"
        )

    assert answers == {1: 403, 2: 403, 3: 403}
    assert (without.status_code, elsewhere.status_code) == (403, 403)


async def test_a_logout_token_ends_sessions_only_when_the_provider_signed_it(
    gateway: Any, campus_login: CampusLogin
) -> None:
    async with browser() as client:
        await sign_in(client, gateway.url, OIDC)
        sub = "1"
        good = {
            "iss": campus_login.issuer,
            "aud": CLIENT,
            "iat": int(time.time()),
            "jti": "one",
            "sub": sub,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        bad = [
            {**good, "aud": "another"},
            {**good, "iss": "http://evil.example"},
            {**good, "iat": int(time.time()) - 3600},
            {**good, "nonce": "as in an ID token"},
            {name: value for name, value in good.items() if name != "events"},
        ]
        tokens = [campus_login.signed(each) for each in bad]
        head, body, signature = campus_login.signed(good).split(".")
        tokens += [f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", "nonsense", ""]
        url = f"{gateway.url}{OIDC}/logout"
        answers = [await client.post(url, data={"logout_token": each}) for each in tokens]
        assert {each.status_code for each in answers} == {400}
        assert await status_of(client, gateway) == 200

        taken = await client.post(url, data={"logout_token": campus_login.signed(good)})
        assert (taken.status_code, await status_of(client, gateway)) == (200, 401)


@BOTH
async def test_while_the_login_is_away_sessions_go_on_and_new_ones_get_a_clear_page(
    gateway: Any, path: str, campus_login: CampusLogin
) -> None:
    async with browser() as client, browser() as late:
        await sign_in(client, gateway.url, path)
        back = await way_back(late, gateway.url, path)
        campus_login.stop()
        try:
            assert await status_of(client, gateway) == 200
            refused = await late.get(back)
            assert refused.status_code == 503
            assert "统一身份认证暂时不可用" in refused.text
            assert int(refused.headers["retry-after"]) > 0
            # Nobody is sent to where nobody answers, however well it was known a moment ago.
            until = time.monotonic() + 5
            while (begun := await late.get(f"{gateway.url}{path}")).status_code != 503:
                assert time.monotonic() < until
                await asyncio.sleep(0.2)
            assert "统一身份认证暂时不可用" in begun.text
            assert "location" not in begun.headers
            left = await client.post(f"{gateway.url}/logout", headers={"origin": gateway.url})
            assert (left.status_code, await status_of(client, gateway)) == (200, 401)
        finally:
            campus_login.start()


@pytest_asyncio.fixture
async def chromium(gateway: Any) -> AsyncIterator[tuple[BrowserContext, BrowserContext, list[str]]]:
    """Two devices, and what either complains of while it shows a page of the gateway."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        complaints: list[str] = []

        def listen(page: Page) -> None:
            page.on(
                "console",
                lambda said: (
                    complaints.append(said.text) if page.url.startswith(gateway.url) else None
                ),
            )

        devices = [await running.new_context(locale="zh-CN", base_url=gateway.url) for _ in "ab"]
        for each in devices:
            each.on("page", listen)
        yield devices[0], devices[1], complaints
        await running.close()


async def enter_by(page: Page, button: str, next_page: str = "/account") -> None:
    """Sign in at the campus login as a person does."""
    await page.goto(f"/login?next={next_page}")
    await page.get_by_role("link", name=button).click()
    await page.fill("input[name=username]", "li")
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的账号")


@pytest.mark.needs("chromium")
async def test_a_person_signs_in_switches_role_and_signs_out_everywhere(
    gateway: Any,
    demo: httpx.AsyncClient,
    campus_login: CampusLogin,
    chromium: tuple[BrowserContext, BrowserContext, list[str]],
) -> None:
    grant = {"person": "person/T002", "role": "unit_head", "scope": "unit/JWC", "reason": "代理"}
    assert (await demo.post("/api/gateway/v1/grants", json=grant)).status_code == 201
    desk, phone, complaints = chromium
    one, two = await desk.new_page(), await phone.new_page()
    await enter_by(one, "统一身份认证")
    await enter_by(two, "单点登录")

    await one.get_by_role("button", name="切换 部门负责人").click()
    await expect(one.locator(".bar .who")).to_have_text("李四 · 部门负责人")
    me = await one.evaluate("fetch('/api/gateway/v1/me').then(answer => answer.json())")
    assert (me["roles"], me["acting"]) == (
        *(["unit_head"], {"role": "unit_head", "scope": "unit/JWC"}),
    )
    assert await two.locator("section[aria-labelledby=sessions] li").count() == 2
    wrong = (await Axe().run(one)).response["violations"]
    assert [each["id"] for each in wrong] == []

    await one.get_by_role("button", name="全部退出").click()
    # By way of the campus login, which sends the browser back.
    await expect(one).to_have_url(f"{gateway.url}/login")
    await two.reload()
    await expect(two).to_have_url(f"{gateway.url}/login?next=%2Faccount")
    await one.goto("/login")
    await one.get_by_role("link", name="统一身份认证").click()
    await expect(one.locator("input[name=password]")).to_be_visible()
    assert one.url.startswith(campus_login.url)
    assert complaints == []
