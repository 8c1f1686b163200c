"""Clocked work of identity: the demonstration's credentials at start, and tidying up."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from gateway.access.usecases.limiting import Quotas
from gateway.identity.repository import accounts, keys, sessions
from gateway.identity.usecases.keys import ensure_demo_key
from gateway.identity.usecases.signing_in import ensure_demo_account
from shared.kit.database import Database

PURGE_SECONDS: Final = 600.0
QUOTA_SECONDS: Final = 5.0


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
                await ensure_demo_account(tx, self.password)
            if self.key:
                await ensure_demo_key(tx, self.key)
        self.done.set()
        await asyncio.Event().wait()


async def purge(database: Database) -> None:
    """Delete ended sessions and tokens, forgotten attempts and old counts, for ever."""
    while True:
        async with database.transaction() as tx:
            await sessions.purge(tx)
            await keys.purge(tx)
            await accounts.purge_attempts(tx)
        await asyncio.sleep(PURGE_SECONDS)


async def keep_quotas(database: Database, quotas: Quotas) -> None:
    """Store how often keys were used, for ever; a crash forgets five seconds of it."""
    while True:
        for key, day, added in quotas.to_store():
            async with database.transaction() as tx:
                used = await keys.add_use(tx, key, day, added)
            quotas.stored(key, day, used)
        await asyncio.sleep(QUOTA_SECONDS)
