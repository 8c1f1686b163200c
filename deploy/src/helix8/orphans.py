"""Ends what a killed supervisor left running."""

import signal
from contextlib import suppress
from typing import Final

import psutil

from helix8.embedded.leftovers import end_all
from helix8.home import Home
from helix8.state import lives, load_state

GRACE_SECONDS: Final = 5.0


def end_orphans(home: Home) -> list[int]:
    """End the processes of a former run in this directory; return their numbers.

    Call it while holding the lock of the directory. A process is known by its number together
    with its start, as the state file keeps them, or by the variable that every process of the
    directory carries. PostgreSQL is left to its own start, which knows its pid file.
    """
    found = recorded(home) | marked(home)
    end_all(found, signal.SIGTERM, grace=GRACE_SECONDS)
    return sorted(process.pid for process in found)


def recorded(home: Home) -> set[psutil.Process]:
    """Return the living processes that the state file names."""
    state = load_state(home.state)
    found = set()
    for process in state.processes if state else ():
        if (
            process.pid is not None
            and process.name != "postgres"
            and lives(process.pid, process.born)
        ):
            with suppress(psutil.NoSuchProcess):
                found.add(psutil.Process(process.pid))
    return found


def marked(home: Home) -> set[psutil.Process]:
    """Return the processes that carry the mark of the directory, such as workers of a service."""
    [(name, value)] = home.mark().items()
    found = set()
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] != "postgres" and process.environ().get(name) == value:
                found.add(process)
    return found
