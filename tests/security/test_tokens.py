"""No service believes a token that the gateway did not make for it, now, and as it stands."""

import json

import httpx
import pytest
from joserfc.jwk import ECKey

from helix8.keys import SIGNING_KEYS
from helix8.state import load_state
from tests.conftest import Suite
from tests.security.tokens import forgeries, genuine

SERVICES = ("datahub", "target", "spiral", "alert", "report")

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")


@pytest.fixture(scope="package")
def key(suite: Suite) -> ECKey:
    """The gateway's own signing key: a forger does not even have it."""
    return ECKey.import_key(json.loads(suite.secret(SIGNING_KEYS))["keys"][0])


def addresses(suite: Suite) -> dict[str, str]:
    """Return where each service listens, past the gateway."""
    state = load_state(suite.home.state)
    assert state is not None
    return {name: f"http://127.0.0.1:{state.ports()[name]}" for name in SERVICES}


async def asked(url: str, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
        return await client.get(url)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_refuses_every_forged_token(suite: Suite, key: ECKey, service: str) -> None:
    url = f"{addresses(suite)[service]}/v1/dead-letters"
    others = {f"made for {name}": genuine(key, name) for name in SERVICES if name != service}

    answers = {
        what: await asked(url, token) for what, token in (forgeries(key, service) | others).items()
    }

    assert (await asked(url, genuine(key, service))).status_code == 200
    assert {
        what: each.status_code for what, each in answers.items() if each.status_code != 401
    } == {}
    assert {each.json()["type"] for each in answers.values()} == {
        "urn:helix8:problem:unauthenticated"
    }


async def test_the_gateway_takes_no_token_of_the_inside(suite: Suite, key: ECKey) -> None:
    """Not even a genuine one: whoever comes in shows a session or an API key."""
    tokens = forgeries(key, "gateway") | {"genuine": genuine(key, "gateway")}

    answers = {
        what: (await asked(f"{suite.url}/api/datahub/v1/dead-letters", token)).status_code
        for what, token in tokens.items()
    }

    assert answers == dict.fromkeys(tokens, 401)
