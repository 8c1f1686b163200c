"""JSON numbers that are written with an exponent: how a column holds them, its reader decides.

``1.23E+17`` is how a spreadsheet shows a number of many digits: in a key or a reference those
behind are lost, and no zeros may stand in for them. A number is the number that it was, and a text
is what the source wrote. Source: ``dirty_cases`` D067.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context
from typing import Any, Final

from datahub.ingest.domain.feed import Feed, FieldMapping

MAX_DIGITS: Final = 40

_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_ANY: Final = re.compile(rb"[0-9][eE][+-]?[0-9]")
_TEXTS: Final = frozenset({"text", "name"})


class Exponent(str):
    """The digits of a JSON number that is written with an exponent."""

    __slots__ = ("written",)

    written: str
    """The number as the source wrote it."""

    def held_by(self, column: str, feed: Feed | None) -> str:
        """Return what a column holds: by its feed, or the digits where none reads it."""
        readers = [each for each in feed.mappings if column in each.sources] if feed else []
        if any(_identifies(feed, each, column) for each in readers if feed):
            return _scientific(self.written)
        is_text = readers and all(_keeps_text(each) for each in readers)
        return self.written if is_text else str(self)


def _identifies(feed: Feed, reader: FieldMapping, column: str) -> bool:
    """Whether a column says which record is meant."""
    target = reader.target
    looks_up = any(column in lookup.key for lookup in reader.lookups)
    return looks_up or target.ref is not None or target.name in feed.entity.key


def _keeps_text(reader: FieldMapping) -> bool:
    return reader.parse in _TEXTS and reader.codes is None


def plain(number: str) -> str:
    """Write a JSON number without an exponent, digit for digit; a giant stays as it is."""
    value = _EXACT.create_decimal(number)
    is_small = value.is_finite() and abs(value.adjusted()) < MAX_DIGITS
    return f"{value:f}" if is_small else number


def _scientific(number: str) -> str:
    """Write a number as a spreadsheet does, however its source has written it."""
    whole, _, power = f"{_EXACT.create_decimal(number):E}".partition("E")
    return f"{whole if '.' in whole else f'{whole}.0'}E{power}"


def digits_of(number: str) -> str:
    """Return a JSON number as the digits that were written; a float would lose some of them."""
    if "e" not in number and "E" not in number:
        return number
    found = Exponent(plain(number))
    found.written = number
    return found


def as_written(
    records: Sequence[Any], text: bytes, find: Callable[[Any], Sequence[Any]]
) -> list[Any]:
    """Return decoded records, with what their text says of numbers that have an exponent.

    Args:
        find: returns the records of the document.
    """
    if not any(_has_float(each) for each in records) or not _ANY.search(text):
        return [*records]
    marked = find(json.loads(text, parse_float=digits_of))
    return [_restored(*pair) for pair in zip(records, marked, strict=True)]


def _has_float(record: Any) -> bool:
    return isinstance(record, dict) and float in map(type, record.values())


def _restored(record: Any, marked: Mapping[str, Any]) -> Any:
    if not _has_float(record):
        return record
    return record | {name: value for name, value in marked.items() if isinstance(value, Exponent)}
