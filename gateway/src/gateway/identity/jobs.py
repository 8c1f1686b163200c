"""Clocked work of identity: the demonstration's credentials at start, and tidying up."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from gateway.identity import repository, usecases
from shared.kit.database import Database

PURGE_SECONDS: Final = 600.0


@dataclass(slots=True, kw_only=True)
class Demo:
    """Makes the credentials that the settings name; without any it does nothing."""

    database: Database
    password: str | None
    key: str | None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when they are there, or when none are wanted."""

    async def run(self) -> None:
        """Make them, then rest: the supervisor starts what ends again."""
        async with self.database.transaction() as tx:
            if self.password:
                await usecases.ensure_demo_account(tx, self.password)
            if self.key:
                await usecases.ensure_demo_key(tx, self.key)
        self.done.set()
        await asyncio.Event().wait()


async def purge(database: Database) -> None:
    """Delete ended sessions and forgotten attempts, for ever."""
    while True:
        async with database.transaction() as tx:
            await repository.purge(tx)
        await asyncio.sleep(PURGE_SECONDS)
