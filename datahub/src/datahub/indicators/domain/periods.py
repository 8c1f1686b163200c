"""Periods in their natural order, which one lies before another, and the year they lie in.

Week 9 comes before week 13, which their texts do not say. Whether there was a third term only the
measured periods tell: so what may lie before is a list, the nearest first. Source: contract
"Period".
"""

import re
from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

remembered: Final = lru_cache(maxsize=8192)
"""A round asks the same few periods for each of thousands of cells."""

PLAN_YEARS: Final = 5
_LAST_TERM: Final = 3
_LAST_WEEK: Final = 53

Terms = Mapping[str, tuple[date, date]]
"""First and last day of the terms that were told, by their keys."""


def kind_of(period: str) -> str:
    """Return the kind of a period."""
    return period.partition(":")[0]


@remembered
def order(period: str) -> tuple[int, ...]:
    """Return what periods of one kind are sorted by."""
    return tuple(map(int, re.findall("[0-9]+", period)))


@remembered
def before(period: str) -> tuple[str, ...]:
    """Return what may be the period before, the nearest first; empty where none is known."""
    kind, _, key = period.partition(":")
    find = _BEFORE.get(kind)
    return tuple(f"{kind}:{each}" for each in find(key)) if find else ()


@remembered
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


def after(period: str) -> list[str]:
    """Return every period that has this one among what may be the period before it."""
    kind, _, key = period.partition(":")
    find = _AFTER.get(kind)
    return [f"{kind}:{each}" for each in find(key)] if find else []


def years_after(period: str) -> list[str]:
    """Return every period of which this one is the same of the year before."""
    kind, _, key = period.partition(":")
    match kind:
        case "term" | "ayear" | "week":
            return [f"{kind}:{_moved(key, 1)}"]
        case "day" if key.endswith("-02-28") and isleap(int(key[:4]) + 1):
            return [f"{kind}:{int(key[:4]) + 1}-02-{day}" for day in (28, 29)]
        case "month" | "year":
            return [f"{kind}:{int(key[:4]) + 1}{key[4:]}"]
        case "day" if not key.endswith("-02-29"):
            return [f"{kind}:{int(key[:4]) + 1}{key[4:]}"]
        case _:
            return []


def same_year(period: str) -> list[str]:
    """Return the periods of a year, from its first on: terms and weeks lie in an academic year."""
    kind, _, key = period.partition(":")
    find = _OF_YEAR.get(kind)
    return [f"{kind}:{each}" for each in find(key)] if find else [period]


def last_day(period: str, terms: Terms) -> date:
    """Return the day on which a period ends.

    An academic year ends with August, and so does a term of which nothing was told.
    """
    kind, _, key = period.partition(":")
    term, _, week = key.partition("/")
    match kind:
        case "day":
            return date.fromisoformat(key)
        case "month" | "year" | "plan":
            after = _next_month(key) if kind == "month" else f"{int(key[-4:]) + 1}-01"
            return date.fromisoformat(f"{after}-01") - timedelta(days=1)
        case "week" if term in terms:
            first = terms[term][0]
            return first + timedelta(days=7 * int(week) - 1 - first.weekday())
        case "term" if key in terms:
            return terms[key][1]
        case _:
            return date(int(key[:4]) + 1, 8, 31)


def plan_of(year: int) -> str:
    """Return the key of the five-year plan of a year. Source: the national plans, 2021-2025."""
    first = year - (year - 1) % PLAN_YEARS
    return f"{first}-{first + PLAN_YEARS - 1}"


def _moved(key: str, years: int) -> str:
    """Return a key with another academic year than that with which it begins."""
    first = int(key[:4]) + years
    return f"{first}-{first + 1}{key[9:]}"


def _years_before(key: str) -> str:
    """Return a key with the academic year before that with which it begins."""
    return _moved(key, -1)


def _terms_after(key: str) -> list[str]:
    year, number = key[:9], int(key[10:])
    within = [f"{year}-{number + 1}"] if number < _LAST_TERM else []
    return within + ([f"{_moved(year, 1)}-1"] if number > 1 else [])


def _weeks_after(key: str) -> list[str]:
    term, _, number = key.partition("/")
    within = [f"{term}/{int(number) + 1}"] if int(number) < _LAST_WEEK else []
    return within + [f"{each}/1" for each in _terms_after(term)]


def _next_month(key: str) -> str:
    return f"{date(int(key[:4]), int(key[5:]), 28) + timedelta(days=4):%Y-%m}"


def _terms_of_year(key: str) -> list[str]:
    return [f"{key[:9]}-{number}" for number in range(1, _LAST_TERM + 1)]


def _weeks_of_year(key: str) -> list[str]:
    weeks = range(1, _LAST_WEEK + 1)
    return [f"{term}/{week}" for term in _terms_of_year(key) for week in weeks]


def _days_of_year(key: str) -> list[str]:
    first = date(int(key[:4]), 1, 1)
    count = 366 if isleap(first.year) else 365
    return [(first + timedelta(days=each)).isoformat() for each in range(count)]


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
    "plan": lambda key: [plan_of(int(key[:4]) - 1)],
}
_AFTER: Final[Mapping[str, Callable[[str], list[str]]]] = {
    "day": lambda key: [(date.fromisoformat(key) + timedelta(days=1)).isoformat()],
    "week": _weeks_after,
    "month": lambda key: [_next_month(key)],
    "term": _terms_after,
    "ayear": lambda key: [_moved(key, 1)],
    "year": lambda key: [str(int(key) + 1)],
    "plan": lambda key: [plan_of(int(key[5:]) + 1)],
}
_OF_YEAR: Final[Mapping[str, Callable[[str], list[str]]]] = {
    "day": _days_of_year,
    "week": _weeks_of_year,
    "month": lambda key: [f"{key[:4]}-{month:02}" for month in range(1, 13)],
    "term": _terms_of_year,
}
