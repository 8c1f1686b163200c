"""A run over a database or a web service: page after page, until there is none.

Of a snapshot all pages are fetched first, into files: a source that breaks off has deleted nothing.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias, cast

import polars as pl

from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.usecases.deliveries import check_columns
from datahub.pulls import usecases
from datahub.pulls.domain.pull import HttpSource, Secret, SqlSource
from datahub.pulls.domain.pull_document import SNAPSHOT, Reach
from datahub.pulls.sources import Page, http, sql
from datahub.pulls.usecases import Run
from shared.kit.database import Database

Kept: TypeAlias = tuple[Path, Chunk]
"""The rows of a part, in a file; and what else is known of it."""


async def run_rows(database: Database, run: Run, reach: Reach) -> None:
    """Read every page."""
    if run.pull.mode == SNAPSHOT:
        await _run_whole(database, replace(run, position=None, received=0), reach)
        return
    is_table = isinstance(run.pull.source, SqlSource)
    async with aclosing(_pages(run, reach)) as pages:
        async for page in pages:
            if is_table and run.batch is None:
                check_columns(run.feed, page.chunk, run.pull.mode)
            async with database.transaction(correlation=str(run.id)) as tx:
                run = await usecases.take_page(tx, run, page.chunk, page.position)


async def _run_whole(database: Database, run: Run, reach: Reach) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = [each async for each in _kept(run, reach, Path(folder))]
        async with database.transaction(correlation=str(run.id)) as tx:
            await usecases.take_snapshot(tx, run, partial(_fetched, parts))


async def _kept(run: Run, reach: Reach, folder: Path) -> AsyncGenerator[Kept]:
    """Fetch every page into a file of its own."""
    count = 0
    async with aclosing(_pages(run, reach)) as pages:
        async for page in pages:
            if not count and isinstance(run.pull.source, SqlSource):
                check_columns(run.feed, page.chunk, run.pull.mode)
            count += 1
            file = folder / f"{count}"
            await asyncio.to_thread(page.chunk.frame.write_ipc, file, compression="zstd")
            yield file, replace(page.chunk, frame=page.chunk.frame.clear())


async def _fetched(parts: Sequence[Kept], _: Lines | None) -> AsyncGenerator[Chunk]:
    """Yield what was fetched, part by part."""
    for file, rest in parts:
        yield replace(rest, frame=await asyncio.to_thread(pl.read_ipc, file))


def _pages(run: Run, reach: Reach) -> AsyncGenerator[Page]:
    source = run.pull.source
    if isinstance(source, SqlSource):
        pages = sql.read_pages(source, reach.secret(source.url) or "", run.position, run.received)
    else:
        assert isinstance(source, HttpSource)
        headers = _headers(source, reach)
        pages = http.read_pages(
            run.feed, source, headers, reach.receivers, run.position, run.received
        )
    return cast("AsyncGenerator[Page]", pages)


def _headers(source: HttpSource, reach: Reach) -> dict[str, str]:
    return {
        name: f"{value.prefix}{reach.secret(value)}" if isinstance(value, Secret) else value
        for name, value in source.headers.items()
    }
