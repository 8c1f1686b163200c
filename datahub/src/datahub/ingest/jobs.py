"""Clockwork of ingest: rows that waited are released, rows that were dealt with are dropped.

And records are decided anew when the order of their systems changes.
"""

import asyncio
from time import monotonic
from typing import Final

import structlog

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.repository import aside
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import replays, waiting
from datahub.ingest.usecases.raw import RawEvents
from datahub.ingest.usecases.replays import Way
from datahub.ingest.usecases.survivorship import decide_again
from shared.kit.clock import now
from shared.kit.database import Database

log = structlog.get_logger()

SWEEP_SECONDS: Final = 2.0
SWEEP_SHARE: Final = 10
"""Sweeping takes at most a tenth of the time, however many rows wait: half a second for 100,000."""

TIDY_SECONDS: Final = 3600.0


async def release_parked(
    database: Database, dictionaries: Dictionaries, inspector: Inspector, raw: RawEvents
) -> None:
    """Release for ever.

    A parent may come in the very moment its child is parked, so the sweep asks the tables again
    and again, not the events.
    """
    while True:
        begin = monotonic()
        async with database.transaction() as tx:
            dictionary = await dictionaries.current(tx)
            released = await replays.release_waiting(tx, Way(dictionary, inspector, raw))
        if not released:
            await asyncio.sleep(max(SWEEP_SECONDS, SWEEP_SHARE * (monotonic() - begin)))


async def tell_waiting(database: Database) -> None:
    """Tell the work list, for ever, of feeds whose rows wait to be mended, or wait no more.

    Rows come into the quarantine and leave it on many ways: what is there is looked at.
    """
    while True:
        begin = monotonic()
        async with database.transaction() as tx:
            await waiting.tell_waiting(tx, now())
        await asyncio.sleep(max(SWEEP_SECONDS, SWEEP_SHARE * (monotonic() - begin)))


async def follow_policies(database: Database, dictionaries: Dictionaries) -> None:
    """Decide records anew, for ever, by orders of systems that were saved."""
    while True:
        async with database.transaction() as tx:
            is_busy = await decide_again(tx, await dictionaries.current(tx))
        if not is_busy:
            await asyncio.sleep(SWEEP_SECONDS)


async def drop_old_entries(database: Database, days: int) -> None:
    """Drop, once an hour, rows of the quarantine that were dealt with ``days`` ago."""
    while True:
        async with database.transaction() as tx:
            dropped = await aside.drop_old(tx, days)
            if dropped:
                tx.record("dropped", "quarantine", rows=dropped, days=days)
        if dropped:
            log.info("quarantine_tidied", days=days, rows=dropped)
        await asyncio.sleep(TIDY_SECONDS)
