"""Periods in their natural order, and which one lies before another.

Week 9 comes before week 13, which their texts do not say. Whether there was a third term only the
measured periods tell: so what may lie before is a list, the nearest first. Source: contract
"Period".
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

_LAST_TERM: Final = 3
_LAST_WEEK: Final = 53


def kind_of(period: str) -> str:
    """Return the kind of a period."""
    return period.partition(":")[0]


def order(period: str) -> tuple[int, ...]:
    """Return what periods of one kind are sorted by."""
    return tuple(map(int, re.findall("[0-9]+", period)))


def before(period: str) -> list[str]:
    """Return what may be the period before, the nearest first; empty where none is known."""
    kind, _, key = period.partition(":")
    find = _BEFORE.get(kind)
    return [f"{kind}:{each}" for each in find(key)] if find else []


def year_before(period: str) -> str | None:
    """Return the same period of the year before: the same term, month, day; None for a span."""
    kind, _, key = period.partition(":")
    match kind:
        case "term" | "ayear" | "week":
            return f"{kind}:{_years_before(key)}"
        case "month" | "year":
            return f"{kind}:{int(key[:4]) - 1}{key[4:]}"
        case "day":
            leap = key.replace("-02-29", "-02-28")
            return f"{kind}:{int(key[:4]) - 1}{leap[4:]}"
        case _:
            return None


def _years_before(key: str) -> str:
    """Return a key with the academic year before that with which it begins."""
    first = int(key[:4])
    return f"{first - 1}-{first}{key[9:]}"


def _terms_before(key: str) -> list[str]:
    number = int(key[10:])
    if number > 1:
        return [f"{key[:9]}-{number - 1}"]
    last = _years_before(key[:9])
    return [f"{last}-{each}" for each in range(_LAST_TERM, 1, -1)]


def _weeks_before(key: str) -> list[str]:
    term, _, number = key.partition("/")
    if int(number) > 1:
        return [f"{term}/{int(number) - 1}"]
    return [f"{each}/{week}" for each in _terms_before(term) for week in range(_LAST_WEEK, 0, -1)]


def _month_before(key: str) -> list[str]:
    last = date(int(key[:4]), int(key[5:]), 1) - timedelta(days=1)
    return [f"{last:%Y-%m}"]


_BEFORE: Final[Mapping[str, Callable[[str], list[str]]]] = {
    "day": lambda key: [(date.fromisoformat(key) - timedelta(days=1)).isoformat()],
    "week": _weeks_before,
    "month": _month_before,
    "term": _terms_before,
    "ayear": lambda key: [_years_before(key)],
    "year": lambda key: [str(int(key) - 1)],
}
