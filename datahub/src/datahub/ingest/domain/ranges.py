"""Numbers of weeks and of class sections: ``1-16周(单)``, ``1-2``, ``1,3,5-8``.

There are few different ones in a file, so each is read once. Source: ``dirty_cases`` D104–D106.
"""

import re
from collections.abc import Callable
from typing import Final

import polars as pl

LARGEST: Final = 60
"""Weeks of a year and sections of a day are fewer. Source: our default."""

_SPAN: Final = re.compile(
    r"第?(\d{1,2})(?:[-–~至—](\d{1,2}))?[周节]?(?:\(?([单双])周?\)?)?[周节]?", re.ASCII
)
_BETWEEN: Final = re.compile(r"[,，、;；]")


def numbers(text: str) -> tuple[int, ...] | None:
    """Return the numbers that a text names, ascending; None where it names none."""
    plain = text.replace("（", "(").replace("）", ")").replace(" ", "")
    found: set[int] = set()
    for part in _BETWEEN.split(plain):
        span = _span(part)
        if not span:
            return None
        found |= span
    return tuple(sorted(found))


def _span(text: str) -> set[int]:
    match = _SPAN.fullmatch(text)
    if match is None:
        return set()
    first = int(match[1])
    last = int(match[2] or first)
    if not 1 <= first <= last <= LARGEST:
        return set()
    parity = {"单": 1, "双": 0}.get(match[3] or "")
    return {each for each in range(first, last + 1) if parity is None or each % 2 == parity}


def as_list(column: pl.Series) -> pl.Series:
    """Write the numbers in PostgreSQL's array form."""
    return _each(column, lambda found: "{" + ",".join(f'"{each}"' for each in found) + "}")


def as_text(column: pl.Series) -> pl.Series:
    """Write the numbers as text, runs as ranges: ``1-2``, ``1,3,5-8``."""
    return _each(column, _runs)


def _runs(found: tuple[int, ...]) -> str:
    starts = [each for each in found if each - 1 not in found]
    ends = [each for each in found if each + 1 not in found]
    pairs = zip(starts, ends, strict=True)
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in pairs)


def _each(column: pl.Series, write: Callable[[tuple[int, ...]], str]) -> pl.Series:
    texts = column.drop_nulls().unique()
    values = [write(found) if (found := numbers(text)) else None for text in texts]
    return column.replace_strict(
        texts, pl.Series(values, dtype=pl.String), default=None, return_dtype=pl.String
    )
