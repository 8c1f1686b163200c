"""Clockwork of quality: evaluate what changed and, once a night, everything; watch the feeds."""

import asyncio
from typing import Final

import structlog

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.quality.repository.feeds import present_instant
from datahub.quality.usecases import evaluating, keeping, telling, watching
from shared.kit.database import Database

POLL_SECONDS: Final = 1.0
REST_FACTOR: Final = 9
"""After an evaluation it rests nine times as long: a tenth of one connection at most. Whoever asks
for a run does not wait for that."""

WATCH_SECONDS: Final = 30.0
TELL_SECONDS: Final = 600.0

log = structlog.get_logger()


class Evaluator:
    """Evaluates rules for ever; what changes in a burst is evaluated once."""

    def __init__(self, database: Database, dictionaries: Dictionaries) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._installed: Dictionary | None = None

    async def run(self) -> None:
        """Find what is due for ever, and evaluate it entity by entity."""
        clock = asyncio.get_running_loop().time
        rested_at = clock()
        while True:
            dictionary = await self._dictionaries.of(self._database)
            await self._install(dictionary)
            async with self._database.transaction() as tx:
                await evaluating.find_due(tx, dictionary)
            began = clock()
            if await self._evaluate(dictionary, only_asked=began < rested_at):
                rested_at = clock() + REST_FACTOR * (clock() - began)
            else:
                resting = rested_at - clock()
                await asyncio.sleep(min(resting, POLL_SECONDS) if resting > 0 else POLL_SECONDS)

    async def _install(self, dictionary: Dictionary) -> None:
        """Bring the hub's rules along, and with each version of the dictionary those it states."""
        if dictionary is self._installed:
            return
        async with self._database.transaction() as tx:
            changed = await keeping.install_shipped(tx, dictionary)
        self._installed = dictionary
        if changed:
            log.info("quality_rules_installed", entities=changed)

    async def _evaluate(self, dictionary: Dictionary, *, only_asked: bool) -> bool:
        async with self._database.transaction() as tx:
            entity = await evaluating.evaluate_next(tx, dictionary, only_asked=only_asked)
        if entity is not None:
            log.info("quality_evaluated", entity=entity)
        return entity is not None


async def watch_feeds(database: Database, dictionaries: Dictionaries) -> None:
    """Watch the rhythm of every feed for ever, by the database's clock; write down how they do."""
    clock = asyncio.get_running_loop().time
    next_telling = 0.0
    while True:
        dictionary = await dictionaries.of(database)
        async with database.transaction() as tx:
            await watching.watch_feeds(tx, dictionary, await present_instant(tx))
        if clock() >= next_telling:
            next_telling = clock() + TELL_SECONDS
            async with database.transaction() as tx:
                await telling.tell_feeds(tx, dictionary)
        await asyncio.sleep(WATCH_SECONDS)
