"""Clockwork of learning events: totals that are due, months that come and go."""

import asyncio
from typing import Final

import structlog

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.learning.usecases import keeping, totals
from shared.kit.database import Database

log = structlog.get_logger()

KEEP_SECONDS: Final = 3600.0


async def write_totals(database: Database, dictionaries: Dictionaries, seconds: float) -> None:
    """Write the totals that are due, for ever.

    Args:
        seconds: between two rounds: a total that is touched again and again meanwhile is one
            change of its record.
    """
    while True:
        dictionary = await dictionaries.of(database)
        written = 0
        while more := await _round(database, dictionary):
            written += more
        if written:
            log.info("learning_totals_written", totals=written)
        await asyncio.sleep(seconds)


async def _round(database: Database, dictionary: Dictionary) -> int:
    async with database.transaction() as tx:
        return await totals.write_due(tx, dictionary)


async def keep_months(database: Database, keep: int) -> None:
    """Make months ahead and drop old ones, once an hour."""
    while True:
        async with database.transaction() as tx:
            dropped = await keeping.keep_months(tx, keep)
        if dropped:
            log.info("learning_months_dropped", months=[f"{each:%Y-%m}" for each in dropped])
        await asyncio.sleep(KEEP_SECONDS)
