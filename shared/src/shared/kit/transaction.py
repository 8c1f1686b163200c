"""One transaction: what it publishes, wakes and puts on record takes effect with it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from shared.contracts.base import Event
from shared.kit import outbox
from shared.kit.audit.deeds import WRITE, Circumstances, Deed, Doing, doing, job_at_work
from shared.kit.audit.rows import Entry, append_by
from shared.kit.outbox import Outgoing
from shared.kit.sql import text

Driver: TypeAlias = "asyncpg.Connection[Any]"
"""The driver's own connection."""

MOST_EVENTS: Final = 50
"""Events that an entry of the audit names, of a change that tells more."""


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

        self.closed: Any = None
        """Which families of alerts its reads tell only to who answers for them; None: of none."""

        self.doings: list[Doing] = [at_work] if at_work else []
        """The requests that it works for; what it changes is on record under their callers."""

        self.about: dict[str, Any] = {}
        """What the entry of its change says beside that: never a secret, never a value."""

        self.actor = f"system/{service}"
        """Whose deed it is where no request is at work."""

        self.consumer: str | None = None
        """Which consumer of events is at work; None in requests and jobs."""

        self.sources: list[tuple[str, str]] = []
        """Request and trace of each event that is at work; the trace may be empty."""

        self.on_record = False
        """Whether the writes from which its events follow have entries of their own."""

        self._decides = False
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
        self._decides = True
        return made.id

    def publish_json(
        self, event_type: str, partition: str, body: bytes, *, key: str | None = None
    ) -> None:
        """Publish an event whose data is JSON already, in one partition (``0a``): bulk work.

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

        For what is no change: a file given out, a value shown; in a job, for what nobody is told.

        Args:
            about: whom or what it is done to; the path of the request where not given.
        """
        if self.doings:
            self._recorded += [
                (each.circumstances(), each.deed(kind, about, **detail)) for each in self.doings
            ]
        else:
            self._recorded.append(self._unasked(kind, about, detail))

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
        if self._decides and not self.on_record and not self.doings:
            writes.append(self._unasked(WRITE, "", told))
        if writes:
            await append_by(await self.driver(), writes, if_changed=True)

    @asynccontextmanager
    async def part(self) -> AsyncGenerator[AsyncSessionTransaction]:
        """Do a part that may be undone alone: refused or rolled back, nothing of it is told."""
        told, recorded, decides = len(self.outgoing), len(self._recorded), self._decides
        is_kept = False
        try:
            async with self.session.begin_nested() as part:
                yield part
                is_active = part.is_active
            # What was left to be flushed may have been refused at the end of the block.
            is_kept = is_active
        finally:
            if not is_kept:
                del self.outgoing[told:]
                del self._recorded[recorded:]
                self._decides = decides

    def _unasked(self, kind: str, about: str, detail: dict[str, Any]) -> Entry:
        """Return an entry of what no request asked for; about the consumer or the job itself."""
        requests = sorted({request for request, _ in self.sources} or {self.correlation or ""})
        traces = {trace for _, trace in self.sources}
        if len(requests) > 1:
            # None of them alone stands for all that was done.
            detail = detail | {"requests": requests[:MOST_EVENTS]}
        who = Circumstances(
            actor=self.actor,
            by="event" if self.consumer else "job",
            request=requests[0] if len(requests) == 1 else "",
            trace=traces.pop() if len(traces) == 1 else "",
        )
        return who, Deed(kind=kind, about=about or self.consumer or job_at_work(), detail=detail)

    def announce(self, news: str) -> None:
        """Wake the background loops of this process that follow ``news`` after the commit."""
        self.news.add(news)

    async def take_turn(self, what: str) -> None:
        """Wait until nobody else makes what bears this name; ours until the end of the transaction.

        A row that is not there yet cannot be locked: who makes it under a key of its own choice
        takes its turn before it looks whether it is there.
        """
        name = {"what": what}
        await self.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), name
        )

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
