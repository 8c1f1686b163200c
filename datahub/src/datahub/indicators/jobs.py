"""Clockwork of the indicators: follow the change feed, and measure what it touched."""

import asyncio
from typing import Final

import structlog

from datahub.changes.repository.numbering import NUMBERS
from datahub.dictionary.repository import Dictionaries
from datahub.indicators.repository.following import INDICATORS
from datahub.indicators.usecases import auditing, rounds
from shared.kit.database import Database
from shared.kit.loops import follow

POLL_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 60.0
"""So often it looks whether the night's audit is due."""

log = structlog.get_logger()


class Measurer:
    """Measures for ever; woken by every numbering and every definition of this process."""

    def __init__(self, database: Database, dictionaries: Dictionaries) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._wake = database.on_commit(NUMBERS, INDICATORS)
        self._next_look = 0.0

    async def run(self) -> None:
        """Measure round after round until nothing is new; then wait."""
        await follow(self._step, self._wake, POLL_SECONDS)

    async def _step(self) -> bool:
        is_more = await self._round()
        if not is_more:
            await self._audit()
        return is_more

    async def _audit(self) -> None:
        if _time() < self._next_look:
            return
        self._next_look = _time() + LOOK_SECONDS
        dictionary = await self._dictionaries.of(self._database)
        async with self._database.transaction() as tx:
            wrong = await auditing.audit(tx, dictionary)
        if wrong:
            log.error("measured_wrongly", cells=wrong)
        elif wrong is not None:
            log.info("measurements_audited")

    async def _round(self) -> bool:
        # Before the round's transaction, whose snapshot begins with its first question.
        dictionary = await self._dictionaries.of(self._database)
        async with self._database.transaction() as tx:
            done = await rounds.measure_round(tx, dictionary)
        if done.cells:
            log.info("measured", change_sets=done.followed, cells=done.cells)
        return done.is_more


def _time() -> float:
    return asyncio.get_running_loop().time()
