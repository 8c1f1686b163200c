"""When a login is locked after failed attempts, and when it is slowed down.

It is locked for the address that the attempts came from, so that nobody locks out somebody else.
Attempts from many addresses together are answered the later the more there are.

Every attempt counts as failed before its password is looked at, so that a hundred parallel
guesses are a hundred failures; the successful one takes the count back.
Source: our default (after OWASP ASVS 2.2.1).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

FREE_FAILURES: Final = 5
FIRST_LOCK: Final = timedelta(minutes=1)
LONGEST_LOCK: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""Without a further failure."""

DELAY_EVERY: Final = 50
"""Failures from all addresses together that make the answer a second later, again and again."""

LONGEST_DELAY: Final = 5
"""Seconds."""


class LockedOutError(DomainError):
    """Too many failed attempts at one login from one address."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "too-many-sign-ins"
    title_zh: ClassVar = "登录尝试过多"
    title_en: ClassVar = "Too many attempts to sign in"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"请在 {seconds} 秒后再试", f"try again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What is remembered of a login, from one address or from all together."""

    failures: int
    last_at: datetime
    locked_until: datetime | None


def count_attempt(before: Attempts, now: datetime) -> Attempts:
    """Return the count of one address with one more attempt in it.

    Raises:
        LockedOutError: the login is locked at present.
    """
    if before.locked_until is not None and now < before.locked_until:
        raise LockedOutError(-(-(before.locked_until - now) // timedelta(seconds=1)))
    counted = count_everywhere(before, now)
    beyond = counted.failures - FREE_FAILURES
    lock = min(FIRST_LOCK * 2 ** min(beyond, 10), LONGEST_LOCK) if beyond >= 0 else None
    return replace(counted, locked_until=now + lock if lock else None)


def count_everywhere(before: Attempts, now: datetime) -> Attempts:
    """Return the count of all addresses with one more attempt in it; it never locks."""
    old = now - before.last_at > FORGOTTEN_AFTER
    return Attempts(failures=1 if old else before.failures + 1, last_at=now, locked_until=None)


def delay_of(everywhere: Attempts) -> int:
    """Return how many seconds an attempt waits for its answer."""
    return min(everywhere.failures // DELAY_EVERY, LONGEST_DELAY)
