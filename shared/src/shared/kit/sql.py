"""Statements as they are written: each is read once a process, not each time that it is asked."""

from collections.abc import Mapping
from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause


@lru_cache(maxsize=2_000)
def text(statement: str) -> TextClause:
    """Return a statement with ``:named`` parameters.

    To find those takes a twentieth of a millisecond, and a round of work has dozens of statements.
    """
    return sqlalchemy.text(statement)


def rows_of(types: Mapping[str, str], first: int = 1) -> str:
    """Return the rows ``item`` of parameters that hold a column each.

    Args:
        types: of the columns, by name.
        first: number of the parameter that holds the first column.
    """
    arrays = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(types.values(), first))
    return f"unnest({arrays}) AS item({', '.join(types)})"
