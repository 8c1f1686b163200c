"""A run over a folder: file after file, each with a batch and a report of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import IO, Any

from datahub.ingest import queries as ingest_queries
from datahub.ingest.api.bodies import CSV, is_by_line, read_chunks
from datahub.ingest.domain.reading import LINE, Chunk, UnreadableFileError
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.queries import Which, Window
from datahub.ingest.repository import batches
from datahub.ingest.schemas.batches import MAX_VERDICTS
from datahub.ingest.usecases import deliveries as ingest
from datahub.pulls import repository, usecases
from datahub.pulls.domain.pull import FolderSource
from datahub.pulls.domain.pull_document import SNAPSHOT
from datahub.pulls.repository import RunLostError
from datahub.pulls.sources.folder import Claimed, Watched
from datahub.pulls.tables import PullFileRow
from datahub.pulls.usecases import Run, error_document
from shared.errors import DomainError, UnavailableError
from shared.kit.clock import CAMPUS, now
from shared.kit.database import Database, Transaction

Error = dict[str, Any]


async def run_files(database: Database, run: Run) -> Error | None:
    """Take every file of the folder; return the error of the last one that failed."""
    assert isinstance(run.pull.source, FolderSource)
    watched = Watched(run.pull.source)
    error = None
    for file in await asyncio.to_thread(watched.left):
        error = await _take(database, run, watched, file) or error
    for name in await watched.settled():
        claimed = watched.claim(name, now().astimezone(CAMPUS))
        if claimed is not None:
            error = await _take(database, run, watched, claimed) or error
    return error


async def _take(database: Database, run: Run, watched: Watched, file: Claimed) -> Error | None:
    """Read a file unless it was read already, and put it away; return its error."""
    async with database.transaction() as tx:
        row = await repository.find_file(tx, file.claim)
    if row is None:
        try:
            row = await _Taking(database, run, file).take()
        except PermissionError:
            # It waits until its rights are mended; the others do not.
            return {"file": file.name, **error_document(_forbidden(file))}
    async with database.transaction() as tx:
        report = await _report(tx, row)
    await asyncio.to_thread(watched.put_away, file, report, failed=row.state == "failed")
    return row.error


def _forbidden(file: Claimed) -> UnreadableFileError:
    return UnreadableFileError(
        f"中台没有权限读取 {file.name}",
        f"the hub may not read {file.name}",
        fixes=[f"chmod a+r '{file.path}'"],
    )


class _Taking:
    """One file on its way in; ``run`` goes on with every chunk."""

    def __init__(self, database: Database, run: Run, file: Claimed) -> None:
        self._database = database
        self._file = file
        position = run.position or {}
        if position.get("claim") == file.claim:
            self._done = int(position["line"])
            self._run = replace(run, document=file.name)
        else:
            self._done = 0
            self._run = replace(run, document=file.name, batch=None, position=None, received=0)
        self._blank = 0

    async def take(self) -> PullFileRow:
        """Read the file; what became of it is kept together with the end of its batch."""
        row = await self._row()
        try:
            if row.state != "same":
                await self._take_in()
        except (UnavailableError, RunLostError):
            raise
        except DomainError as error:
            row.state = "failed"
            row.error = {"file": self._file.name, **error_document(error)}
        row.batch = self._run.batch
        async with self._transaction() as tx:
            if row.batch is not None:
                await batches.set_blank(tx, row.batch, self._blank)
            await usecases.finish_file(tx, self._run, row)
        return row

    async def _row(self) -> PullFileRow:
        sha256, size = await asyncio.to_thread(self._file.digest)
        feed = self._run.feed
        async with self._transaction() as tx:
            last = await repository.last_taken(tx, feed.id)
        is_same = last == ("done", sha256, feed.version, self._run.pull.mode)
        return PullFileRow(
            claim=self._file.claim,
            feed=feed.id,
            name=self._file.name,
            sha256=sha256,
            size=size,
            feed_version=feed.version,
            state="same" if is_same else "done",
        )

    async def _take_in(self) -> None:
        run = self._run
        with self._file.open() as file:
            if run.pull.mode == SNAPSHOT:
                await self._take_snapshot(file)
                return
            chunks = read_chunks(file, self._file.kind, run.feed, run.pull.mode)
            if run.feed.is_aggregating and run.pull.mode != "delete":
                await self._take_document(chunks)
            else:
                async for chunk in chunks:
                    await self._take_chunk(chunk)

    async def _take_snapshot(self, file: IO[bytes]) -> None:
        feed, kind = self._run.feed, self._file.kind

        def read(lines: Lines | None) -> AsyncGenerator[Chunk]:
            file.seek(0)
            return read_chunks(file, kind, feed, SNAPSHOT, lines)

        by_line, is_csv = is_by_line(kind, feed), kind == CSV
        async with self._transaction() as tx:
            self._run = await usecases.take_snapshot(
                tx, self._run, read, is_by_line=by_line, is_csv=is_csv
            )

    async def _take_document(self, chunks: AsyncIterator[Chunk]) -> None:
        parts = []
        received = 0
        first = None
        async for chunk in chunks:
            first = first or chunk
            self._blank += chunk.blank
            async with self._transaction() as tx:
                parts.append(await ingest.map_lines(tx, self._run.feed, chunk))
            received += chunk.received
        async with self._transaction() as tx:
            self._run = await usecases.take_document(tx, self._run, parts, received, first)

    async def _take_chunk(self, chunk: Chunk) -> None:
        self._blank += chunk.blank
        lines = [*chunk.frame[LINE].tail(1), *(each.line for each in chunk.bad)]
        if not lines or max(lines) <= self._done:
            # Nothing, or taken in before the hub was killed.
            return
        position = {"claim": self._file.claim, "line": max(lines)}
        async with self._transaction() as tx:
            self._run = await usecases.take_page(tx, self._run, chunk, position)

    def _transaction(self) -> Any:
        return self._database.transaction(correlation=str(self._run.id))


async def _report(tx: Transaction, row: PullFileRow) -> dict[str, Any]:
    """Tell what became of a file: a function of what is stored, so it can be told again."""
    batch = await ingest_queries.get_batch(tx, row.batch) if row.batch else None
    aside = (
        await ingest_queries.list_put_aside(
            tx, Window(limit=MAX_VERDICTS), Which(batch=row.batch, code=None, verdict=None)
        )
        if row.batch
        else []
    )
    return {
        "file": row.name,
        "sha256": row.sha256,
        "size": row.size,
        "feed": row.feed,
        "feed_version": row.feed_version,
        "state": row.state,
        "error": row.error,
        "batch": batch,
        "put_aside": sorted(aside, key=lambda each: int(each["row"])),
    }
