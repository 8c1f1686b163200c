"""Keeping house: shipped rules, secrets sealed by the newest key, nothing kept too long."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from alert_service.repository.policies import seal_channels
from alert_service.usecases.keeping import drop_old
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
