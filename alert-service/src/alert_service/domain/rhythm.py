"""When people are told: quiet hours (免打扰) and digests (摘要), in campus time.

Source: our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
        today = after.astimezone(self.zone).date()
        return min(each for each in self._instants(today, range(9)) if each > after)

    def first_from(self, at: datetime) -> datetime:
        """Return the first of its instants that is not earlier."""
        return self.next(at - timedelta.resolution)

    def last(self, at: datetime) -> datetime:
        """Return the last of its instants that is not later."""
        today = at.astimezone(self.zone).date()
        return max(each for each in self._instants(today, range(-8, 1)) if each <= at)

    def _instants(self, today: date, days: range) -> list[datetime]:
        """Return its instants on some days: by the clock of the world, as some hours come twice."""
        found = (today + timedelta(days=each) for each in days)
        return [
            datetime.combine(day, each, self.zone).astimezone(UTC)
            for day in found
            if day.isoweekday() in self.weekdays
            for each in self.times
        ]
