"""Spans of time as documents write them: ``30m``, ``24h``, ``7d``, ``2w``. Source: our default."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_duration(value: object) -> timedelta | None:
    """Return a span longer than nothing; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,4})([mhdw])", value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        return None
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
