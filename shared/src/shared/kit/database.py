"""One request, one batch of messages, one job: one transaction, with its outbox."""

import asyncio
import copy
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import UUID

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
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import NullPool

from shared.contracts.base import Event
from shared.errors import UnavailableError
from shared.kit import outbox
from shared.kit.audit.deeds import WRITE, Doing, doing
from shared.kit.audit.rows import Entry, append_by
from shared.kit.outbox import Outgoing
from shared.kit.sql import text

_RETRYABLE = {"40001", "40P01", "55P03", "57014", "53300", "57P01", "57P02", "57P03", "53100"}
"""SQL states that pass by themselves: serialisation, deadlock, lock and statement time-out,
too many connections, shutdown, crash, not yet started, disk full."""


Driver: TypeAlias = "asyncpg.Connection[Any]"
"""The driver's own connection."""

WRITERS: Final = 2
"""Connections of one process on which a statement is a transaction of its own."""

MOST_EVENTS: Final = 50
"""Events that an entry of the audit names, of a change that tells more."""

READERS: Final = 4
"""Connections of one process that only read; more would only queue in PostgreSQL on two cores."""


class Transaction:
    """One unit of work: its session, and the events it will publish.

    Use cases take it as an argument and never commit; only the edge that opened it does.
    """

    def __init__(self, session: AsyncSession, service: str, correlation: str | None) -> None:
        at_work = doing()
        self.session = session
        self.service = service
        self.correlation = correlation or (at_work.request if at_work else None)
        self.causation: str | None = None
        self.outgoing: list[Outgoing] = []
        self.news: set[str] = set()
        self._driver: Driver | None = None
        self.sight: Any = None
        """Which rows its reads may tell of, as `shared.access` knows it; None for all."""

        self.doings: list[Doing] = [at_work] if at_work else []
        """The requests that it works for; what it changes is on record under their callers."""

        self.about: dict[str, Any] = {}
        """What the entry of its change says beside that: never a secret, never a value."""

        self._recorded: list[Entry] = []

    def publish(self, event: Event, key: str, *, subject: str | None = None) -> UUID:
        """Publish ``event`` if, and only if, the work commits.

        Args:
            key: partition key; facts with the same key keep their order.
            subject: what the fact is about, ``kind/key``; ``key`` when not given.

        Returns:
            The event's id.
        """
        made = outbox.envelope(self, event, key, subject or key)
        self.outgoing.append(made)
        return made.id

    def publish_json(
        self, event_type: str, partition: str, body: bytes, *, key: str | None = None
    ) -> None:
        """Publish an event whose data is JSON already, in one partition (``0a``).

        Args:
            key: partition key; the partition itself when not given.
        """
        self.outgoing.append(outbox.envelope_of_json(self, event_type, partition, body, key))

    def hand_over(
        self,
        entity: str,
        key: str,
        record: Mapping[str, Any],
        operation: outbox.Operation = "upsert",
    ) -> None:
        """Hand a record over to the hub if, and only if, the work commits: all of it, as it stands.

        Args:
            entity: one of those that this service hands over, see `shared.contracts.streams`.
            key: its natural key as one text; what is handed over of one key keeps its order.
            record: every field of it; to delete it, its key alone.
        """
        made = outbox.envelope_of_record(self, entity, key, record, operation)
        self.outgoing.append(made)

    def record(self, kind: str, about: str = "", **detail: Any) -> None:
        """Put on record what the request at work does, if, and only if, the work commits.

        For what is no change: a file given out, a value shown. In jobs there is nobody to name.

        Args:
            about: whom or what it is done to; the path of the request where not given.
        """
        self._recorded += [
            (each.circumstances(), each.deed(kind, about, **detail)) for each in self.doings
        ]

    async def audit(self) -> None:
        """Append what is to be on record, as the last thing before the commit."""
        if self._recorded:
            await append_by(await self.driver(), self._recorded)
            return
        told = dict(self.about)
        if self.outgoing:
            told["events"] = [[each.type, str(each.id)] for each in self.outgoing[:MOST_EVENTS]]
        writes = [
            (each.circumstances(), each.deed(WRITE, **told))
            for each in self.doings
            if each.is_write
        ]
        if writes:
            await append_by(await self.driver(), writes, if_changed=True)

    def announce(self, news: str) -> None:
        """Wake the background loops of this process that follow ``news`` after the commit."""
        self.news.add(news)

    async def driver(self) -> Driver:
        """Return the asyncpg connection of this transaction, for COPY and bulk statements.

        And for statements that are asked with every record: on the way through the session one
        costs three times as much.
        """
        if self._driver is not None:
            return self._driver
        connection = await self.session.connection()
        raw = await connection.get_raw_connection()
        driver = cast("Driver", raw.driver_connection)
        if not driver.is_in_transaction():
            # The session begins at its own first statement: before it, the driver's would stand
            # alone, and take effect at once.
            adapted: Any = raw.dbapi_connection
            await adapted._start_transaction()  # noqa: SLF001 — its first statement does the same
        self._driver = driver
        return driver


_whole: ContextVar[Transaction | None] = ContextVar("whole", default=None)
"""The transaction that every other one of this request is part of."""


class Database:
    """Opens transactions. Only the edges (api, subscriptions, jobs) hold one.

    Args:
        url: SQLAlchemy URL with the ``postgresql+asyncpg`` driver.
        service: name of the service, the ``source`` of its events.
    """

    def __init__(self, url: str, service: str, *, pool_size: int = 8) -> None:
        self.service = service
        self.sight: Any = None
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

    def seen_as(self, sight: Any) -> "Database":
        """Return the same database whose transactions know what their reads may tell of."""
        if sight is None:
            return self
        narrowed = copy.copy(self)
        narrowed.sight = sight
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

        Inside of `as_one` it is that one, which commits at its own end.

        Raises:
            UnavailableError: the database is away or busy; nothing was done, try again.
        """
        if (whole := _whole.get()) is not None:
            whole.sight = self.sight
            yield whole
            return
        try:
            async with self._sessions() as session, session.begin():
                tx = Transaction(session, self.service, correlation)
                tx.sight = self.sight
                yield tx
                if tx.outgoing:
                    await outbox.store(session, tx.outgoing)
                    tx.announce(outbox.NEWS)
                if tx.doings:
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
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._apart.connect())
                taken = await _try_lock(connection, space, number)
            except Exception as error:
                if is_infrastructure(error):
                    raise _away(error) from error
                raise
            yield taken

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


async def _try_lock(connection: AsyncConnection, space: int, number: int) -> bool:
    taken = await connection.scalar(
        text("SELECT pg_try_advisory_lock(:space, :number)"), {"space": space, "number": number}
    )
    return bool(taken)


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


def _says_connection_lost(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(cause, asyncpg.InternalClientError | OSError)
