"""Passwords: Argon2id, at the cost that OWASP recommends for servers of little memory.

Source: OWASP, password storage.
"""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SHORTEST: Final = 10
LONGEST: Final = 200

_NOBODY = _HASHER.hash("the password of an account that does not exist")


def hash_password(password: str) -> str:
    """Return the hash to store; takes about 20 ms and 19 MiB."""
    return _HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Return whether ``password`` belongs to ``stored``; as slow for an unknown account.

    Args:
        stored: hash of the account; None when there is no such account.
    """
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
