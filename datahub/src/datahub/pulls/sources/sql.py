"""A foreign database, read page by page through one statement that only reads.

Rows come in the order of the watermark and from its last value on, so that rows which share a
value with the last one read are read again rather than lost; what did not change costs nothing.
A row without a watermark comes every time. With a ``lookback`` the rows that long before the last
value are read again, too: one that was committed late, with an older watermark, is found.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

import polars as pl
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    NullPool,
    Select,
    TextClause,
    bindparam,
    column,
    create_engine,
    make_url,
    or_,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from datahub.ingest.domain.reading import LINE, Chunk
from datahub.pulls.domain.position import kept, looked_back, value_of
from datahub.pulls.domain.pull import SqlSource
from datahub.pulls.sources import Page, SourceFailedError
from shared.workbooks.cells import span

STEP_SECONDS: Final = 300.0
"""Longest wait for a page, the first included."""

TRY_SECONDS: Final = 10.0
"""Longest wait while a statement is tried: somebody waits for the answer."""

_READ_ONLY: Final = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a session read only; SQL Server has nothing of the kind."""

_NO_SUCH: Final = re.compile(
    r"no such (table|column)|(relation|column) .* does not exist|table .* doesn't exist"
    r"|unknown column|invalid (column|object) name|ORA-00904|ORA-00942",
    re.IGNORECASE,
)
"""How databases say that a statement names what there is not."""

T = TypeVar("T")
Hands = Callable[[Callable[[Connection], T]], Any]


async def read_pages(
    source: SqlSource, address: str, position: Mapping[str, Any] | None, line: int
) -> AsyncIterator[Page]:
    """Yield the pages of a statement from a position on.

    Args:
        address: SQLAlchemy URL with its password.
        line: number of the row before the first.

    Raises:
        SourceFailedError: the database is away, refuses, or lacks what the pull names.
    """
    try:
        url = make_url(address)
        async with _connected(url) as hands:
            pages: Iterator[Page] = await hands(lambda it: _pages(it, source, position, line))
            while page := await hands(lambda _: next(pages, None)):
                yield page
    except SourceFailedError:
        raise
    except Exception as error:  # drivers let their own errors through while they fetch
        raise _failed(address, error) from error


async def try_statement(source: SqlSource, address: str) -> None:
    """Have the database read a statement without giving a row.

    Raises:
        SourceFailedError: it refuses, or is away; the fields say which of the pull is to blame.
    """
    place = "$.url"
    try:
        async with _connected(make_url(address), TRY_SECONDS) as hands:
            place = "$.statement"
            await hands(lambda it: _try(it, source))
    except SourceFailedError:
        raise
    except Exception as error:  # drivers let their own errors through
        failed = _failed(address, error)
        reasons = [f"{failed.zh} ({failed.en})", *failed.fixes]
        raise SourceFailedError(failed.zh, failed.en, fields={place: reasons}) from error


@asynccontextmanager
async def _connected(url: URL, seconds: float = STEP_SECONDS) -> AsyncIterator[Any]:
    """Yield what runs a function on a connection, wherever its driver wants to be run."""
    if url.get_dialect().is_async:
        engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
        async with asyncio.timeout(seconds):
            connection = await engine.connect().start()
        async with aclosing(connection):

            async def hands(work: Callable[[Connection], T]) -> T:
                async with asyncio.timeout(seconds):
                    return await connection.run_sync(work)

            yield hands
        return
    async with _in_thread(url, seconds) as in_thread:
        yield in_thread


@asynccontextmanager
async def _in_thread(url: URL, seconds: float) -> AsyncIterator[Any]:
    """Give a driver that blocks one thread of its own, from the first call to the last."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="pull-sql")
    loop = asyncio.get_running_loop()

    async def run(work: Callable[[], T]) -> T:
        async with asyncio.timeout(seconds):
            return await loop.run_in_executor(thread, work)

    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        connection = await run(engine.connect)
        try:
            yield lambda work: run(lambda: work(connection))
        finally:
            await run(connection.close)
    finally:
        thread.shutdown(wait=False)


def _pages(
    connection: Connection, source: SqlSource, position: Mapping[str, Any] | None, line: int
) -> Iterator[Page]:
    _forbid_writing(connection)
    connection = connection.execution_options(yield_per=source.page)
    result = connection.execute(_statement(source, position))
    names = list(result.keys())
    _check(names, source)
    for rows in result.partitions():
        columns = list(zip(*rows, strict=True))
        if source.watermark is not None:
            seen = [each for each in columns[names.index(source.watermark)] if each is not None]
            position = _later(position, _position(source.watermark, seen[-1]) if seen else None)
        yield Page(_chunk(names, columns, line, len(rows)), position)
        line += len(rows)


def _forbid_writing(connection: Connection) -> None:
    if setting := _READ_ONLY.get(connection.dialect.name):
        connection.exec_driver_sql(setting)


def _try(connection: Connection, source: SqlSource) -> None:
    _forbid_writing(connection)
    statement: TextClause | Select[Any] = _text_of(source)
    if connection.dialect.name in _READ_ONLY:
        # Elsewhere a statement with an order could be right by itself, and wrong within another.
        statement = _rows_of(source).where(text("1 = 0"))
    with connection.execution_options(yield_per=1).execute(statement) as result:
        _check(list(result.keys()), source)


def _text_of(source: SqlSource) -> TextClause:
    # A colon of the statement is its own: it binds nothing. It may end with a comment.
    return text(source.statement.replace(":", r"\:") + "\n")


def _rows_of(source: SqlSource) -> Select[Any]:
    return select(text("*")).select_from(_text_of(source).columns().subquery("pulled"))


def _statement(source: SqlSource, position: Mapping[str, Any] | None) -> TextClause | Select[Any]:
    if source.watermark is None:
        return _text_of(source)
    mark: Any = column(source.watermark)
    rows = _rows_of(source).order_by(mark)
    if position is None:
        return rows
    since = looked_back(value_of(position), source.lookback)
    if since is None:
        raise SourceFailedError(
            f"lookback 须与数字、日期或时间的水位一起使用，{source.watermark} 是文本",
            f"lookback needs a number, date or timestamp: {source.watermark} is a text",
            fixes=["在语句中把水位列转换成时间 (cast the watermark to a timestamp)"],
        )
    return rows.where(or_(mark >= _bound(since), mark.is_(None)))


def _bound(value: Any) -> Any:
    """Return a parameter of the type that the driver expects for a value."""
    kind: Any = None
    if isinstance(value, datetime):
        kind = DateTime(timezone=value.tzinfo is not None)
    elif isinstance(value, int):
        kind = BigInteger()
    return bindparam("position", value, type_=kind)


def _later(
    position: Mapping[str, Any] | None, seen: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return the newer of two positions: rows that are looked back at move none back."""
    if position is None or seen is None:
        return seen or position
    is_back = position["type"] == seen["type"] and value_of(seen) < value_of(position)
    return position if is_back else seen


def _check(names: Sequence[str], source: SqlSource) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceFailedError(
            f"查询结果有同名的列 {twice}",
            f"the statement gives two columns the name {twice}",
            fields={"$.statement": [f"同名的列 {twice} (two columns of one name)"]},
            fixes=["用 AS 给每列不同的名字 (name each column with AS)"],
        )
    if source.watermark is not None and source.watermark not in names:
        raise SourceFailedError(
            f"查询结果没有列 {source.watermark}，有 {names}",
            f"the statement gives no column {source.watermark}: {names}",
            fields={
                "$.watermark": [f"语句没有这一列，有 {names} (the statement has no such column)"]
            },
            fixes=["把水位列写入 SELECT (select the watermark's column)"],
        )


def _position(name: str, value: Any) -> dict[str, str]:
    position = kept(value)
    if position is None:
        kind = type(value).__name__
        raise SourceFailedError(
            f"列 {name} 的类型 {kind} 不能作为水位",
            f"the column {name} cannot be a watermark: {kind}",
            fixes=["改用数字、文本、日期或时间列 (use a number, text, date or timestamp)"],
        )
    return position


def _chunk(names: Sequence[str], columns: Sequence[Sequence[Any]], line: int, height: int) -> Chunk:
    return Chunk(
        pl.DataFrame(
            [
                *(
                    pl.Series(name, [as_text(each) for each in values], dtype=pl.String)
                    for name, values in zip(names, columns, strict=True)
                ),
                pl.Series(LINE, range(line + 1, line + 1 + height), dtype=pl.Int64),
            ]
        ),
        [],
    )


def as_text(value: Any) -> str | None:  # noqa: C901, PLR0911, PLR0912 — a line for each kind
    """Return a database's value as the text of any other way in."""
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
        case Decimal():
            return f"{value:f}"
        case date() | time():
            return value.isoformat()
        case timedelta():
            return span(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _failed(address: str, error: Exception) -> SourceFailedError:
    """Say what went wrong without a word of the address, which holds a password."""
    said = str(getattr(error, "orig", None) or error).splitlines()[:1]
    words = "".join(said)[:300]
    for secret in _words_of(address):
        words = words.replace(secret, "…")
    kind = type(getattr(error, "orig", None) or error).__name__
    fix = "核对密钥中的地址、账号权限与网络 (check the URL in the secret, rights, network)"
    if _NO_SUCH.search(words):
        fix = "核对语句中的表名与列名 (check the names of tables and columns in the statement)"
    return SourceFailedError(
        f"数据库未能给出数据：{kind} {words}",
        f"the database did not give its data: {kind} {words}",
        fixes=[fix],
    )


def _words_of(address: str) -> list[str]:
    try:
        url = make_url(address)
    except SQLAlchemyError:
        return [address]
    parts = (address, url.password, url.username, url.host, url.database)
    return [str(each) for each in parts if each and len(str(each)) > 2]
