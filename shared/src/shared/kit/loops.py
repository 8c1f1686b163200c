"""Background loops: run for ever, wait to be woken, start again after an error, end when told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from shared.errors import DomainError
from shared.kit.telemetry import TASK_FAILURES

Job = Callable[[], Awaitable[None]]
RESTART_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_SECONDS: Final = 30.0

log = structlog.get_logger()


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


def is_ending() -> bool:
    """Return whether the present task was told to end (a library may have swallowed it)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def start_jobs(jobs: Mapping[str, Job]) -> list["asyncio.Task[None]"]:
    """Start every loop as a task that starts again after an error."""
    return [asyncio.create_task(keep_running(name, job), name=name) for name, job in jobs.items()]


async def stop_jobs(tasks: list["asyncio.Task[None]"]) -> None:
    """End every loop and wait until it has ended.

    A library may swallow a cancellation (``wait_for`` of Python 3.11 does), so it is repeated.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=1)
    await asyncio.gather(*tasks, return_exceptions=True)


async def keep_running(name: str, job: Job) -> None:
    """Run a loop for ever: an error is logged, and the loop starts again, later each time."""
    failures = 0
    loop = asyncio.get_running_loop()
    while not is_ending():
        started = loop.time()
        try:
            await job()
        except Exception as error:  # noqa: BLE001 — the loop must go on; it is logged below
            _stay()
            TASK_FAILURES.labels(name).inc()
            failures = 0 if loop.time() - started > HEALTHY_SECONDS else failures
            seconds = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            failures += 1
            _log_failure(name, error, seconds)
            await asyncio.sleep(seconds)


def _stay() -> None:
    """Take back the cancellations that a failing task group of Python 3.11 left on its parent.

    Without this the loop would take them for its own end. A real end is asked for again.
    """
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _log_failure(name: str, error: Exception, seconds: float) -> None:
    if isinstance(error, DomainError):
        log.warning("task_paused", task=name, why=error.en, seconds=seconds)
    else:
        log.error("task_failed", task=name, seconds=seconds, exc_info=error)
