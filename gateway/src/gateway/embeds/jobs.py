"""Clocked work of embedding: what has ended is not kept."""

import asyncio
from typing import Final

from gateway.embeds import repository
from shared.kit.database import Database

PURGE_SECONDS: Final = 600.0


async def purge(database: Database) -> None:
    """Delete tokens that ended, for ever: each names a person, and lives for minutes."""
    while True:
        async with database.transaction() as tx:
            await repository.purge(tx)
        await asyncio.sleep(PURGE_SECONDS)
