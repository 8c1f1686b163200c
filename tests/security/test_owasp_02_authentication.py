"""API2:2023, broken authentication: fixed sessions, keys in the wrong place, keys that are old.

What is forged is ``test_tokens.py``; guessing is held off in the gateway's own tests.
"""

import json
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

from shared.kit.identity import Caller, TokenSigner, TokenVerifier, UnauthenticatedError
from tests.conftest import Suite
from tests.security.conftest import PASSWORD, Enter, browser, sign_in

ME = "/api/gateway/v1/me"
COOKIE = "helix8_session"


async def test_a_session_is_never_the_one_that_somebody_planted(suite: Suite, enter: Enter) -> None:
    await enter("owasp-two", "reader")
    planted = "p" * 43
    async with browser(suite) as victim, browser(suite) as attacker:
        victim.cookies.set(COOKIE, planted, domain="127.0.0.1")
        attacker.cookies.set(COOKIE, planted, domain="127.0.0.1")
        given = await sign_in(victim, "owasp-two", PASSWORD)
        first = given.headers["set-cookie"].split(";")[0].partition("=")[2]
        assert planted not in first
        assert (await attacker.get(ME)).status_code == 401

        # Acting in another role is another session, and the one before is over.
        switched = await victim.post(f"{ME}/role", json={"role": "reader"})
        second = switched.headers["set-cookie"].split(";")[0].partition("=")[2]
        assert second not in {first, planted}
        attacker.cookies.clear()
        attacker.cookies.set(COOKIE, first, domain="127.0.0.1")
        assert (await attacker.get(ME)).status_code == 401


async def test_keys_and_tokens_are_taken_from_the_header_alone(suite: Suite) -> None:
    key = suite.secret("demo-key")
    async with browser(suite) as client:
        url = "/api/datahub/v1/code-sets"
        answers = [
            await client.get(url, params={"access_token": key}),
            await client.get(url, params={"api_key": key}),
            await client.get(url, headers={"x-api-key": key}),
            await client.get(url, headers={"cookie": f"{COOKIE}={key}"}),
            await client.get(url, auth=("demo", suite.secret("demo-password"))),
            await client.get(url, headers={"authorization": f"bearer {key[:-1]}"}),
            await client.get(url, headers={"authorization": f"Bearer {key} {key}"}),
            await client.get(url, headers={"x-forwarded-user": "person/demo"}),
        ]
        assert [each.status_code for each in answers] == [401] * len(answers)
        assert (await client.get(url, headers=suite.api_key)).status_code == 200


async def test_an_account_that_is_disabled_is_out_at_once(
    root: httpx.AsyncClient, enter: Enter
) -> None:
    client = await enter("owasp-gone", "reader")
    assert (await client.get(ME)).status_code == 200
    assert (await root.delete("/api/gateway/v1/accounts/owasp-gone")).status_code == 204
    assert (await client.get(ME)).status_code == 401
    again = await sign_in(client, "owasp-gone", PASSWORD)
    assert again.status_code == 401


async def test_a_key_that_was_rotated_out_signs_nothing_any_more(tmp_path: Path) -> None:
    """Two keys live side by side, so that rotation drops nobody; then the old one is refused."""
    old, new = (ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True) for _ in range(2))
    jwks = tmp_path / "jwks.json"

    def publish(*keys: object) -> TokenSigner:
        signer = TokenSigner({"keys": list(keys)})
        jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
        return signer

    caller = Caller(subject="person/T001")
    before = publish(old)
    verifier = TokenVerifier(jwks.as_uri(), "datahub")
    assert (await verifier.verify(before.sign(caller, "datahub"))).subject == "person/T001"
    both = publish(new, old)
    verifier._fetched = 0.0  # keys are asked for anew after five seconds
    assert (await verifier.verify(both.sign(caller, "datahub"))).subject == "person/T001"
    assert (await verifier.verify(before.sign(caller, "datahub"))).subject == "person/T001"
    publish(new)
    late = TokenVerifier(jwks.as_uri(), "datahub")
    with pytest.raises(UnauthenticatedError):
        await late.verify(before.sign(caller, "datahub"))
