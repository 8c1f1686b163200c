"""Rules of recurrence (RFC 5545): when schedules order again, and when silences do.

In campus time, without ``DTSTART``; days, weeks, months or years.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rrulestr

from shared.calendar.arithmetic import CAMPUS

LONGEST_WAIT: Final = timedelta(days=8 * 366)
"""Within which a rule comes at least once: 29 February may take so long. One that never does would
be looked for until the last year there is, whenever it is asked for."""

EARLIEST: Final = 2000
"""Year of the first start: what comes is found by going through all that came."""

_RHYTHMS: Final = frozenset({YEARLY, MONTHLY, WEEKLY, DAILY})
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
)


class RhythmError(ValueError):
    """A rule of recurrence that cannot be followed."""


@lru_cache(maxsize=256)
def rule_of(text: str, starts_at: datetime) -> rrule:
    """Return a rule that was checked before, in campus time without a zone.

    It remembers what it went through: what silences is asked for every alert.

    Raises:
        TypeError: it is no single rule; and whatever else the library has for bad ones.
    """
    start = starts_at.astimezone(CAMPUS).replace(tzinfo=None, microsecond=0)
    read = rrulestr(text, dtstart=start, cache=True)
    if not text.startswith("FREQ=") or not isinstance(read, rrule):
        raise TypeError("a single rule is wanted")
    return read


def check_rule(text: str, starts_at: datetime, *, most_a_day: int, example: str) -> None:
    """Refuse a rule that cannot be followed.

    Args:
        most_a_day: how often it may come.

    Raises:
        RhythmError: it is no RFC 5545, of another rhythm, or never comes.
    """
    try:
        made: Any = rule_of(text, starts_at)
        _check_pace(made, most_a_day)
        comes = made._dtstart.year >= EARLIEST and _comes(made)  # noqa: SLF001
    except RhythmError:
        raise
    except _UNREADABLE as error:
        raise RhythmError(f"须为 RFC 5545 的 RRULE，如 {example} (an RRULE of RFC 5545)") from error
    if not comes:
        raise RhythmError(
            f"八年之内没有一次，或早于 {EARLIEST} 年开始"
            f" (it does not come within eight years, or starts before {EARLIEST})"
        )


def _check_pace(made: Any, most_a_day: int) -> None:
    # The library tells what it has read in no other way.
    if made._freq not in _RHYTHMS or made._interval < 1:  # noqa: SLF001
        raise RhythmError("FREQ 须为 DAILY WEEKLY MONTHLY YEARLY 之一 (one of these)")
    a_day = len(made._byhour) * len(made._byminute) * len(made._bysecond)  # noqa: SLF001
    if a_day > most_a_day:
        raise RhythmError(f"一天至多 {most_a_day} 次 (at most so often a day)")


def _comes(made: Any) -> bool:
    first = next(iter(made), None)
    return first is not None and first - made._dtstart <= LONGEST_WAIT  # noqa: SLF001
