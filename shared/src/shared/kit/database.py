"""One request, one batch of messages, one job: one transaction, with its outbox."""

import asyncio
import copy
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, cast

import asyncpg
from sqlalchemy import event, make_url
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import NullPool

from shared.errors import UnavailableError
from shared.kit import outbox
from shared.kit.sql import text
from shared.kit.transaction import Driver, Transaction

__all__ = [
    "READERS",
    "WRITERS",
    "Database",
    "Driver",
    "SessionLocks",
    "Transaction",
    "is_infrastructure",
    "is_too_slow",
]

_RETRYABLE = {"40001", "40P01", "55P03", "57014", "53300", "57P01", "57P02", "57P03", "53100"}
"""SQL states that pass by themselves: serialisation, deadlock, lock and statement time-out,
too many connections, shutdown, crash, not yet started, disk full."""


WRITERS: Final = 2
"""Connections of one process on which a statement is a transaction of its own."""

READERS: Final = 4
"""Connections of one process that only read; more would only queue in PostgreSQL on two cores."""


_whole: ContextVar[Transaction | None] = ContextVar("whole", default=None)
"""The transaction that every other one of this request is part of."""


class Database:
    """Opens transactions. Only the edges (api, subscriptions, jobs) hold one.

    Args:
        url: SQLAlchemy URL with the ``postgresql+asyncpg`` driver.
        service: name of the service, the ``source`` of its events.
        leaves_entries: whether transactions put on record by themselves what they change; False
            where the use cases do.
    """

    def __init__(
        self, url: str, service: str, *, pool_size: int = 8, leaves_entries: bool = True
    ) -> None:
        self.service = service
        self._leaves_entries = leaves_entries
        self.sight: Any = None
        self.closed: Any = None
        settings = {"server_settings": {"application_name": f"helix8-{service}"}}
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_use_lifo=True,  # the connection used last has its statements planned
            hide_parameters=True,  # or personal data would reach the logs in an error's text
            # More than the services' statements: what falls out is parsed and planned again.
            connect_args={**settings, "prepared_statement_cache_size": 500},
        )
        # Who holds a lock for long must not keep a place in the pool that its own work needs.
        self._apart = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=settings
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._readers = _Pool(url, service, "read", READERS)
        self._writers = _Pool(url, service, "write", WRITERS)
        self._wakes: dict[str, list[asyncio.Event]] = {}

    def seen_as(self, sight: Any, closed: Any = None) -> "Database":
        """Return the same database whose transactions know what their reads may tell of."""
        if sight is None and closed is None:
            return self
        narrowed = copy.copy(self)
        narrowed.sight, narrowed.closed = sight, closed
        return narrowed

    def on_commit(self, *news: str) -> asyncio.Event:
        """Return what is set after each commit of this process that left any of these news.

        Events leave ``outbox.NEWS``; any other is announced.
        """
        wake = asyncio.Event()
        for each in news:
            self._wakes.setdefault(each, []).append(wake)
        return wake

    def forget(self, wake: asyncio.Event) -> None:
        """Set no more what `on_commit` returned: who waited for it is gone."""
        for wakes in self._wakes.values():
            if wake in wakes:
                wakes.remove(wake)

    @asynccontextmanager
    async def transaction(self, *, correlation: str | None = None) -> AsyncGenerator[Transaction]:
        """Yield a transaction; commit when the block ends well, roll back otherwise.

        Inside of `as_one` it is a part of that one, which commits at its own end; what fails is
        undone alone.

        Raises:
            UnavailableError: the database is away or busy; nothing was done, try again.
        """
        if (whole := _whole.get()) is not None:
            whole.sight, whole.closed = self.sight, self.closed
            # Who lives with a refusal goes on, and nothing of what was refused may stay.
            async with whole.part():
                yield whole
            return
        try:
            async with self._sessions() as session, session.begin():
                tx = Transaction(session, self.service, correlation)
                tx.sight, tx.closed = self.sight, self.closed
                yield tx
                if tx.outgoing:
                    await outbox.store(session, tx.outgoing)
                    tx.announce(outbox.NEWS)
                if self._leaves_entries:
                    await tx.audit()
        except Exception as error:
            if is_infrastructure(error):
                raise _away(error) from error
            raise
        for news in tx.news:
            for wake in tuple(self._wakes.get(news, ())):
                wake.set()

    @asynccontextmanager
    async def as_one(self, *, correlation: str | None = None) -> AsyncGenerator[Transaction]:
        """Yield a transaction of which all that the block opens is part: all of it, or nothing."""
        async with self.transaction(correlation=correlation) as tx:
            token = _whole.set(tx)
            try:
                yield tx
            finally:
                _whole.reset(token)

    @asynccontextmanager
    async def session_lock(self, space: int, number: int) -> AsyncGenerator[bool]:
        """Try to take an advisory lock for as long as the block runs; yield whether it is ours.

        It lives on a connection of its own and ends with it, also when this process is killed.

        Raises:
            UnavailableError: the database is away; nothing was locked.
        """
        async with self.session_locks(space) as locks:
            yield await locks.take(number)

    @asynccontextmanager
    async def session_locks(self, space: int) -> AsyncGenerator["SessionLocks"]:
        """Yield the advisory locks of a space, many on one connection, which they end with.

        Raises:
            UnavailableError: the database is away; nothing was locked.
        """
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._apart.connect())
            except Exception as error:
                if is_infrastructure(error):
                    raise _away(error) from error
                raise
            yield SessionLocks(connection, space)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Driver]:
        """Yield a connection for reads of one statement each: read-only, statements kept prepared.

        A transaction costs three round trips more, which a page of fifty rows would feel.

        Raises:
            UnavailableError: the database is away or busy; try again.
        """
        async with self._lent(self._readers) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Driver]:
        """Yield a connection on which each statement is a transaction of its own.

        For what one statement does whole, and many wait for.

        Raises:
            UnavailableError: the database is away or busy; of the statement that it broke off at
                nobody knows whether it took effect.
        """
        async with self._lent(self._writers) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, pool: "_Pool") -> AsyncGenerator[Driver]:
        try:
            async with (await pool.open()).acquire() as connection:
                yield cast("Driver", connection)
        except Exception as error:
            if is_infrastructure(error):
                raise _away(error) from error
            raise

    async def ping(self) -> None:
        """Make one real round trip."""
        async with self.transaction() as tx:
            await tx.session.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        """Close every connection."""
        await self._readers.close()
        await self._writers.close()
        await self.engine.dispose()


class SessionLocks:
    """Advisory locks on one connection; one task at a time takes and frees them.

    Every call raises `UnavailableError` when the connection went: nothing is locked any more.
    """

    def __init__(self, connection: AsyncConnection, space: int) -> None:
        self._connection = connection
        self._space = space

    async def take(self, number: int) -> bool:
        """Try to take a lock, once more where it is ours already; return whether it is ours."""
        return await self._call("pg_try_advisory_lock", number)

    async def free(self, number: int) -> None:
        """Give a lock back, as often as it was taken."""
        await self._call("pg_advisory_unlock", number)

    async def _call(self, function: str, number: int) -> bool:
        asked = text(f"SELECT {function}(:space, :number)")
        try:
            found = await self._connection.scalar(asked, {"space": self._space, "number": number})
        except Exception as error:
            if is_infrastructure(error):
                raise _away(error) from error
            raise
        return bool(found)


class _Pool:
    """Connections for statements that stand alone; opened by who asks first."""

    def __init__(
        self, url: str, service: str, purpose: Literal["read", "write"], most: int
    ) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._name = f"helix8-{service}-{purpose}"
        self._read_only = "on" if purpose == "read" else "off"
        self._most = most
        self._pool: asyncpg.Pool[Any] | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> "asyncpg.Pool[Any]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._most,
                    reset=_no_reset,
                    timeout=10,
                    server_settings={
                        "application_name": self._name,
                        "default_transaction_read_only": self._read_only,
                    },
                )
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


async def _no_reset(_connection: object) -> None:
    """Who asks one statement sets nothing and holds nothing, so there is nothing to reset."""


def _away(error: Exception) -> UnavailableError:
    return UnavailableError(
        "数据库暂时不可用，请稍后重试", f"the database is away for now: {type(error).__name__}"
    )


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool open new connections when the server has closed this one.

    The driver knows by itself that its socket ended; the pool's own ping would cost three round
    trips on each transaction to find out.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def is_infrastructure(error: BaseException) -> bool:
    """Return whether ``error`` says that the database is away, not that the work is wrong.

    asyncpg raises ``InternalClientError`` on a dying connection, which is no PostgresError;
    it must not become a 500, nor burn a delivery.
    """
    match error:
        case InvalidatePoolError() | PoolTimeoutError() | asyncio.TimeoutError():
            return True
        case DBAPIError():
            state = str(getattr(error.orig, "sqlstate", None) or "")
            return (
                error.connection_invalidated
                or state in _RETRYABLE
                or state.startswith("08")
                or (isinstance(error, OperationalError | InterfaceError | InternalError))
                or is_infrastructure(error.orig or ValueError())
            )
        case asyncpg.PostgresError():
            state = str(error.sqlstate or "")
            return state in _RETRYABLE or state.startswith("08")
        case asyncpg.InterfaceError() | asyncpg.InternalClientError() | OSError() | EOFError():
            return True
        case _:
            return _says_connection_lost(error)


def is_too_slow(error: UnavailableError) -> bool:
    """Return whether the database broke a statement off because it took too long."""
    cause: BaseException | None = error
    while cause is not None and getattr(cause, "sqlstate", None) != "57014":
        cause = cause.__cause__
    return cause is not None


def _says_connection_lost(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(cause, asyncpg.InternalClientError | OSError)
