"""What a supervisor tells the other commands about the processes it keeps."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from helix8.vault import write_private


@dataclass(slots=True, kw_only=True)
class ProcessState:
    """One process as its keeper sees it."""

    name: str
    port: int
    pid: int | None = None
    born: int | None = None
    """When ``pid`` started, in clock ticks since boot: tells it from a later one of that number."""

    state: str = "stopped"
    """``starting``, ``ready``, ``waiting`` (to be started again) or ``stopped``."""

    restarts: int = 0
    since: str = ""
    """When it last became ready or not; ISO 8601, UTC."""


@dataclass(slots=True, kw_only=True)
class SuiteState:
    """The whole suite."""

    pid: int
    born: int | None
    started_at: str
    url: str
    ready: bool = False
    processes: list[ProcessState] = field(default_factory=list)

    def ports(self) -> dict[str, int]:
        """Return the port of every process."""
        return {process.name: process.port for process in self.processes}

    def save(self, file: Path) -> None:
        """Write the state so that a reader sees all of it or the one before."""
        write_private(file, json.dumps(asdict(self), indent=1))


def load_state(file: Path) -> SuiteState | None:
    """Return the state kept in ``file``; None if there is none, or not of this version."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        document = json.loads(file.read_text(encoding="utf-8"))
        processes = [ProcessState(**each) for each in document.pop("processes")]
        return SuiteState(**document, processes=processes)
    return None


def born(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None if there is no such process.

    Read from the kernel rather than as a time of day, which moves when the clock is set.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def lives(pid: int | None, started: int | None) -> bool:
    """Whether the process that was recorded as ``pid``, started then, still runs."""
    return pid is not None and started is not None and born(pid) == started


def own_pid() -> tuple[int, int | None]:
    """Return this process's id and start."""
    return os.getpid(), born(os.getpid())
