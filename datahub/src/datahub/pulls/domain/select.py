"""One statement that reads and does nothing else, whatever the dialect hides in it.

The session is read-only as well where the dialect can, and the account should be one that may
only read. Source: design "Security"; our default.
"""

from collections.abc import Iterator
from typing import Final

_DIALECTS: Final = {
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "mssql": "tsql",
    "sqlite": "sqlite",
}
"""sqlglot's name of a dialect by SQLAlchemy's."""


def problems_of(statement: str, dialect: str) -> Iterator[str]:
    """Yield why a statement is not one plain SELECT.

    Args:
        dialect: SQLAlchemy's name of it; one that is not known is read as standard SQL.
    """
    import sqlglot  # noqa: PLC0415 — 12 MiB and 0.4 s, for processes that save such a pull

    if "/*!" in statement or "/*M!" in statement:
        yield "含可执行的注释 (a comment that would be executed)"
    try:
        found = [each for each in sqlglot.parse(statement, dialect=_DIALECTS.get(dialect)) if each]
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        [why, *_] = str(error).splitlines() or [""]
        yield f"不是合法的 SQL：{why} (not SQL: {why})"
        return
    exp = sqlglot.exp
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        yield "只能是一条 SELECT (one SELECT, and nothing else)"
        return
    kinds = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock)
    parts = [node for node in found[0].walk() if isinstance(node, kinds)]
    writes = sorted({type(node).__name__ for node in parts if not isinstance(node, exp.Query)})
    if writes:
        yield f"含写入或加锁的部分 {writes} (a part that writes or locks)"
