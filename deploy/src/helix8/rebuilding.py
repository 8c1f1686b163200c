"""Has a service rebuild what it keeps from what was published, and compare it with its tables."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from helix8.embedded.ports import LOOPBACK
from helix8.embedded.postgres import PostgresServer
from helix8.home import Home
from helix8.keys import demo_key
from helix8.parts import joined, service_environment
from helix8.state import SuiteState
from helix8.suite import SERVICES


def rebuild_reports(
    home: Home, state: SuiteState, inherited: Mapping[str, str], *, kept: bool, apply: bool
) -> int:
    """Rebuild the read model of reports; print what differs, return the exit code.

    Args:
        inherited: the variables of this process.
        kept: from the facts and the history that the services keep; else from the streams.
        apply: what was rebuilt takes the place of what is there.
    """
    arguments = ["--apply"] if apply else []
    if kept:
        key = home.vault().path("demo-key", demo_key)
        arguments += [f"--from={state.url}", f"--key-file={key}"]
    return _rebuild("report", home, state, inherited, arguments)


def rebuild_cycles(
    home: Home, state: SuiteState, inherited: Mapping[str, str], keys: Sequence[str]
) -> int:
    """Rebuild cycles from their events; print what differs, return the exit code.

    Args:
        inherited: the variables of this process.
        keys: of the cycles; all of them where none is named.
    """
    return _rebuild("spiral", home, state, inherited, keys)


def _rebuild(
    name: str,
    home: Home,
    state: SuiteState,
    inherited: Mapping[str, str],
    arguments: Sequence[str],
) -> int:
    [service] = [each for each in SERVICES if each.name == name]
    ports = state.ports()
    postgres = PostgresServer(home.postgres, port=ports["postgres"])
    own = service_environment(service, home, ports, postgres)
    # Where its socket lies only the server itself knows.
    own[f"{name.upper()}_DATABASE_URL"] = (
        f"postgresql+asyncpg://{name}@{LOOPBACK}:{postgres.port}/{name}"
    )
    command = [sys.executable, "-m", service.package, "rebuild", *arguments]
    return subprocess.run(  # noqa: S603 — our own service
        command, check=False, env=joined(inherited, own)
    ).returncode
