"""Starts and ends processes that do not outlive the process that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helix8.embedded import child
from helix8.embedded.isolation import DIRECT, Identity

LOG_LIMIT: Final = 10_000_000
"""Bytes of a log file above which it is put aside at the next start."""

KEPT_LOGS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How one process is started and asked to end."""

    name: str
    command: tuple[str, ...]
    identity: Identity = DIRECT
    end_signal: signal.Signals = signal.SIGTERM
    """Asks it to end in order; also sent by the kernel when its parent dies."""

    directory: Path | None = None
    """Working directory; absent: the parent's."""


def wrapped(launch: Launch) -> list[str]:
    """Return the command line that runs ``launch`` tied to this process."""
    namespace, user = launch.identity.namespace, launch.identity.user
    return [
        sys.executable,
        "-I",
        "-S",
        str(child.__file__),
        str(os.getpid()),
        str(int(launch.end_signal)),
        "-" if namespace is None else str(namespace),
        "-" if user is None else str(user),
        *launch.command,
    ]


def spawn(
    launch: Launch, *, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; it writes to ``log`` and reads nothing.

    Its own session, so that Ctrl-C reaches this process alone, which ends the others in order.
    It also ends when the *thread* that called this ends: call from the main thread.
    """
    rotate(log)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own script and programs
            wrapped(launch),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=launch.directory,
            start_new_session=True,
        )


def rotate(log: Path) -> None:
    """Put a log file above ``LOG_LIMIT`` aside as ``.1``, the older ones up to ``.3``."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.touch(mode=0o600)
    if log.stat().st_size < LOG_LIMIT:
        return
    for number in range(KEPT_LOGS, 0, -1):
        older = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    log.touch(mode=0o600)


def end(process: subprocess.Popen[bytes], request: signal.Signals, *, grace: float) -> None:
    """Ask ``process`` to end; after ``grace`` seconds end it and what it left in its group."""
    if process.poll() is None:
        process.send_signal(request)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    end_group(process.pid)
    process.wait()


def end_group(group: int) -> None:
    """Kill what is left of the process group ``group``."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def tail(log: Path, lines: int) -> str:
    """Return the last lines of a log file; empty if there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 200 * lines))
        text = stream.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])


def wait_until(deadline: float) -> bool:
    """Wait a moment; False when the monotonic clock is past ``deadline``."""
    time.sleep(0.02)
    return time.monotonic() < deadline
