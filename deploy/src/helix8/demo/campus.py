"""The clock of the college, and the line that a command prints."""

import sys
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.kit.clock import now

CAMPUS: Final = ZoneInfo("Asia/Shanghai")
"""Where the college keeps its calendar."""


def today() -> datetime:
    """Return the time on campus."""
    return now().astimezone(CAMPUS)


def write(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
