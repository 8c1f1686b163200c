"""Has a service of the running suite deliver its facts again, to a consumer that lost its table."""

import json
from collections.abc import Sequence

import httpx

from helix8.embedded.ports import LOOPBACK
from helix8.errors import StartError
from helix8.home import Home
from helix8.keys import SIGNING_KEYS, demo_key
from helix8.progress import say
from helix8.state import SuiteState
from shared.kit.identity import Caller, TokenSigner

GATEWAY = "gateway"
SECONDS = 600.0
"""Until so many facts are sent that nobody has waited for so long."""

OPERATOR = Caller(subject="system/operator", scopes=frozenset({"operations:write"}))
"""Whoever reads the secrets of the suite."""


def replay(
    home: Home, state: SuiteState, publisher: str, consumer: str, facts: Sequence[str], after: int
) -> list[str]:
    """Send facts again; return how many were sent.

    Args:
        publisher: the service that published them.
        consumer: durable name, ``alert-scopes``.
        facts: types of events, ``scope.changed`` or whole.
        after: only those behind this ``seq`` of ``/facts``.

    Raises:
        StartError: there is no such service, or it refuses.
    """
    ports = state.ports()
    if publisher not in ports:
        known = ", ".join(sorted(ports))
        raise StartError(say(f"没有服务 {publisher}：{known}", f"no service {publisher}: {known}"))
    url, bearer = _door_of(home, state, publisher)
    answer = httpx.post(
        f"{url}/v1/facts/replay",
        headers={"Authorization": f"Bearer {bearer}"},
        json={
            "consumer": consumer,
            "types": list(facts),
            "after": after,
        },
        timeout=SECONDS,
        trust_env=False,
    )
    if answer.is_error:
        raise StartError(answer.text)
    return [f"{answer.json()['sent']} → {consumer}"]


def _door_of(home: Home, state: SuiteState, publisher: str) -> tuple[str, str]:
    """Return where a publisher is asked, and by what it knows us.

    The gateway takes no token of the inside, not even its own: it is shown a key.
    """
    if publisher == GATEWAY:
        return f"{state.url}/api/{GATEWAY}", home.vault().read("demo-key", demo_key)
    keys = home.vault().path(SIGNING_KEYS).read_text(encoding="utf-8")
    token = TokenSigner(json.loads(keys)).sign(OPERATOR, publisher)
    return f"http://{LOOPBACK}:{state.ports()[publisher]}", token
