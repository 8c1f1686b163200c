"""How far an entity's records have come, as this process knows it."""

import asyncio
from time import monotonic
from typing import Final

from datahub.dictionary.domain.entity import Entity
from datahub.ingest.repository.change_sets import CHANGES
from shared.kit.database import Database

FRESH_SECONDS: Final = 0.1
"""For so long what another process commits may be unknown here."""


class Revisions:
    """A number for each entity that changes with every commit that touched its records.

    A commit of this process is known before whoever made it has his answer.
    """

    def __init__(self) -> None:
        self._changed: asyncio.Event | None = None
        self._known: dict[str, tuple[float, int]] = {}
        self._round = 0

    def known(self, entity: str) -> int | None:
        """Return the revision where it is known without asking."""
        if self._changed is not None and self._changed.is_set():
            self._changed.clear()
            self._known.clear()
            self._round += 1
        until, revision = self._known.get(entity, (0.0, 0))
        return revision if monotonic() < until else None

    async def of(self, database: Database, entity: Entity) -> int:
        """Return the revision; asks the database where it is not known."""
        if self._changed is None:
            self._changed = database.on_commit(CHANGES)
        known = self.known(entity.name)
        if known is not None:
            return known
        asked_in = self._round
        async with database.reading() as reader:
            found = int(
                await reader.fetchval(
                    "SELECT max(id) FROM change_set WHERE entity = $1", entity.name
                )
                or 0
            )
        # What was committed meanwhile, the answer may not hold.
        if asked_in == self._round and not self._changed.is_set():
            self._known[entity.name] = (monotonic() + FRESH_SECONDS, found)
        return found
