"""Names that stand twice in one JSON object: of their values only the last one would be seen.

No reader of JSON tells of them, and one that does is ten times slower. So the bytes are counted
first: an object without such a name has as many members as names. What the count cannot clear is
read once more, slowly. Source: our default; RFC 8259, 4 (names should be unique).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

CODE: Final = "repeated-name"
_APART: Final = (b" :", b"\t:", b"\r:")
"""A name and its colon with space in between: such members are not counted."""

_FLAT: Final = frozenset({str, int, float, bool, type(None)})
"""What holds no names; most objects hold nothing else, and need not be asked value by value."""


class Repeated(dict[str, Any]):
    """An object in which a name stands more than once."""

    def __init__(self, members: Sequence[tuple[str, Any]]) -> None:
        super().__init__(members)
        self.members = members

    @property
    def name(self) -> str:
        """Return the first name that is repeated."""
        names = [name for name, _ in self.members]
        return next(name for name in self if names.count(name) > 1)


class Digits(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Repeating:
    """A record that repeats a name."""

    path: str
    raw: str
    """The record as it came, but for space between its parts."""


def is_clear(text: bytes, names: int) -> bool:
    """Return whether JSON surely repeats no name.

    Args:
        text: one document, or many.
        names: how many names were read of it; the objects inside others count.
    """
    return members_of(text) == names and not _has_apart(text)


def members_of(text: bytes) -> int:
    """Return how many members the objects of a text have, or more; those set apart do not count."""
    # A quote before a colon ends a name, unless it is escaped and part of a text.
    members = text.count(b'":')
    escaped = text.count(b'\\":') if b"\\" in text else 0
    return members if escaped and b"\\\\" in text else members - escaped


def _has_apart(text: bytes) -> bool:
    # One letter is found ten times as fast as two, and of these there are few.
    return any(each[:1] in text and each in text for each in _APART)


def names_in(value: object) -> int:
    """Return how many names the objects of a value have."""
    if isinstance(value, dict):
        inner = value.values()
        return len(value) + (0 if _FLAT.issuperset(map(type, inner)) else sum(map(names_in, inner)))
    return sum(map(names_in, value)) if isinstance(value, list) else 0


def read_marked(text: bytes | str) -> Any:
    """Read JSON once more, with `Repeated` in place of every object that repeats a name."""
    return json.loads(text, object_pairs_hook=_object, parse_int=Digits, parse_float=Digits)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(members)
    return document if len(document) == len(members) else Repeated(members)


def without_repeating(records: Sequence[Any], marked: Sequence[Any]) -> list[Any]:
    """Return records, with `Repeating` in place of those that repeat a name.

    Args:
        marked: the same records, read marked.
    """
    return [
        record if (path := repeated_in(each)) is None else Repeating(path, _written(each))
        for record, each in zip(records, marked, strict=True)
    ]


def _written(value: object) -> str:
    """Write JSON with every name as often as it came."""
    match value:
        case dict():
            members = value.members if isinstance(value, Repeated) else value.items()
            parts = (f"{_written(name)}: {_written(each)}" for name, each in members)
            return f"{{{', '.join(parts)}}}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case Digits():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def repeated_in(value: object) -> str | None:
    """Return the path of a name that is repeated in what was read marked; None without any."""
    if isinstance(value, Repeated):
        return f"$.{value.name}"
    inner: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for place, each in inner:
        if (found := repeated_in(each)) is not None:
            step = f"[{place}]" if isinstance(place, int) else f".{place}"
            return f"${step}{found[1:]}"
    return None


def message_of(path: str) -> str:
    """Return what is said of a row that repeats a name."""
    name = path.rpartition(".")[2]
    return (
        f"字段 {name} 在同一个对象中出现不止一次，不知以哪个为准，整条未取；改为只写一次再发"
        f" ({name} stands more than once in one object: nothing was taken; say it once)"
    )
