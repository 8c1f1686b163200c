"""NATS nkeys of users: an Ed25519 pair in the letters of NATS.

Source: github.com/nats-io/nkeys, "strkey" encoding: prefix, key, CRC-16/XMODEM, in base 32.
"""

import base64
from binascii import crc_hqx

from joserfc.jwk import OKPKey

_SEED, _USER = 18 << 3, 20 << 3
"""First bytes, which make a seed begin with ``SU`` and a public key with ``U``."""


def make_user_key() -> tuple[str, str]:
    """Return a new pair: the seed, which is the secret, and the public key."""
    pair = OKPKey.generate_key("Ed25519").as_dict(private=True)
    secret, public = (_bytes(str(pair[name])) for name in ("d", "x"))
    head = bytes([_SEED | _USER >> 5, (_USER & 31) << 3])
    return _letters(head + secret), _letters(bytes([_USER]) + public)


def is_user_key(text: str) -> bool:
    """Return whether a text is the public key of a user."""
    try:
        raw = base64.b32decode(text)
    except ValueError:
        return False
    # 35 bytes are 56 letters: nothing is padded.
    return len(raw) == 35 and raw[0] == _USER and _letters(raw[:-2]) == text


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw + crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
