"""What a request shows: a session's cookie, or a key as bearer.

Source: design "Security" (API keys, sessions).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

SECURE_COOKIE: Final = "__Host-helix8"
"""Needs ``Secure``, no domain, path ``/``: another host of the domain cannot plant one."""

PLAIN_COOKIE: Final = "helix8_session"
"""On plain HTTP, where browsers refuse ``__Host-``."""

TOKEN: Final = re.compile(r"h8t_[A-Za-z0-9_-]{32,128}")
"""An access token of ``/oauth/token``."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
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


def certificate_digest(shown: str) -> bytes | None:
    """Return the SHA-256 of a client certificate; None when it is none.

    Args:
        shown: DER between colons in base64 (``Client-Cert``, RFC 9440), or PEM, percent-encoded or
            not (nginx's ``$ssl_client_escaped_cert``).
    """
    if shown.startswith(":") and shown.endswith(":"):
        letters = shown[1:-1].encode("latin-1", "replace")
    else:
        found = _PEM.search(unquote_to_bytes(shown))
        letters = b"".join(found[1].split()) if found else b""
    try:
        der = base64.b64decode(letters, validate=True)
    except (ValueError, binascii.Error):
        return None
    return hashlib.sha256(der).digest() if der else None
