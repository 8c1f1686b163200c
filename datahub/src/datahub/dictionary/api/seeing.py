"""How far whoever asks the hub sees."""

from typing import Annotated

from fastapi import Depends

from datahub.dictionary.api.known import Known
from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.domain.seeing import Narrowing, narrowing_of
from datahub.dictionary.repository.seeing import SEEN, seen_by
from shared.access.sight import Sight, sight_of
from shared.kit.admin import Db
from shared.kit.depending import made
from shared.kit.identity import Caller, current_caller


async def get_sight(caller: Annotated[Caller, Depends(current_caller)]) -> Sight | None:
    """Return what the caller sees; None is everything."""
    return sight_of(caller, "datahub", SEEN.format(roots=":roots"))


Sees = Annotated[Sight | None, Depends(get_sight)]


class Eyes:
    """What the caller sees of records, looked up where somebody asks."""

    def __init__(self, db: Db, dictionary: Known, sight: Sees) -> None:
        self._db = db
        self._dictionary = dictionary
        self._sight = sight

    async def scopes(self) -> list[str] | None:
        """Return the scopes that the caller sees; None for all."""
        if self._sight is None:
            return None
        if not self._sight.known:
            async with self._db.reading() as reader:
                await seen_by(reader, self._sight)
        return self._sight.known[0]

    async def of(self, entity: Entity) -> Narrowing | None:
        """Return by what records are seen; None where all of them are."""
        seen = await self.scopes()
        return None if seen is None else narrowing_of(entity, self._dictionary, seen)


Looks = Annotated[Eyes, Depends(made(Eyes))]
