"""Secrets as they lie in a database: of no use without a key that lies outside of it.

The key is a file among the secrets of a service, of one line or of several. The first line seals;
every line opens. So a key is changed without losing anything: the new one is put on top, what the
old one sealed is sealed anew, and the old line is dropped.

Source: NIST SP 800-38D (AES-256-GCM, nonces of 96 random bits).
"""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12


class Seals:
    """The keys of one purpose, the newest first.

    Args:
        text: lines that are hard to guess.
        purpose: keeps what one part sealed from being opened by another.
    """

    def __init__(self, text: str, purpose: str) -> None:
        lines = [each.strip() for each in text.splitlines() if each.strip()]
        if not lines:
            raise ValueError("密钥为空 (the key is empty)")
        self._keys = [
            AESGCM(hashlib.sha256(f"helix8 {purpose}\n{line}".encode()).digest()) for line in lines
        ]

    def seal(self, secret: bytes, about: str) -> bytes:
        """Return a secret as it is stored: of no use without a key, nor in another place.

        Args:
            about: whose secret it is.
        """
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._keys[0].encrypt(nonce, secret, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes | None:
        """Return a stored secret; None when no key here sealed it, or it is somebody else's."""
        return next(filter(None, (_open(key, sealed, about) for key in self._keys)), None)

    def is_old(self, sealed: bytes, about: str) -> bool:
        """Return whether another key than the newest sealed it."""
        return _open(self._keys[0], sealed, about) is None


def _open(key: AESGCM, sealed: bytes, about: str) -> bytes | None:
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
    except InvalidTag:
        return None
