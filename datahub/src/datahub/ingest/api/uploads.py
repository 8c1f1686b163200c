"""An upload on its way in.

It is spooled to disk while it comes, cut into chunks of at most 30,000 rows, and taken in with
one transaction a chunk; while PostgreSQL merges one, the next is read and mapped. Memory does
not grow with the file.

With an ``Idempotency-Key`` each of these transactions also keeps how far the upload has come.
When it breaks off (the process was killed, the database went away), the same request goes on
behind the last chunk that was committed, under the same batch. Where a quality rule may hold the
upload back, all chunks are one transaction: such an upload is in as a whole or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from fastapi import Depends, Request

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.gate import Held, QualityGateError, check_gate
from datahub.ingest.domain.ledger import Ledger
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.repository import answers, batches, records
from datahub.ingest.repository.answers import Kept
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.schemas.batches import BatchOut, batch_out, with_part
from datahub.ingest.usecases import deliveries
from datahub.ingest.usecases.effects import Delivery, Outcome
from datahub.locks import Space
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Database, Transaction
from shared.kit.idempotency import TURN, Keyed, RequestRunningError, take_turn

T = TypeVar("T")
Mode = Literal["create", "update", "upsert", "delete", "snapshot"]


async def get_inspector(request: Request) -> Inspector:
    """Return what the quality part looks at deliveries with."""
    inspector: Inspector = request.app.state.inspector
    return inspector


Inspects = Annotated[Inspector, Depends(get_inspector)]


class FeedChangedError(DomainError):
    """The feed is another one than that by which the first rows of an upload were read."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "feed-changed"
    title_zh: ClassVar = "数据源约定已变更"
    title_en: ClassVar = "The feed has changed"


class DryRunEnds(Exception):  # noqa: N818 — no error
    """Rolls a dry run back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a push asks for."""

    source: str | None
    entity: str | None
    feed: str | None
    mode: Mode
    dry_run: bool
    document: str | None
    declared: int | None


@dataclass(slots=True)
class Run:
    """How far an upload has come."""

    answer: BatchOut
    observed: int
    """Instant of the push, microseconds since 1970: that of its first chunk."""

    is_finished: bool = False
    is_held: bool = False
    passed: int = 0
    """Rows that this request has read, whether they were in before or not."""

    blank: int = 0
    """Lines without any value among them."""

    @property
    def batch(self) -> int:
        """Return the id of the batch, which has begun."""
        assert self.answer.batch is not None
        return self.answer.batch


@dataclass(frozen=True, slots=True)
class _Document:
    """A document that was read and mapped."""

    parts: list[Mapped]
    received: int
    first: Chunk | None
    """Its first rows, as they came."""

    blank: int
    """Lines without any value."""


@dataclass(frozen=True, slots=True)
class Push:
    """One upload on its way in.

    Args:
        keyed: None where the request carries no key.
    """

    db: Database
    feed: Feed
    ask: Wanted
    correlation: str
    keyed: Keyed | None
    inspector: Inspector
    is_gated: bool
    """Rules may hold the upload back: it takes effect as a whole or not at all."""

    async def take_in(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Take every chunk in; return what became of the rows.

        Raises:
            RequestRunningError: the same request is under way.
            FeedChangedError: the feed has changed since the upload broke off.
            QualityGateError: more rows fail a blocking rule than may; nothing took effect.
        """
        if self.ask.dry_run:
            return await self._rehearse(chunks)
        async with self.telling():
            return await self._take_effect(chunks)

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Tell of a delivery that a gate refuses: its own transaction is rolled back."""
        try:
            yield
        except QualityGateError as refusal:
            if not self.ask.dry_run:
                async with self.db.transaction(correlation=self.correlation) as tx:
                    await self.inspector.tell_held(tx, self.feed, refusal.held, None)
            raise

    async def _take_effect(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        if self.delivery(0).is_document:
            return await self._take_in_document(chunks)
        async with AsyncExitStack() as held:
            if self.is_gated:
                return await self._take_in_whole(chunks, held)
            return await self._take_in_chunks(chunks, held)

    async def _take_in_whole(self, chunks: AsyncIterator[Chunk], held: AsyncExitStack) -> BatchOut:
        """One transaction for every chunk: a gate may refuse them all."""
        async with self.db.transaction(correlation=self.correlation) as tx:
            run = await self.begin(tx, held)
            if run.is_finished:
                return run.answer
            found: list[Held] = []
            async for chunk in chunks:
                found += await self._add(tx, run, chunk)
            check_gate(self.feed.id, found)
            await self.keep(tx, run, is_finished=True)
            return run.answer

    async def _take_in_chunks(self, chunks: AsyncIterator[Chunk], held: AsyncExitStack) -> BatchOut:
        """One transaction a chunk; the last one closes the batch and keeps the answer."""
        run: Run | None = None
        part = await self._next(chunks)
        while True:
            async with (
                _meanwhile(self._next(chunks)) as following,
                self.db.transaction(correlation=self.correlation) as tx,
            ):
                run = await self.begin(tx, held) if run is None else await self._go_on(tx, run)
                if run.is_finished:
                    return run.answer
                if part is not None:
                    await self._add(tx, run, *part)
                part = await following
                await self.keep(tx, run, is_finished=part is None)
                if part is None:
                    return run.answer
                await self._hold(run, held)

    async def _next(self, chunks: AsyncIterator[Chunk]) -> tuple[Chunk, Mapped | None] | None:
        """Return the next chunk, mapped where that can be done without the database."""
        chunk = await anext(chunks, None)
        if chunk is None:
            return None
        return chunk, await deliveries.map_ahead(self.feed, chunk, self.ask.mode)

    async def begin(self, tx: Transaction, held: AsyncExitStack) -> Run:
        """Return a new batch, or the one that this request has begun before."""
        if self.keyed is not None:
            await take_turn(tx, self.keyed)
            if (kept := await answers.find_answer(tx, self.keyed)) is not None:
                run = self._run_of(kept)
                if run.is_finished:
                    return run
                await self._hold(run, held)
                return await self._go_on(tx, run)
        await records.lock_entities(tx, [self.feed.entity.name])
        return Run(await self._start(tx), await records.observed_now(tx))

    def _run_of(self, kept: Kept) -> Run:
        answer = BatchOut.model_validate(kept.answer)
        run = Run(answer, kept.observed or 0, is_finished=kept.is_finished)
        is_read_alike = (answer.feed, answer.feed_version) == (self.feed.id, self.feed.version)
        if not run.is_finished and not is_read_alike:
            raise FeedChangedError(
                f"批次 {run.batch} 中断后数据源约定 {answer.feed} 已变更，不能按两个版本续传",
                f"feed {answer.feed} has changed since batch {run.batch} broke off",
                fixes=["换一个 Idempotency-Key 重发整个文件 (send it all again under a new key)"],
            )
        return run

    @staticmethod
    async def _go_on(tx: Transaction, run: Run) -> Run:
        await batches.claim_batch(tx, run.batch, run.answer.received)
        return run

    async def _hold(self, run: Run, held: AsyncExitStack) -> None:
        """Let everybody see that the batch is being worked on, for as long as it is."""
        if not run.is_held:
            lock = self.db.session_lock(Space.BATCH, batches.lock_of(run.batch))
            if not await held.enter_async_context(lock):
                raise RequestRunningError
            run.is_held = True

    async def _add(
        self, tx: Transaction, run: Run, chunk: Chunk, ahead: Mapped | None = None
    ) -> Sequence[Held]:
        """Add what stands behind the rows that are in; return what the gate holds of it."""
        run.blank += chunk.blank
        run.answer.blank = max(run.answer.blank, run.blank)
        received, before = chunk.received, run.answer.received - run.passed
        run.passed += received
        chunk = chunk.without(before)
        if not chunk.received and not chunk.odd:
            return ()
        if chunk.received < received:
            ahead = None
        outcome = await self._one(tx, run.batch, chunk, {0: run.observed}, ahead)
        run.answer = with_part(run.answer, outcome.ledger, outcome.verdicts, outcome.warned)
        return outcome.held

    async def keep(self, tx: Transaction, run: Run, *, is_finished: bool) -> None:
        """Keep how far the upload has come, in the transaction of what it did."""
        if is_finished:
            await batches.set_blank(tx, run.batch, run.answer.blank)
            await batches.add_to_batch(tx, run.batch, Ledger(), finished=True)
        if self.keyed is not None:
            answer = run.answer.model_dump(mode="json")
            await answers.keep_answer(tx, self.keyed, Kept(answer, run.observed, is_finished))

    async def _take_in_document(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Lines are summed chunk by chunk; the totals go in with one transaction."""
        async with self._turn():
            document = await self._map_document(chunks)
            async with self.db.transaction(correlation=self.correlation) as tx:
                if self.keyed and (kept := await answers.find_answer(tx, self.keyed)):
                    return self._run_of(kept).answer
                run = Run(await self._start(tx), 0)
                outcome = await self._document(tx, run.batch, document)
                check_gate(self.feed.id, outcome.held)
                run.answer.blank = document.blank
                run.answer = with_part(run.answer, outcome.ledger, outcome.verdicts, outcome.warned)
                await self.keep(tx, run, is_finished=True)
                return run.answer

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Keep requests with the same key out."""
        if self.keyed is None:
            yield
            return
        async with self.db.session_lock(TURN, self.keyed.lock) as taken:
            if not taken:
                raise RequestRunningError
            yield

    async def _map_document(self, chunks: AsyncIterator[Chunk]) -> _Document:
        parts = []
        received = 0
        blank = 0
        first = None
        async for chunk in chunks:
            first = first or chunk
            blank += chunk.blank
            async with self.db.transaction() as tx:
                parts.append(await deliveries.map_lines(tx, self.feed, chunk))
            received += chunk.received
        return _Document(parts, received, first, blank)

    async def _document(self, tx: Transaction, batch: int, document: _Document) -> Outcome:
        return await deliveries.ingest_totals(
            tx, self.delivery(batch), document.parts, document.received, document.first
        )

    async def _rehearse(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Go the same way in one transaction, and roll it back."""
        answer = self.answer_to(None)
        with suppress(DryRunEnds):
            document = await self._map_document(chunks) if self.delivery(0).is_document else None
            async with self.db.transaction(correlation=self.correlation) as tx:
                batch = (await self._start(tx)).batch
                assert batch is not None
                found: list[Held] = []
                if document is not None:
                    answer.blank = document.blank
                    outcome = await self._document(tx, batch, document)
                    answer = with_part(answer, outcome.ledger, outcome.verdicts, outcome.warned)
                    found += outcome.held
                async for chunk in chunks:
                    answer.blank += chunk.blank
                    outcome = await self._one(tx, batch, chunk)
                    answer = with_part(answer, outcome.ledger, outcome.verdicts, outcome.warned)
                    found += outcome.held
                check_gate(self.feed.id, found)
                raise DryRunEnds
        return answer

    async def _one(
        self,
        tx: Transaction,
        batch: int,
        chunk: Chunk,
        observed: dict[int, int] | None = None,
        ahead: Mapped | None = None,
    ) -> Outcome:
        return await deliveries.ingest_chunk(tx, self.delivery(batch), chunk, observed, ahead)

    def delivery(self, batch: int) -> Delivery:
        """Return the delivery as its use cases know it."""
        return Delivery(
            feed=self.feed,
            batch=batch,
            mode=self.ask.mode,
            document=self.ask.document,
            inspector=self.inspector,
            gate="whole" if self.is_gated else "open",
        )

    async def _start(self, tx: Transaction) -> BatchOut:
        batch = await batches.start_batch(
            tx,
            self.feed,
            mode=self.ask.mode,
            channel="rest",
            document=self.ask.document,
            declared=self.ask.declared,
        )
        return self.answer_to(batch)

    def answer_to(self, batch: int | None) -> BatchOut:
        """Return the answer while nothing is in yet."""
        return batch_out(
            self.feed, batch, self.ask.mode, self.ask.declared, document=self.ask.document
        )


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, T]) -> AsyncIterator["asyncio.Task[T]"]:
    """Read on meanwhile; the reader has ended before the spool is closed."""
    following = asyncio.create_task(work)
    try:
        yield following
    finally:
        await asyncio.wait([following])
        if not following.cancelled():
            following.exception()
