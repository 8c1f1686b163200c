"""What a request shows: a session's cookie, or a key as bearer.

Source: design "Security" (API keys, sessions).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

SECURE_COOKIE: Final = "__Host-helix8"
"""Needs ``Secure``, no domain, path ``/``: another host of the domain cannot plant one."""

PLAIN_COOKIE: Final = "helix8_session"
"""On plain HTTP, where browsers refuse ``__Host-``."""

_KEY = re.compile(r"h8k_([a-z0-9]{6,32})_([A-Za-z0-9_-]{32,128})")


@dataclass(frozen=True, slots=True)
class ShownKey:
    """An API key as it was shown."""

    id: str
    secret_hash: bytes


def digest(secret: str) -> bytes:
    """Return what is stored of a secret with at least 192 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def read_key(text: str) -> ShownKey | None:
    """Read ``h8k_<id>_<secret>``; None when it is not written so."""
    found = _KEY.fullmatch(text)
    return ShownKey(found[1], digest(found[2])) if found else None


def bearer_of(authorization: str) -> str | None:
    """Return the token of an ``Authorization`` header; None for any other scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def cookie_of(header: str, name: str) -> str | None:
    """Return the value of a cookie; None when there is none of that name."""
    for part in header.split(";"):
        found, equals, value = part.strip().partition("=")
        if equals and found == name:
            return value
    return None
