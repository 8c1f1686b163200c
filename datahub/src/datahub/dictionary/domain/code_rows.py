"""Rules of the rows of a code table, whoever wrote it.

Real tables hold rows that mean nothing: an empty code, a label that only repeats its code, a code
that stands for two things. Source: ``dirty_cases`` D027, D028, D131, D135.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def unambiguous(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the code by its name; a name of two codes is left out."""
    codes: dict[str, set[str]] = defaultdict(set)
    for name, code in pairs:
        codes[name].add(code)
    return {name: next(iter(found)) for name, found in codes.items() if name and len(found) == 1}


def rejected_code_rows(rows: Iterable[tuple[str, str]]) -> list[tuple[int, str]]:
    """Return which rows (code, label) of a table cannot stand, numbered from 1, and why.

    Of rows with the same code and different labels none stands: which one is meant nobody knows.
    """
    numbered = list(enumerate(rows, 1))
    labels: dict[str, set[str]] = defaultdict(set)
    for _, (code, label) in numbered:
        labels[code].add(label)
    return [
        (number, reason)
        for number, (code, label) in numbered
        if (reason := _reason(code, label, labels[code]))
    ]


def _reason(code: str, label: str, labels: set[str]) -> str | None:
    if not code.strip() or not label.strip():
        return "blank-code-row"
    if code == label:
        return "label-equals-code"
    return "duplicate-code" if len(labels) > 1 else None


def conflicting_elements(rows: Iterable[tuple[str, str, str]]) -> Mapping[str, frozenset[str]]:
    """Return the fields (table.field) of every element id that names fields of different names.

    The key of an element is therefore (table, field); the id alone names nothing.

    Args:
        rows: (element id, table, field name).
    """
    fields: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for element, table, name in rows:
        fields[element].add((table, name))
    return {
        element: frozenset(f"{table}.{name}" for table, name in found)
        for element, found in fields.items()
        if len({name for _, name in found}) > 1
    }
