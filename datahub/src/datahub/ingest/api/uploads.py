"""An upload on its way in.

It is spooled to disk while it comes, cut into chunks of at most 30,000 rows, and taken in with
one transaction a chunk; while PostgreSQL merges one, the next is read and mapped. Memory does
not grow with the file.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, Final, Literal

from fastapi import Request

from datahub.ingest import usecases
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Ledger, total
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk, read_csv, read_ndjson
from datahub.ingest.repository import batches
from datahub.ingest.schemas import BatchOut, batch_out
from datahub.ingest.usecases import Delivery, Outcome
from shared.kit.database import Database, Transaction

MAX_ROWS: Final = 30_000
SPOOL_BYTES: Final = 8 * 1024 * 1024
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
Mode = Literal["create", "update", "upsert", "delete"]
Body = SpooledTemporaryFile[bytes]


class _DryRunEnds(Exception):  # noqa: N818 — no error: it rolls a dry run back
    pass


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


@dataclass(frozen=True, slots=True)
class Keyed:
    """Whose request it is, and by which key its answer is kept."""

    caller: str
    key: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Push:
    """One upload on its way in."""

    db: Database
    feed: Feed
    ask: Wanted
    correlation: str
    keyed: Keyed

    @property
    def _is_document(self) -> bool:
        return self.feed.is_aggregating and self.ask.mode != "delete"

    async def take_in(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Take every chunk in; return what became of the rows."""
        if self.ask.dry_run:
            return await self._rehearse(chunks)
        if self._is_document:
            return await self._take_in_document(chunks)
        return await self._take_in_chunks(chunks)

    async def _take_in_chunks(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """One transaction a chunk; the last one closes the batch and keeps the answer."""
        outcomes: list[Outcome] = []
        batch: int | None = None
        chunk = await _next(chunks)
        while True:
            async with (
                _read_ahead(chunks) as following,
                self.db.transaction(correlation=self.correlation) as tx,
            ):
                if batch is None and (stored := await self._stored(tx)) is not None:
                    return stored
                batch = batch or await self._start(tx)
                if chunk is not None:
                    outcomes.append(await self._one(tx, batch, chunk))
                chunk = await following
                if chunk is None:
                    return await self._finish(tx, batch, outcomes)

    async def _take_in_document(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Lines are summed chunk by chunk; the totals go in with one transaction."""
        parts, received = await self._map_document(chunks)
        async with self.db.transaction(correlation=self.correlation) as tx:
            if (stored := await self._stored(tx)) is not None:
                return stored
            batch = await self._start(tx)
            outcome = await self._document(tx, batch, parts, received)
            return await self._finish(tx, batch, [outcome])

    async def _map_document(self, chunks: AsyncIterator[Chunk]) -> tuple[list[Mapped], int]:
        parts = []
        received = 0
        async for chunk in chunks:
            async with self.db.transaction() as tx:
                mapped = await usecases.map_chunk(tx, self.feed, chunk)
            parts.append(usecases.with_bad_lines(mapped, chunk))
            received += chunk.received
        return parts, received

    async def _document(
        self, tx: Transaction, batch: int, parts: list[Mapped], received: int
    ) -> Outcome:
        delivery = Delivery(
            feed=self.feed, batch=batch, mode=self.ask.mode, document=self.ask.document
        )
        return await usecases.ingest_totals(tx, delivery, parts, received)

    async def _rehearse(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Go the same way in one transaction, and roll it back."""
        outcomes: list[Outcome] = []
        with suppress(_DryRunEnds):
            parts = await self._map_document(chunks) if self._is_document else None
            async with self.db.transaction() as tx:
                batch = await self._start(tx)
                if parts is not None:
                    outcomes.append(await self._document(tx, batch, *parts))
                else:
                    outcomes.extend([await self._one(tx, batch, chunk) async for chunk in chunks])
                raise _DryRunEnds
        return self._answer(None, outcomes)

    async def _one(self, tx: Transaction, batch: int, chunk: Chunk) -> Outcome:
        delivery = Delivery(feed=self.feed, batch=batch, mode=self.ask.mode)
        return await usecases.ingest_chunk(tx, delivery, chunk)

    async def _start(self, tx: Transaction) -> int:
        return await batches.start_batch(
            tx,
            self.feed,
            mode=self.ask.mode,
            channel="rest",
            document=self.ask.document,
            declared=self.ask.declared,
        )

    async def _stored(self, tx: Transaction) -> BatchOut | None:
        keyed = self.keyed
        if keyed.key is None:
            return None
        answer = await batches.stored_answer(tx, keyed.caller, keyed.key, keyed.digest)
        return None if answer is None else BatchOut.model_validate(answer)

    async def _finish(self, tx: Transaction, batch: int, outcomes: list[Outcome]) -> BatchOut:
        await batches.add_to_batch(tx, batch, Ledger(), finished=True)
        answer = self._answer(batch, outcomes)
        keyed = self.keyed
        if keyed.key is not None:
            document = answer.model_dump(mode="json")
            await batches.store_answer(tx, keyed.caller, keyed.key, keyed.digest, document)
        return answer

    def _answer(self, batch: int | None, outcomes: list[Outcome]) -> BatchOut:
        ledger = total(outcome.ledger for outcome in outcomes)
        verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
        return batch_out(self.feed, batch, self.ask.mode, self.ask.declared, ledger, verdicts)


async def _next(chunks: AsyncIterator[Chunk]) -> Chunk | None:
    return await anext(chunks, None)


@asynccontextmanager
async def _read_ahead(
    chunks: AsyncIterator[Chunk],
) -> AsyncIterator["asyncio.Task[Chunk | None]"]:
    """Read the next chunk meanwhile; the reader has ended before the spool is closed."""
    following = asyncio.create_task(_next(chunks))
    try:
        yield following
    finally:
        await asyncio.wait([following])
        if not following.cancelled():
            following.exception()


async def spool(request: Request, body: Body) -> str:
    """Write the request's body to the spool as it comes; return its SHA-256."""
    digest = hashlib.sha256()
    async for part in request.stream():
        digest.update(part)
        body.write(part)
    body.seek(0)
    return digest.hexdigest()


async def read_chunks(body: Body, kind: str, feed: Feed, mode: str) -> AsyncIterator[Chunk]:
    """Read the spool in a thread, a chunk at a time."""
    stream: Any = body
    whole = read_csv(stream, feed.encoding, feed.delimiter) if kind == CSV else read_ndjson(stream)
    parts = _cut(whole)
    first = True
    while (chunk := await asyncio.to_thread(next, parts, None)) is not None:
        if first and kind == CSV:
            usecases.check_columns(feed, chunk, mode)
        first = False
        yield chunk


def _cut(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Cut chunks to at most 30,000 rows: more would make an event larger than a message may be."""
    for chunk in chunks:
        yield Chunk(chunk.frame.head(MAX_ROWS), chunk.bad)
        for start in range(MAX_ROWS, chunk.frame.height, MAX_ROWS):
            yield Chunk(chunk.frame.slice(start, MAX_ROWS), [])
