"""Keeps one process running: starts it, waits until it is ready, starts it again when it dies."""

import asyncio
import signal
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from helix8.embedded.launch import Launch, end_group, spawn, tail
from helix8.errors import StartError
from helix8.state import ProcessState, born
from shared.kit.clock import now

TICK: Final = 0.1
"""Seconds between two looks at a process: a death is seen within that."""

FIRST_DELAY: Final = 0.2
LAST_DELAY: Final = 10.0
"""Seconds before a dead process is started again: the first time, and at most."""

STEADY_SECONDS: Final = 30.0
"""A process that was ready this long starts again with the first delay."""

EARLY_DEATHS: Final = 3
"""So many deaths before it was ever ready, and the start of the suite is given up."""

UNWELL_LIMIT: Final = 3
"""So many bad answers in a row, and the process is started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How a process is started and asked how it is."""

    name: str
    zh: str
    port: int
    launch: Callable[[], Launch]
    is_ready: Callable[[int], Awaitable[bool]]
    """Takes the process id."""

    environment: dict[str, str]
    grace: float = 10.0
    """Seconds it may take to end when asked."""

    prepare: Callable[[], None] = lambda: None
    """Done before every start, in a thread."""

    is_well: Callable[[], Awaitable[bool]] | None = None
    """Asked every ``well_seconds`` once ready: a process may live and serve nothing."""

    well_seconds: float = 5.0


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next start."""

    delay: float = FIRST_DELAY

    def next(self, ready_seconds: float) -> float:
        """Return the delay after a process that was ready for ``ready_seconds``."""
        if ready_seconds >= STEADY_SECONDS:
            self.delay = FIRST_DELAY
        delay, self.delay = self.delay, min(self.delay * 2, LAST_DELAY)
        return delay


@dataclass(slots=True, kw_only=True)
class Keeper:
    """One kept process. ``changed`` is called whenever ``state`` changes."""

    part: Part
    log: Path
    changed: Callable[[], None]
    tell: Callable[[str, str], None] = lambda _zh, _en: None
    """Says in both languages that the process died and when it is started again."""

    state: ProcessState = field(init=False)
    _process: subprocess.Popen[bytes] | None = None
    _deaths: int = 0
    _ready_at: float | None = None
    _first_ready: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.state = ProcessState(name=self.part.name, port=self.part.port)

    async def run(self) -> None:
        """Keep the process until `stop`."""
        backoff = Backoff()
        while not self._stopping.is_set():
            await self._start()
            await self._live()
            if self._stopping.is_set():
                return
            self._deaths += 1
            self.state.restarts += 1
            self._show("waiting")
            delay = backoff.next(self._ready_seconds())
            self._tell_death(delay)
            await self._pause(delay)

    def _tell_death(self, delay: float) -> None:
        zh, en = "未能启动", "could not be started"
        if self._process is not None:
            code = self._process.returncode
            zh, en = f"退出（{code}）", f"ended (exit {code})"
        self.tell(
            f"{self.part.zh}{zh}，{delay:g} 秒后重新启动",
            f"{self.part.name} {en}, starting again in {delay:g} s",
        )

    async def first_ready(self, seconds: float) -> None:
        """Wait until the process is ready for the first time.

        Raises:
            StartError: it died three times before, or ``seconds`` went by.
        """
        deadline = _time() + seconds
        while not self._first_ready.is_set():
            late = _time() > deadline
            if late or (self._deaths >= EARLY_DEATHS and self._ready_at is None):
                raise StartError(
                    f"{self.part.zh}未能启动 · {self.part.name} did not start ({self.log}):\n"
                    f"{tail(self.log, 15)}"
                )
            await asyncio.sleep(TICK / 2)

    async def stop(self) -> None:
        """End the process in order, and after its grace by force."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.part.launch().end_signal)
        deadline = _time() + self.part.grace
        while process.poll() is None and _time() < deadline:  # noqa: ASYNC110 - no event to await
            await asyncio.sleep(TICK / 4)
        self._bury(process)
        self._show("stopped")

    async def _start(self) -> None:
        self._ready_at = None
        try:
            await asyncio.to_thread(self.part.prepare)
            if self._stopping.is_set():
                return
            # In this thread, the main one: a process ends with the thread that started it.
            self._process = spawn(
                self.part.launch(), log=self.log, environment=self.part.environment
            )
        except (OSError, StartError) as error:
            self._process = None
            # On a full disk the process is tried again, though its reason cannot be kept.
            with suppress(OSError), self.log.open("a", encoding="utf-8") as log:
                log.write(f"{now().isoformat()} {error}\n")
            return
        self.state.pid, self.state.born = self._process.pid, born(self._process.pid)
        self._show("starting")

    async def _live(self) -> None:
        """Return when the process is dead, and everything it left in its group."""
        process = self._process
        if process is None:
            return
        watch = asyncio.create_task(self._watch(process))
        try:
            while process.poll() is None:
                await self._pause(TICK)
                if self._stopping.is_set():
                    return
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        self._bury(process)

    async def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while not await self.part.is_ready(process.pid):  # noqa: ASYNC110 - no event to await
            await asyncio.sleep(TICK)
        self._ready_at = _time()
        self._first_ready.set()
        self._show("ready")
        if self.part.is_well is None:
            return
        unwell = 0
        while unwell < UNWELL_LIMIT:
            await asyncio.sleep(self.part.well_seconds)
            unwell = 0 if await self.part.is_well() else unwell + 1
        process.send_signal(signal.SIGKILL)

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        end_group(process.pid)
        process.wait()
        self.state.pid = self.state.born = None

    def _ready_seconds(self) -> float:
        return 0.0 if self._ready_at is None else _time() - self._ready_at

    def _show(self, state: str) -> None:
        self.state.state = state
        self.state.since = now().isoformat(timespec="seconds")
        self.changed()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _time() -> float:
    return asyncio.get_running_loop().time()
