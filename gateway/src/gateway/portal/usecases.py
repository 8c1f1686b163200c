"""The live alerts: what is handed to every open page, and to those that come back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from gateway.portal.domain.live import Frame, Recent
from shared.errors import UnavailableError

QUEUE: Final = 256
"""Frames that may wait for one reader."""

History = Callable[[int, int], Awaitable[list[Frame] | None]]
"""Reads the frames above the first sequence up to the second; None: too many."""


@dataclass(slots=True, eq=False)
class Reader:
    """One open stream."""

    frames: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    too_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Where a reader begins."""

    reader: Reader
    at_hand: list[Frame]
    """What it missed, as far as it is kept here."""

    gap: tuple[int, int] | None
    """It also missed what the stream holds above the first number, up to the second."""

    renewed: bool
    """It has seen more than there is: the stream was made anew."""


class LiveAlerts:
    """Hands every new frame to every reader; one that cannot keep up is let go.

    Args:
        history: reads from the stream what is no longer kept here.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self._readers: set[Reader] = set()
        self._recent: Recent | None = None

    @property
    def position(self) -> int | None:
        """The last sequence seen; None before the feed has begun."""
        return self._recent.last if self._recent else None

    def begin(self, recent: Recent) -> None:
        """Begin with what is at hand: at the start, or when the stream is another one."""
        self._recent = recent
        for reader in list(self._readers):
            self._let_go(reader)

    def add(self, frame: Frame) -> None:
        """Keep a frame, and hand it out."""
        assert self._recent is not None
        self._recent.add(frame)
        for reader in list(self._readers):
            if reader.frames.full():
                self._let_go(reader)
            else:
                reader.frames.put_nowait(frame)

    def join(self, after: int | None) -> Joined:
        """Add a reader who has seen everything up to ``after`` (None: begins now).

        Raises:
            UnavailableError: the feed has not begun.
        """
        if self._recent is None:
            raise UnavailableError("告警流尚未就绪", "the feed of alerts has not begun yet")
        reader = Reader()
        self._readers.add(reader)
        if after is None or after > self._recent.last:
            return Joined(reader=reader, at_hand=[], gap=None, renewed=after is not None)
        gap = (after, self._recent.floor) if after < self._recent.floor else None
        return Joined(reader=reader, at_hand=self._recent.after(after), gap=gap, renewed=False)

    def leave(self, reader: Reader) -> None:
        """Take a reader out."""
        self._readers.discard(reader)

    def _let_go(self, reader: Reader) -> None:
        reader.too_slow = True
        self._readers.discard(reader)


@dataclass(slots=True, eq=False)
class Watcher:
    """One open page that wants to know when to look again."""

    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    services: set[str] = field(default_factory=set)
    """Of which something changed since it looked last."""

    async def news(self, seconds: float) -> set[str]:
        """Wait for something to change; return the services of which it did, none in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stirred.wait()
        told, self.services = self.services, set()
        self.stirred.clear()
        return told


class Changes:
    """Tells every open page of which service something changed; what, the page asks itself."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    def tell(self, service: str) -> None:
        """Something of a service changed."""
        for watcher in self._watchers:
            watcher.services.add(service)
            watcher.stirred.set()

    def join(self) -> Watcher:
        """Add a page."""
        watcher = Watcher()
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Take a page out."""
        self._watchers.discard(watcher)
