"""Guess how a source writes academic years and terms.

Source: ``dirty_cases`` D040–D048: 正方 writes 2024 and 3 or 12, 青果 2024 and 0 or 1, the old
systems 2024-2025 and 1 or 2, others a label.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from datahub.ingest.domain.guess_columns import (
    Column,
    is_academic_year,
    is_term,
    is_year,
    terms_in,
)
from datahub.ingest.domain.guess_names import Vocabulary, plain

_ZHENGFANG: Final = {"3": "1", "12": "2", "16": "3"}
_STYLES: Final[Sequence[Mapping[str, str]]] = (
    {"1": "1", "2": "2", "3": "3"},
    _ZHENGFANG,
    {"0": "1", "1": "2"},
)
"""What a source writes for a term, by which a number is meant."""

_AHEAD: Final = 3
"""Years beyond the sample for which a mapping is written down too."""

_CHINESE: Final = {"一": "1", "二": "2", "三": "3", "上": "1", "下": "2", "秋": "1", "春": "2"}
_LABEL: Final = re.compile(
    r"((?:19|20)\d\d)-((?:19|20)\d\d)(?:学年)?[第(（ -]?([一二三上下秋春123])[)）]?(?:学期)?"
)


def terms_of(columns: Sequence[Column], words: Vocabulary) -> dict[str, dict[str, Any]]:
    """Return specs of the fields ``term``, ``academic_year`` and ``term_code``, as far as found.

    Only where a year and a term stand in columns of their own; one column is `term_codes`.
    """
    year = _named(columns, words.fields.get("academic_year", ()), is_year, is_academic_year)
    term = _named(columns, words.fields.get("term_code", ()), _is_number)
    if year is None or term is None:
        return {}
    styles = _STYLES if is_academic_year(year) else (_ZHENGFANG, *_STYLES)
    style = next((each for each in styles if terms_in(term) <= set(each)), None)
    if style is None:
        return {}
    both: dict[str, Any] = {"from": [year.name, term.name], "join": "-"}
    whole: dict[str, Any] = {"from": year.name}
    number: dict[str, Any] = {"from": term.name}
    if is_year(year):
        years = _years(year)
        whole["codes"] = {each: f"{each}-{int(each) + 1}" for each in years}
        both["codes"] = {
            f"{each}-{word}": f"{each}-{int(each) + 1}-{code}"
            for each in years
            for word, code in style.items()
        }
    elif style is not _STYLES[0]:
        both["codes"] = {
            f"{each}-{word}": f"{each}-{code}"
            for each in sorted(terms_in(year))
            for word, code in style.items()
        }
    if style is not _STYLES[0]:
        number["codes"] = dict(style)
    return {"term": both, "academic_year": whole, "term_code": number}


def _years(column: Column) -> list[str]:
    found = sorted(int(value) for value in terms_in(column))
    return [str(each) for each in range(found[0], found[-1] + _AHEAD + 1)]


def _is_number(column: Column) -> bool:
    return column.is_complete and column.matches(r"^[0-9]{1,2}$") == 1.0


def _named(columns: Sequence[Column], words: Sequence[str], *holds: Any) -> Column | None:
    names = (
        {plain(word) for word in words} | {"xnm"} if is_year in holds else set(map(plain, words))
    )
    for column in columns:
        said = {plain(column.name), plain(column.label or "")}
        if names & said and any(each(column) for each in holds):
            return column
    return None


def term_codes(column: Column) -> tuple[dict[str, str], list[str]]:
    """Return the terms that labels stand for, and the values that stand for none."""
    if is_term(column):
        return {}, []
    mapped: dict[str, str] = {}
    left = []
    for value, _ in column.distinct:
        match = _LABEL.fullmatch(value)
        if match and int(match[1]) + 1 == int(match[2]):
            number = _CHINESE.get(match[3], match[3])
            mapped[value] = f"{match[1]}-{match[2]}-{number}"
        else:
            left.append(value)
    return mapped, left
