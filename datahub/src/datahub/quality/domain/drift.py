"""Whether two batches of a feed are written alike: their columns, and what stands in them.

Source: design "Data hub" 5 (a real feed changed its dates from ``2022-01-03`` to ``8/15/2020`` in
the next batch). Our defaults: a column is there when it is filled in at least half of the rows,
and has a shape when four fifths of its values have it. A batch of fewer than ten rows shows less:
see `compare_few`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

MIN_ROWS: Final = 10
"""A smaller batch does not show what its feed usually writes."""

SAMPLE: Final = 100
FILLED: Final = 0.5
DOMINANT: Final = 0.8
MAX_WORDS: Final = 20
MAX_WORD: Final = 60
"""Characters: a longer value is no code."""

MIXED: Final = "mixed"
EITHER: Final = "date-either"
"""A day that may be day and month, or month and day: no part of it is over 12."""

_UP_TO_12: Final = "(?:0?[1-9]|1[0-2])"
_OVER_12: Final = "(?:1[3-9]|2[0-9]|3[01])"
_SHAPES: Final = (
    ("int", re.compile(r"[+-]?[0-9]{1,18}")),
    ("decimal", re.compile(r"[+-]?[0-9]{1,18}\.[0-9]{1,18}")),
    ("date-iso", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,3}")),
    ("date-slash", re.compile(r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}")),
    ("date-dmy", re.compile(rf"{_OVER_12}(?P<sep>[/.-]){_UP_TO_12}(?P=sep)[0-9]{{4}}")),
    ("date-mdy", re.compile(rf"{_UP_TO_12}(?P<sep>[/.-]){_OVER_12}(?P=sep)[0-9]{{4}}")),
    ("date-either", re.compile(r"[0-9]{1,2}(?P<sep>[/.-])[0-9]{1,2}(?P=sep)[0-9]{4}")),
    (
        "timestamp",
        re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[ T][0-9]{1,2}:[0-9]{2}.{0,20}"),
    ),
)
_NUMBERS: Final = frozenset({"int", "decimal"})
_ORDERED: Final = frozenset({"date-dmy", "date-mdy"})
_DAYS: Final = _ORDERED | {EITHER}
_DATES: Final = _DAYS | {"date-iso", "date-slash", "timestamp"}


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column of a batch."""

    null_ratio: float
    shape: str | None
    """Shape of most values, or ``mixed``; None where there is no value."""

    words: tuple[str, ...] = ()
    """The different values, where the column holds codes and there are few."""

    forms: frozenset[str] = frozenset()
    """Every shape that was seen in it."""


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
    return _known_shape(text) if len(text) <= MAX_WORD else _shape(text)


def _shape(text: str) -> str:
    return next((name for name, form in _SHAPES if form.fullmatch(text)), "text")


_known_shape = lru_cache(maxsize=4_096)(_shape)
"""A record that comes alone has a dozen values, each looked at twice, and most came before."""


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
        forms=_forms(counts),
    )


def _is_word(text: str) -> bool:
    return len(text) <= MAX_WORD and "\0" not in text


def _forms(values: Mapping[str, int]) -> frozenset[str]:
    """Return the shapes of all values; days whose order is open follow those that show one."""
    forms = frozenset(map(shape_of, values))
    return forms - {EITHER} if len(forms & _ORDERED) == 1 else forms


def _dominant(values: Mapping[str, int]) -> str:
    """Return the shape of most values; each stands there so many times."""
    counts = Counter[str]()
    for value, times in values.items():
        counts[shape_of(value)] += times
    total = counts.total()
    if sum(counts[each] for each in _NUMBERS) >= DOMINANT * total:
        return "decimal" if counts["decimal"] else "int"
    if sum(counts[each] for each in _DAYS) >= DOMINANT * total:
        return _order({each: counts[each] for each in _ORDERED if counts[each]})
    [(shape, count)] = counts.most_common(1)
    return shape if count >= DOMINANT * total else MIXED


def _order(days: Mapping[str, int]) -> str:
    """Return in which order days are written, by those that tell it."""
    if not days:
        return EITHER
    order = max(days, key=lambda each: days[each])
    return order if days[order] >= DOMINANT * sum(days.values()) else MIXED


def follow(before: Profile | None, now: Profile, *, is_sparse: bool) -> tuple[Profile, Drift]:
    """Return what is known of a feed after one more batch, and how the batch differs.

    Args:
        is_sparse: records name only the fields that they speak of; there is no header.
    """
    if before is None:
        return now, Drift()
    if now.rows < MIN_ROWS:
        drift = compare_few(before, now, is_sparse=is_sparse)
        return _merged(before, now, is_sparse=is_sparse), drift
    carried = {
        name: replace(each, null_ratio=1.0, shape=None, words=())
        for name, each in before.columns.items()
        if is_sparse and name not in now.columns
    }
    known = Profile(now.rows, {**now.columns, **carried})
    if before.rows < MIN_ROWS:
        return known, compare_few(before, now, is_sparse=is_sparse)
    return known, compare(before, now)


def compare_few(before: Profile, now: Profile, *, is_sparse: bool) -> Drift:
    """Return what differs for certain, where one of the two has few rows.

    A column of a header that was not there, or is there no more; and a column of dates, all of
    which have one form that none had. Records without a header leave fields out as they like.
    """
    is_known = not is_sparse or before.rows >= MIN_ROWS
    added = [
        name
        for name, each in now.columns.items()
        if is_known and name not in before.columns and (each.forms or not is_sparse)
    ]
    missing = [
        name
        for name, each in before.columns.items()
        if not is_sparse and name not in now.columns and each.shape is not None
    ]
    return Drift(
        added=tuple(sorted(added)),
        missing=tuple(sorted(missing)),
        type_changed={
            name: change
            for name, each in now.columns.items()
            if name in before.columns
            and (change := _other_form(before.columns[name].forms, each.forms))
        },
    )


def _other_form(old: frozenset[str], new: frozenset[str]) -> tuple[str, str] | None:
    """Return the form of dates before and the one that all of them have now, if it is another."""
    if len(new) != 1 or not old or not (old | new) <= _DATES:
        return None
    [form] = new
    is_seen = form in old or (form in _DAYS and EITHER in {form, *old} and bool(old & _DAYS))
    if form in _ORDERED and old & _ORDERED:
        is_seen = form in old
    return None if is_seen else (min(old), form)


def _merged(before: Profile, now: Profile, *, is_sparse: bool) -> Profile:
    """Add a few rows to what is known; of many rows they change the columns and forms alone."""
    is_settled = before.rows >= MIN_ROWS
    names = [*before.columns, *now.columns] if is_sparse else list(now.columns)
    rows = before.rows if is_settled else before.rows + now.rows
    columns = {}
    for name in dict.fromkeys(names):
        old, new = before.columns.get(name), now.columns.get(name)
        if old is None or new is None:
            columns[name] = old or new or Column(1.0, None)
        else:
            columns[name] = _both(old, new, 0 if is_settled else now.rows / rows)
    return Profile(rows, columns)


def _both(old: Column, new: Column, weight: float) -> Column:
    """Return a column with more values, which are ``weight`` of all; 0 where they hardly count."""
    shape = old.shape or new.shape
    if weight and old.shape and new.shape and old.shape != new.shape:
        shape = MIXED
    return Column(
        null_ratio=round(old.null_ratio * (1 - weight) + new.null_ratio * weight, 4),
        shape=shape,
        words=old.words or new.words,
        forms=old.forms | new.forms,
    )


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
    if old == new or MIXED in {old, new} or {old, new} <= _NUMBERS:
        return False
    return not (EITHER in {old, new} and {old, new} <= _DAYS)


def _new_words(old: Column, new: Column) -> tuple[str, ...]:
    return tuple(sorted(set(new.words) - set(old.words))) if old.words else ()


def as_document(profile: Profile) -> dict[str, Any]:
    """Return a profile as it is stored."""
    return {
        name: {**asdict(column), "forms": sorted(column.forms)}
        for name, column in profile.columns.items()
    }


def from_document(rows: int, document: Mapping[str, Any]) -> Profile:
    """Return a profile that was stored."""
    return Profile(
        rows,
        {
            name: Column(
                each["null_ratio"],
                each["shape"],
                tuple(each["words"]),
                frozenset(each.get("forms", ())),
            )
            for name, each in document.items()
        },
    )
