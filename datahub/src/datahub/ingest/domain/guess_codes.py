"""Guess which code a source's value stands for: by code, by label, by what is commonly said.

What is not certain stays open: it is listed with ``?``, for the user to fill. Source:
``dirty_cases`` D001–D041 (a digit may mean the opposite elsewhere, so equal codes are asked about).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from datahub.dictionary.domain.entity import Entity, Field
from datahub.ingest.domain.guess_columns import Column
from datahub.ingest.domain.guess_names import Vocabulary
from datahub.ingest.domain.parsing import FALSE_WORDS, TRUE_WORDS

_SHORT: Final = ("族", "性", "人员", "党员", "课", "类", "级", "制")
"""Endings that are often left out of a label, or added to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What the values of a column may stand for."""

    mapped: Mapping[str, str]
    by_code: bool
    """Whether every value is a code as it stands."""

    unmapped: Mapping[str, int]
    """Rows by value."""

    coverage: float
    """Share of the rows with a value whose code is known, 0 to 1."""


def codes_of(
    entity: Entity, target: Field, allowed: frozenset[str], column: Column, words: Vocabulary
) -> Codes:
    """Return what the values of a column stand for in a field of codes or of words."""
    labels = _labels_of(entity, target, allowed, words)
    mapped: dict[str, str] = {}
    unmapped: dict[str, int] = {}
    for value, rows in column.distinct:
        code = labels.get(value.casefold()) or (value if value in allowed else None)
        if code is None:
            unmapped[value] = rows
        else:
            mapped[value] = code
    # A word that says nothing elsewhere may be a value here: 无 is a level of key majors.
    mapped |= {word: labels[word] for word in column.null_words if word in labels}
    total = sum(rows for _, rows in column.distinct)
    return Codes(
        mapped=mapped,
        by_code=not unmapped and all(value == code for value, code in mapped.items()),
        unmapped=unmapped,
        coverage=1 - sum(unmapped.values()) / total if total else 0.0,
    )


def are_codes(
    entity: Entity, target: Field, allowed: frozenset[str], column: Column, words: Vocabulary
) -> bool:
    """Whether every value of a column stands for a code."""
    labels = _labels_of(entity, target, allowed, words)
    return all(value.casefold() in labels or value in allowed for value, _ in column.distinct)


def _labels_of(
    entity: Entity, target: Field, allowed: frozenset[str], words: Vocabulary
) -> Mapping[str, str]:
    return _said(target.code_set or f"{entity.name}.{target.name}", allowed, words)


def _said(name: str, allowed: frozenset[str], words: Vocabulary) -> Mapping[str, str]:
    """Return the code by what may be said for it, in small letters."""
    said = words.said.get((name, allowed))
    if said is None:
        said = words.said[name, allowed] = dict(_labels(name, allowed, words))
    return said


def _labels(name: str, allowed: frozenset[str], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Yield what may be said for each code; what two codes share is said for neither."""
    known = words.labels.get(name, {})
    said: dict[str, set[str]] = {}
    for code in sorted(allowed):
        for label in known.get(code, ()):
            for text in filter(None, _ways(label)):
                said.setdefault(text.casefold(), set()).add(code)
    for text, codes in said.items():
        if len(codes) == 1:
            yield text, next(iter(codes))
    for word, code in words.values.get(name, {}).items():
        if code in allowed:
            yield word.casefold(), code


def _ways(label: str) -> Iterator[str]:
    yield label
    for ending in _SHORT:
        if label.endswith(ending) and len(label) > len(ending):
            yield label.removesuffix(ending)


def is_boolean(column: Column) -> float:
    """Return the share of rows that say yes or no."""
    words = {*TRUE_WORDS, *FALSE_WORDS}
    total = sum(rows for _, rows in column.distinct)
    said = sum(rows for value, rows in column.distinct if value.lower() in words)
    return said / total if total else 0.0
