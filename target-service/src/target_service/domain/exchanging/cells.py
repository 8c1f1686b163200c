"""A document as the cells of a row, and the document that a changed row means.

Only cells that say something else than what is there are taken: what no cell can tell exactly, and
what has no column, stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from target_service.domain.exchanging.columns import VERSION, YES_NO, Column

Document = dict[str, Any]

_PLACES: Final = re.compile(r"\[[0-9*]+\]")


def cells_of(document: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, str]:
    """Return a document as the cells of a row, by the names of the columns."""
    return {each.code: _written(each, _found(document, each.code)) for each in columns}


def _found(document: Any, code: str) -> Any:
    for name in code.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _written(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.parts:
        return "\n".join(_line(column, each) for each in value)
    if column.many:
        return "\n".join(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _word(column, text).strip()


def _line(column: Column, each: Mapping[str, Any]) -> str:
    first, *others = [str(each[name] or "") for name in column.parts]
    return " ".join([_word(column, first), *others]).strip()


def _word(column: Column, text: str) -> str:
    return column.choices.get(text, text)


def overlaid(
    present: Mapping[str, Any], cells: Mapping[str, str], columns: Sequence[Column]
) -> Document:
    """Return what a row means: what is there, and the cells that say otherwise.

    Args:
        present: what is there already; empty where nothing is.
        cells: by column; one that the file does not have says nothing.
    """
    there = cells_of(present, columns)
    document = deepcopy(dict(present))
    for column in columns:
        text = cells.get(column.code, there[column.code])
        if column.code != VERSION and text != there[column.code]:
            _set(document, column.code, _read(column, text))
    return document


def _set(document: Document, code: str, value: Any) -> None:
    """Set a field, or take it away; a part of which nothing is left goes with it."""
    name, _, rest = code.partition(".")
    if rest:
        inner = dict(document.get(name) or {})
        _set(inner, rest, value)
        value = {each: said for each, said in inner.items() if said is not None} or None
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value


def _read(column: Column, text: str) -> Any:
    if not text:
        return None
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    if column.parts:
        return [_parts(column, each) for each in lines]
    if column.many:
        return lines
    if column.choices is YES_NO:
        return {"true": True, "false": False}.get(_code(column, text.lower()), text)
    return _code(column, text)


def _parts(column: Column, line: str) -> Document:
    first, *others = line.split(maxsplit=len(column.parts) - 1)
    return dict(zip(column.parts, [_code(column, first), *others], strict=False))


def _code(column: Column, text: str) -> str:
    return next((code for code, word in column.choices.items() if word == text), text)


def place_of(places: Mapping[str, str], path: str, otherwise: str) -> str:
    """Return the cell that a JSON path is about; the one of ``otherwise`` where none is.

    Args:
        places: cell by column.
    """
    name = _PLACES.sub("", path.removeprefix("$")).removeprefix(".")
    while name:
        within = (place for code, place in places.items() if f"{code}.".startswith(f"{name}."))
        if found := next(within, None):
            return found
        name = name.rpartition(".")[0]
    return places[otherwise]
