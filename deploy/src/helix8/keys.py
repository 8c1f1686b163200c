"""Secrets with a form of their own."""

import json
import secrets
from typing import Final

from helix8.vault import Vault

SIGNING_KEYS: Final = "signing-keys.json"
"""JWK set with the private keys of the gateway's internal token, newest first."""


def demo_key() -> str:
    """Return the API key by which the demo's systems push, ``h8k_<id>_<secret>`` (256 bits)."""
    return f"h8k_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def ensure_signing_keys(vault: Vault) -> None:
    """Make the gateway's key if there is none."""
    vault.path(SIGNING_KEYS, _signing_keys)


def _signing_keys() -> str:
    from joserfc.jwk import ECKey  # noqa: PLC0415 - slow to load, needed once in a lifetime

    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    return json.dumps({"keys": [key.as_dict(private=True)]})
