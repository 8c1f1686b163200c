"""Which address of a service is asked, when it is left alone, and when a request is sent again.

Source: design "Gateway" (breaker with a request floor, retry budget, health); the figures are our
default.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

WINDOW_SECONDS: Final = 10.0
FLOOR: Final = 10
"""Fewer requests in a window say nothing: one that fails at night opens no breaker."""

SHARE: Final = 0.5
"""So many of them have failed when it opens."""

OPEN_SECONDS: Final = 5.0
"""So long nobody asks; then a single request tries, and the others wait for what comes of it."""

RETRY_SHARE: Final = 0.1
"""A request earns the tenth part of a repetition: what fails is not asked twice as often."""

MOST_RETRIES: Final = 10.0
"""So many are saved up at most, and there at the beginning."""


@dataclass(slots=True)
class Breaker:
    """Whether one address of a service is asked. Times are seconds of a clock that only grows."""

    since: float = 0.0
    requests: int = 0
    failures: int = 0
    open_until: float | None = None
    """None: closed."""

    trying: bool = False
    """Half open: one request is under way."""

    def admits(self, now: float) -> bool:
        """Return whether it may be asked; while it is open, one request each 5 s may try."""
        if self.open_until is None:
            return True
        if now < self.open_until:
            return False
        self.open_until, self.trying = now + OPEN_SECONDS, True
        return True

    def answered(self, now: float) -> bool:
        """Note the head of an answer; return whether that closed it."""
        if self.open_until is not None:
            if self.trying:
                self.open_until, self.trying = None, False
                self.since, self.requests, self.failures = now, 0, 0
                return True
            return False
        self._roll(now)
        self.requests += 1
        return False

    def failed(self, now: float, *, answered: bool = False) -> bool:
        """Note a failure; return whether that opened it.

        Args:
            answered: the head of the answer was there, and noted, before it broke off.
        """
        if self.open_until is not None:
            self.open_until, self.trying = now + OPEN_SECONDS, False
            return False
        self._roll(now)
        self.requests += not answered
        self.failures += 1
        if self.requests < FLOOR or self.failures < SHARE * self.requests:
            return False
        self.open_until, self.trying = now + OPEN_SECONDS, False
        return True

    def _roll(self, now: float) -> None:
        if now - self.since > WINDOW_SECONDS:
            self.since, self.requests, self.failures = now, 0, 0


@dataclass(slots=True)
class RetryBudget:
    """How many requests to a service may be sent again: few of them, so that no storm begins."""

    left: float = MOST_RETRIES

    def earn(self) -> None:
        """Note a request."""
        self.left = min(MOST_RETRIES, self.left + RETRY_SHARE)

    def take(self) -> bool:
        """Take one repetition, if there is one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True, eq=False)
class Replica:
    """One address of a service."""

    address: str
    """``http://127.0.0.1:8101``, no path."""

    breaker: Breaker = field(default_factory=Breaker)
    healthy: bool = True
    """As it was asked last; only where there are several."""

    waiting: int = 0
    """Requests that it has and has not begun to answer."""


def pick(
    replicas: Sequence[Replica], now: float, *, after: Replica | None = None
) -> Replica | None:
    """Return the address to ask: the least busy of the healthy ones; None when all are left alone.

    Where none is healthy, the others are asked: a probe that errs must not stop a service.

    Args:
        after: has just failed; it comes last.
    """
    if len(replicas) == 1:
        return replicas[0] if replicas[0].breaker.admits(now) else None
    order = sorted(replicas, key=lambda each: (each is after, not each.healthy, each.waiting))
    return next((each for each in order if each.breaker.admits(now)), None)


def seconds_left(replicas: Sequence[Replica], now: float) -> int:
    """Return after how many seconds one of them may be asked again, at least 1."""
    ends = [each.breaker.open_until or now for each in replicas]
    return max(1, round(min(ends) - now))
