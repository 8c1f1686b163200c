"""When reports are ordered without anybody asking: as a cycle comes to a step, or on dates.

Source: issue of the plan M160–M173 ("Schedules"); what is shipped is our default.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rrulestr

from report_service.domain.kinds.registry import SELF_DIAGNOSIS
from shared.calendar import CAMPUS

_RHYTHMS: Final = frozenset({YEARLY, MONTHLY, WEEKLY, DAILY})

SHIPPED: Final[dict[str, dict[str, Any]]] = {
    "cycle-diagnosis": {
        "title": "诊断环节开出自我诊改报告",
        "kind": SELF_DIAGNOSIS,
        "steps": ["diagnose", "draft"],
    }
}
"""By key. One that a college changed, or switched off, stays as it made it."""


class RhythmError(ValueError):
    """A rule of recurrence that cannot be followed."""


def is_meant(document: dict[str, Any], step: str, definition: str, scope: str) -> bool:
    """Return whether a cycle that comes to a step orders a report by a schedule.

    Args:
        definition: name and version, ``figure_eight@1``.
    """
    return (
        step in document.get("steps", ())
        and _among(definition.partition("@")[0], document.get("definitions"))
        and _among(scope.partition("/")[0], document.get("scope_kinds"))
    )


def _among(name: str, chosen: Collection[str] | None) -> bool:
    return not chosen or name in chosen


def next_at(document: dict[str, Any], after: datetime) -> datetime | None:
    """Return when a schedule orders next, after an instant; None: not again, or by cycles."""
    if not document.get("starts_at"):
        return None
    first = datetime.fromisoformat(document["starts_at"])
    if document.get("rule") is None:
        return first if first > after else None
    local = after.astimezone(CAMPUS).replace(tzinfo=None)
    found = _rule(document["rule"], first).after(local)
    return found.replace(tzinfo=CAMPUS) if found else None


def check_rule(rule: str, starts_at: datetime) -> None:
    """Refuse a rule that cannot be followed.

    Raises:
        RhythmError: it is no RFC 5545, or of another rhythm than days, weeks, months, years.
    """
    try:
        read: Any = _rule(rule, starts_at)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise RhythmError(
            "须为 RFC 5545 的 RRULE，如 FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=15 (an RRULE of RFC 5545)"
        ) from error
    # The library tells what it has read in no other way.
    if read._freq not in _RHYTHMS or read._interval < 1 or _times(read) > 1:  # noqa: SLF001
        raise RhythmError(
            "FREQ 须为 DAILY WEEKLY MONTHLY YEARLY 之一，一天至多一次"
            " (one of these, at most once a day)"
        )


def _times(read: Any) -> int:
    """Return how often a day a rule comes."""
    return len(read._byhour) * len(read._byminute) * len(read._bysecond)  # noqa: SLF001


def _rule(text: str, starts_at: datetime) -> rrule:
    start = starts_at.astimezone(CAMPUS).replace(tzinfo=None, microsecond=0)
    read = rrulestr(text, dtstart=start)
    if not text.startswith("FREQ=") or not isinstance(read, rrule):
        raise TypeError("a single rule is wanted")
    return read
