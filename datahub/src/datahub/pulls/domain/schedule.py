"""When a pull runs next.

Source: our default; cron expressions are read in campus time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a pull runs by itself; without either, only when asked."""

    every_minutes: int | None = None
    cron: str | None = None

    def after(self, now: datetime) -> datetime | None:
        """Return the next instant after ``now``, in the zone of ``now``; None is never."""
        if self.every_minutes is not None:
            return now + timedelta(minutes=self.every_minutes)
        return next(CronSim(self.cron, now)) if self.cron else None


def is_cron(expression: str, now: datetime) -> bool:
    """Whether an expression is one of cron, with five fields, and comes true some day."""
    try:
        return len(expression.split()) == 5 and bool(next(CronSim(expression, now)))
    except (CronSimError, StopIteration):
        return False
