"""Reads the settings of every service, in one short-lived process, before any of them starts.

A service that cannot read a variable of its own would be started again and again while everybody
waits; here all that is wrong is told at once, each variable by its name. Not the supervisor's
business: it would keep the memory of six packages for good.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from helix8.home import Home
from helix8.keys import ensure_signing_keys
from helix8.suite import EVERY_SERVICE


def faults() -> Iterator[str]:
    """Yield what is wrong with the variables of this process, service by service."""
    for service in EVERY_SERVICE:
        module = f"{service.package}.settings"
        if importlib.util.find_spec(module) is None:
            continue
        try:
            importlib.import_module(module).Settings.read()
        except SystemExit as wrong:
            yield str(wrong.code)


if __name__ == "__main__":
    ensure_signing_keys(Home(Path(sys.argv[1])).vault())
    sys.exit("\n".join(faults()) or 0)
