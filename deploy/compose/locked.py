# ruff: noqa: INP001 - a script, run by its path
"""Prints the part of ``requirements.lock`` that some of our packages need.

``python locked.py requirements.lock shared gateway [--without NAME …]``. The lock says under each
package who needs it (``# via``): what is not reached from the named packages, such as the tools of
development, stays out. Standard library only: it runs before anything is installed.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = re.compile(r"^(?:-e \./)?([A-Za-z0-9][A-Za-z0-9._-]*)")

DISTRIBUTIONS: Final = {"deploy": "helix8"}
"""Folders whose package has another name."""


def sections(lock: str) -> dict[str, str]:
    """Return the lines of each package of the lock, by its name.

    One that is locked in two versions, for different Pythons, has the lines of both.
    """
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if match := PACKAGE.match(line):
            name = DISTRIBUTIONS.get(match[1], match[1])
            found.setdefault(name, "")
        if name:
            found[name] += f"{line}\n"
    return found


def parents(section: str) -> set[str]:
    """Return who needs a package, as its ``# via`` lines say."""
    comments = re.findall(r"^ +#(?: via)? +(\S+)$", section, re.MULTILINE)
    return {name for name in comments if name != "via"}


def needed(lock: str, wanted: set[str], without: set[str]) -> str:
    """Return the third-party lines of the lock that ``wanted`` needs.

    Raises:
        LookupError: the lock knows a package of ``wanted`` or ``without`` not at all.
    """
    known = sections(lock)
    if missing := (wanted | without) - known.keys():
        raise LookupError(f"not in the lock: {', '.join(sorted(missing))}")
    reached = set(wanted)
    while more := {
        name
        for name, section in known.items()
        if name not in reached | without and parents(section) & reached
    }:
        reached |= more
    return "".join(
        section
        for name, section in known.items()
        if name in reached and not section.startswith("-e ")
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("lock", type=Path)
    parser.add_argument("package", nargs="+")
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    text = needed(given.lock.read_text(encoding="utf-8"), set(given.package), set(given.without))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
