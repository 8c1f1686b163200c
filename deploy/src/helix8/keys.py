"""Secrets with a form of their own."""

import json
import secrets
from pathlib import Path
from typing import Any, Final

from helix8.errors import StartError
from helix8.progress import say
from helix8.vault import Vault, write_private

SIGNING_KEYS: Final = "signing-keys.json"
"""JWK set with the private keys of the gateway's internal token, newest first."""


def demo_key() -> str:
    """Return the API key by which the demo's systems push, ``h8k_<id>_<secret>`` (256 bits)."""
    return f"h8k_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def ensure_signing_keys(vault: Vault) -> None:
    """Make the gateway's key if there is none."""
    vault.path(SIGNING_KEYS, _signing_keys)


def rotate_signing_keys(directory: Path) -> list[str]:
    """Make a new signing key and keep the one before, whose tokens live for a minute more.

    Raises:
        StartError: there are no keys.
    """
    file = directory / SIGNING_KEYS
    if not file.exists():
        raise StartError(say(f"{file} 不存在", f"there is no {file}"))
    known = json.loads(file.read_text(encoding="utf-8"))["keys"]
    keys = [_new_key(), *known][:2]
    mode = file.stat().st_mode
    write_private(file, json.dumps({"keys": keys}))
    file.chmod(mode)  # containers read it as another user
    return [each["kid"] for each in keys]


def _signing_keys() -> str:
    return json.dumps({"keys": [_new_key()]})


def _new_key() -> dict[str, Any]:
    from joserfc.jwk import ECKey  # noqa: PLC0415 - slow to load, seldom needed

    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    return dict(key.as_dict(private=True))
