"""API6:2023, unrestricted access to sensitive business flows: no faster than may be.

Who guesses is held off; what was lent is not lent on.
"""

from datetime import timedelta

import httpx

from shared.kit.clock import now
from tests.conftest import Suite
from tests.security.conftest import Enter, browser, sign_in


async def test_who_guesses_a_password_is_held_off_and_the_owner_is_not(
    suite: Suite, enter: Enter
) -> None:
    owner = await enter("owasp-six", "reader")
    async with browser(suite) as guesser:
        guesses = [await sign_in(guesser, "owasp-six", f"guess {n}") for n in range(7)]
    assert [each.status_code for each in guesses] == [401] * 5 + [429] * 2
    assert int(guesses[-1].headers["retry-after"]) > 0
    assert (await owner.get("/api/gateway/v1/me")).status_code == 200


def in_a_month() -> str:
    return (now() + timedelta(days=30)).date().isoformat()


async def test_what_was_lent_is_not_lent_on_and_to_run_the_suite_is_lent_by_nobody(
    root: httpx.AsyncClient, enter: Enter
) -> None:
    grant = {"person": "person/owasp-lender", "role": "unit_head", "scope": "unit/JWC"}
    given = await root.post("/api/gateway/v1/grants", json={**grant, "reason": "任命"})
    assert given.status_code == 201, given.text
    lender = await enter("owasp-lender", "reader")
    other = await enter("owasp-borrower", "reader")
    to = "person/owasp-borrower"
    loan = {"to": to, "role": "unit_head", "scope": "unit/JWC", "valid_to": in_a_month()}
    loan["reason"] = "出差"
    url = "/api/gateway/v1/delegations"
    lent = await lender.post(url, json=loan)
    held = (await other.get("/api/gateway/v1/me")).json()["held"]
    on = await other.post(url, json={**loan, "to": "person/third"})
    admin = await root.post(url, json={**loan, "to": "person/third", "role": "admin"})

    assert lent.status_code == 201, lent.text
    assert ("unit_head", "delegation") in {(each["role"], each["origin"]) for each in held}
    assert (on.status_code, admin.status_code) == (403, 422)
