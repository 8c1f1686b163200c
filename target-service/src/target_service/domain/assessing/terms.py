"""A term of office (任期) takes the years that lie in it; progress is against the period before.

Source: plan M063-M064 (干部任期考核): the results of the unit in the years of the term, each
weighed by its days in it (our default).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from target_service.domain.units import Faults

Bounds = tuple[date, date]
"""First day, and the day after the last."""


def days_within(period: Bounds, term: Bounds) -> int:
    """Return how many days of a period lie in a term of office."""
    return max((min(period[1], term[1]) - max(period[0], term[0])).days, 0)


def faults_of_term(path: str, since: date | None, until: date | None) -> Faults:
    """Return a term of office without a beginning or an end, or that ends before it begins."""
    missing = {"since": since, "until": until}
    found = [
        (f"{path}.{name}", "任期考核须给出任期起止 (give the term of office)")
        for name, day in missing.items()
        if day is None
    ]
    if since and until and until <= since:
        found.append((f"{path}.until", f"任期须晚于 {since} 结束 (a term ends after it begins)"))
    return found


def before(period: str) -> str | None:
    """Return the period before, of the same kind; None of a kind that has none by its key."""
    kind, _, key = period.partition(":")
    earlier = _BEFORE.get(kind)
    return f"{kind}:{earlier(key)}" if earlier else None


def _year(key: str) -> str:
    return str(int(key) - 1)


def _academic_year(key: str) -> str:
    return f"{int(key[:4]) - 1}-{int(key[5:9]) - 1}"


def _term(key: str) -> str:
    """The second term is compared with the first; the first with the second of last year."""
    year, number = key[:9], int(key[10:])
    return f"{year}-{number - 1}" if number > 1 else f"{_academic_year(year)}-2"


def _month(key: str) -> str:
    year, number = int(key[:4]), int(key[5:])
    return f"{year}-{number - 1:02}" if number > 1 else f"{year - 1}-12"


_BEFORE: Final[Mapping[str, Callable[[str], str]]] = {
    "year": _year,
    "ayear": _academic_year,
    "term": _term,
    "month": _month,
}
COMPARABLE: Final = tuple(_BEFORE)
"""Kinds of period that progress can be measured by."""
