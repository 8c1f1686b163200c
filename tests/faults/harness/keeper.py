"""Starts processes again when they die, as the runner does, but as soon the tenth time."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from helix8.embedded.launch import Launch, end, spawn
from helix8.keeper import FIRST_DELAY

LOOK_SECONDS = 0.05


@dataclass(slots=True, kw_only=True)
class Part:
    """One process that is kept alive."""

    launch: Launch
    log: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    """Runs before every start, in a thread."""

    is_ready: Callable[[int], Awaitable[bool]]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass(slots=True)
class Keeper:
    """Keeps parts alive while `keep` runs."""

    parts: dict[str, Part] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    """Parts that shall stay dead for now."""

    async def keep(self) -> None:
        """Look after every part for ever. Run it in the main thread: parts die with the thread."""
        while True:
            await asyncio.gather(*(self._look_after(name) for name in list(self.parts)))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_after(self, name: str) -> None:
        part = self.parts.get(name)
        if part is None or part.is_alive or name in self.down:
            return
        if part.starts:
            await asyncio.sleep(FIRST_DELAY)
        await asyncio.to_thread(part.prepare)
        # It may have been stopped, or replaced, in the meantime.
        if name in self.down or self.parts.get(name) is not part:
            return
        part.process = spawn(part.launch, log=part.log, environment=part.environment)
        part.starts += 1

    def kill(self, name: str) -> None:
        """Kill a process where it stands."""
        process = self.parts[name].process
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
                process.wait(10)

    async def ready(self, name: str, seconds: float = 60.0) -> None:
        """Wait until a part does its work."""
        async with asyncio.timeout(seconds):
            while not await self._is_ready(name):  # noqa: ASYNC110 — another process
                await asyncio.sleep(LOOK_SECONDS)

    async def _is_ready(self, name: str) -> bool:
        part = self.parts[name]
        return part.is_alive and part.process is not None and await part.is_ready(part.process.pid)

    def stop(self, name: str) -> None:
        """End a part for good; nothing in it is worth waiting for."""
        part = self.parts.pop(name)
        if part.process is not None:
            end(part.process, signal.SIGKILL, grace=10)

    def stop_all(self) -> None:
        """End every part, the newest first."""
        for name in reversed(list(self.parts)):
            self.stop(name)
