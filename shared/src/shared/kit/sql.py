"""Statements as they are written: each is read once a process, not each time that it is asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import sqlalchemy
from sqlalchemy import TextClause


@lru_cache(maxsize=2_000)
def text(statement: str) -> TextClause:
    """Return a statement with ``:named`` parameters.

    To find those takes a twentieth of a millisecond, and a round of work has dozens of statements.
    """
    return sqlalchemy.text(statement)


def rows_of(types: Mapping[str, str], first: int = 1, *, place: str = "") -> str:
    """Return the rows ``item`` of the parameters that `columns_of` gives.

    Args:
        types: of the columns, by name.
        first: number of the parameter that holds the first column.
        place: name of one more column: the number of the row, from 1.
    """
    arrays = ", ".join(f"${at}::{_given_as(kind)}" for at, kind in enumerate(types.values(), first))
    if place:
        return f"unnest({arrays}) WITH ORDINALITY AS item({', '.join([*types, place])})"
    return f"unnest({arrays}) AS item({', '.join(types)})"


def columns_of(types: Mapping[str, str], columns: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Yield columns as the driver takes them.

    Numbers are written out: the driver would look at each, and take a decimal to pieces.
    """
    for kind, column in zip(types.values(), columns, strict=True):
        yield _written(column) if kind in _WRITTEN else column


_WRITTEN: Final = frozenset({"numeric", "bigint", "int", "bool"})


def _given_as(kind: str) -> str:
    return f"text::{kind}[]" if kind in _WRITTEN else f"{kind}[]"


def _written(column: Sequence[Decimal | int | None]) -> str:
    return f"{{{','.join(['NULL' if each is None else str(each) for each in column])}}}"
