"""Months and days as plans write them: ``2020.11``, ``2020年11月``, ``2020-11-18``, ``持续``."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final

from target_service.domain.plan_document.document import Span, last_day_of_month

_MONTH: Final = re.compile(
    r"((?:19|20|21)\d\d)\s*([.．,，、/\-年])\s*(\d{1,2})\s*(?:月|[.．/\-]?)"
    r"(?:\s*(?<=[.．/\-月])\s*(\d{1,2})\s*日?)?"
)
_FOR_GOOD: Final = re.compile(r"持续|长期|常态|常年|一直")


def is_ongoing(text: str) -> bool:
    """Return whether a text says that work goes on for good."""
    return _FOR_GOOD.search(text) is not None


def is_date(text: str) -> bool:
    """Return whether a text is meant as a date, whether there is such a day or not."""
    return _MONTH.fullmatch(text.strip()) is not None


def read_span(text: str) -> Span | None:
    """Return the month or the day that a text says; None where there is none such."""
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        return None
    year, _, month, day = match.groups()
    try:
        first = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return Span(first, first if day else last_day_of_month(first))


def separator(text: str) -> str | None:
    """Return what stands between year and month; None in what is no date."""
    match = _MONTH.fullmatch(text.strip())
    return match[2] if match else None


def usual_separator(texts: Iterable[str]) -> str | None:
    """Return what stands between year and month in most of the dates."""
    found = Counter(each for each in map(separator, texts) if each)
    return found.most_common(1)[0][0] if found else None
