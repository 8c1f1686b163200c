"""Clockwork of ingest: rows that waited for their parent are released when it is there."""

import asyncio
from typing import Final

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import replays
from shared.kit.database import Database

SWEEP_SECONDS: Final = 2.0


async def release_parked(
    database: Database, dictionaries: Dictionaries, inspector: Inspector | None = None
) -> None:
    """Release for ever.

    A parent may come in the very moment its child is parked, so the sweep asks the tables again
    and again, not the events.
    """
    while True:
        async with database.transaction() as tx:
            dictionary = await dictionaries.current(tx)
            released = await replays.release_waiting(tx, dictionary, inspector)
        if not released:
            await asyncio.sleep(SWEEP_SECONDS)
