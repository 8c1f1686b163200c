"""Has the report service rebuild its read model, from the streams or from what services keep."""

import subprocess
import sys
from collections.abc import Mapping

from helix8.embedded.ports import LOOPBACK
from helix8.embedded.postgres import PostgresServer
from helix8.home import Home
from helix8.keys import demo_key
from helix8.parts import joined, service_environment
from helix8.state import SuiteState
from helix8.suite import SERVICES


def rebuild(
    home: Home, state: SuiteState, inherited: Mapping[str, str], *, kept: bool, apply: bool
) -> int:
    """Rebuild, and print table by table what is other than it was; return the exit code.

    Args:
        inherited: the variables of this process.
        kept: from the facts and the history that the services keep; else from the streams.
        apply: what was rebuilt takes the place of what is there.
    """
    [report] = [each for each in SERVICES if each.name == "report"]
    ports = state.ports()
    postgres = PostgresServer(home.postgres, port=ports["postgres"])
    own = service_environment(report, home, ports, postgres)
    # Where its socket lies only the server itself knows.
    own["REPORT_DATABASE_URL"] = (
        f"postgresql+asyncpg://{report.name}@{LOOPBACK}:{postgres.port}/{report.name}"
    )
    command = [sys.executable, "-m", report.package, "rebuild", *(["--apply"] if apply else [])]
    if kept:
        key = home.vault().path("demo-key", demo_key)
        command += [f"--from={state.url}", f"--key-file={key}"]
    return subprocess.run(  # noqa: S603 — our own service
        command, check=False, env=joined(inherited, own)
    ).returncode
