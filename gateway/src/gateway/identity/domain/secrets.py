"""New secrets: the cookie of a session, the key of a system."""

import secrets
from datetime import timedelta
from typing import Final

IDLE: Final = timedelta(hours=8)
"""A session ends when nobody used it for so long. Source: our default."""

ABSOLUTE: Final = timedelta(hours=24)
"""A session ends after so long in any case. Source: our default."""


def new_session_id() -> str:
    """Return the value of a new cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """Return a new API key, ``h8k_<id>_<secret>``; its secret has 256 random bits."""
    return f"h8k_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


TOKEN: Final = timedelta(hours=1)
"""An access token ends after so long. Source: our default."""


def new_token() -> str:
    """Return a new access token, ``h8t_…``: 256 random bits."""
    return f"h8t_{secrets.token_urlsafe(32)}"


def recovery_code() -> str:
    """Return a code for a lost telephone, five times four letters: 99 random bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def new_calendar_token() -> str:
    """Return a new token of somebody's calendar address, ``h8c_…``: 256 random bits."""
    return f"h8c_{secrets.token_urlsafe(32)}"


def new_embed_token() -> str:
    """Return a new token of an embedded piece, ``h8e_…``: 256 random bits."""
    return f"h8e_{secrets.token_urlsafe(32)}"
