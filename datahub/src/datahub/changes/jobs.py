"""Clockwork of the change feed: number what has committed, and publish it at once."""

from typing import Final

from datahub.changes import usecases
from datahub.changes.repository import numbering
from datahub.dictionary.repository import Dictionaries
from datahub.ingest.repository.change_sets import CHANGES
from datahub.systems.repository import SYSTEMS
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.loops import follow

POLL_SECONDS: Final = 0.5


class Numberer:
    """Numbers change sets for ever; woken by every ingest of this process."""

    def __init__(self, database: Database, dictionaries: Dictionaries) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._wake = database.on_commit(CHANGES, SYSTEMS)

    async def run(self) -> None:
        """Number and publish, in one transaction, until nothing is left; then wait."""
        await follow(self._step, self._wake, POLL_SECONDS)

    async def _step(self) -> bool:
        async with self._database.transaction() as tx:
            dictionary = await self._dictionaries.current(tx)
            numbered = await usecases.number_changes(tx, dictionary, now())
        return numbering.may_be_more(numbered)
