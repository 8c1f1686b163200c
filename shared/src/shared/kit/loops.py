"""Background loops: run for ever, wait to be woken, start again after an error, end when told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import structlog

from shared.errors import DomainError
from shared.kit.audit.deeds import name_job
from shared.kit.clock import now
from shared.kit.telemetry import TASK_FAILURES

Job = Callable[[], Awaitable[None]]
State = Literal["running", "restarting", "done", "ended"]
"""How a loop gets on. ``restarting``: its job failed. ``done``: its job returned, and runs again
after a rest. ``ended``: only a new process starts it again."""

RESTART_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds before a job that failed runs again: after the first failure in a row, the second, …"""

REST_SECONDS: Final = 1.0
"""Seconds before a job that returned runs again."""

PACE_SECONDS: Final = 0.02
"""A loop that follows what others write rests at least so long after each round: what comes
meanwhile is work of one round. Twenty small writes a second would cost twenty rounds otherwise."""

PACE_FACTOR: Final = 2.0
MAX_PACE_SECONDS: Final = 0.2
"""It rests twice as long as it worked, but no longer than this: when much is going on its rounds
grow larger instead of more, and leave the processor to those whose callers wait for an answer."""

TRIAL_SECONDS: Final = 2.0
"""At most so long a job that failed again and again is on trial when it runs again."""

HEALTHY_SECONDS: Final = 30.0
"""A job that ran this long before it failed begins to be counted anew."""

log = structlog.get_logger()


class CancelledByNobodyError(Exception):
    """Something that a job waited for was cancelled, but nobody told the job to end."""


async def woken(wake: asyncio.Event, seconds: float) -> None:
    """Wait until woken, or until the time is over.

    Not ``asyncio.wait_for``: in Python 3.11 it swallows a cancellation that comes in the very
    moment its future is done, and the loop would never end.
    """
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return


async def follow(work: Callable[[], Awaitable[bool]], wake: asyncio.Event, poll: float) -> None:
    """Work for ever: round after round while there is more, then rest and wait to be woken.

    Args:
        work: does one round; returns whether more is left that nobody will wake us for.
        poll: seconds after which to look without being woken.
    """
    while True:
        wake.clear()
        began = _time()
        while await work():
            pass
        await rest_after(began)
        await woken(wake, poll)


async def rest_after(began: float) -> None:
    """Rest in proportion to the work that began then, by the loop's clock."""
    pace = max(PACE_SECONDS, PACE_FACTOR * (_time() - began))
    await asyncio.sleep(min(pace, MAX_PACE_SECONDS))


def is_ending() -> bool:
    """Return whether the present task was told to end (a library may have swallowed it)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def unless_told(work: Awaitable[None]) -> None:
    """Do ``work``; only who was told to end ends by a cancellation.

    A library that cancels what it let us wait for would end the task otherwise, without a word.

    Raises:
        CancelledByNobodyError: a cancellation came out of ``work``, and nobody had asked for it.
    """
    try:
        await work
    except asyncio.CancelledError as error:
        if is_ending():
            raise
        raise CancelledByNobodyError from error


@dataclass(slots=True, eq=False)
class Loop:
    """One job that runs again and again, and how it gets on."""

    name: str
    job: Job
    failures: int = 0
    """In a row."""

    failing_since: datetime | None = None
    """When the first of them was; None without any."""

    error: str = ""
    """Type of the last of them."""

    task: "asyncio.Task[None]" = field(init=False)
    _phase: State = "running"
    _began: float = 0.0
    _trial: float = 0.0
    """Seconds that the job must run before it is well again."""

    def start(self) -> None:
        """Run the job in a task of its own, until that is told to end."""
        self.task = asyncio.create_task(self._run(), name=self.name)

    @property
    def state(self) -> State:
        """How the job gets on.

        A job that failed more than once is ``running`` when it has run for longer than it did
        before, or for `TRIAL_SECONDS`: one that fails at once, always, is never well.
        """
        if self.task.done():
            return "ended"
        if self._phase == "running" and self._seconds() < self._trial:
            return "restarting"
        return self._phase

    async def _run(self) -> None:
        name_job(self.name)
        while not is_ending():
            self._began, self._phase = _time(), "running"
            try:
                await unless_told(self.job())
            except Exception as error:  # noqa: BLE001 — the loop must go on; it is logged below
                _stay()
                await asyncio.sleep(self._failed(_first(error)))
            else:
                self._done()
                await asyncio.sleep(REST_SECONDS if not is_ending() else 0)

    def _failed(self, error: Exception) -> float:
        """Note and log a failure; return the seconds until the next try."""
        if self._seconds() > HEALTHY_SECONDS:
            self._done()
        if self.failing_since is None:
            self.failing_since = now()
        self._trial = min(self._seconds(), TRIAL_SECONDS) if self.failures else 0.0
        seconds = RESTART_SECONDS[min(self.failures, len(RESTART_SECONDS) - 1)]
        self.failures += 1
        self.error, self._phase = type(error).__name__, "restarting"
        TASK_FAILURES.labels(self.name).inc()
        _log_failure(self.name, error, seconds)
        return seconds

    def _done(self) -> None:
        self.failures, self.failing_since, self.error = 0, None, ""
        self._trial, self._phase = 0.0, "done"

    def _seconds(self) -> float:
        return _time() - self._began


def start_jobs(jobs: Mapping[str, Job]) -> list[Loop]:
    """Start every job as a loop of its own."""
    loops = [Loop(name, job) for name, job in jobs.items()]
    for loop in loops:
        loop.start()
    return loops


async def stop_jobs(loops: Sequence[Loop]) -> None:
    """End every loop and wait until it has ended.

    A library may swallow a cancellation (``wait_for`` of Python 3.11 does), so it is repeated.
    """
    tasks = [loop.task for loop in loops]
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=1)
    await asyncio.gather(*tasks, return_exceptions=True)


def _stay() -> None:
    """Take back the cancellations that a failing task group of Python 3.11 left on its parent.

    Without this the loop would take them for its own end. A real end is asked for again.
    """
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _first(error: Exception) -> Exception:
    """Return the error itself, or the first of those that a task group gathered."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _log_failure(name: str, error: Exception, seconds: float) -> None:
    if isinstance(error, DomainError):
        log.warning("task_paused", task=name, why=error.en, seconds=seconds)
    else:
        log.error("task_failed", task=name, seconds=seconds, exc_info=error)


def _time() -> float:
    return asyncio.get_running_loop().time()
