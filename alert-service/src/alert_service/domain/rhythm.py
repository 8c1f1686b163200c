"""When people are told: quiet hours (免打扰) and digests (摘要), in campus time.

Source: our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.vocabulary import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Nobody is told within them, but of the colours that are excepted.

    ``until`` before ``since``: over midnight. Weekdays 1 Monday to 7 Sunday are those on which it
    begins.
    """

    since: time
    until: time
    weekdays: frozenset[int]
    zone: ZoneInfo
    excepted: frozenset[Severity]

    def end(self, at: datetime) -> datetime | None:
        """Return when the quiet hours end that an instant lies in; None outside of them."""
        local = at.astimezone(self.zone)
        for day in (local.date(), local.date() - timedelta(days=1)):
            begins = datetime.combine(day, self.since, self.zone)
            over = self.until <= self.since
            ends = datetime.combine(day + timedelta(days=over), self.until, self.zone)
            if day.isoweekday() in self.weekdays and begins <= local < ends:
                return ends
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """People are told at these times of the day, of all that came since."""

    times: Sequence[time]
    weekdays: frozenset[int]
    zone: ZoneInfo

    def next(self, after: datetime) -> datetime:
        """Return the next of its instants, later than ``after``."""
        local = after.astimezone(self.zone)
        for days in range(8):
            day = local.date() + timedelta(days=days)
            if day.isoweekday() not in self.weekdays:
                continue
            for each in sorted(self.times):
                at = datetime.combine(day, each, self.zone)
                if at > local:
                    return at
        raise AssertionError("a digest has a weekday and a time")
