"""How much somebody may ask: per key, person and address by the minute, per key by the day.

The window slides; its counts are this process's own, those of the day are in the database. What is
left goes with every answer. Source: draft-ietf-httpapi-ratelimit-headers; the figures are our
default, and settings.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any, ClassVar, Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from gateway.access.schemas import Visitor
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS, now

DAY_SECONDS: Final = 86_400
MOST_AT_ONCE: Final = 200
"""Of one caller: fewer than the connections to a service, so that the others have some left."""

LoadUse = Callable[[str, date], Awaitable[int]]
"""Returns how often a key was used on a day."""


class TooManyRequestsError(DomainError):
    """Somebody asks more often than he may."""

    kind: ClassVar = ErrorKind.TOO_MANY
    code: ClassVar = "too-many-requests"
    title_zh: ClassVar = "请求过于频繁"
    title_en: ClassVar = "Too many requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Requests a minute, where nothing else is said."""

    key: int = 60_000
    person: int = 1_200
    address: int = 1_200
    """Of those who are not signed in; a campus may come from one address."""


@dataclass(slots=True)
class _Use:
    day: date
    stored: int
    """By all processes, as it was last read."""

    added: int = 0
    """Here, and not stored yet."""


@dataclass(slots=True)
class Quotas:
    """How often keys with a daily quota were used today."""

    load: LoadUse
    _uses: dict[str, _Use] = field(default_factory=dict)

    async def take(self, key: str, most: int) -> int:
        """Count one use and return how many are left; below 0 when there was none."""
        today = now().astimezone(CAMPUS).date()
        use = self._uses.get(key)
        if use is None or use.day != today:
            use = self._uses[key] = _Use(today, await self.load(key, today))
        left = most - use.stored - use.added - 1
        if left >= 0:
            use.added += 1
        return left

    def to_store(self) -> list[tuple[str, date, int]]:
        """Return what was added since it was asked last: key, day, how many."""
        taken = [(key, use.day, use.added) for key, use in self._uses.items() if use.added]
        for key, _, added in taken:
            use = self._uses[key]
            use.stored, use.added = use.stored + added, use.added - added
        return taken

    def stored(self, key: str, day: date, used: int) -> None:
        """Take over what all processes together have stored."""
        use = self._uses.get(key)
        if use is not None and use.day == day:
            use.stored = used


class Limiter:
    """Counts requests, and refuses those that are too many."""

    def __init__(self, limits: Limits, load_use: LoadUse, *, costly_at_once: int) -> None:
        self._limits = limits
        self._items: dict[int, RateLimitItemPerMinute] = {}
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self.quotas = Quotas(load_use)
        self._costly_at_once = costly_at_once
        self._under_way: Counter[tuple[str, bool]] = Counter()
        """By whose they are, and whether they are the costly ones of them."""

    def enter(self, visitor: Visitor, *, costly: bool) -> Callable[[], None]:
        """Let a request begin; return what ends it.

        Raises:
            TooManyRequestsError: as many of the visitor's are under way as may be.
        """
        whose = visitor.key or visitor.caller.subject
        kinds = [(whose, False), (whose, True)] if costly else [(whose, False)]
        for kind in kinds:
            most = self._costly_at_once if kind[1] else MOST_AT_ONCE
            if self._under_way[kind] >= most:
                raise _too_many_at_once(most)
        self._under_way.update(kinds)

        def leave() -> None:
            for kind in kinds:
                self._under_way[kind] -= 1
                if not self._under_way[kind]:
                    del self._under_way[kind]

        return leave

    async def admit(
        self,
        visitor: Visitor | None,
        address: str,
        state: MutableMapping[str, Any],
        *,
        cost: int = 1,
    ) -> None:
        """Count a request; leave the headers that say what is left under ``rate_limit``.

        Args:
            cost: as how many it counts, where nothing less is allowed in a minute.

        Raises:
            TooManyRequestsError: nothing is left.
        """
        if visitor is None:
            name, most, whose = "address", self._limits.address, network_of(address)
        elif visitor.key is not None:
            name, most, whose = "key", visitor.per_minute or self._limits.key, visitor.key
        else:
            name, most, whose = "person", self._limits.person, visitor.caller.subject
        item = self._items.setdefault(most, RateLimitItemPerMinute(most))
        taken = await self._window.hit(item, name, whose, cost=min(cost, most))
        reset, remaining = await self._window.get_window_stats(item, name, whose)
        wait = max(1, ceil(reset - now().timestamp()))
        policies = [f'"{name}";q={most};w=60']
        left = [f'"{name}";r={remaining};t={wait}']
        if taken and visitor is not None and visitor.key is not None and visitor.per_day:
            of_day = await self.quotas.take(visitor.key, visitor.per_day)
            policies.append(f'"day";q={visitor.per_day};w={DAY_SECONDS}')
            left.append(f'"day";r={max(of_day, 0)};t={_until_tomorrow()}')
            if of_day < 0:
                taken, wait = False, _until_tomorrow()
        state["rate_limit"] = [
            (b"ratelimit-policy", ", ".join(policies).encode()),
            (b"ratelimit", ", ".join(left).encode()),
        ]
        if not taken:
            raise _too_many(wait)


def _too_many(seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"请求过于频繁，请在 {seconds} 秒后再试",
        f"too many requests, try again in {seconds} s",
        fixes=["按 RateLimit 头放慢请求 (slow down as the header RateLimit says)"],
        retry_after=seconds,
    )


def _too_many_at_once(most: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"此类请求已有 {most} 个在进行，请等其中之一完成",
        f"{most} such requests are under way, wait until one of them is done",
        fixes=["减少并发 (send fewer at once)"],
        retry_after=1,
    )


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which is one customer's."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network(f"{known}/64", strict=False))
    return address


def _until_tomorrow() -> int:
    moment = now().astimezone(CAMPUS)
    return DAY_SECONDS - (moment.hour * 3600 + moment.minute * 60 + moment.second)
