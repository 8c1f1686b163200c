"""Bytes that mean one thing to one server and another to the next: never two requests of one.

Each attack is answered once, refused, or cut off; what was hidden in it is asked of nobody.
"""

from typing import Final

import pytest

from tests.conftest import Suite
from tests.security.conftest import Wire

HIDDEN: Final = b"GET /api/gateway/v1/hidden-request HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED: Final = b"0\r\n\r\n"


def post(*headers: bytes, key: str) -> bytes:
    lines = [
        b"POST /api/datahub/v1/batches?feed=none HTTP/1.1",
        b"Host: x",
        b"Authorization: Bearer " + key.encode(),
        b"Content-Type: text/csv",
        *headers,
    ]
    return b"\r\n".join([*lines, b"", b""])


ATTACKS: Final = {
    "CL.TE": (
        [b"Content-Length: %d" % (len(CHUNKED) + len(HIDDEN)), b"Transfer-Encoding: chunked"]
    ),
    "TE.CL": ([b"Transfer-Encoding: chunked", b"Content-Length: 4"]),
    "two lengths": ([b"Content-Length: 0", b"Content-Length: %d" % len(HIDDEN)]),
    "lengths in one": ([b"Content-Length: 0, %d" % len(HIDDEN)]),
    "signed length": ([b"Content-Length: +0"]),
    "minus": ([b"Content-Length: -1"]),
    "hex": ([b"Content-Length: 0x0"]),
    "space before colon": ([b"Content-Length : 0"]),
    "TE obfuscated": ([b"Transfer-Encoding: xchunked", b"Content-Length: 0"]),
    "TE with tab": ([b"Transfer-Encoding:\tchunked", b"Content-Length: 5"]),
    "TE twice": ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"]),
    "TE not last": ([b"Transfer-Encoding: chunked, gzip"]),
    "TE folded": ([b"Transfer-Encoding:", b" chunked"]),
    "TE in a name": ([b"X: y\rTransfer-Encoding: chunked"]),
    "NUL": ([b"Content-Length: 0\0"]),
    "line feed alone": ([b"X: y\nTransfer-Encoding: chunked"]),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_is_hidden_in_a_body_is_asked_of_nobody(
    suite: Suite, wire: Wire, attack: str
) -> None:
    key = suite.secret("demo-key")
    said = await wire.say(post(*ATTACKS[attack], key=key) + CHUNKED + HIDDEN, seconds=1.5)

    # A second answer is right only when the hidden one was outside the body, as the server of the
    # gateway saw it: then it is asked by nobody else, and has no credentials.
    answers = said.split(b"HTTP/1.1 ")[1:]
    statuses = [int(each[:3]) for each in answers]
    assert len(statuses) <= 2, said
    assert not any(status < 300 for status in statuses), said
    assert all(400 <= status < 500 for status in statuses), said
    log = suite.home.log("datahub").read_text(encoding="utf-8")
    assert "hidden-request" not in log


async def test_the_connection_to_a_service_is_never_out_of_step(suite: Suite, wire: Wire) -> None:
    """After every attack, the next caller over the same pool gets his own answer."""
    key = suite.secret("demo-key")
    asked = (
        b"GET /api/datahub/v1/code-sets?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Authorization: Bearer " + key.encode() + b"\r\n\r\n"
    )
    for headers in ATTACKS.values():
        await wire.say(post(*headers, key=key) + CHUNKED + HIDDEN, seconds=0.2)
        said = await wire.say(asked)
        assert said.startswith(b"HTTP/1.1 200"), said[:200]
        assert b'"dictionary_version"' in said, said[-300:]


@pytest.mark.parametrize(
    "value",
    [b"a\r\nx-injected: 1", b"a\nx-injected: 1", b"a\rx-injected: 1", b"a\0b", b"a%0d%0ax: 1"],
)
async def test_no_header_comes_back_that_a_value_brought(wire: Wire, value: bytes) -> None:
    for name in (b"X-Request-Id", b"traceparent", b"Accept-Language", b"X-Forwarded-For"):
        said = await wire.say(
            b"GET /api/gateway/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + name
            + b": "
            + value
            + b"\r\n\r\n",
        )
        head = said.partition(b"\r\n\r\n")[0].lower()
        assert b"\nx-injected" not in head
        assert not said or b"HTTP/1.1 4" in said


@pytest.mark.parametrize(
    "path",
    [
        b"/api/datahub/v1/../../healthz",
        b"/api/datahub/v1/%2e%2e/healthz",
        b"/api/datahub/v1/..%2fhealthz",
        b"/api/datahub/v1/.%2e/%2e./metrics",
        b"/api/datahub/v1/..\\metrics",
        b"/api/datahub/v1/..%5cmetrics",
        b"/api/datahub/v1/%252e%252e/metrics",
        b"/api/datahub/v1/..;/metrics",
        b"/api/datahub//metrics",
        b"http://127.0.0.1:1/api/datahub/v1/x",
        b"/api/datahub@127.0.0.1:1/v1/x",
        b"/api/datahub/v1/x#/../../metrics",
        b"/api/127.0.0.1:1/v1/x",
    ],
)
async def test_no_path_leaves_the_version_of_its_service(
    suite: Suite, wire: Wire, path: bytes
) -> None:
    said = await wire.say(
        b"GET "
        + path
        + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
        + suite.secret("demo-key").encode()
        + b"\r\n\r\n"
    )
    assert not said or said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404")), said[:200]
    assert b"# TYPE" not in said
    assert b'"alive"' not in said
