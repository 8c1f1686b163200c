"""Ends processes that are nobody's children any more."""

import time
from collections.abc import Iterable
from contextlib import suppress
from signal import Signals
from typing import Final

import psutil

KILL_SECONDS: Final = 5.0


def end_all(processes: Iterable[psutil.Process], request: Signals, *, grace: float) -> None:
    """Send ``request``, wait up to ``grace`` seconds until all are gone, then kill the rest."""
    left = list(processes)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(request)
    _kill_after(left, grace=grace)


def _kill_after(processes: Iterable[psutil.Process], *, grace: float) -> None:
    """Wait up to ``grace`` seconds until all are gone, then kill the rest."""
    for process in _wait(list(processes), grace):
        with suppress(psutil.NoSuchProcess):
            process.kill()
            _wait([process], KILL_SECONDS)


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those still alive after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (left := [each for each in processes if _alive(each)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _alive(process: psutil.Process) -> bool:
    """Whether it runs; a zombie does not, though some containers keep it for ever."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
