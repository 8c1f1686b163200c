"""Academic years and terms, as campus systems write them.

A style is a pattern and a table of words: what the source writes for a term, and the number of
the term in its academic year. Source: ``dirty_cases`` D040–D051.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import polars as pl

from datahub.ingest.domain.feed import TermStyle

_WORDS: Final = {"一": "1", "二": "2", "三": "3", "上": "1", "下": "2", "秋": "1", "春": "2"}
_PLAIN: Final = {"1": "1", "2": "2", "3": "3"}
STYLES: Final[Mapping[str, TermStyle]] = {
    "national": TermStyle(patterns=("{year}-{next}-{term}",), terms=_PLAIN),
    "zhengfang": TermStyle(patterns=("{year}-{term}",), terms={"3": "1", "12": "2"}),
    "kingosoft": TermStyle(patterns=("{year}/{term}", "{year}-{term}"), terms={"0": "1", "1": "2"}),
    "label": TermStyle(
        patterns=(
            "{year}-{next}学年第{term}学期",
            "{year}-{next}学年{term}学期",
            "{year}-{next}({term})",
            "{yy}-{nn}({term})",
            "{yy}-{nn}学年第{term}学期",
        ),
        terms={**_PLAIN, **_WORDS},
    ),
    "letter": TermStyle(
        patterns=("{year}{term}",),
        terms={"J": "1", "B": "2"},
        previous_year=frozenset("B"),
    ),
}
"""Ways of writing that several systems share.

``national`` 2023-2024-1 (数字基座, 金智, 强智, 正方 before 2015) · ``zhengfang`` 2024 and 3 or 12 ·
``kingosoft`` (青果) 2021 and 0 or 1 · ``label`` 2023-2024学年第二学期, 23-24(2) · ``letter`` 2013J.
"""

GIVES: Final = frozenset({"term", "academic_year", "term_code"})
_PLACES: Final = {
    "year": "(?P<year>(?:19|20)[0-9]{2})",
    "next": "(?P<next>(?:19|20)[0-9]{2})",
    "yy": "(?P<yy>[0-9]{2})",
    "nn": "(?P<nn>[0-9]{2})",
    "term": "(?P<term>[^-/()]{1,12})",
}
_PLAIN_SIGNS: Final = {"（": "(", "）": ")", " ": "", "\u3000": ""}
_TO_PLAIN: Final = str.maketrans(_PLAIN_SIGNS)
_PLACE: Final = re.compile(r"\{([a-z]*)\}")


class _Parts(NamedTuple):
    year: pl.Expr
    end: pl.Expr | None
    number: pl.Expr


def problem_of(pattern: str, gives: str) -> str | None:
    """Return what is wrong with a pattern; None when it can be read."""
    places = _PLACE.findall(pattern)
    if unknown := sorted(set(places) - set(_PLACES)):
        return f"未知的占位 {unknown} (unknown places)"
    if len(places) != len(set(places)) or ("year" in places) == ("yy" in places):
        return "恰有一个 {year} 或 {yy}，每个占位至多一次 (one year, each place once)"
    if "term" not in places and gives != "academic_year":
        return "缺少 {term} (no place for the term)"
    return None


def term(text: pl.Expr, style: TermStyle) -> pl.Expr:
    """Parse terms; one whose two years do not follow each other is none."""
    plain = text.str.replace_many(list(_PLAIN_SIGNS), list(_PLAIN_SIGNS.values()))
    found = [_value(_parts(plain, each, style), style) for each in style.patterns]
    return found[0] if len(found) == 1 else pl.coalesce(found)


def has_years_apart(text: str, style: TermStyle) -> bool:
    """Whether a text is of the agreed form, and its two years do not follow each other."""
    plain = text.translate(_TO_PLAIN)
    matches = [re.fullmatch(_regex(each), plain) for each in style.patterns]
    return any(match is not None and _end(match.groupdict()) is False for match in matches)


def _end(found: Mapping[str, str]) -> bool | None:
    first, last = found.get("year") or found.get("yy"), found.get("next") or found.get("nn")
    if first is None or last is None:
        return None
    return (int(first) + 1) % 100 == int(last) % 100


def _parts(text: pl.Expr, pattern: str, style: TermStyle) -> _Parts:
    places = _PLACE.findall(pattern)
    groups = text.str.extract_groups(f"^{_regex(pattern)}$").struct
    short = groups.field("yy").cast(pl.Int32) if "yy" in places else None
    year = groups.field("year").cast(pl.Int32) if short is None else _century(short)
    end = groups.field("next").cast(pl.Int32) if "next" in places else None
    if "nn" in places:
        end = _century(groups.field("nn").cast(pl.Int32))
    if "term" not in places:
        return _Parts(year, end, pl.lit(""))
    word = groups.field("term")
    if style.previous_year:
        year = pl.when(word.is_in(sorted(style.previous_year))).then(year - 1).otherwise(year)
    number = word.replace_strict(dict(style.terms), default=None, return_dtype=pl.String)
    return _Parts(year, end, number)


def _century(short: pl.Expr) -> pl.Expr:
    """Write a year of two digits in four: 70 to 99 lie in the last century."""
    return pl.when(short < 70).then(short + 2000).otherwise(short + 1900)


def _value(parts: _Parts, style: TermStyle) -> pl.Expr:
    following = parts.year + 1
    years = pl.concat_str(parts.year, pl.lit("-"), following)
    match style.gives:
        case "academic_year":
            value = years
        case "term_code":
            value = parts.number
        case _:
            value = pl.concat_str(years, pl.lit("-"), parts.number)
    whole = parts.number.is_not_null() & parts.year.is_not_null()
    if parts.end is not None:
        whole &= parts.end == following
    return pl.when(whole).then(value)


@cache
def _regex(pattern: str) -> str:
    """Return a pattern as a regular expression: its places, and everything else literally."""
    pieces = _PLACE.split(pattern.translate(_TO_PLAIN))
    return "".join(_PLACES[each] if at % 2 else re.escape(each) for at, each in enumerate(pieces))
