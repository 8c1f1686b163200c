"""One statement that reads and does nothing else, whatever the dialect hides in it.

The session is read-only as well where the dialect can, and the account should be one that may
only read. Source: design "Security"; our default.
"""

from collections.abc import Iterator
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_DIALECTS: Final = {
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "mssql": "tsql",
    "sqlite": "sqlite",
}
"""sqlglot's name of a dialect by SQLAlchemy's."""

_WRITES: Final = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock)


def problems_of(statement: str, dialect: str) -> Iterator[str]:
    """Yield why a statement is not one plain SELECT.

    Args:
        dialect: SQLAlchemy's name of it; one that is not known is read as standard SQL.
    """
    if "/*!" in statement or "/*M!" in statement:
        yield "含可执行的注释 (a comment that would be executed)"
    try:
        found = [each for each in sqlglot.parse(statement, dialect=_DIALECTS.get(dialect)) if each]
    except SqlglotError as error:
        yield f"不是合法的 SQL：{str(error).splitlines()[0]} (not SQL)"
        return
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        yield "只能是一条 SELECT (one SELECT, and nothing else)"
    elif writes := sorted({type(node).__name__ for node in found[0].walk() if _writes(node)}):
        yield f"含写入或加锁的部分 {writes} (a part that writes or locks)"


def _writes(node: exp.Expr) -> bool:
    return isinstance(node, _WRITES) and not isinstance(node, exp.Query)
