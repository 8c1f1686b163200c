"""Documents that services keep, described field by field.

One description makes the form of a document, reads what was filled in, says at which field a fault
belongs, what a page shows, and what differs between two versions.

Fields of a form go by the path in the document: ``tiers.floor``, ``criteria.0.indicator``. What a
description does not name is kept as it was.

Source: contract of the services; the forms are our default.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Given = Mapping[str, str]
Document = Mapping[str, Any]

Kind = Literal[
    "line",
    "area",
    "date",
    "number",
    "count",
    "choice",
    "scope",
    "indicator",
    "lines",
    "words",
    "flags",
    "yes",
    "limit",
    "rule",
    "tuples",
    "json",
    "rows",
]
"""``lines``: one a line. ``words``: several, with blanks between. ``flags``: some of the choices.
``limit``: ``≥ 0.8``, ``0.7 ~ 0.9``, ``in 1,2``. ``rule``: a name and ``name=value``. ``tuples``:
the columns with blanks between, one tuple up to each semicolon. ``rows``: a table."""

SPARE: Final = 3
"""Empty rows that a table of a form has below those that are filled."""

MOST_ROWS: Final = 200
_SIGNS: Final = {"≥": ">=", "≤": "<=", "==": "="}
_SHOWN: Final = {">=": "≥", "<=": "≤"}
_LIMIT: Final = re.compile(r"(>=|<=|==|≥|≤|>|<|=|in\b|between\b)\s*(.+)", re.DOTALL)
_RANGE: Final = re.compile(r"(-?[0-9.]+)\s*[~\uff5e–]\s*(-?[0-9.]+)")
_INDEX: Final = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of a document."""

    name: str
    """Its path, with dots."""

    word: str
    kind: Kind = "line"
    needed: bool = False
    choices: tuple[str, ...] = ()
    columns: tuple["Part", ...] = ()
    example: str = ""
    always: bool = False
    """What holds it is told even where it is empty."""

    fixed: bool = False
    """Not to be changed once it is there."""


def fill(parts: Sequence[Part], document: Document) -> dict[str, str]:
    """Return what a form shows of a document, by field."""
    filled: dict[str, str] = {}
    for part in parts:
        value = _at(document, part.name)
        if part.kind == "rows":
            for place, row in enumerate(value or ()):
                inner = fill(part.columns, row)
                filled |= {f"{part.name}.{place}.{name}": said for name, said in inner.items()}
        elif part.kind == "flags":
            filled |= {f"{part.name}.{each}": "1" for each in value or ()}
        elif said := _text(part, value):
            filled[part.name] = said
    return filled


def read(parts: Sequence[Part], given: Given, kept: Document | None = None) -> dict[str, Any]:
    """Return the document that a form says; what is left empty is left out.

    Args:
        given: with rows one after the other, see `compact`.
        kept: the document as it was: what the form does not ask is taken from it.
    """
    tops = {part.name.partition(".")[0] for part in parts}
    said: dict[str, Any] = {
        name: each for name, each in (kept or {}).items() if name not in tops and each is not None
    }
    for part in parts:
        value = _value(part, given, (kept or {}).get(part.name))
        if value is not None:
            _put(said, part.name, value)
        elif part.always:
            said.setdefault(part.name.partition(".")[0], {})
    return said


def compact(parts: Sequence[Part], given: Given) -> dict[str, str]:
    """Return what was filled in without rows that are empty: numbered one after the other."""
    said = dict(given)
    for part in parts:
        if part.kind != "rows":
            continue
        rows = _rows(part, given)
        for name in [each for each in said if each.startswith(f"{part.name}.")]:
            del said[name]
        for place, row in enumerate(rows):
            said |= {f"{part.name}.{place}.{name}": each for name, each in row.items()}
    return said


def fields(parts: Sequence[Part], filled: Given) -> list[str]:
    """Return the names of all fields of a form."""
    names: list[str] = []
    for part in parts:
        if part.kind == "rows":
            for place in range(count_rows(part, filled)):
                names += [f"{part.name}.{place}.{each}" for each in fields(part.columns, {})]
        elif part.kind == "flags":
            names += [f"{part.name}.{each}" for each in part.choices]
        else:
            names.append(part.name)
    return names


def count_rows(part: Part, filled: Given) -> int:
    """Return how many rows a table of a form has."""
    return min(len(_rows(part, filled)) + SPARE, MOST_ROWS)


def is_used(part: Part, rows: Sequence[Document]) -> bool:
    """Return whether any row of a table says something there."""
    return any(_text(part, _at(row, part.name)) for row in rows)


def place_faults(
    parts: Sequence[Part], given: Given, faults: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return the faults by the field to which each belongs; what belongs to none keeps its path."""
    names = fields(parts, given)
    placed: dict[str, list[str]] = {}
    for path, reasons in faults.items():
        plain = _INDEX.sub(r".\1", path).removeprefix("$.")
        near = [each for each in names if f"{plain}.".startswith(f"{each}.")]
        near = near or [each for each in names if each.startswith(f"{plain}.")][:1]
        placed.setdefault(f"$.{max(near, key=len)}" if near else path, []).extend(reasons)
    return placed


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two versions do not say alike."""

    word: str
    row: int
    """Of a table, from 1; else 0."""

    column: str
    """Word of the column of a table."""

    was: str
    now: str


def differences(parts: Sequence[Part], old: Document, new: Document) -> Iterator[Difference]:
    """Yield the fields that differ."""
    for part in parts:
        before, after = fill([part], old), fill([part], new)
        columns = {each.name: each.word for each in part.columns}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) == after.get(name):
                continue
            place, _, column = name.removeprefix(f"{part.name}.").partition(".")
            row = int(place) + 1 if part.kind == "rows" else 0
            said = (before.get(name, ""), after.get(name, ""))
            yield Difference(part.word, row, columns.get(column, ""), *said)


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        document = document.setdefault(name, {})
    document[last] = value


def _text(part: Part, value: Any) -> str:
    """Return what a field of a form shows of a value."""
    if not value and value != 0:
        return ""
    if part.kind == "tuples":
        return "; ".join(_tuple_text(part.columns, each) for each in value)
    writer = _WRITERS.get(part.kind)
    return writer(value) if writer else str(value)


def limit_text(limit: Document) -> str:
    """Return a limit as it is written: ``≥ 0.8``."""
    if limit["op"] == "between":
        return f"{limit['value']} ~ {limit['upper']}"
    return f"{_SHOWN.get(limit['op'], limit['op'])} {limit['value']}"


def _rule_text(rule: Document) -> str:
    more = {name: each for name, each in rule.items() if name != "rule" and each is not None}
    if any(isinstance(each, dict | list) for each in more.values()):
        return json.dumps(rule, ensure_ascii=False)
    return " ".join([str(rule.get("rule", "")), *(f"{name}={said}" for name, said in more.items())])


def _tuple_text(columns: Sequence[Part], row: Document) -> str:
    said = [str(row.get(each.name) or "") for each in columns]
    return " ".join(said).strip()


def _value(part: Part, given: Given, kept: Any) -> Any:
    """Return what was filled in at a part as its service takes it; None where nothing was."""
    if part.kind == "rows":
        known = kept if isinstance(kept, list) else []
        return [_row(part, row, known) for row in _rows(part, given)]
    if part.kind == "flags":
        return [each for each in part.choices if f"{part.name}.{each}" in given]
    if part.kind == "yes":
        return part.name in given
    text = given.get(part.name)
    return None if text is None else _told(part, text)


def _told(part: Part, text: str) -> Any:
    """Return what a field of a form says."""
    if part.kind == "tuples":
        pieces = re.split(r"[;；\n]", text)
        return [_tuple(part.columns, each) for each in pieces if each.strip()]
    reader = _READERS.get(part.kind)
    return reader(text) if reader else text


def _count(text: str) -> Any:
    return int(text) if text.isdecimal() and len(text) < 16 else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(text: str) -> list[str]:
    return [each for each in re.split(r"[\s,，、;；]+", text) if each]


def _limit(text: str) -> Any:
    """Read a limit; a bare number is the least that will do."""
    if between := _RANGE.fullmatch(text):
        return {"op": "between", "value": between[1], "upper": between[2]}
    found = _LIMIT.fullmatch(text)
    if found is None:
        return {"op": ">=", "value": text}
    op, value = _SIGNS.get(found[1], found[1]), found[2].strip()
    if op == "between":
        low, _, high = value.partition(" ")
        return {"op": op, "value": low, "upper": high.strip()}
    return {"op": op, "value": value}


def _rule(text: str) -> Any:
    if text.startswith("{"):
        return _json(text)
    name, *more = text.split()
    return {"rule": name} | dict(each.partition("=")[::2] for each in more)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # The service says what is wrong with it, at its place.
        return text


def _tuple(columns: Sequence[Part], text: str) -> dict[str, Any]:
    words = text.split(None, len(columns) - 1)
    said = zip(columns, words, strict=False)
    return {column.name: _told(column, word.strip()) for column, word in said}


def _rows(part: Part, given: Given) -> list[dict[str, str]]:
    """Return the rows of a table that are not empty."""
    rows: dict[int, dict[str, str]] = {}
    begin = f"{part.name}."
    for name, said in given.items():
        place, _, column = name.removeprefix(begin).partition(".")
        if name.startswith(begin) and column and place.isdecimal() and len(place) < 5:
            rows.setdefault(int(place), {})[column] = said
    blank = {each.name for each in part.columns if each.kind == "choice"}
    return [row for _, row in sorted(rows.items()) if row.keys() - blank]


def _row(part: Part, row: Given, known: Sequence[Any]) -> dict[str, Any]:
    key = part.columns[0].name
    same = next((each for each in known if _at(each, key) == row.get(key)), None)
    return read(part.columns, row, same)


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "lines": "\n".join,
    "words": " ".join,
    "limit": limit_text,
    "rule": _rule_text,
    "json": lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    "yes": lambda _value: "1",
}
_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "count": _count,
    "lines": _lines,
    "words": _words,
    "limit": _limit,
    "rule": _rule,
    "json": _json,
}
