"""The secrets of channels as they are stored: each sealed for its channel and its name.

Those that were stored before there was a key are texts; what is sealed is a document.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from shared.sealing import Seals

Stored = Mapping[str, Any]


def seal_secrets(seals: Seals, channel: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return secrets as they are stored."""
    return {
        name: {"sealed": b64encode(seals.seal(value.encode(), _about(channel, name))).decode()}
        for name, value in secrets.items()
    }


def open_secrets(seals: Seals | None, channel: str, stored: Stored) -> dict[str, str] | None:
    """Return stored secrets; None when one was sealed by a key that is not there."""
    found: dict[str, str] = {}
    for name, each in stored.items():
        if isinstance(each, str):
            found[name] = each
            continue
        opened = seals.open(b64decode(each["sealed"]), _about(channel, name)) if seals else None
        if opened is None:
            return None
        found[name] = opened.decode()
    return found


def seal_anew(seals: Seals, channel: str, stored: Stored) -> dict[str, Any] | None:
    """Return stored secrets sealed by the newest key; None when they are so already.

    What no key here opens stays as it is.
    """
    anew: dict[str, str] = {}
    for name, each in stored.items():
        sealed = None if isinstance(each, str) else b64decode(each["sealed"])
        if sealed is None:
            anew[name] = each
        elif seals.is_old(sealed, _about(channel, name)):
            opened = seals.open(sealed, _about(channel, name))
            anew |= {name: opened.decode()} if opened is not None else {}
    return {**stored, **seal_secrets(seals, channel, anew)} if anew else None


def _about(channel: str, name: str) -> str:
    return f"channel/{channel}/{name}"
