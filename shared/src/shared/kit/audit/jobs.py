"""Clocked work of the audit: seal what was written, let go of what is past its time."""

import asyncio
from typing import Final

from shared.kit.audit import rows
from shared.kit.audit.verifying import Opens, seal_all

SEAL_SECONDS: Final = 10.0
RETIRE_SECONDS: Final = 3_600.0


async def seal(database: Opens) -> None:
    """Seal what is committed, for ever."""
    while True:
        await seal_all(database)
        await asyncio.sleep(SEAL_SECONDS)


async def retire(database: Opens, years: int) -> None:
    """Let go of entries after so many years, for ever; the digests of their blocks stay."""
    while True:
        async with database.transaction() as tx:
            await rows.retire(tx, years)
        await asyncio.sleep(RETIRE_SECONDS)
