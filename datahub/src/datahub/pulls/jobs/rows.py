"""A run over a database or a web service: page after page, until there is none."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from datahub.ingest.usecases.deliveries import check_columns
from datahub.pulls import usecases
from datahub.pulls.domain.pull import HttpSource, Secret, SqlSource
from datahub.pulls.domain.pull_document import Reach
from datahub.pulls.sources import Page, http, sql
from datahub.pulls.usecases import Run
from shared.kit.database import Database


async def run_rows(database: Database, run: Run, reach: Reach) -> None:
    """Read every page."""
    is_table = isinstance(run.pull.source, SqlSource)
    async with aclosing(_pages(run, reach)) as pages:
        async for page in pages:
            if is_table and run.batch is None:
                check_columns(run.feed, page.chunk, run.pull.mode)
            async with database.transaction(correlation=str(run.id)) as tx:
                run = await usecases.take_page(tx, run, page.chunk, page.position)


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
