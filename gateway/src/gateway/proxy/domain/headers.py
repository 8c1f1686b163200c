"""Which headers pass a proxy. Source: RFC 9110 §7.6, and our rule that credentials stay here."""

import re
import secrets
from collections.abc import Iterable
from typing import Final

Pair = tuple[bytes, bytes]

HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)

_NOT_INWARDS: Final = HOP_BY_HOP | {
    b"authorization",  # replaced by the internal token
    b"cookie",
    b"host",
    b"expect",  # the server has answered it
    b"x-request-id",  # set anew, see below
    b"traceparent",
    b"forwarded",  # what a client says about itself is no fact
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-prefix",  # set anew: services put it before the paths that they answer
    b"x-forwarded-proto",
    b"x-real-ip",
    b"client-cert",  # a certificate is turned into a token here, as any credential is
    b"client-cert-chain",
    b"ssl-client-cert",
    b"x-ssl-client-cert",
}

_NOT_OUTWARDS: Final = HOP_BY_HOP | {
    b"set-cookie",  # the gateway alone sets cookies
    b"server",
    b"date",
    b"x-request-id",  # added once, for every answer
    b"traceparent",
    b"strict-transport-security",
    b"ratelimit",  # told once, by the gateway
    b"ratelimit-policy",
}

_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def inwards(headers: Iterable[Pair]) -> list[Pair]:
    """Return the headers of a request that go on to the service."""
    given = list(headers)
    # Both lengths at once is the oldest trick of request smuggling: the pieces decide.
    dropped = _NOT_INWARDS | {b"content-length"} if is_chunked(given) else _NOT_INWARDS
    return _passing(given, dropped)


def outwards(headers: Iterable[Pair]) -> list[Pair]:
    """Return the headers of an answer that go back to the client."""
    return _passing(headers, _NOT_OUTWARDS)


def named(headers: Iterable[Pair]) -> dict[str, str]:
    """Return headers by lower-case name; values of a repeated name are joined."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        between = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{between}{value}" if name in joined else value
    return joined


def is_chunked(headers: Iterable[Pair]) -> bool:
    """Return whether a body comes in pieces, without a declared length."""
    return any(name.lower() == b"transfer-encoding" for name, _ in headers)


def trace_of(headers: Iterable[Pair]) -> bytes:
    """Return the ``traceparent`` of a request; a new one when it brings none that is valid."""
    for name, value in headers:
        if name == b"traceparent" and _TRACEPARENT.fullmatch(value):
            return value
    return b"00-%s-%s-01" % (secrets.token_hex(16).encode(), secrets.token_hex(8).encode())


def length_of(headers: Iterable[Pair]) -> int | None:
    """Return the declared length of a body, bytes; None when none is declared."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


def _passing(headers: Iterable[Pair], dropped: frozenset[bytes]) -> list[Pair]:
    pairs = [(name.lower(), value) for name, value in headers]
    listed = {
        token.strip().lower()
        for name, value in pairs
        if name == b"connection"
        for token in value.split(b",")
    }
    return [(name, value) for name, value in pairs if name not in dropped and name not in listed]
