"""API7:2023, server side request forgery: no address inside is asked, however it is written."""

from typing import Any, Final

import httpx
import pytest

INSIDE: Final = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",  # noqa: S104 — an attack
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "169.254.169.254",
    "[fe80::1]",
    "10.0.0.1",
    "192.168.1.1",
    "user@127.0.0.1",
)
ODD: Final = (
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "ftp://example.org/x",
    "http://",
    "http:/\\127.0.0.1/",
    "//127.0.0.1/x",
    "nats://127.0.0.1:4222",
)
PULL: Final[dict[str, Any]] = {
    "kind": "http",
    "mode": "upsert",
    "items": "data.list",
    "schedule": {"every_minutes": 15},
}


@pytest.mark.parametrize("kind", ["pull", "channel"])
async def test_an_address_inside_is_refused_in_every_spelling(
    portal: httpx.AsyncClient, kind: str
) -> None:
    """It is refused when it is written; what a name leads to later is found out by who connects."""
    feed = {"feed": "owasp.ssrf", "source": "academic", "entity": "course"}
    fields = {"course_code": {"from": "kch"}, "name": {"from": "kcm"}}
    made = await portal.put("/api/datahub/v1/feeds/owasp.ssrf", json={**feed, "fields": fields})
    assert made.is_success, made.text
    answers = {}
    for url in (*(f"http://{each}/x" for each in INSIDE), *ODD):
        if kind == "pull":
            path = "/api/datahub/v1/feeds/owasp.ssrf/pull"
            answer = await portal.put(path, json={**PULL, "url": url})
        else:
            body = {"name": "x", "settings": {"kind": "webhook", "url": url}}
            answer = await portal.put("/api/alert/v1/channels/owasp-ssrf", json=body)
        answers[url] = (answer.status_code, answer.text)

    taken = {url: said for url, said in answers.items() if said[0] not in {403, 422}}
    assert taken == {}
