"""Starts the pulls that are due: here or in another replica, each at most once at a time."""

import asyncio
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import structlog

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.repository import feeds
from datahub.ingest.repository.inspection import Inspector
from datahub.pulls import repository, usecases
from datahub.pulls.domain.pull_document import Reach
from datahub.pulls.jobs.files import run_files
from datahub.pulls.jobs.rows import run_rows
from datahub.pulls.repository import RunLostError
from datahub.pulls.usecases import Run, error_document
from shared.errors import DomainError, UnavailableError
from shared.kit.database import Database
from shared.kit.ids import uuid7

LOOK_SECONDS: Final = 1.0
TOGETHER: Final = 2
"""Pulls that run at a time in one process: each holds a connection or two."""

log = structlog.get_logger()


class Runner:
    """Runs what is due, for ever."""

    def __init__(
        self, database: Database, dictionaries: Dictionaries, inspector: Inspector, reach: Reach
    ) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._inspector = inspector
        self._reach = reach
        self._running: set[str] = set()

    async def run(self) -> None:
        """Start pulls as they become due; a database that goes away ends them all."""
        self._running.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                async with self._database.transaction() as tx:
                    due = await repository.list_due(tx, limit=100)
                free = [feed for feed in due if feed not in self._running]
                for feed in free[: TOGETHER - len(self._running)]:
                    self._running.add(feed)
                    group.create_task(self._run_alone(feed))
                await asyncio.sleep(LOOK_SECONDS)

    async def _run_alone(self, feed_id: str) -> None:
        try:
            async with repository.exclusive(self._database, feed_id) as mine:
                if mine:
                    await self._run(feed_id, uuid7())
                else:
                    # Another replica is at it; it stays due until that one has ended.
                    await asyncio.sleep(LOOK_SECONDS)
        except RunLostError as lost:
            log.warning("pull_lost", feed=feed_id, why=lost.en)
        finally:
            self._running.discard(feed_id)

    async def _run(self, feed_id: str, run_id: UUID) -> None:
        run: Run | None = None
        error: dict[str, Any] | None = None
        try:
            run = await self._begin(feed_id, run_id)
            if run.pull.kind == "folder":
                error = await run_files(self._database, run)
            else:
                await run_rows(self._database, run, self._reach)
        except (UnavailableError, RunLostError):
            raise
        except DomainError as failure:
            error = error_document(failure)
        except Exception as fault:
            # The other pulls must go on; it is logged, and kept for whoever asks.
            log.exception("pull_fault", feed=feed_id)
            error = _fault(fault)
        await self._end(feed_id, run, error)

    async def _begin(self, feed_id: str, run_id: UUID) -> Run:
        async with self._database.transaction() as tx:
            dictionary = await self._dictionaries.current(tx)
            feed = await feeds.get_feed(tx, feed_id, dictionary, to_deliver=True)
            run = await usecases.begin(tx, feed, self._reach, run_id)
        return replace(run, inspector=self._inspector)

    async def _end(self, feed_id: str, run: Run | None, error: dict[str, Any] | None) -> None:
        async with self._database.transaction() as tx:
            if run is not None:
                await usecases.end(tx, run, error)
            elif error is not None:
                await usecases.put_off(tx, feed_id, error)
        if error:
            log.warning("pull_failed", feed=feed_id, code=error["code"], why=error["en"])


def _fault(fault: Exception) -> dict[str, Any]:
    return {
        "code": "pull-fault",
        "zh": f"程序错误：{type(fault).__name__}",
        "en": f"a fault of the hub: {type(fault).__name__}",
        "fields": {},
        "fixes": ["查看服务日志 (see the log of the service)"],
    }
