"""One-time codes beside the password (TOTP).

Source: RFC 6238 with SHA-1, six digits and 30 s, which every authenticator knows.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_SECONDS: Final = 30
TOLERANCE: Final = 1
"""Steps that a clock may be wrong by, each way."""


def new_secret() -> bytes:
    """Return a new secret: 160 random bits."""
    return secrets.token_bytes(20)


def letters_of(secret: bytes) -> str:
    """Return a secret as people type it into an authenticator: base 32."""
    return base64.b32encode(secret).decode()


def address_of(secret: bytes, login: str) -> str:
    """Return the address that an authenticator reads from a picture, ``otpauth://totp/…``."""
    query = urlencode({"secret": letters_of(secret), "issuer": "Helix8"})
    return f"otpauth://totp/Helix8:{quote(login)}?{query}"


def step_of(moment: datetime) -> int:
    """Return the number of the 30 s that an instant lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Return the six digits of a step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def fitting_step(secret: bytes, code: str, moment: datetime, last: int) -> int | None:
    """Return the step that a code belongs to; None when it fits none that may be taken.

    Args:
        last: the step of the last code that was taken; neither it nor an older one is again.
    """
    middle = step_of(moment)
    for step in range(middle - TOLERANCE, middle + TOLERANCE + 1):
        if step > last and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None
