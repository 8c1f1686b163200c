"""Clocked work of the audit: write what requests did, together, and seal it."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.audit.usecases import seal_next
from shared.errors import UnavailableError
from shared.kit.audit import rows
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.database import Database

SEAL_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 2.0
"""How long an answer waits for its entry; then it goes out, and the entry stays in the queue."""

MOST_WAITING: Final = 100_000
"""Entries that are kept while the database is away; then writes are refused."""

TOGETHER: Final = 500

log = structlog.get_logger()

_Written = asyncio.Future[None]


@dataclass(slots=True)
class Scribe:
    """Writes the entries of requests that pass through, many in one transaction.

    The answer of a write waits until its entry is committed: what a client was told is on record.
    """

    database: Database
    _waiting: list[tuple[Circumstances, Deed, _Written]] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def require_room(self) -> None:
        """Refuse a write that could not be recorded.

        Raises:
            UnavailableError: the database is away, and too much waits for it already.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise UnavailableError(
                "审计记录暂时无法写入，请稍后重试", "the audit cannot be written for now"
            )

    async def write(self, who: Circumstances, deed: Deed) -> None:
        """Record what somebody did."""
        written: _Written = asyncio.get_running_loop().create_future()
        self._waiting.append((who, deed, written))
        self._wake.set()
        done, _ = await asyncio.wait({written}, timeout=WAIT_SECONDS)
        if not done:
            log.error("audit_is_late", kind=deed.kind, waiting=len(self._waiting))

    async def run(self) -> None:
        """Write for ever; what could not be written stays first in the queue."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            taken = self._waiting[:TOGETHER]
            async with self.database.writing() as connection:
                await rows.append_by(connection, [(who, deed) for who, deed, _ in taken])
            del self._waiting[: len(taken)]
            for _, _, written in taken:
                if not written.done():
                    written.set_result(None)


async def seal(database: Database) -> None:
    """Seal what is committed, for ever."""
    while True:
        await seal_all(database)
        await asyncio.sleep(SEAL_SECONDS)


async def seal_all(database: Database) -> None:
    """Seal everything that is committed by now."""
    async with database.transaction() as tx:
        until = await rows.written_up_to(tx)
    more = True
    while more:
        async with database.transaction() as tx:
            more = await seal_next(tx, until)
