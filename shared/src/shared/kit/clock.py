"""The time, for edges. Rules take it as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CAMPUS = ZoneInfo("Asia/Shanghai")
"""Dates without a zone, in files and on screens, are campus dates."""


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251
