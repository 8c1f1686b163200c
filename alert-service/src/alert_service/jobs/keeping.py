"""Keeping house: shipped rules, secrets sealed by the newest key, nothing kept too long."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from alert_service.repository import keeping
from alert_service.repository.policies import Policies, seal_channels
from alert_service.usecases.rules import install_shipped
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.loops import is_ending
from shared.sealing import Seals

_EVERY: Final = timedelta(hours=6)

log = structlog.get_logger()


async def keep_house(database: Database, seals: Seals | None) -> None:
    """Put the shipped rules, seal what is not sealed; then drop what is too old, for ever."""
    async with database.transaction() as tx:
        await install_shipped(tx, now())
    if seals is not None:
        async with database.transaction() as tx:
            sealed = await seal_channels(tx, seals)
        if sealed:
            log.info("channels_sealed", channels=sealed)
    while not is_ending():
        gone = await drop_old(database, now())
        if gone:
            log.info("old_dropped", **gone)
        await asyncio.sleep(_EVERY.total_seconds())


async def drop_old(database: Database, at: datetime) -> dict[str, int]:
    """Drop what is older than the policy has it kept; return how many rows of each table went.

    It is a transaction for each part: who is killed in between goes on later.
    """
    async with database.transaction() as tx:
        keep = (await Policies().get(tx)).keep
    gone: dict[str, int] = {}
    for span, tables in (
        (keep.evaluations, keeping.EVALUATED),
        (keep.values, keeping.VALUES),
        (keep.told, keeping.TOLD),
    ):
        for table, rows in tables.items():
            gone[table] = gone.get(table, 0) + await _drop(database, table, rows, at - span)
    return {table: count for table, count in gone.items() if count}


async def _drop(database: Database, table: str, rows: str, before: datetime) -> int:
    total, last = 0, keeping.PART
    while last == keeping.PART:
        async with database.transaction() as tx:
            last = await keeping.drop(tx, table, rows, before)
            if last:
                tx.record("dropped", table, rows=last, before=before.isoformat())
        total += last
    return total
