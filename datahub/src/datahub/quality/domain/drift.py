"""Whether two batches of a feed are written alike: their columns, and what stands in them.

Source: design "Data hub" 5 (a real feed changed its dates from ``2022-01-03`` to ``8/15/2020`` in
the next batch). Our defaults: a column is there when it is filled in at least half of the rows,
and has a shape when four fifths of its values have it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

MIN_ROWS: Final = 10
"""A smaller batch says nothing about how its feed writes."""

SAMPLE: Final = 100
FILLED: Final = 0.5
DOMINANT: Final = 0.8
MAX_WORDS: Final = 20
MAX_WORD: Final = 60
"""Characters: a longer value is no code."""

MIXED: Final = "mixed"
_SHAPES: Final = (
    ("int", re.compile(r"[+-]?[0-9]{1,18}")),
    ("decimal", re.compile(r"[+-]?[0-9]{1,18}\.[0-9]{1,18}")),
    ("date-iso", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,3}")),
    ("date-slash", re.compile(r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}")),
    ("date-us", re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")),
    (
        "timestamp",
        re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[ T][0-9]{1,2}:[0-9]{2}.{0,20}"),
    ),
)
_NUMBERS: Final = frozenset({"int", "decimal"})


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column of a batch."""

    null_ratio: float
    shape: str | None
    """Shape of most values, or ``mixed``; None where there is no value."""

    words: tuple[str, ...] = ()
    """The different values, where the column holds codes and there are few."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a batch is written."""

    rows: int
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Drift:
    """How a batch is written otherwise than the one before it."""

    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    type_changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By column, its shape before and now."""

    new_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column of codes, values that the batch before did not have; alone they are no drift."""

    @property
    def is_any(self) -> bool:
        """Whether the columns or their shapes differ."""
        return bool(self.added or self.missing or self.type_changed)


def shape_of(text: str) -> str:
    """Return the shape of one value."""
    return next((name for name, form in _SHAPES if form.fullmatch(text)), "text")


def profile_of(
    rows: int, columns: Mapping[str, Sequence[str | None]], coded: frozenset[str]
) -> Profile:
    """Describe a batch by a sample of its values.

    Args:
        rows: rows that the sample stands for.
        columns: values of each column; null where the source says nothing.
        coded: columns of codes, whose values may be kept; other values may be personal.
    """
    return Profile(rows, {name: _column(values, name in coded) for name, values in columns.items()})


def _column(values: Sequence[str | None], is_coded: bool) -> Column:  # noqa: FBT001 — what it is
    counts = Counter(each for each in values if each is not None)
    if not counts:
        return Column(1.0, None)
    words = sorted(counts) if is_coded and len(counts) <= MAX_WORDS else []
    return Column(
        null_ratio=round(1 - counts.total() / len(values), 4),
        shape=_dominant(counts),
        words=tuple(words) if all(map(_is_word, words)) else (),
    )


def _is_word(text: str) -> bool:
    return len(text) <= MAX_WORD and "\0" not in text


def _dominant(values: Mapping[str, int]) -> str:
    """Return the shape of most values; each stands there so many times."""
    counts = Counter[str]()
    for value, times in values.items():
        counts[shape_of(value)] += times
    total = counts.total()
    if sum(counts[each] for each in _NUMBERS) >= DOMINANT * total:
        return "decimal" if counts["decimal"] else "int"
    [(shape, count)] = counts.most_common(1)
    return shape if count >= DOMINANT * total else MIXED


def compare(before: Profile, now: Profile) -> Drift:
    """Return how a batch is written otherwise than the one before it.

    A column that is filled only now and then comes and goes with the rows: that is no drift.
    Every whole number is a decimal one: neither is that.
    """
    was, is_now = _filled(before), _filled(now)
    held, holds = _holding(before), _holding(now)
    common = [name for name in before.columns if name in now.columns]
    shapes = {name: (before.columns[name].shape, now.columns[name].shape) for name in common}
    words = {name: _new_words(before.columns[name], now.columns[name]) for name in common}
    return Drift(
        added=tuple(sorted(is_now - held)),
        missing=tuple(sorted(was - holds)),
        type_changed={
            name: (old, new)
            for name, (old, new) in shapes.items()
            if old and new and _differ(old, new)
        },
        new_words={name: new for name, new in words.items() if new},
    )


def _filled(profile: Profile) -> set[str]:
    return {name for name, each in profile.columns.items() if each.null_ratio <= FILLED}


def _holding(profile: Profile) -> set[str]:
    return {name for name, each in profile.columns.items() if each.shape is not None}


def _differ(old: str, new: str) -> bool:
    return old != new and MIXED not in {old, new} and not {old, new} <= _NUMBERS


def _new_words(old: Column, new: Column) -> tuple[str, ...]:
    return tuple(sorted(set(new.words) - set(old.words))) if old.words else ()


def as_document(profile: Profile) -> dict[str, Any]:
    """Return a profile as it is stored."""
    return {name: asdict(column) for name, column in profile.columns.items()}


def from_document(rows: int, document: Mapping[str, Any]) -> Profile:
    """Return a profile that was stored."""
    return Profile(
        rows,
        {
            name: Column(each["null_ratio"], each["shape"], tuple(each["words"]))
            for name, each in document.items()
        },
    )
