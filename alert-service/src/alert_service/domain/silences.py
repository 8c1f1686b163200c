"""Silences (静默): for a time nobody is told of what their matchers meet; it is kept who and why.

A recurring one is active for some minutes from every occurrence of its rule (RFC 5545), in campus
time, between its start and its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Final, Literal

from alert_service.domain.matching import Labels, Matcher, all_hold
from shared.calendar import CAMPUS
from shared.calendar.rhythm import check_rule, rule_of
from shared.errors import DomainError, ErrorKind

LONGEST: Final = timedelta(days=366)
"""Source: our default; what is silent for ever is forgotten."""

MOST_A_DAY: Final = 24
"""Occurrences: the last one before an instant is found by going through them."""


class SilenceOverError(DomainError):
    """The silence has ended."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "silence-over"
    title_zh: ClassVar = "静默已结束"
    title_en: ClassVar = "The silence is over"


class SilenceSpanError(DomainError):
    """The silence would be over already, or lasts too long."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "silence-span"
    title_zh: ClassVar = "静默的起止不合要求"
    title_en: ClassVar = "The silence cannot last so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Active for some minutes from each occurrence."""

    rule: str
    """RFC 5545 without ``DTSTART``: ``FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=0;BYMINUTE=0``."""

    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What nobody is told of."""

    id: str
    matchers: Sequence[Matcher]
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    recurrence: Recurrence | None = None

    def state(self, at: datetime) -> Literal["pending", "active", "resting", "expired"]:
        """Return how it stands; ``resting``: between two of its occurrences."""
        if at >= self.ends_at:
            return "expired"
        if at < self.starts_at:
            return "pending"
        return "active" if self.until(at) else "resting"

    def until(self, at: datetime) -> datetime | None:
        """Return until when it silences, None where it does not now."""
        if not self.starts_at <= at < self.ends_at:
            return None
        if self.recurrence is None:
            return self.ends_at
        end = occurrence_end(self.recurrence, self.starts_at, at)
        return min(end, self.ends_at) if end else None

    def covers(self, labels: Labels, at: datetime) -> bool:
        """Return whether nobody is told of an alert with these labels."""
        return all_hold(self.matchers, labels) and self.until(at) is not None


@lru_cache(maxsize=256)
def occurrence_end(recurrence: Recurrence, starts_at: datetime, at: datetime) -> datetime | None:
    """Return when the occurrence ends that an instant lies in; None between two.

    It is asked of every alert at the same instant: the answer is kept.
    """
    local = at.astimezone(CAMPUS).replace(tzinfo=None)
    last = rule_of(recurrence.rule, _start_of(recurrence, starts_at)).before(local, inc=True)
    if last is None:
        return None
    end = last.replace(tzinfo=CAMPUS) + timedelta(minutes=recurrence.minutes)
    return end if at < end else None


def check_recurrence(rule: str) -> None:
    """Refuse a rule that cannot be followed.

    Raises:
        RhythmError: it is no RFC 5545, of another rhythm, or never comes.
    """
    check_rule(
        rule,
        datetime(2026, 1, 1, tzinfo=CAMPUS),
        most_a_day=MOST_A_DAY,
        example="FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=0;BYMINUTE=0",
    )


def _start_of(recurrence: Recurrence, starts_at: datetime) -> datetime:
    """Return from when a rule is followed: what began earlier on the day it was made goes on."""
    if "BYHOUR" not in recurrence.rule:
        return starts_at
    return starts_at.astimezone(CAMPUS).replace(hour=0, minute=0, second=0, microsecond=0)
