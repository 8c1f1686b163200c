"""The time, for edges. Rules take it as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CAMPUS = ZoneInfo("Asia/Shanghai")
"""Dates without a zone, in files and on screens, are campus dates."""


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251


def spell(instant: datetime) -> str:
    """Return an instant as answers spell it: in UTC, with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
