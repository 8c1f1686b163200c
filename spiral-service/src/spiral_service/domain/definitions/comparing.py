"""What is different between two versions of a definition.

Parts that have a name are held against the part of that name, whatever place it has; where those
that both have stand in another order, the names of all are told in theirs.
Source: our default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_NAMES: Final = ("clock", "step", "name")
"""What a part of a list is named by; a clock also says its step, of which there may be two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place that is different; None where there is nothing."""

    path: str
    before: Any
    after: Any


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the differences between two documents, in the order of their paths."""
    return sorted(_compare("$", before, after), key=lambda each: each.path)


def _compare(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        yield Difference(path=path, before=before, after=after)
        return
    for name in old.keys() | new.keys():
        yield from _compare(f"{path}.{name}", old.get(name), new.get(name))
    stayed = [[each for each in part if each in old and each in new] for part in (old, new)]
    if isinstance(before, list) and stayed[0] != stayed[1]:
        yield Difference(path=path, before=list(old), after=list(new))


def _parts(value: Any) -> dict[str, Any] | None:
    """Return the named parts of a value; None where it has none."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for name in _NAMES:
            if all(name in each for each in value):
                return {each[name]: each for each in value}
    return None
